"""Whoever leaves a class or moves to another: by an act with a reason, and the denominator stays."""

import json
from datetime import timedelta

import pytest

from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from chongqing_dte.foundation.models import AuditEvent
from enrollment.enums import EnrollmentAct, EnrollmentStatus
from enrollment.models import EVIDENCE_FIELDS, Enrollment, EnrollmentChange
from enrollment.queries import roster_row_of, transfer_targets
from tests.clock import NOW
from tests.enrollment.training import (
    TODAY,
    YESTERDAY,
    complete,
    people_of,
    running_class,
    sister_of,
    statuses_of,
    transfer,
    withdraw,
)
from tests.factories.enrollment import EnrollmentFactory, TrainingClassFactory
from tests.factories.institutions import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def training_class():
    return running_class(1)


@pytest.fixture
def enrollment(training_class):
    return people_of(training_class)[0]


def bureau_of(training_class):
    return UserFactory(district_reviewer=True, district=training_class.district)


def refused_with(code, act, *args, **changed):
    with pytest.raises(DomainError) as refusal:
        act(*args, **changed)
    assert refusal.value.code == code
    assert not EnrollmentChange.objects.exists()
    assert not Enrollment.objects.filter(status=EnrollmentStatus.TRANSFERRED).exists()


# ── Withdrawal ───────────────────────────────────────────────────────────────────────────────────────────
def test_withdrawal_keeps_who_when_why_and_what_was_before(enrollment):
    withdraw(enrollment, reason="  Moved away. ")

    enrollment.refresh_from_db()
    change = EnrollmentChange.objects.get()
    assert (enrollment.status, enrollment.left_at) == (EnrollmentStatus.WITHDRAWN, NOW)
    assert (change.enrollment_id, change.act, change.reason, change.done_at) == (
        enrollment.pk,
        EnrollmentAct.WITHDRAWAL,
        "Moved away.",
        NOW,
    )
    assert json.loads(change.former_values) == {"status": "ENROLLED"}
    assert AuditEvent.objects.get().name == "enrollment.withdrawal"


@pytest.mark.parametrize("reason", ["", "  "])
def test_withdrawal_needs_a_reason(enrollment, reason):
    refused_with("reason_missing", withdraw, enrollment, reason=reason)


def test_who_has_left_does_not_leave_again(enrollment):
    withdraw(enrollment)

    with pytest.raises(InvalidTransition):
        withdraw(enrollment)

    assert EnrollmentChange.objects.count() == 1


@pytest.mark.parametrize("role", ["training_operator", "district_reviewer", "municipal_operator"])
def test_nobody_else_withdraws(enrollment, role):
    with pytest.raises(NotPermitted):
        withdraw(enrollment, withdrawer=UserFactory(**{role: True}))

    enrollment.refresh_from_db()
    assert enrollment.status == EnrollmentStatus.ENROLLED
    assert not AuditEvent.objects.exists()


# ── Transfer ─────────────────────────────────────────────────────────────────────────────────────────────
def test_transfer_takes_the_evidence_along(training_class, enrollment):
    to_class = sister_of(training_class)

    moved = transfer(enrollment, to_class)

    enrollment.refresh_from_db()
    assert (enrollment.status, enrollment.left_at) == (EnrollmentStatus.TRANSFERRED, NOW)
    assert (moved.training_class, moved.trainee, moved.transferred_from, moved.status) == (
        to_class,
        enrollment.trainee,
        enrollment,
        EnrollmentStatus.ENROLLED,
    )
    assert [getattr(moved, field) for field in EVIDENCE_FIELDS] == [
        getattr(enrollment, field) for field in EVIDENCE_FIELDS
    ]
    assert (moved.roster_row, moved.registers_due_at) == (None, NOW)


def test_transfer_stands_in_the_history_of_both(training_class, enrollment):
    moved = transfer(enrollment, sister_of(training_class))

    assert list(EnrollmentChange.objects.order_by("pk").values_list("enrollment", "act", "reason")) == [
        (enrollment.pk, EnrollmentAct.TRANSFER_OUT, "Works in the daytime now."),
        (moved.pk, EnrollmentAct.TRANSFER_IN, "Works in the daytime now."),
    ]
    assert json.loads(moved.changes.get().former_values) == {"training_class": training_class.reference}
    assert {event.name for event in AuditEvent.objects.all()} == {
        "enrollment.transfer_out",
        "enrollment.transfer_in",
    }


def test_transferred_person_counts_where_the_lock_found_them():
    training_class = running_class(0, locked=True)
    enrollment = EnrollmentFactory(training_class=training_class, locked_at=training_class.roster_locked_at)

    moved = transfer(enrollment, sister_of(training_class, locked=True))

    enrollment.refresh_from_db()
    assert enrollment.locked_at == training_class.roster_locked_at
    assert moved.locked_at is None


def test_road_of_a_transferred_person_leads_back_to_the_roster_row(training_class, enrollment):
    first = transfer(enrollment, sister_of(training_class))
    second = transfer(first, sister_of(training_class))

    assert roster_row_of(second) == enrollment.roster_row


def test_transferred_person_completes_the_other_class():
    left = running_class(1, ends_on=YESTERDAY)
    to_class = sister_of(left, ends_on=TODAY)
    transfer(people_of(left)[0], to_class)

    complete(to_class)

    assert statuses_of(left) == [EnrollmentStatus.TRANSFERRED]
    assert statuses_of(to_class) == [EnrollmentStatus.COMPLETED]


@pytest.mark.parametrize("reason", ["", "  "])
def test_transfer_needs_a_reason(training_class, enrollment, reason):
    refused_with("reason_missing", transfer, enrollment, sister_of(training_class), reason=reason)


@pytest.mark.parametrize(
    "difference",
    [{"level": "SENIOR"}, {"direction": "Another direction"}, {"occupation": None}],
    ids=["level", "direction", "occupation"],
)
def test_transfer_to_another_training_is_refused(training_class, enrollment, difference):
    if "occupation" in difference:
        difference = {"occupation": TrainingClassFactory().occupation}

    refused_with("other_training", transfer, enrollment, sister_of(training_class, **difference))


@pytest.mark.parametrize(
    "state",
    [{"running": False}, {"running": False, "draft": True}, {"completed": True}, {"ends_on": YESTERDAY}],
    ids=["filed", "draft", "completed", "over"],
)
def test_transfer_to_a_class_that_takes_nobody_is_refused(training_class, enrollment, state):
    refused_with("class_takes_nobody", transfer, enrollment, sister_of(training_class, **state))


def test_transfer_to_a_full_class_is_refused(training_class, enrollment):
    full = sister_of(training_class, seat_count=1)
    EnrollmentFactory(training_class=full)

    refused_with("seats_short", transfer, enrollment, full)


def test_who_has_left_makes_room(training_class, enrollment):
    full = sister_of(training_class, seat_count=1)
    EnrollmentFactory(training_class=full, status=EnrollmentStatus.WITHDRAWN, left_at=NOW)

    assert transfer(enrollment, full).training_class == full


def test_transfer_back_is_refused(training_class, enrollment):
    moved = transfer(enrollment, sister_of(training_class))

    with pytest.raises(DomainError) as refusal:
        transfer(moved, training_class)

    assert refusal.value.code == "was_in_that_class"


def test_transfer_to_where_one_is_is_refused(training_class, enrollment):
    refused_with("was_in_that_class", transfer, enrollment, training_class)


def test_who_counts_nowhere_does_not_come_into_a_locked_class(training_class, enrollment):
    refused_with("roster_locked_there", transfer, enrollment, sister_of(training_class, locked=True))


def test_transfer_onto_days_that_another_class_has_is_refused(training_class, enrollment):
    later = {"starts_on": TODAY + timedelta(days=40), "ends_on": TODAY + timedelta(days=60)}
    EnrollmentFactory(trainee=enrollment.trainee, training_class=TrainingClassFactory(running=True, **later))

    refused_with("busy_elsewhere", transfer, enrollment, sister_of(training_class, **later))


def test_bureau_moves_somebody_to_another_institution(training_class, enrollment):
    elsewhere = sister_of(training_class, institution=TrainingClassFactory().institution)

    moved = transfer(enrollment, elsewhere, transferrer=bureau_of(training_class))

    assert moved.training_class.institution != training_class.institution


def test_institution_moves_nobody_to_another_institution(training_class, enrollment):
    elsewhere = sister_of(training_class, institution=TrainingClassFactory().institution)

    for user in (training_class.drafted_by, elsewhere.drafted_by, bureau_of(elsewhere)):
        refused_with("not_permitted", transfer, enrollment, elsewhere, transferrer=user)


def test_bureau_moves_nobody_within_an_institution(training_class, enrollment):
    refused_with(
        "not_permitted",
        transfer,
        enrollment,
        sister_of(training_class),
        transferrer=bureau_of(training_class),
    )


def test_who_has_left_is_not_moved(training_class, enrollment):
    withdraw(enrollment)

    with pytest.raises(InvalidTransition):
        transfer(enrollment, sister_of(training_class))


# ── Where somebody may go ────────────────────────────────────────────────────────────────────────────────
def test_institution_chooses_among_its_own_classes(training_class, enrollment):
    own = sister_of(training_class)
    sister_of(training_class, institution=TrainingClassFactory().institution)
    sister_of(training_class, level="SENIOR")
    sister_of(training_class, ends_on=YESTERDAY)
    sister_of(training_class, locked=True)
    sister_of(training_class, running=False)

    assert list(transfer_targets(training_class.drafted_by, enrollment, today=TODAY)) == [own]


def test_bureau_chooses_among_the_classes_of_the_others(training_class, enrollment):
    sister_of(training_class)
    elsewhere = sister_of(training_class, institution=TrainingClassFactory().institution)

    assert list(transfer_targets(bureau_of(training_class), enrollment, today=TODAY)) == [elsewhere]


def test_full_class_and_former_class_are_no_choice(training_class, enrollment):
    full = sister_of(training_class, seat_count=1)
    moved = transfer(enrollment, full)
    EnrollmentFactory(training_class=sister_of(training_class, seat_count=1))

    assert not transfer_targets(training_class.drafted_by, moved, today=TODAY).exists()


def test_locked_class_is_a_choice_for_whom_a_lock_has_found():
    left = running_class(0, locked=True)
    enrollment = EnrollmentFactory(training_class=left, locked_at=NOW)
    locked = sister_of(left, locked=True)

    assert list(transfer_targets(left.drafted_by, enrollment, today=TODAY)) == [locked]


@pytest.mark.parametrize("role", ["training_operator", "district_reviewer", "municipal_operator"])
def test_nobody_else_has_a_choice(training_class, enrollment, role):
    sister_of(training_class)
    sister_of(training_class, institution=TrainingClassFactory().institution)

    assert not transfer_targets(UserFactory(**{role: True}), enrollment, today=TODAY).exists()
