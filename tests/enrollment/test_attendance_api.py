"""The contract of the attendance endpoint."""

import pytest
from django.urls import reverse

from enrollment.models import AttendanceDelivery, AttendanceMark
from institutions.enums import Role
from tests.enrollment.training import DATES, people_of, running_class
from tests.factories.enrollment import TrainingClassFactory
from tests.factories.training import LessonFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_clock_stands_still")]


@pytest.fixture
def training_class():
    return running_class(2)


@pytest.fixture
def lesson(training_class):
    return LessonFactory(training_class=training_class, held_on=DATES["starts_on"])


def url_of(training_class):
    return reverse("api-class-attendance", args=[training_class.public_id])


def post(client, training_class, marks):
    return client.post(url_of(training_class), {"marks": marks}, content_type="application/json")


def mark(enrollment, lesson, presence="PRESENT"):
    return {"enrollment": str(enrollment.public_id), "lesson": str(lesson.public_id), "presence": presence}


def test_marks_are_recorded_and_read_back(client_of, training_class, lesson):
    client = client_of(training_class.drafted_by)
    first, second = people_of(training_class)
    by_day = {"held_on": lesson.held_on.isoformat(), "number": 1}

    response = post(
        client, training_class, [mark(first, lesson), {**mark(second, lesson, "ABSENT"), "lesson": by_day}]
    )

    delivery = AttendanceDelivery.objects.get()
    assert response.status_code == 201
    assert response.json() == {"delivery": str(delivery.public_id), "marks": 2, "changed": 2}
    assert delivery.channel == "API"
    assert client.get(url_of(training_class)).json() == {
        "lessons": [
            {
                "lesson": str(lesson.public_id),
                "held_on": lesson.held_on.isoformat(),
                "number": 1,
                "hours": "4.0",
                "topic": "",
            }
        ],
        "marks": [mark(first, lesson), mark(second, lesson, "ABSENT")],
    }


def test_same_marks_again_are_the_same_delivery(client_of, training_class, lesson):
    client, (first, _second) = client_of(training_class.drafted_by), people_of(training_class)
    answer = post(client, training_class, [mark(first, lesson)]).json()

    response = post(client, training_class, [mark(first, lesson)])

    assert (response.status_code, response.json()) == (200, {**answer, "changed": 0})
    assert AttendanceMark.objects.count() == 1


def test_every_bad_mark_is_named_and_none_is_recorded(client_of, training_class, lesson):
    first, _second = people_of(training_class)
    unknown = "00000000-0000-4000-8000-000000000000"
    marks = [
        mark(first, lesson),
        {**mark(first, lesson), "enrollment": unknown},
        {**mark(first, lesson), "lesson": unknown},
        mark(first, lesson, "ABSENT"),
    ]

    response = post(client_of(training_class.drafted_by), training_class, marks)

    assert response.status_code == 422
    assert response.json()["code"] == "attendance_refused"
    assert [(p["index"], p["field"], p["code"]) for p in response.json()["problems"]] == [
        (1, "enrollment", "person_unknown"),
        (2, "lesson", "lesson_unknown"),
        (3, "lesson", "mark_repeated"),
    ]
    assert not AttendanceMark.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"marks": []},
        {"marks": [{"enrollment": "x", "lesson": "y", "presence": "PRESENT"}]},
        {"marks": [{"lesson": {"held_on": "yesterday"}}]},
        {"marks": "all present"},
        [],
    ],
)
def test_request_that_is_no_list_of_marks_is_bad(client_of, training_class, body):
    response = client_of(training_class.drafted_by).post(
        url_of(training_class), body, content_type="application/json"
    )

    assert response.status_code == 400
    assert not AttendanceDelivery.objects.exists()


def test_presence_that_does_not_exist_is_bad(client_of, training_class, lesson):
    first, _second = people_of(training_class)
    response = post(client_of(training_class.drafted_by), training_class, [mark(first, lesson, "ASLEEP")])

    assert response.status_code == 400
    assert "presence" in response.json()["marks"]["0"]


def test_class_that_does_not_run_takes_no_marks(client_of, lesson):
    confirmed = TrainingClassFactory(confirmed=True)
    response = post(
        client_of(confirmed.drafted_by),
        confirmed,
        [mark(people_of(lesson.training_class)[0], lesson)],
    )

    assert (response.status_code, response.json()["code"]) == (409, "invalid_transition")


def test_bureau_reads_and_reports_nothing(client_as, training_class, lesson):
    client = client_as(Role.DISTRICT_REVIEWER, district=training_class.district)

    assert client.get(url_of(training_class)).status_code == 200
    response = post(client, training_class, [mark(people_of(training_class)[0], lesson)])
    assert (response.status_code, response.json()["code"]) == (403, "not_permitted")


def test_class_of_another_office_does_not_exist(client_as, training_class, lesson):
    client = client_as(Role.TRAINING_OPERATOR)

    assert client.get(url_of(training_class)).status_code == 404
    assert post(client, training_class, [mark(people_of(training_class)[0], lesson)]).status_code == 404


def test_nobody_without_a_name_reads_or_reports(client, training_class, lesson):
    assert client.get(url_of(training_class)).status_code == 403
    assert post(client, training_class, [mark(people_of(training_class)[0], lesson)]).status_code == 403


def test_body_above_the_limit_of_forms_is_read(client_of, training_class, lesson, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    (first, _second) = people_of(training_class)

    assert (
        post(client_of(training_class.drafted_by), training_class, [mark(first, lesson)]).status_code == 201
    )


def test_presence_that_no_answer_can_repeat_is_a_parse_error(client_of, training_class, lesson):
    (first, _second) = people_of(training_class)

    response = post(client_of(training_class.drafted_by), training_class, [mark(first, lesson, "\ud800")])

    assert (response.status_code, response.json()["code"]) == (400, "parse_error")
