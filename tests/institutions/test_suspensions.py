from datetime import date, timedelta

import pytest
from django.db import IntegrityError
from django.db.backends.postgresql.psycopg_any import DateRange

from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from chongqing_dte.foundation.models import AuditEvent
from institutions.models import Institution, Suspension
from institutions.queries import is_suspended
from institutions.services.suspensions import lift_suspension, suspend_institution
from tests.clock import NOW
from tests.factories.institutions import InstitutionFactory, UserFactory
from tests.factories.standing import SuspensionFactory

pytestmark = pytest.mark.django_db

TODAY = date(2026, 10, 20)
REASON = "Attendance records were not handed in."


@pytest.fixture
def reviewer():
    return UserFactory(municipal_reviewer=True)


def suspend(reviewer, institution=None, **changes):
    given = {"starts_on": TODAY, "ends_before": None, "reason": REASON, **changes}
    institution = institution or InstitutionFactory()
    return suspend_institution(institution_id=institution.pk, reviewer=reviewer, now=NOW, **given)


def lift(suspension, reviewer, **changes):
    given = {"reason": "The records were handed in.", "now": NOW, **changes}
    return lift_suspension(suspension_id=suspension.pk, reviewer=reviewer, **given)


def test_institution_is_suspended_from_the_first_day_on_with_an_event(reviewer):
    suspension = suspend(reviewer)

    assert is_suspended(suspension.institution_id, TODAY)
    assert not is_suspended(suspension.institution_id, TODAY - timedelta(days=1))
    assert not is_suspended(InstitutionFactory().pk, TODAY)
    event = AuditEvent.objects.get(name="institution.suspended")
    assert (event.actor, event.subject_id, event.reason) == (reviewer, suspension.pk, REASON)
    assert event.facts["starts_on"] == "2026-10-20"


def test_suspension_with_an_end_ends_by_itself(reviewer):
    suspension = suspend(reviewer, ends_before=date(2026, 11, 1))

    assert is_suspended(suspension.institution_id, date(2026, 10, 31))
    assert not is_suspended(suspension.institution_id, date(2026, 11, 1))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"reason": "  "}, "reason_missing"),
        ({"starts_on": TODAY - timedelta(days=1)}, "starts_in_the_past"),
        ({"ends_before": TODAY}, "days_out_of_order"),
        ({"reason": "\u3000\u200b\x00"}, "reason_missing"),
        ({"starts_on": date(2100, 1, 1)}, "day_unthinkable"),
        ({"ends_before": date.max}, "day_unthinkable"),
        ({"institution": Institution(pk=10**10)}, "institution_unknown"),
    ],
)
def test_refused_suspension_leaves_nothing(reviewer, changes, code):
    with pytest.raises(DomainError) as refusal:
        suspend(reviewer, **changes)

    assert refusal.value.code == code
    assert not Suspension.objects.exists()
    assert not AuditEvent.objects.exists()


def test_form_that_is_sent_twice_suspends_once(reviewer):
    first = suspend(reviewer)

    with pytest.raises(DomainError) as refusal:
        suspend(reviewer, first.institution)

    assert refusal.value.code == "suspended_already"
    assert Suspension.objects.count() == 1


def test_lifted_suspension_holds_to_the_day_before_and_keeps_its_row(reviewer):
    suspension = SuspensionFactory(in_force=DateRange(date(2026, 10, 1), None))

    lift(suspension, reviewer)

    assert is_suspended(suspension.institution_id, TODAY - timedelta(days=1))
    assert not is_suspended(suspension.institution_id, TODAY)
    suspension.refresh_from_db()
    assert (suspension.lifted_by, suspension.lifted_at) == (reviewer, NOW)
    event = AuditEvent.objects.get(name="institution.suspension_lifted")
    assert (event.actor, event.reason) == (reviewer, "The records were handed in.")


def test_institution_stays_suspended_while_another_matter_is_open(reviewer):
    suspension = SuspensionFactory()
    SuspensionFactory(institution=suspension.institution, reason="Another matter.")

    lift(suspension, reviewer)

    assert is_suspended(suspension.institution_id, TODAY)


def test_suspension_is_lifted_once(reviewer):
    suspension = SuspensionFactory()
    lift(suspension, reviewer)

    with pytest.raises(InvalidTransition):
        lift(suspension, reviewer, reason="Again.", now=NOW + timedelta(days=1))

    suspension.refresh_from_db()
    assert suspension.lifted_at == NOW
    assert AuditEvent.objects.count() == 1


def test_suspension_that_is_over_is_not_lifted(reviewer):
    suspension = SuspensionFactory(in_force=DateRange(date(2026, 9, 1), TODAY))

    with pytest.raises(InvalidTransition):
        lift(suspension, reviewer)


def test_lifting_needs_a_reason(reviewer):
    suspension = SuspensionFactory()

    with pytest.raises(DomainError) as refusal:
        lift(suspension, reviewer, reason=" ")

    suspension.refresh_from_db()
    assert refusal.value.code == "reason_missing"
    assert suspension.lifted_at is None


def test_whoever_may_not_suspend_changes_nothing():
    suspension = SuspensionFactory()
    operator = UserFactory(municipal_operator=True)

    with pytest.raises(NotPermitted):
        suspend(operator)
    with pytest.raises(NotPermitted):
        lift(suspension, operator)

    suspension.refresh_from_db()
    assert suspension.lifted_at is None
    assert not AuditEvent.objects.exists()


def test_suspension_of_nobody_is_refused_by_the_database():
    with pytest.raises(IntegrityError, match="institution_id"):
        SuspensionFactory(institution=None)
