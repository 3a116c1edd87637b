"""The district's answer to a filing, and classes that are called off."""

from datetime import timedelta

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange

from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from chongqing_dte.foundation.models import AuditEvent
from enrollment.enums import ClassStatus, EnrollmentStatus
from enrollment.models import ClassStep, Enrollment, EnrollmentChange
from enrollment.services.answers import cancel_class, confirm_class, return_class
from tests.clock import NOW
from tests.enrollment.filings import (
    ENDS_ON,
    SEATS,
    STARTS_ON,
    draft_to_file,
    filed_class,
    quota_of,
    reviewer_of,
    status_of,
)
from tests.factories.enrollment import EnrollmentFactory, TrainingClassFactory
from tests.factories.filings import SuspendedFactory
from tests.factories.institutions import InstitutionFactory, UserFactory

pytestmark = pytest.mark.django_db

TODAY = NOW.date()
REASON = "The venue has no fire certificate."


def confirm(training_class, confirmer=None):
    confirmer = confirmer or reviewer_of(training_class)
    return confirm_class(class_id=training_class.pk, confirmer=confirmer, now=NOW)


def hand_back(training_class, returner=None, reason=REASON):
    returner = returner or reviewer_of(training_class)
    return return_class(class_id=training_class.pk, returner=returner, reason=reason, now=NOW)


def cancel(training_class, canceller=None, reason=REASON):
    canceller = canceller or training_class.drafted_by
    return cancel_class(class_id=training_class.pk, canceller=canceller, reason=reason, now=NOW)


def waiting_class(**changed):
    """Return a filing that can still be confirmed: its first day is to come."""
    return TrainingClassFactory(starts_on=STARTS_ON, ends_on=ENDS_ON, **changed)


def test_confirmed_class_names_who_confirmed_it_and_when():
    training_class = waiting_class()
    confirmer = reviewer_of(training_class)

    confirm(training_class, confirmer)

    training_class.refresh_from_db()
    assert (training_class.status, training_class.confirmed_by_id, training_class.confirmed_at) == (
        ClassStatus.CONFIRMED,
        confirmer.pk,
        NOW,
    )
    assert (AuditEvent.objects.get().name, ClassStep.objects.get().to_status) == (
        "class.confirmed",
        "CONFIRMED",
    )


@pytest.mark.parametrize("starts_on", [TODAY, TODAY - timedelta(days=1)])
def test_class_whose_first_day_has_come_is_not_confirmed_any_more(starts_on):
    training_class = TrainingClassFactory(starts_on=starts_on, ends_on=ENDS_ON)

    with pytest.raises(DomainError, match=starts_on.isoformat()) as refusal:
        confirm(training_class)

    assert refusal.value.code == "class_has_begun"
    assert status_of(training_class) == ClassStatus.FILED
    assert not AuditEvent.objects.exists()


def test_class_that_starts_tomorrow_can_still_be_confirmed():
    training_class = TrainingClassFactory(starts_on=TODAY + timedelta(days=1), ends_on=ENDS_ON)

    assert confirm(training_class).status == ClassStatus.CONFIRMED


@pytest.mark.parametrize(
    "days",
    [(TODAY, TODAY + timedelta(days=1)), (STARTS_ON, STARTS_ON + timedelta(days=1)), (TODAY, None)],
    ids=["today", "on the first day", "without an end"],
)
def test_class_of_a_suspended_institution_is_returned_and_not_confirmed(days):
    training_class = waiting_class()
    SuspendedFactory(institution=training_class.institution, in_force=DateRange(*days))

    with pytest.raises(DomainError) as refusal:
        confirm(training_class)

    assert refusal.value.code == "institution_suspended"
    assert not AuditEvent.objects.exists()
    assert hand_back(training_class).status == ClassStatus.RETURNED


def test_suspension_that_was_lifted_is_no_obstacle_to_confirm():
    training_class = waiting_class()
    SuspendedFactory(
        institution=training_class.institution,
        lifted_by=UserFactory(municipal_reviewer=True),
        lifted_at=NOW - timedelta(days=1),
        lift_reason="Settled.",
    )

    assert confirm(training_class).status == ClassStatus.CONFIRMED


def test_confirmed_class_keeps_its_seats():
    training_class = filed_class()

    confirm(training_class)

    assert quota_of(training_class).reserved_count == SEATS


@pytest.mark.parametrize("state", ["draft", "confirmed", "running", "completed"])
@pytest.mark.parametrize("act", [confirm, hand_back])
def test_only_a_filing_is_answered(state, act):
    training_class = TrainingClassFactory(**{state: True})

    with pytest.raises(InvalidTransition):
        act(training_class)

    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize("act", [confirm, hand_back])
def test_another_district_answers_nothing(act):
    training_class = TrainingClassFactory()

    with pytest.raises(NotPermitted):
        act(training_class, UserFactory(district_lead=True))

    assert status_of(training_class) == ClassStatus.FILED


@pytest.mark.parametrize("act", [confirm, hand_back])
def test_municipal_reviewer_answers_what_has_gone_up_and_nothing_else(act):
    in_time, late = waiting_class(), waiting_class(escalated_at=NOW)
    reviewer = UserFactory(municipal_reviewer=True)

    with pytest.raises(NotPermitted):
        act(in_time, reviewer)

    assert act(late, reviewer).status in {ClassStatus.CONFIRMED, ClassStatus.RETURNED}


def test_returned_filing_says_why_and_gives_its_seats_back():
    training_class = filed_class()

    hand_back(training_class, reason=f"  {REASON} ")

    training_class.refresh_from_db()
    assert (training_class.status, training_class.status_reason) == (ClassStatus.RETURNED, REASON)
    assert (training_class.reserved_seat_count, quota_of(training_class).reserved_count) == (0, 0)
    assert ClassStep.objects.latest("id").reason == AuditEvent.objects.latest("id").reason == REASON


@pytest.mark.parametrize("act", [hand_back, cancel])
@pytest.mark.parametrize("reason", ["", "  "])
def test_nothing_is_returned_or_cancelled_without_a_reason(act, reason):
    training_class = filed_class()

    with pytest.raises(DomainError) as refusal:
        act(training_class, reason=reason)

    assert refusal.value.code == "reason_missing"
    assert status_of(training_class) == ClassStatus.FILED
    assert quota_of(training_class).reserved_count == SEATS


@pytest.mark.parametrize(
    "state", [{"draft": True}, {}, {"confirmed": True}], ids=["draft", "filed", "confirmed"]
)
def test_institution_cancels_what_does_not_run_yet(state):
    training_class = TrainingClassFactory(**state)

    cancel(training_class)

    assert status_of(training_class) == ClassStatus.CANCELLED


def test_returned_class_can_be_cancelled():
    training_class = filed_class()
    hand_back(training_class)

    cancel(training_class)

    assert status_of(training_class) == ClassStatus.CANCELLED


def test_cancelled_class_gives_its_seats_back_once():
    training_class = filed_class()

    cancel(training_class)
    with pytest.raises(InvalidTransition):
        cancel(training_class)

    assert quota_of(training_class).reserved_count == 0


def test_draft_that_is_cancelled_leaves_the_quota_alone():
    training_class = draft_to_file()

    cancel(training_class)

    assert quota_of(training_class).reserved_count == 0


def test_running_class_is_cancelled_by_its_district_and_not_by_its_institution():
    training_class = TrainingClassFactory(running=True)

    with pytest.raises(NotPermitted):
        cancel(training_class)
    cancel(training_class, reviewer_of(training_class))

    assert status_of(training_class) == ClassStatus.CANCELLED


def test_class_that_does_not_run_is_not_cancelled_by_its_district():
    training_class = TrainingClassFactory(confirmed=True)

    with pytest.raises(NotPermitted):
        cancel(training_class, reviewer_of(training_class))


def test_another_institution_cancels_nothing():
    training_class = TrainingClassFactory()

    with pytest.raises(NotPermitted):
        cancel(training_class, UserFactory(training_manager=True, institution=InstitutionFactory()))

    assert status_of(training_class) == ClassStatus.FILED


def test_completed_class_is_not_cancelled():
    training_class = TrainingClassFactory(completed=True)

    with pytest.raises(InvalidTransition):
        cancel(training_class)


def test_whoever_is_in_a_cancelled_class_has_left_it_and_is_free_for_another():
    training_class = TrainingClassFactory(confirmed=True)
    EnrollmentFactory.create_batch(2, training_class=training_class)

    cancel(training_class)

    assert set(Enrollment.objects.values_list("status", "left_at")) == {(EnrollmentStatus.WITHDRAWN, NOW)}
    assert list(EnrollmentChange.objects.values_list("act", "reason")) == [("WITHDRAWAL", REASON)] * 2


def test_people_in_other_classes_stay_where_they_are():
    elsewhere = EnrollmentFactory()

    cancel(TrainingClassFactory())

    elsewhere.refresh_from_db()
    assert elsewhere.status == EnrollmentStatus.ENROLLED
