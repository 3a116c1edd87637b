from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError

from chongqing_dte.foundation.errors import InvalidTransition, NotPermitted
from chongqing_dte.foundation.models import AuditEvent
from institutions.enums import Role
from subsidies import queries
from subsidies.enums import SubsidyKind
from subsidies.models import Budget, PolicyVersion
from subsidies.services.policy_versions import (
    PolicyDraft,
    allot_budget,
    approve_policy_version,
    draft_policy_version,
)
from tests.clock import NOW
from tests.factories.institutions import UserFactory
from tests.factories.subsidies import PolicyVersionFactory

pytestmark = pytest.mark.django_db

DRAFT = PolicyDraft(
    name="Assessment subsidy 2026",
    starts_on=date(2026, 1, 1),
    ends_before=date(2027, 1, 1),
    first_pass_scope="PERSON",
    first_pass_rule="FIRST_CERTIFICATE",
    eligible_categories=["GRADUATING_STUDENT"],
    graduation_year_rule="CALENDAR",
    fee_share=Decimal("1.0000"),
    ceiling=Decimal("2000.00"),
    batch_line_limit=500,
    automatic_release_limit=Decimal("0.00"),
    source="An example for the tests.",
)


def test_a_draft_decides_nothing():
    author = UserFactory(municipal_administrator=True)

    version = draft_policy_version(draft=DRAFT, author=author, now=NOW)

    assert (version.drafted_by, version.approved_by) == (author, None)
    assert queries.approved_policies() == []
    assert AuditEvent.objects.get(name="policy.drafted").actor == author


def test_an_approved_version_decides_on_the_days_it_covers():
    version = draft_policy_version(draft=DRAFT, author=UserFactory(municipal_administrator=True), now=NOW)
    approver = UserFactory(municipal_reviewer=True)

    approve_policy_version(version_id=version.pk, approver=approver, now=NOW)

    (approved,) = queries.approved_policies()
    assert (approved.approved_by, approved.approved_at) == (approver, NOW)
    assert date(2026, 12, 31) in approved.in_force
    assert date(2027, 1, 1) not in approved.in_force
    assert AuditEvent.objects.get(name="policy.approved").actor == approver


def test_a_version_without_an_end_stays_in_force():
    version = draft_policy_version(
        draft=replace(DRAFT, ends_before=None), author=UserFactory(municipal_administrator=True), now=NOW
    )

    assert date(2099, 1, 1) in PolicyVersion.objects.get(pk=version.pk).in_force


def test_two_versions_for_one_day_are_not_both_approved():
    PolicyVersionFactory(approved=True)
    second = PolicyVersionFactory()

    with pytest.raises(IntegrityError, match="policy_no_overlap"):
        approve_policy_version(version_id=second.pk, approver=UserFactory(municipal_reviewer=True), now=NOW)


@pytest.mark.parametrize("role", [role for role in Role if role != Role.MUNICIPAL_ADMINISTRATOR])
def test_nobody_else_drafts(role):
    with pytest.raises(NotPermitted):
        draft_policy_version(draft=DRAFT, author=UserFactory(**{role.lower(): True}), now=NOW)

    assert not PolicyVersion.objects.exists()


@pytest.mark.parametrize("role", [role for role in Role if role != Role.MUNICIPAL_REVIEWER])
def test_nobody_else_approves(role):
    version = PolicyVersionFactory()

    with pytest.raises(NotPermitted):
        approve_policy_version(version_id=version.pk, approver=UserFactory(**{role.lower(): True}), now=NOW)

    assert queries.approved_policies() == []


def test_whoever_drafted_does_not_approve_after_a_change_of_role():
    author = UserFactory(municipal_reviewer=True)
    version = PolicyVersionFactory(drafted_by=author)

    with pytest.raises(NotPermitted):
        approve_policy_version(version_id=version.pk, approver=author, now=NOW)


def test_money_is_allotted_for_a_year():
    author = UserFactory(municipal_administrator=True)

    allot_budget(
        year=2026,
        kind=SubsidyKind.ASSESSMENT,
        allotted=Decimal("1000.00"),
        source="An example for the tests.",
        author=author,
        now=NOW,
    )

    assert Budget.objects.get().available == Decimal("1000.00")
    assert AuditEvent.objects.get(name="budget.allotted").actor == author


@pytest.mark.parametrize("role", [role for role in Role if role != Role.MUNICIPAL_ADMINISTRATOR])
def test_nobody_else_allots_money(role):
    with pytest.raises(NotPermitted):
        allot_budget(
            year=2026,
            kind=SubsidyKind.ASSESSMENT,
            allotted=Decimal("1000.00"),
            source="An example for the tests.",
            author=UserFactory(**{role.lower(): True}),
            now=NOW,
        )


def test_an_approved_version_is_not_approved_again():
    version = PolicyVersionFactory(approved=True)

    with pytest.raises(InvalidTransition):
        approve_policy_version(version_id=version.pk, approver=UserFactory(municipal_reviewer=True), now=NOW)
