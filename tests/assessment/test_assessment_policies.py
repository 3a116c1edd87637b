"""The figures of level assessments: drafted by one, approved by another, and never changed after that."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError
from django.db.backends.postgresql.psycopg_any import DateRange
from django.urls import reverse

from assessment import queries
from assessment.models import AssessmentPolicy
from assessment.services.assessment_policies import (
    AssessmentPolicyDraft,
    approve_assessment_policy,
    draft_assessment_policy,
    end_assessment_policy,
)
from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from chongqing_dte.foundation.models import AuditEvent
from chongqing_dte.foundation.version_steps import VersionOverlap
from institutions import policies
from institutions.enums import MUNICIPAL_ROLES, Role
from tests.clock import NOW
from tests.factories.assessment import AssessmentPolicyFactory
from tests.factories.institutions import UserFactory
from tests.interfaces.setup_forms import in_days, text_of

pytestmark = pytest.mark.django_db

DRAFT = AssessmentPolicyDraft(
    name="Assessment 2027",
    starts_on=date(2027, 1, 1),
    ends_before=None,
    theory_pass_mark=Decimal("60.0"),
    practice_pass_mark=Decimal("65.5"),
    admits_outside_candidates=False,
    certificate_number_pattern=r"CQ[0-9]{8}",
    filing_lead_days=5,
    results_due_days=20,
    review_window_days=15,
    heaping_band=Decimal("2.0"),
    heaping_share=Decimal("0.4000"),
    identical_count=4,
    signal_candidate_count=20,
    source="An example for the tests.",
)


@pytest.fixture
def administrator():
    return UserFactory(municipal_administrator=True)


@pytest.fixture
def reviewer():
    return UserFactory(municipal_reviewer=True)


def draft_of(administrator, **changes) -> AssessmentPolicy:
    return draft_assessment_policy(draft=replace(DRAFT, **changes), author=administrator, now=NOW)


def approve(version, approver) -> AssessmentPolicy:
    return approve_assessment_policy(version_id=version.pk, approver=approver, now=NOW)


def test_draft_counts_for_nothing_and_an_approved_version_on_its_days(administrator, reviewer):
    version = draft_of(administrator)
    with pytest.raises(queries.AssessmentPolicyMissing):
        queries.assessment_policy_on(date(2027, 6, 1))

    approve(version, reviewer)

    assert queries.assessment_policy_on(date(2027, 1, 1)) == version
    with pytest.raises(queries.AssessmentPolicyMissing):
        queries.assessment_policy_on(date(2026, 12, 31))
    assert [event.name for event in AuditEvent.objects.order_by("id")] == [
        "assessment_policy.drafted",
        "assessment_policy.approved",
    ]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"theory_pass_mark": Decimal("100.1")}, "figure_out_of_range"),
        ({"heaping_share": Decimal(0)}, "figure_out_of_range"),
        ({"identical_count": 1}, "figure_out_of_range"),
        ({"certificate_number_pattern": "CQ["}, "certificate_number_pattern"),
        ({"certificate_number_pattern": " "}, "certificate_number_pattern"),
        ({"certificate_number_pattern": "(A+)+B"}, "certificate_number_pattern"),
        ({"source": " "}, "source_missing"),
        ({"ends_before": date(2027, 1, 1)}, "days_out_of_order"),
        ({"name": ""}, "name_length"),
    ],
)
def test_refused_draft_leaves_nothing(administrator, changes, code):
    with pytest.raises(DomainError) as refusal:
        draft_of(administrator, **changes)

    assert refusal.value.code == code
    assert not AssessmentPolicy.objects.exists()


def test_following_version_takes_over_and_another_for_its_days_is_refused(administrator, reviewer):
    former = approve(draft_of(administrator), reviewer)
    follower = approve(draft_of(administrator, starts_on=date(2028, 1, 1)), reviewer)

    with pytest.raises(VersionOverlap):
        approve(draft_of(administrator, starts_on=date(2027, 6, 1)), reviewer)

    former.refresh_from_db()
    assert former.in_force == DateRange(date(2027, 1, 1), date(2028, 1, 1))
    assert queries.assessment_policy_on(date(2028, 1, 1)) == follower


def test_version_ends_earlier_once_it_is_approved(administrator, reviewer):
    version = draft_of(administrator)
    given = {"ends_before": date(2027, 3, 1), "reason": "The marks were wrong.", "now": NOW}
    with pytest.raises(InvalidTransition):
        end_assessment_policy(version_id=version.pk, approver=reviewer, **given)
    approve(version, reviewer)
    with pytest.raises(NotPermitted):
        end_assessment_policy(version_id=version.pk, approver=administrator, **given)

    end_assessment_policy(version_id=version.pk, approver=reviewer, **given)

    assert queries.assessment_policy_on(date(2027, 2, 28)) == version
    with pytest.raises(queries.AssessmentPolicyMissing):
        queries.assessment_policy_on(date(2027, 3, 1))


def test_author_never_approves(administrator):
    version = draft_of(administrator)

    with pytest.raises(NotPermitted):
        approve(version, administrator)

    version.refresh_from_db()
    assert version.approved_at is None


@pytest.mark.parametrize("role", Role)
def test_who_drafts_and_who_approves(role):
    user, version = UserFactory(**{role.lower(): True}), AssessmentPolicyFactory(draft=True)

    assert policies.can_draft_version(user) is (role == Role.MUNICIPAL_ADMINISTRATOR)
    assert policies.can_approve_version(user, version) is (role == Role.MUNICIPAL_REVIEWER)
    assert policies.can_end_versions(user) is (role == Role.MUNICIPAL_REVIEWER)


@pytest.mark.parametrize("role", Role)
def test_drafts_are_seen_by_the_municipal_bureau_only(role):
    AssessmentPolicyFactory(draft=True)
    seen = queries.assessment_policies_visible_to(UserFactory(**{role.lower(): True}))

    assert seen.exists() is (role in MUNICIPAL_ROLES)


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"theory_pass_mark": Decimal("100.1")}, "assessment_policy_pass_marks_in_range"),
        ({"certificate_number_pattern": ""}, "assessment_policy_has_number_pattern"),
        ({"heaping_share": Decimal(0)}, "assessment_policy_heaping_in_range"),
        ({"identical_count": 1}, "assessment_policy_identical_count_of_several"),
        ({"source": ""}, "assessment_policy_has_source"),
        ({"approved_at": None}, "assessment_policy_approval_complete"),
    ],
)
def test_version_is_refused_by(fields, constraint):
    with pytest.raises(IntegrityError, match=constraint):
        AssessmentPolicyFactory(**fields)


def test_two_approved_versions_never_hold_on_one_day():
    AssessmentPolicyFactory()

    with pytest.raises(IntegrityError, match="assessment_policy_no_overlap"):
        AssessmentPolicyFactory()


def test_approver_is_somebody_else():
    author = UserFactory(municipal_reviewer=True)

    with pytest.raises(IntegrityError, match="assessment_policy_approved_by_someone_else"):
        AssessmentPolicyFactory(drafted_by=author, approved_by=author)


@pytest.mark.parametrize(
    "changes",
    [
        {"theory_pass_mark": Decimal("50.0")},
        {"approved_by": None, "approved_at": None},
        {"in_force": DateRange(date(2025, 1, 1), None)},
    ],
)
def test_approved_version_stays_what_it_was(changes):
    version = AssessmentPolicyFactory()

    with pytest.raises(Exception, match="assessment_policy_approved_stays"):
        AssessmentPolicy.objects.filter(pk=version.pk).update(**changes)


def test_policy_is_drafted_by_one_and_approved_by_another_on_the_pages(client_as):
    administrator = client_as(Role.MUNICIPAL_ADMINISTRATOR, username="administrator")
    reviewer = client_as(Role.MUNICIPAL_REVIEWER)
    sent = {
        "name": "Assessment",
        "first_day": in_days(5),
        "last_day": "",
        "theory_pass_mark": "60",
        "practice_pass_mark": "60",
        "admits_outside_candidates": "on",
        "certificate_number_pattern": "CQ[0-9]{8}",
        "filing_lead_days": "3",
        "results_due_days": "30",
        "review_window_days": "30",
        "heaping_band": "2",
        "heaping_share": "0.5",
        "identical_count": "3",
        "signal_candidate_count": "10",
        "source": "An example.",
    }

    refused = administrator.post(
        reverse("assessment-policy-draft"), {**sent, "certificate_number_pattern": "CQ["}
    )
    drafted = administrator.post(reverse("assessment-policy-draft"), sent)
    version = AssessmentPolicy.objects.get()
    before = text_of(reviewer.get(drafted.url))
    reviewer.post(reverse("assessment-policy-approve"), {"version": version.pk})
    reviewer.post(
        reverse("assessment-policy-end"),
        {"version": version.pk, "last_day": in_days(9), "reason": "It was an example."},
    )

    version.refresh_from_db()
    assert refused.status_code == 422
    assert reverse("assessment-policy-approve") in before
    assert version.approved_by.role == Role.MUNICIPAL_REVIEWER
    assert version.admits_outside_candidates
    assert version.in_force.upper - version.in_force.lower == timedelta(days=5)
