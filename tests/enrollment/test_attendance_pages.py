"""The attendance page of a class: its sheet, its timetable, and who may use them."""

from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from chongqing_dte.foundation.models import AuditEvent
from enrollment.attendance.sheet import read_sheet
from enrollment.models import AttendanceMark, Lesson
from tests.enrollment.training import (
    people_of,
)
from tests.enrollment.training_pages import FIRST_DAY, bureau, client, mark_present, page, training_class, url
from tests.factories.training import LessonFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_clock_stands_still")]
__all__ = ["bureau", "client", "training_class"]


def test_sheet_holds_the_people_and_what_is_known(client, training_class):
    mark_present(training_class)

    response = client.get(url("attendance-sheet", training_class))
    sheet = read_sheet(BytesIO(b"".join(response.streaming_content)).read())

    first, second = people_of(training_class)
    assert [(m.person, m.presence) for m in sheet.marks] == [(str(first.public_id), "PRESENT")]
    assert {name for _person, name in sheet.names.values()} == {first.trainee.name, second.trainee.name}


def test_whoever_takes_out_the_sheet_is_on_record(client, training_class):
    client.get(url("attendance-sheet", training_class))

    event = AuditEvent.objects.get(name="attendance.sheet_taken")
    assert (event.subject_id, event.facts) == (training_class.pk, {"people": 2})
    assert event.actor_id is not None


def test_bureau_downloads_no_sheet(bureau, training_class):
    page(bureau, url("attendance-sheet", training_class), 403)


def sheet_file(training_class, written="√"):
    lesson = LessonFactory(training_class=training_class, held_on=FIRST_DAY)
    person = people_of(training_class)[0]
    lines = f"学员编号,姓名,{lesson.held_on} 第1节\n{person.public_id},{person.trainee.name},{written}\n"
    return SimpleUploadedFile("attendance.csv", lines.encode())


def test_sheet_is_taken_in(client, training_class):
    file = sheet_file(training_class)

    response = client.post(url("class-attendance", training_class), {"file": file})

    assert response.status_code == 302
    assert AttendanceMark.objects.get().presence == "PRESENT"
    text = page(client, url("class-attendance", training_class))
    assert "attendance.csv" in text
    assert '<td class="numeric" data-label="Not reported">1</td>' in text


def test_sheet_with_problems_comes_back_with_all_of_them(client, training_class):
    text = page(
        client, url("class-attendance", training_class), 422, file=sheet_file(training_class, "maybe")
    )

    assert "2026-10-12 第1节" in text
    assert not AttendanceMark.objects.exists()


def test_page_without_a_file_asks_for_one(client, training_class):
    page(client, url("class-attendance", training_class), 422, file="")


def test_bureau_sees_attendance_and_no_form(bureau, training_class):
    mark_present(training_class)

    text = page(bureau, url("class-attendance", training_class))

    assert "100.0 % (4 of 4 hours)" in text
    assert "<form" not in text.split('<main id="main"')[1]


def test_timetable_of_weeks_is_entered_by_one_form(client, training_class):
    fields = {
        "first_day": "2026-10-12",
        "last_day": "2026-10-23",
        "weekdays": ["0", "2"],
        "per_day": "2",
        "first_number": "1",
        "hours": "4",
        "topic": "Practice",
    }

    response = client.post(url("class-lessons", training_class), fields)

    assert response.status_code == 302
    assert [(str(day), number) for day, number in Lesson.objects.values_list("held_on", "number")] == [
        (day, number) for day in ("2026-10-12", "2026-10-14", "2026-10-19", "2026-10-21") for number in (1, 2)
    ]


def test_one_lesson_is_entered_by_its_day(client, training_class):
    fields = {"first_day": "2026-10-17", "per_day": "1", "first_number": "3", "hours": "2.5"}

    client.post(url("class-lessons", training_class), fields)

    lesson = Lesson.objects.get()
    assert (str(lesson.held_on), lesson.number, str(lesson.hours)) == ("2026-10-17", 3, "2.5")


@pytest.mark.parametrize(
    "changes",
    [
        {"first_day": "2020-01-01"},
        {"hours": "13"},
        {"last_day": "2026-10-01"},
        {"last_day": "2026-10-20", "weekdays": []},
        {"last_day": "2028-10-20"},
        {"first_day": ""},
    ],
)
def test_wrong_timetable_comes_back(client, training_class, changes):
    fields = {
        "first_day": "2026-10-12",
        "weekdays": ["0"],
        "per_day": "1",
        "first_number": "1",
        "hours": "4",
        **changes,
    }

    page(client, url("class-lessons", training_class), 422, **fields)

    assert not Lesson.objects.exists()


def test_lesson_is_cancelled_with_a_reason(client, training_class):
    lesson = mark_present(training_class)
    page(client, url("lesson-cancel", lesson))
    page(client, url("lesson-cancel", lesson), 422, reason=" ")

    client.post(url("lesson-cancel", lesson), {"reason": "The trainer fell ill."})

    assert "The trainer fell ill." in page(client, url("class-attendance", training_class))


def test_bureau_cancels_no_lesson(bureau, training_class):
    page(bureau, url("lesson-cancel", mark_present(training_class)), 403)
