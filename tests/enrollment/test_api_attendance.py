"""Attendance that a partner's system reports."""

import pytest

from enrollment.models import AttendanceDelivery, AttendanceMark
from institutions.enums import Role
from tests.enrollment.training import DATES, people_of, running_class
from tests.factories.enrollment import TrainingClassFactory
from tests.factories.institutions import InstitutionFactory
from tests.factories.training import LessonFactory
from tests.partners.asking import act, page

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_clock_stands_still")]
UNKNOWN = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def training_class():
    return running_class(2)


@pytest.fixture
def lesson(training_class):
    return LessonFactory(training_class=training_class, held_on=DATES["starts_on"])


@pytest.fixture
def client(api_client_for, training_class):
    return api_client_for(Role.TRAINING_OPERATOR, institution=training_class.institution)


def report(client, training_class, marks, **changed):
    return act(client, f"classes/{training_class.public_id}/attendance", {"marks": marks}, **changed)


def mark(enrollment, lesson, presence="PRESENT"):
    return {
        "enrollment_id": str(enrollment.public_id),
        "lesson": str(lesson.public_id),
        "presence": presence,
    }


def test_marks_are_recorded_and_read_back(client, training_class, lesson):
    first, second = people_of(training_class)
    by_day = {"held_on": lesson.held_on.isoformat(), "number": 1}

    answer = report(
        client, training_class, [mark(first, lesson), {**mark(second, lesson, "ABSENT"), "lesson": by_day}]
    )

    delivery = AttendanceDelivery.objects.get()
    assert answer.status_code == 201
    assert answer.json() == {"id": str(delivery.public_id), "mark_count": 2, "changed_count": 2}
    assert delivery.channel == "API"
    assert page(client, "attendance")["items"][0]["marks"] == [
        {"enrollment_id": str(first.public_id), "presence": "PRESENT"},
        {"enrollment_id": str(second.public_id), "presence": "ABSENT"},
    ]


def test_same_request_again_is_answered_as_before(client, training_class, lesson):
    marks = [mark(people_of(training_class)[0], lesson)]
    first = report(client, training_class, marks, key="key-of-marks")

    assert report(client, training_class, marks, key="key-of-marks").content == first.content
    assert report(client, training_class, marks).json()["changed_count"] == 0
    assert AttendanceMark.objects.count() == 1


def test_every_bad_mark_is_named_and_none_is_recorded(client, training_class, lesson):
    first, _second = people_of(training_class)
    marks = [
        mark(first, lesson),
        {**mark(first, lesson), "enrollment_id": UNKNOWN},
        {**mark(first, lesson), "lesson": UNKNOWN},
        mark(first, lesson, "ABSENT"),
    ]

    answer = report(client, training_class, marks)

    assert (answer.status_code, answer.json()["code"]) == (422, "attendance_refused")
    assert [(each["pointer"], each["code"]) for each in answer.json()["errors"]] == [
        ("/marks/1/enrollment_id", "person_unknown"),
        ("/marks/2/lesson", "lesson_unknown"),
        ("/marks/3/lesson", "mark_repeated"),
    ]
    assert not AttendanceMark.objects.exists()


@pytest.mark.parametrize(
    "marks",
    [
        None,
        [],
        "all present",
        [{"enrollment_id": "x", "lesson": "y", "presence": "PRESENT"}],
        [{"lesson": {"held_on": "yesterday"}}],
        [{"enrollment_id": UNKNOWN, "lesson": UNKNOWN, "presence": "ASLEEP"}],
    ],
)
def test_what_is_no_list_of_marks_is_refused(client, training_class, marks):
    answer = report(client, training_class, marks)

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")
    assert not AttendanceDelivery.objects.exists()


def test_class_that_does_not_run_takes_no_marks(client, training_class, lesson):
    confirmed = TrainingClassFactory(confirmed=True, institution=training_class.institution)

    answer = report(client, confirmed, [mark(people_of(training_class)[0], lesson)])

    assert (answer.status_code, answer.json()["code"]) == (409, "invalid_transition")


def test_bureau_reports_nothing(api_client_for, training_class, lesson):
    bureau = api_client_for(
        Role.DISTRICT_REVIEWER, district=training_class.district, scopes=["attendance:write"]
    )

    answer = report(bureau, training_class, [mark(people_of(training_class)[0], lesson)])

    assert (answer.status_code, answer.json()["code"]) == (403, "not_permitted")


def test_class_of_another_office_does_not_exist(api_client_for, training_class, lesson):
    other = api_client_for(Role.TRAINING_OPERATOR, institution=InstitutionFactory())

    assert report(other, training_class, [mark(people_of(training_class)[0], lesson)]).status_code == 404


def test_who_may_only_read_reports_nothing(api_client_for, training_class, lesson):
    reader = api_client_for(
        Role.TRAINING_OPERATOR, institution=training_class.institution, scopes=["attendance:read"]
    )

    answer = report(reader, training_class, [mark(people_of(training_class)[0], lesson)])

    assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")


def test_body_above_the_limit_of_forms_is_read(client, training_class, lesson, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10

    assert report(client, training_class, [mark(people_of(training_class)[0], lesson)]).status_code == 201
