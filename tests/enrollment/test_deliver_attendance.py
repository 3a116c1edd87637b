from datetime import timedelta
from decimal import Decimal

import pytest

from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from chongqing_dte.foundation.models import AuditEvent
from enrollment.attendance.marks import ReadMark
from enrollment.attendance.sheet import lesson_heading
from enrollment.models import AttendanceDelivery, AttendanceMark, Lesson
from enrollment.queries import hours_of_class, hours_of_people
from enrollment.rules.attendance import Hours
from enrollment.services.attendance import AttendanceRefused, deliver_attendance, deliver_attendance_file
from enrollment.services.lessons import PlannedLesson, cancel_lesson, record_lessons
from tests.clock import NOW
from tests.enrollment.training import DATES, TODAY, people_of, running_class, sister_of, transfer, withdraw
from tests.factories.enrollment import EnrollmentFactory, TrainingClassFactory
from tests.factories.institutions import UserFactory
from tests.factories.training import LessonFactory
from tests.factories.workbooks import csv_file

pytestmark = pytest.mark.django_db
FIRST_DAY = DATES["starts_on"]
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def training_class():
    return running_class(2)


@pytest.fixture
def lesson(training_class):
    return LessonFactory(training_class=training_class, held_on=FIRST_DAY)


def sheet_of(lesson, **presences):
    """Return a sheet in which each person of the class, by their place in it, has a mark."""
    people = people_of(lesson.training_class)
    rows = [
        [str(people[int(place[1:])].public_id), people[int(place[1:])].trainee.name, written]
        for place, written in presences.items()
    ]
    return csv_file([["学员编号", "姓名", lesson_heading(lesson.held_on, lesson.number)], *rows])


def deliver(lesson, content, **changed):
    training_class = lesson.training_class
    return deliver_attendance_file(
        **{
            "class_id": training_class.pk,
            "deliverer": training_class.drafted_by,
            "file_name": "attendance.csv",
            "content": content,
            "now": NOW,
            **changed,
        }
    )


def report(lesson, *marks, **changed):
    """Report marks as a machine does: pairs of an enrollment and a presence."""
    training_class = lesson.training_class
    read = [
        ReadMark(index, "lesson", str(enrollment.public_id), str(lesson.public_id), presence)
        for index, (enrollment, presence) in enumerate(marks)
    ]
    return deliver_attendance(
        **{
            "class_id": training_class.pk,
            "deliverer": training_class.drafted_by,
            "marks": read,
            "now": NOW,
            **changed,
        }
    )


def live():
    marks = AttendanceMark.objects.filter(superseded_at__isnull=True).order_by("enrollment")
    return list(marks.values_list("presence", flat=True))


def plan(training_class, *lessons, **changed):
    return record_lessons(
        **{
            "class_id": training_class.pk,
            "lessons": [PlannedLesson(day, number, Decimal(4)) for day, number in lessons],
            "recorder": training_class.drafted_by,
            "now": NOW,
            **changed,
        }
    )


# ── Lessons ──────────────────────────────────────────────────────────────────────────────────────────────
def test_timetable_is_entered_at_one_stroke(training_class):
    plan(training_class, (FIRST_DAY, 1), (FIRST_DAY, 2), (DATES["ends_on"], 1))

    assert list(Lesson.objects.values_list("held_on", "number", "hours")) == [
        (FIRST_DAY, 1, Decimal("4.0")),
        (FIRST_DAY, 2, Decimal("4.0")),
        (DATES["ends_on"], 1, Decimal("4.0")),
    ]
    assert AuditEvent.objects.get().facts == {"lessons": 3}


@pytest.mark.parametrize(
    ("lessons", "code"),
    [
        ([], "lesson_count"),
        ([(FIRST_DAY, number) for number in range(1, 502)], "lesson_count"),
        ([(FIRST_DAY - timedelta(days=1), 1)], "lesson_outside_class"),
        ([(DATES["ends_on"] + timedelta(days=1), 1)], "lesson_outside_class"),
        ([(FIRST_DAY, 2), (FIRST_DAY, 1)], "lesson_exists"),
        ([(FIRST_DAY, 2), (FIRST_DAY, 2)], "lesson_repeated"),
    ],
)
def test_timetable_with_one_wrong_lesson_is_refused_as_a_whole(training_class, lesson, lessons, code):
    with pytest.raises(DomainError) as refusal:
        plan(training_class, *lessons)

    assert refusal.value.code == code
    assert Lesson.objects.get() == lesson


@pytest.mark.parametrize("state", [{}, {"completed": True}])
def test_timetable_changes_only_before_and_in_the_class(state):
    training_class = TrainingClassFactory(**state, **DATES)

    with pytest.raises(InvalidTransition):
        plan(training_class, (FIRST_DAY, 1))


def test_confirmed_class_has_a_timetable_before_it_starts():
    assert plan(TrainingClassFactory(confirmed=True, **DATES), (FIRST_DAY, 1))


def test_another_institution_enters_and_cancels_no_lesson(training_class, lesson):
    stranger = UserFactory(training_operator=True)

    with pytest.raises(NotPermitted):
        plan(training_class, (FIRST_DAY, 2), recorder=stranger)
    with pytest.raises(NotPermitted):
        cancel_lesson(lesson_id=lesson.pk, canceller=stranger, reason="Ill.", now=NOW)


def test_cancelled_lesson_no_longer_counts(training_class, lesson):
    first, _second = people_of(training_class)
    report(lesson, (first, "PRESENT"))
    assert hours_of_class(training_class, today=TODAY) == Hours(Decimal(8), Decimal(4), Decimal(4))

    cancel_lesson(lesson_id=lesson.pk, canceller=training_class.drafted_by, reason=" Ill. ", now=NOW)

    lesson.refresh_from_db()
    assert (lesson.cancelled_at, lesson.cancel_reason) == (NOW, "Ill.")
    assert hours_of_class(training_class, today=TODAY) == Hours()


def test_lesson_is_cancelled_once_and_with_a_reason(training_class, lesson):
    def cancel(reason="Ill."):
        return cancel_lesson(lesson_id=lesson.pk, canceller=training_class.drafted_by, reason=reason, now=NOW)

    with pytest.raises(DomainError) as refusal:
        cancel(reason=" ")
    assert refusal.value.code == "reason_missing"
    cancel()
    with pytest.raises(InvalidTransition):
        cancel()


# ── Deliveries ───────────────────────────────────────────────────────────────────────────────────────────
def test_delivery_is_kept_as_it_came_with_its_marks(training_class, lesson):
    content = sheet_of(lesson, p0="√", p1="缺勤")

    delivered = deliver(lesson, content)

    delivery = AttendanceDelivery.objects.get()
    assert (bytes(delivery.content), delivery.mark_count, delivery.channel) == (content, 2, "FILE")
    assert (delivered.is_new, delivered.changed_count) == (True, 2)
    assert live() == ["PRESENT", "ABSENT"]


def test_whom_the_file_does_not_name_is_not_absent(training_class, lesson):
    deliver(lesson, sheet_of(lesson, p0="√"))

    assert live() == ["PRESENT"]
    first, second = people_of(training_class)
    hours = hours_of_people(training_class, [first, second], today=TODAY)
    assert hours[second.pk] == Hours(Decimal(4), Decimal(0), Decimal(0))


def test_same_file_again_changes_nothing(lesson):
    content = sheet_of(lesson, p0="√")
    first = deliver(lesson, content)
    events = AuditEvent.objects.count()

    again = deliver(lesson, content, now=LATER)

    assert (again.delivery, again.is_new, again.changed_count) == (first.delivery, False, 0)
    assert AttendanceMark.objects.count() == 1
    assert AuditEvent.objects.count() == events


def test_correction_supersedes_and_leaves_the_former_mark(lesson):
    deliver(lesson, sheet_of(lesson, p0="√", p1="√"))

    delivered = deliver(lesson, sheet_of(lesson, p0="×", p1="√"), now=LATER)

    assert delivered.changed_count == 1
    assert live() == ["ABSENT", "PRESENT"]
    former = AttendanceMark.objects.get(superseded_at__isnull=False)
    assert (former.presence, former.superseded_at) == ("PRESENT", LATER)


def test_empty_cell_takes_nothing_back(lesson):
    deliver(lesson, sheet_of(lesson, p0="√", p1="√"))

    deliver(lesson, sheet_of(lesson, p0="", p1="×"))

    assert live() == ["PRESENT", "ABSENT"]


def test_one_bad_mark_keeps_the_whole_file_out_and_all_are_named(lesson):
    content = sheet_of(lesson, p0="asleep", p1="dreaming")

    with pytest.raises(AttendanceRefused) as refusal:
        deliver(lesson, content)

    assert [(p.row_number, p.code) for p in refusal.value.problems] == [
        (2, "presence_unknown"),
        (3, "presence_unknown"),
    ]
    assert not AttendanceDelivery.objects.exists()
    assert not AttendanceMark.objects.exists()


def test_rows_that_were_shifted_are_noticed(training_class, lesson):
    first, _second = people_of(training_class)
    heading = lesson_heading(lesson.held_on, 1)
    content = csv_file([["学员编号", "姓名", heading], [str(first.public_id), "张某某", "√"]])

    with pytest.raises(AttendanceRefused) as refusal:
        deliver(lesson, content)

    assert [(p.column, p.code) for p in refusal.value.problems] == [("name", "name_differs")]


def test_file_without_a_mark_is_refused(lesson):
    with pytest.raises(DomainError) as refusal:
        deliver(lesson, sheet_of(lesson, p0=""))

    assert refusal.value.code == "no_marks"
    assert not AttendanceDelivery.objects.exists()


def test_attendance_of_somebody_from_another_class_is_refused(lesson):
    with pytest.raises(AttendanceRefused) as refusal:
        report(lesson, (EnrollmentFactory(), "PRESENT"))

    assert [problem.code for problem in refusal.value.problems] == ["person_unknown"]


@pytest.mark.parametrize("state", [{"confirmed": True}, {"completed": True}])
def test_attendance_is_reported_while_the_class_runs(state):
    lesson = LessonFactory(training_class=TrainingClassFactory(**state))
    enrollment = EnrollmentFactory(training_class=lesson.training_class)

    with pytest.raises(InvalidTransition):
        report(lesson, (enrollment, "PRESENT"))


@pytest.mark.parametrize("role", ["training_operator", "district_reviewer", "municipal_operator"])
def test_nobody_else_reports_attendance(lesson, role):
    stranger = UserFactory(**{role: True})

    with pytest.raises(NotPermitted):
        deliver(lesson, sheet_of(lesson, p0="√"), deliverer=stranger)
    with pytest.raises(NotPermitted):
        report(lesson, (people_of(lesson.training_class)[0], "PRESENT"), deliverer=stranger)


def test_machine_that_repeats_itself_changes_nothing(training_class, lesson):
    first, second = people_of(training_class)
    report(lesson, (first, "PRESENT"), (second, "ON_LEAVE"))

    again = report(lesson, (first, "PRESENT"), (second, "ON_LEAVE"))

    assert (again.is_new, again.changed_count) == (False, 0)
    assert live() == ["PRESENT", "ON_LEAVE"]


def test_events_hold_figures_and_no_people(lesson):
    deliver(lesson, sheet_of(lesson, p0="√"))

    event = AuditEvent.objects.get(name="attendance.delivered")
    assert event.facts == {"channel": "FILE", "marks": 1, "changed": 1}


# ── Hours ────────────────────────────────────────────────────────────────────────────────────────────────
def test_hours_count_from_coming_and_until_leaving(training_class):
    for day in (FIRST_DAY, TODAY, TODAY + timedelta(days=1)):
        LessonFactory(training_class=training_class, held_on=day)
    stays, leaves = people_of(training_class)
    withdraw(leaves, now=NOW - timedelta(days=1))
    came = transfer(people_of(sister := running_class_like(training_class))[0], training_class)
    leaves.refresh_from_db()

    hours = hours_of_people(training_class, [stays, leaves, came], today=TODAY)

    assert sister != training_class
    # The lesson of tomorrow is not taught yet.
    assert [hours[person.pk].taught for person in (stays, leaves, came)] == [8, 4, 4]


def running_class_like(training_class):
    other = sister_of(training_class)
    EnrollmentFactory(training_class=other)
    return other
