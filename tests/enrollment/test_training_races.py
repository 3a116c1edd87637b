"""Two acts on one person at the same moment: one of them happens, and the books fit together afterwards."""

from functools import partial

import pytest

from enrollment import policies, queries
from enrollment.attendance.marks import ReadMark
from enrollment.enums import EnrollmentStatus
from enrollment.models import AttendanceDelivery, AttendanceMark, Enrollment, TrainingCertificate
from enrollment.services.attendance import deliver_attendance
from enrollment.services.roster_locks import lock_due_rosters
from tests.clock import NOW
from tests.enrollment.interleaving import at_once, rival_in_the_middle
from tests.enrollment.training import (
    DATES,
    complete,
    finished_class,
    people_of,
    running_class,
    sister_of,
    statuses_of,
    transfer,
    withdraw,
)
from tests.factories.enrollment import IntakePolicyFactory
from tests.factories.training import LessonFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def test_one_person_is_transferred_once(monkeypatch):
    training_class = running_class(1)
    (enrollment,) = people_of(training_class)
    first, second = sister_of(training_class), sister_of(training_class)

    outcomes = rival_in_the_middle(
        monkeypatch,
        (queries, "seats_taken"),
        partial(transfer, enrollment, first),
        partial(transfer, enrollment, second),
    )

    assert outcomes == ["done", "invalid_transition"]
    assert (first.enrollments.count(), second.enrollments.count()) == (1, 0)


def test_last_seat_is_given_to_one_of_two_who_come_over(monkeypatch):
    training_class = running_class(2)
    first, second = people_of(training_class)
    to_class = sister_of(training_class, seat_count=1)

    outcomes = rival_in_the_middle(
        monkeypatch,
        (queries, "seats_taken"),
        partial(transfer, first, to_class),
        partial(transfer, second, to_class),
    )

    assert outcomes == ["done", "seats_short"]
    assert to_class.enrollments.count() == 1


def test_two_who_change_places_do_not_wait_for_each_other():
    here = running_class(1)
    other = running_class(1, institution=here.institution, occupation=here.occupation)
    (mine,), (theirs,) = people_of(here), people_of(other)

    outcomes = at_once(partial(transfer, mine, other), partial(transfer, theirs, here))

    assert outcomes == ["done", "done"]
    assert (
        statuses_of(here)
        == statuses_of(other)
        == [
            EnrollmentStatus.TRANSFERRED,
            EnrollmentStatus.ENROLLED,
        ]
    )


def test_who_leaves_while_the_class_is_completed_gets_no_certificate(monkeypatch):
    training_class = finished_class(2)
    leaves, _stays = people_of(training_class)

    outcomes = rival_in_the_middle(
        monkeypatch,
        (policies, "check_can_withdraw_enrollment"),
        partial(withdraw, leaves),
        partial(complete, training_class),
    )

    assert outcomes == ["done", "done"]
    assert statuses_of(training_class) == [EnrollmentStatus.WITHDRAWN, EnrollmentStatus.COMPLETED]
    assert TrainingCertificate.objects.count() == 1


def test_nobody_leaves_a_class_that_is_being_completed(monkeypatch):
    training_class = finished_class(1)

    outcomes = rival_in_the_middle(
        monkeypatch,
        (policies, "check_can_complete_class"),
        partial(complete, training_class),
        partial(withdraw, people_of(training_class)[0]),
    )

    assert outcomes == ["done", "invalid_transition"]
    assert Enrollment.objects.get().status == EnrollmentStatus.COMPLETED


def test_denominator_is_what_the_lock_saw_even_when_somebody_leaves_at_that_moment(monkeypatch):
    IntakePolicyFactory()
    training_class = running_class(2)

    outcomes = rival_in_the_middle(
        monkeypatch,
        (policies, "check_can_withdraw_enrollment"),
        partial(withdraw, people_of(training_class)[0]),
        partial(lock_due_rosters, now=NOW),
    )

    assert outcomes == ["done", "done"]
    training_class.refresh_from_db()
    assert training_class.locked_count == 1
    assert Enrollment.objects.filter(locked_at__isnull=False).count() == 1


def test_two_workers_lock_a_roster_once():
    IntakePolicyFactory()
    training_class = running_class(2)

    outcomes = at_once(partial(lock_due_rosters, now=NOW), partial(lock_due_rosters, now=NOW))

    assert outcomes == ["done", "done"]
    training_class.refresh_from_db()
    assert training_class.locked_count == 2


def test_same_attendance_twice_at_once_is_one_delivery(monkeypatch):
    training_class = running_class(1)
    lesson = LessonFactory(training_class=training_class, held_on=DATES["starts_on"])
    mark = ReadMark(
        0, "lesson", str(people_of(training_class)[0].public_id), str(lesson.public_id), "PRESENT"
    )
    send = partial(
        deliver_attendance,
        class_id=training_class.pk,
        deliverer=training_class.drafted_by,
        marks=[mark],
        now=NOW,
    )

    outcomes = rival_in_the_middle(monkeypatch, (policies, "check_can_report_attendance"), send, send)

    assert outcomes == ["done", "done"]
    assert (AttendanceDelivery.objects.count(), AttendanceMark.objects.count()) == (1, 1)
