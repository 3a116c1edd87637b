"""The life of a policy version: drafted by one, approved by another, ended, and never changed."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange

from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from chongqing_dte.foundation.models import AuditEvent
from chongqing_dte.foundation.version_steps import VersionOverlap
from institutions.enums import Role
from subsidies import queries
from subsidies.models import PolicyVersion
from subsidies.services.policy_versions import (
    PolicyDraft,
    approve_policy_version,
    draft_policy_version,
    end_policy_version,
)
from tests.clock import NOW
from tests.factories.institutions import UserFactory
from tests.factories.subsidies import PolicyVersionFactory

pytestmark = pytest.mark.django_db

DRAFT = PolicyDraft(
    name="Assessment subsidy 2027",
    starts_on=date(2027, 1, 1),
    ends_before=date(2028, 1, 1),
    first_pass_scope="PERSON",
    first_pass_rule="FIRST_CERTIFICATE",
    eligible_categories=["GRADUATING_STUDENT"],
    graduation_year_rule="CALENDAR",
    fee_share=Decimal("0.8000"),
    ceiling_junior=Decimal("2000.00"),
    ceiling_intermediate=Decimal("2500.00"),
    ceiling_senior=Decimal("3000.00"),
    batch_line_limit=500,
    automatic_release_limit=Decimal("0.00"),
    source="An example for the tests.",
    lifetime_cap=3,
    yearly_cap=1,
    ladder_rule="SAME_OCCUPATION",
    stacking_rule="DIFFERENCE",
    recording_window_days=90,
    competent_district_rule="EVALUATION",
    budget_by_district=True,
    notice_working_days=5,
    chase_days=120,
    chase_every_days=10,
    batch_amount_limit=Decimal("500000.00"),
    batch_weekdays=[5, 1, 5],
)
NO_DAY = date(2026, 12, 31)


def drafted(**changes) -> PolicyVersion:
    author = UserFactory(municipal_administrator=True)
    return draft_policy_version(draft=replace(DRAFT, **changes), author=author, now=NOW)


def approve(version, approver=None) -> PolicyVersion:
    approver = approver or UserFactory(municipal_reviewer=True)
    return approve_policy_version(version_id=version.pk, approver=approver, now=NOW)


def end(version, ends_before=date(2027, 7, 1), approver=None) -> PolicyVersion:
    return end_policy_version(
        version_id=version.pk,
        ends_before=ends_before,
        reason="The fees have changed.",
        approver=approver or UserFactory(municipal_reviewer=True),
        now=NOW,
    )


def test_a_draft_holds_all_values_and_decides_nothing():
    author = UserFactory(municipal_administrator=True)

    version = draft_policy_version(draft=DRAFT, author=author, now=NOW)

    kept = PolicyVersion.objects.get(pk=version.pk)
    for name in PolicyDraft.__dataclass_fields__.keys() - {"starts_on", "ends_before", "batch_weekdays"}:
        assert getattr(kept, name) == getattr(DRAFT, name), name
    assert kept.batch_weekdays == [1, 5]
    assert (kept.drafted_by, kept.approved_by) == (author, None)
    assert queries.approved_policies() == []
    assert AuditEvent.objects.get(name="policy.drafted").actor == author


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": " "}, "name_length"),
        ({"source": " \n"}, "source_missing"),
        ({"ends_before": date(2027, 1, 1)}, "days_out_of_order"),
        ({"first_pass_scope": "FAMILY"}, "first_pass_scope"),
        ({"first_pass_rule": "SECOND_TRY"}, "first_pass_rule"),
        ({"graduation_year_rule": "LUNAR"}, "graduation_year_rule"),
        ({"ladder_rule": "DOWN"}, "ladder_rule"),
        ({"stacking_rule": "SOMETIMES"}, "stacking_rule"),
        ({"competent_district_rule": "HOME"}, "competent_district_rule"),
        ({"eligible_categories": []}, "eligible_categories"),
        ({"eligible_categories": ["PENSIONER"]}, "eligible_categories"),
        ({"batch_weekdays": [0]}, "batch_weekdays"),
        ({"batch_weekdays": [8]}, "batch_weekdays"),
        ({"fee_share": Decimal(0)}, "fee_share"),
        ({"fee_share": Decimal("1.0001")}, "fee_share"),
        ({"ceiling_junior": Decimal(0)}, "ceiling_junior"),
        ({"ceiling_intermediate": Decimal(-1)}, "ceiling_intermediate"),
        ({"ceiling_senior": Decimal(10_000_000_000)}, "ceiling_senior"),
        ({"lifetime_cap": 0}, "lifetime_cap"),
        ({"yearly_cap": 0}, "yearly_cap"),
        ({"lifetime_cap": 1, "yearly_cap": 2}, "yearly_cap"),
        ({"recording_window_days": 3651}, "recording_window_days"),
        ({"notice_working_days": 61}, "notice_working_days"),
        ({"chase_days": 0}, "chase_days"),
        ({"chase_every_days": 0}, "chase_every_days"),
        ({"chase_days": 9, "chase_every_days": 10}, "chase_every_days"),
        ({"batch_line_limit": 0}, "batch_line_limit"),
        ({"batch_amount_limit": Decimal(0)}, "batch_amount_limit"),
        ({"batch_amount_limit": Decimal("2999.99")}, "batch_amount_limit"),
        ({"automatic_release_limit": Decimal("-0.01")}, "automatic_release_limit"),
    ],
)
def test_a_refused_draft_names_the_value_and_leaves_nothing(changes, code):
    with pytest.raises(DomainError) as refusal:
        drafted(**changes)

    assert refusal.value.code == code
    assert not PolicyVersion.objects.exists()
    assert not AuditEvent.objects.exists()


def test_what_is_left_out_has_no_limit():
    version = drafted(lifetime_cap=None, recording_window_days=None, batch_amount_limit=None)

    kept = PolicyVersion.objects.get(pk=version.pk)
    assert (kept.lifetime_cap, kept.recording_window_days, kept.batch_amount_limit) == (None, None, None)


def test_an_approved_version_decides_on_the_days_it_covers():
    approver = UserFactory(municipal_reviewer=True)

    approve(drafted(), approver)

    (approved,) = queries.approved_policies()
    assert (approved.approved_by, approved.approved_at) == (approver, NOW)
    assert approved.in_force == DateRange(date(2027, 1, 1), date(2028, 1, 1))
    assert AuditEvent.objects.get(name="policy.approved").actor == approver


def test_a_version_without_an_end_stays_in_force():
    version = drafted(ends_before=None)

    assert date(2099, 1, 1) in PolicyVersion.objects.get(pk=version.pk).in_force


def test_the_former_version_gives_way_to_the_one_that_follows():
    former = approve(drafted(ends_before=None))

    follower = approve(drafted(starts_on=date(2027, 7, 1), ends_before=None))

    former.refresh_from_db()
    assert former.in_force == DateRange(date(2027, 1, 1), date(2027, 7, 1))
    ended = AuditEvent.objects.get(name="policy.ended")
    assert ended.facts == {"ends_before": "2027-07-01", "followed_by": follower.pk}


@pytest.mark.parametrize("starts_on", [date(2026, 6, 1), date(2027, 1, 1), NOW.date()])
def test_a_version_does_not_give_way_to_one_that_begins_no_later_or_in_the_past(starts_on):
    former = PolicyVersionFactory(approved=True, in_force=DateRange(date(2026, 1, 1), None))
    if starts_on == date(2027, 1, 1):
        PolicyVersion.objects.filter(pk=former.pk).update(in_force=DateRange(date(2026, 1, 1), NO_DAY))
        former = PolicyVersionFactory(approved=True, in_force=DateRange(date(2027, 1, 1), None))
    version = drafted(starts_on=starts_on, ends_before=None)

    with pytest.raises(VersionOverlap):
        approve(version)

    version.refresh_from_db()
    former.refresh_from_db()
    assert version.approved_at is None
    assert former.in_force.upper is None


def test_an_approved_version_ends_earlier():
    version = approve(drafted())

    end(version)

    version.refresh_from_db()
    assert version.in_force == DateRange(date(2027, 1, 1), date(2027, 7, 1))
    assert AuditEvent.objects.get(name="policy.ended").reason == "The fees have changed."


@pytest.mark.parametrize(
    ("ends_before", "code"),
    [
        (date(2027, 1, 1), "day_out_of_range"),
        (date(2028, 1, 1), "day_out_of_range"),
        (NOW.date(), "ends_in_the_past"),
    ],
)
def test_an_end_that_would_shorten_nothing_or_the_past_is_refused(ends_before, code):
    version = approve(drafted())

    with pytest.raises(DomainError) as refusal:
        end(version, ends_before)

    assert refusal.value.code == code
    version.refresh_from_db()
    assert version.in_force.upper == date(2028, 1, 1)


def test_a_draft_has_nothing_to_end():
    with pytest.raises(InvalidTransition):
        end(drafted())


@pytest.mark.parametrize("role", [role for role in Role if role != Role.MUNICIPAL_ADMINISTRATOR])
def test_nobody_else_drafts(role):
    with pytest.raises(NotPermitted):
        draft_policy_version(draft=DRAFT, author=UserFactory(**{role.lower(): True}), now=NOW)

    assert not PolicyVersion.objects.exists()


@pytest.mark.parametrize("role", [role for role in Role if role != Role.MUNICIPAL_REVIEWER])
def test_nobody_else_approves_or_ends(role):
    draft, version = PolicyVersionFactory(), approve(drafted())
    somebody = UserFactory(**{role.lower(): True})

    with pytest.raises(NotPermitted):
        approve(draft, somebody)
    with pytest.raises(NotPermitted):
        end(version, approver=somebody)

    assert queries.approved_policies() == [version]
    assert not AuditEvent.objects.filter(name="policy.ended").exists()


def test_whoever_drafted_does_not_approve_after_a_change_of_role():
    author = UserFactory(municipal_reviewer=True)
    version = PolicyVersionFactory(drafted_by=author)

    with pytest.raises(NotPermitted):
        approve(version, author)


def test_an_approved_version_is_not_approved_again():
    version = PolicyVersionFactory(approved=True)

    with pytest.raises(InvalidTransition):
        approve(version)
