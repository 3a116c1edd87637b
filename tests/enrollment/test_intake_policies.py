from dataclasses import replace
from datetime import date, timedelta
from functools import partial

import pytest
from django.db import IntegrityError, InternalError
from django.db.backends.postgresql.psycopg_any import DateRange

from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from chongqing_dte.foundation.models import AuditEvent
from chongqing_dte.foundation.version_steps import VersionOverlap
from enrollment import policies, queries
from enrollment.models import IntakePolicy
from enrollment.services.intake_policies import (
    IntakeDraft,
    approve_intake_policy,
    draft_intake_policy,
    end_intake_policy,
)
from institutions.enums import MUNICIPAL_ROLES, Role
from institutions.models import User
from tests.clock import NOW
from tests.enrollment.interleaving import rival_in_the_middle
from tests.factories.enrollment import IntakePolicyFactory
from tests.factories.institutions import UserFactory

pytestmark = pytest.mark.django_db

TODAY, TOMORROW = date(2026, 10, 20), date(2026, 10, 21)
DRAFT = IntakeDraft(
    name="Intake 2027",
    starts_on=date(2027, 1, 1),
    ends_before=None,
    filing_lead_days=10,
    answer_working_days=3,
    near_duplicate_days=7,
    min_age=16,
    max_age=60,
    roster_lock_days=1,
    download_hours=24,
    source="An example for the tests.",
)


@pytest.fixture
def administrator():
    return UserFactory(municipal_administrator=True)


@pytest.fixture
def reviewer():
    return UserFactory(municipal_reviewer=True)


def draft_of(administrator, **changes) -> IntakePolicy:
    return draft_intake_policy(draft=replace(DRAFT, **changes), author=administrator, now=NOW)


def approve(version, approver) -> IntakePolicy:
    return approve_intake_policy(version_id=version.pk, approver=approver, now=NOW)


def end(version, approver, **changes) -> IntakePolicy:
    given = {"ends_before": date(2026, 12, 1), "reason": "The figures were wrong.", **changes}
    return end_intake_policy(version_id=version.pk, approver=approver, now=NOW, **given)


def test_draft_counts_for_nothing(administrator):
    version = draft_of(administrator)

    assert (version.drafted_by, version.approved_by) == (administrator, None)
    with pytest.raises(queries.IntakePolicyMissing):
        queries.intake_policy_on(date(2027, 6, 1))
    assert AuditEvent.objects.get(name="intake_policy.drafted").actor == administrator


def test_approved_version_counts_on_the_days_it_covers(administrator, reviewer):
    version = approve(draft_of(administrator, ends_before=date(2028, 1, 1)), reviewer)

    assert queries.intake_policy_on(date(2027, 12, 31)) == version
    with pytest.raises(queries.IntakePolicyMissing):
        queries.intake_policy_on(date(2028, 1, 1))
    event = AuditEvent.objects.get(name="intake_policy.approved")
    assert (event.actor, event.subject_id) == (reviewer, version.pk)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"ends_before": date(2027, 1, 1)}, "days_out_of_order"),
        ({"source": " "}, "source_missing"),
        ({"source": "\u200b\x00"}, "source_missing"),
        ({"starts_on": date(2100, 1, 1)}, "day_unthinkable"),
        ({"ends_before": date.max}, "day_unthinkable"),
        ({"name": "\u3000"}, "name_length"),
        ({"name": "名" * 129}, "name_length"),
        ({"filing_lead_days": -1}, "figure_out_of_range"),
        ({"filing_lead_days": 10**6}, "figure_out_of_range"),
        ({"answer_working_days": 0}, "figure_out_of_range"),
        ({"download_hours": 721}, "figure_out_of_range"),
        ({"min_age": 61}, "ages_out_of_order"),
    ],
)
def test_refused_draft_leaves_nothing(administrator, changes, code):
    with pytest.raises(DomainError) as refusal:
        draft_of(administrator, **changes)

    assert refusal.value.code == code
    assert not IntakePolicy.objects.exists()
    assert not AuditEvent.objects.exists()


def test_following_version_takes_over_without_a_day_between(administrator, reviewer):
    former = IntakePolicyFactory(in_force=DateRange(date(2025, 1, 1), None))

    version = approve(draft_of(administrator), reviewer)

    assert queries.intake_policy_on(date(2026, 12, 31)) == former
    assert queries.intake_policy_on(date(2027, 1, 1)) == version
    event = AuditEvent.objects.get(name="intake_policy.ended")
    assert event.facts == {"ends_before": "2027-01-01", "followed_by": version.pk}


@pytest.mark.parametrize(
    ("former_starts_on", "starts_on"),
    [
        pytest.param(date(2027, 1, 1), date(2027, 1, 1), id="both begin on one day"),
        pytest.param(date(2027, 2, 1), date(2027, 1, 1), id="the other begins later"),
        pytest.param(date(2026, 1, 1), TODAY, id="it would change what holds today"),
    ],
)
def test_version_that_cannot_give_way_stops_the_approval(
    administrator, reviewer, former_starts_on, starts_on
):
    former = IntakePolicyFactory(in_force=DateRange(former_starts_on, None))
    version = draft_of(administrator, starts_on=starts_on)

    with pytest.raises(VersionOverlap, match=former.name):
        approve(version, reviewer)

    former.refresh_from_db()
    version.refresh_from_db()
    assert former.in_force.upper is None
    assert version.approved_at is None


def test_version_takes_over_tomorrow_at_the_earliest(administrator, reviewer):
    former = IntakePolicyFactory(in_force=DateRange(date(2026, 1, 1), None))

    version = approve(draft_of(administrator, starts_on=TOMORROW), reviewer)

    assert queries.intake_policy_on(TODAY) == former
    assert queries.intake_policy_on(TOMORROW) == version


def test_version_is_approved_once(administrator, reviewer):
    version = approve(draft_of(administrator), reviewer)

    with pytest.raises(InvalidTransition):
        approve(version, UserFactory(municipal_reviewer=True))

    version.refresh_from_db()
    assert version.approved_by == reviewer


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_second_approval_of_the_same_version_waits_and_is_refused(monkeypatch):
    version = draft_of(UserFactory(municipal_administrator=True))
    first, second = UserFactory.create_batch(2, municipal_reviewer=True)

    outcomes = rival_in_the_middle(
        monkeypatch,
        (policies, "check_can_approve_intake_policy"),
        partial(approve, version, first),
        partial(approve, version, second),
    )

    assert outcomes == ["done", "invalid_transition"]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_versions_for_one_day_are_not_both_approved(monkeypatch):
    administrator = UserFactory(municipal_administrator=True)
    first, second = draft_of(administrator), draft_of(administrator, name="Another")
    reviewer = UserFactory(municipal_reviewer=True)

    outcomes = rival_in_the_middle(
        monkeypatch,
        (queries, "lock_approved_intake_policies_over"),
        partial(approve, first, reviewer),
        partial(approve, second, reviewer),
    )

    assert outcomes == ["version_overlap", "done"]
    assert IntakePolicy.objects.filter(approved_at__isnull=False).count() == 1


def test_ended_version_counts_to_the_day_before_with_an_event(reviewer):
    version = IntakePolicyFactory()

    end(version, reviewer)

    assert queries.intake_policy_on(date(2026, 11, 30)) == version
    with pytest.raises(queries.IntakePolicyMissing):
        queries.intake_policy_on(date(2026, 12, 1))
    event = AuditEvent.objects.get(name="intake_policy.ended")
    assert (event.actor, event.reason) == (reviewer, "The figures were wrong.")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"ends_before": TODAY}, "ends_in_the_past"),
        ({"ends_before": date(2027, 1, 1)}, "day_out_of_range"),
        ({"ends_before": date(2030, 1, 1)}, "day_out_of_range"),
        ({"ends_before": date.max}, "day_unthinkable"),
        ({"reason": " "}, "reason_missing"),
        ({"reason": "\u200b"}, "reason_missing"),
    ],
)
def test_refused_end_changes_nothing(reviewer, changes, code):
    version = IntakePolicyFactory(in_force=DateRange(date(2026, 1, 1), date(2027, 1, 1)))

    with pytest.raises(DomainError) as refusal:
        end(version, reviewer, **changes)

    version.refresh_from_db()
    assert refusal.value.code == code
    assert version.in_force.upper == date(2027, 1, 1)
    assert not AuditEvent.objects.exists()


def test_version_that_has_not_begun_keeps_a_day(reviewer):
    version = IntakePolicyFactory(in_force=DateRange(date(2026, 12, 1), None))

    with pytest.raises(DomainError) as refusal:
        end(version, reviewer, ends_before=date(2026, 12, 1))

    assert refusal.value.code == "day_out_of_range"


def test_draft_is_not_ended(administrator, reviewer):
    with pytest.raises(InvalidTransition):
        end(draft_of(administrator), reviewer, ends_before=date(2028, 1, 1))


AUTHOR, OTHER = 1, 2
BY_AUTHOR = IntakePolicy(drafted_by_id=AUTHOR)
# A reviewer who drafted it as an administrator once may not approve it.
TRUTH = [
    (role, number, act, subjects, allowed)
    for role in Role
    for number in (AUTHOR, OTHER)
    for act, subjects, allowed in (
        ("draft_intake_policy", (), role == Role.MUNICIPAL_ADMINISTRATOR),
        ("approve_intake_policy", (BY_AUTHOR,), role == Role.MUNICIPAL_REVIEWER and number == OTHER),
        ("end_intake_policies", (), role == Role.MUNICIPAL_REVIEWER),
    )
]


@pytest.mark.parametrize(("role", "number", "act", "subjects", "allowed"), TRUTH)
def test_policy_and_its_check_say_the_same(role, number, act, subjects, allowed):
    user = User(pk=number, role=role)

    assert getattr(policies, f"can_{act}")(user, *subjects) is allowed
    if allowed:
        getattr(policies, f"check_can_{act}")(user, *subjects)
    else:
        with pytest.raises(NotPermitted):
            getattr(policies, f"check_can_{act}")(user, *subjects)


def test_whoever_may_not_changes_nothing(administrator, reviewer):
    version = draft_of(administrator)
    approved = IntakePolicyFactory(in_force=DateRange(date(2026, 1, 1), date(2027, 1, 1)))

    with pytest.raises(NotPermitted):
        draft_of(reviewer)
    with pytest.raises(NotPermitted):
        approve(version, administrator)
    with pytest.raises(NotPermitted):
        end(approved, administrator)

    assert AuditEvent.objects.count() == 1
    assert queries.intake_policy_on(date(2026, 12, 31)) == approved


def test_author_whom_the_policy_let_through_is_stopped_by_the_database(monkeypatch, administrator):
    version = draft_of(administrator)
    monkeypatch.setattr(policies, "check_can_approve_intake_policy", lambda _user, _version: None)

    with pytest.raises(IntegrityError, match="intake_policy_approved_by_someone_else"):
        approve(version, administrator)


@pytest.mark.parametrize("role", Role)
def test_drafts_are_seen_by_the_municipal_bureau_only(administrator, role):
    draft_of(administrator)
    approved = IntakePolicyFactory(in_force=DateRange(date(2026, 1, 1), date(2027, 1, 1)))

    seen = queries.intake_policies_visible_to(User(role=role))

    assert seen.count() == (2 if role in MUNICIPAL_ROLES else 1)
    assert approved in seen


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"min_age": 61, "max_age": 60}, "intake_policy_ages_in_order"),
        ({"answer_working_days": 0}, "intake_policy_answer_days_positive"),
        ({"download_hours": 0}, "intake_policy_download_hours_positive"),
        ({"source": ""}, "intake_policy_has_source"),
        ({"approved_by": None}, "intake_policy_approval_complete"),
        ({"approved_at": None}, "intake_policy_approval_complete"),
    ],
)
def test_version_is_refused_by(fields, constraint):
    with pytest.raises(IntegrityError, match=constraint):
        IntakePolicyFactory(**fields)


def test_author_never_approves(reviewer):
    with pytest.raises(IntegrityError, match="intake_policy_approved_by_someone_else"):
        IntakePolicyFactory(drafted_by=reviewer, approved_by=reviewer)


def test_two_approved_versions_never_hold_on_one_day():
    IntakePolicyFactory(in_force=DateRange(date(2026, 1, 1), date(2027, 1, 1)))

    with pytest.raises(IntegrityError, match="intake_policy_no_overlap"):
        IntakePolicyFactory(in_force=DateRange(date(2026, 12, 31), None))


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "Another"},
        {"filing_lead_days": 1},
        {"source": "Another"},
        {"approved_at": NOW + timedelta(days=1)},
        {"in_force": DateRange(date(2025, 1, 1), date(2031, 1, 2))},
        {"in_force": DateRange(date(2025, 1, 2), date(2031, 1, 1))},
        {"in_force": DateRange(date(2025, 1, 1), date(2025, 1, 1))},
        {"in_force": DateRange(date(2025, 1, 1), None)},
        {"in_force": DateRange(date(2025, 1, 1), date(2030, 1, 1)), "max_age": 99},
    ],
)
def test_approved_version_changes_in_no_other_way_than_by_an_earlier_end(changes):
    version = IntakePolicyFactory()

    with pytest.raises(InternalError, match="intake_policy_approved_stays"):
        IntakePolicy.objects.filter(pk=version.pk).update(**changes)


def test_approval_is_never_taken_back():
    version = IntakePolicyFactory()

    with pytest.raises(InternalError, match="intake_policy_approved_stays"):
        IntakePolicy.objects.filter(pk=version.pk).update(approved_by=None, approved_at=None)


def test_version_is_never_deleted():
    version = IntakePolicyFactory()

    with pytest.raises(InternalError, match="Cannot delete"):
        IntakePolicy.objects.filter(pk=version.pk)._raw_delete("default")
