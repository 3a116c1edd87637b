"""What partners' systems read of classes: each office its own, nothing personal, and every change."""

import json

import pytest

from enrollment.enums import RosterStatus, RowOutcome
from enrollment.models import Enrollment, Lesson, RegisterAnswer, RosterUpload
from institutions.enums import Role
from tests.clock import NOW
from tests.factories.enrollment import (
    EnrollmentFactory,
    RosterRowFactory,
    RosterUploadFactory,
    TraineeFactory,
)
from tests.factories.institutions import InstitutionFactory
from tests.factories.registers import RegisterAnswerFactory
from tests.factories.training import AttendanceMarkFactory, LessonFactory
from tests.partners.asking import ids, page

pytestmark = pytest.mark.django_db

RESOURCES = {
    "roster-submissions": (RosterUploadFactory, lambda row: row.training_class),
    "enrollments": (EnrollmentFactory, lambda row: row.training_class),
    "attendance": (LessonFactory, lambda row: row.training_class),
    "register-answers": (RegisterAnswerFactory, lambda row: row.enrollment.training_class),
}


def change(address, row):
    """Change the row as something that the office sees."""
    if address == "register-answers":
        return RegisterAnswerFactory(enrollment=row.enrollment)
    changes = {
        "roster-submissions": (RosterUpload, {"status": RosterStatus.REJECTED}),
        "enrollments": (Enrollment, {"education": "MASTER"}),
        "attendance": (Lesson, {"topic": "Another"}),
    }
    model, facts = changes[address]
    model.objects.filter(pk=row.pk).update(**facts)
    return row


@pytest.fixture(params=RESOURCES)
def address(request):
    return request.param


@pytest.fixture
def row(address):
    return RESOURCES[address][0]()


@pytest.fixture
def training_class(address, row):
    return RESOURCES[address][1](row)


def test_own_offices_read_the_row_and_are_told_of_its_changes(api_client_for, address, row, training_class):
    for office in (
        {"role": Role.TRAINING_MANAGER, "institution": training_class.institution},
        {"role": Role.DISTRICT_LEAD, "district": training_class.district},
        {"role": Role.MUNICIPAL_OPERATOR},
    ):
        client = api_client_for(**office)
        read = page(client, address)
        assert ids(read)[0] == str(row.public_id)
        assert client.get(f"/api/v1/{address}/{row.public_id}").json() == read["items"][0]

    changed = change(address, row)

    assert ids(page(client, address, cursor=read["next_cursor"])) == [str(changed.public_id)]


@pytest.mark.parametrize("role", [Role.TRAINING_MANAGER, Role.DISTRICT_LEAD, Role.REGISTER_OPERATOR])
def test_other_offices_see_nothing_of_it(api_client_for, address, row, role):
    scope = "rosters" if address == "roster-submissions" else address
    client = api_client_for(role, scopes=[f"{scope}:read"])

    assert page(client, address)["items"] == []
    assert client.get(f"/api/v1/{address}/{row.public_id}").status_code == 404


def test_without_its_scope_nothing_is_read(api_client_for, address, row):
    client = api_client_for(Role.MUNICIPAL_OPERATOR, scopes=["classes:read"])

    assert client.get(f"/api/v1/{address}").json()["code"] == "insufficient_scope"
    assert client.get(f"/api/v1/{address}/{row.public_id}").status_code == 403


def test_list_costs_a_fixed_number_of_queries(api_client_for, address, django_assert_max_num_queries):
    for _ in range(4):
        RESOURCES[address][0]()
    client = api_client_for(Role.MUNICIPAL_OPERATOR)
    page(client, address)

    with django_assert_max_num_queries(8):
        assert page(client, address)["items"]


def test_enrollment_names_nobody(api_client_for):
    enrollment = EnrollmentFactory()
    person = enrollment.trainee

    text = api_client_for(Role.MUNICIPAL_OPERATOR).get("/api/v1/enrollments").content.decode()

    assert str(person.public_id) in text
    assert not [word for word in (person.name, person.id_number, person.mobile) if word in text]


def test_enrollment_of_a_merged_person_names_who_stays(api_client_for):
    enrollment, stays = EnrollmentFactory(), TraineeFactory()
    client = api_client_for(Role.MUNICIPAL_OPERATOR)
    cursor = page(client, "enrollments")["next_cursor"]

    type(stays).objects.filter(pk=enrollment.trainee_id).update(merged_into=stays)

    (item,) = page(client, "enrollments", cursor=cursor)["items"]
    assert item["trainee_id"] == str(stays.public_id)


def test_list_is_narrowed_to_one_class(api_client_for):
    enrollment, _other = EnrollmentFactory(), EnrollmentFactory()
    client = api_client_for(Role.MUNICIPAL_OPERATOR)

    read = page(client, "enrollments", class_id=enrollment.training_class.public_id)

    assert ids(read) == [str(enrollment.public_id)]


def test_lesson_shows_the_marks_that_stand_and_none_of_a_cancelled_one(api_client_for):
    mark = AttendanceMarkFactory()
    client = api_client_for(Role.MUNICIPAL_OPERATOR)
    read = page(client, "attendance")
    assert read["items"][0]["marks"] == [
        {"enrollment_id": str(mark.enrollment.public_id), "presence": mark.presence}
    ]

    type(mark).objects.filter(pk=mark.pk).update(superseded_at=NOW)

    (item,) = page(client, "attendance", cursor=read["next_cursor"])["items"]
    assert item["marks"] == []


def test_failed_roster_says_why_in_both_languages(api_client_for):
    RosterUploadFactory(status=RosterStatus.FAILED, failure_code="no_rows")

    (item,) = page(api_client_for(Role.MUNICIPAL_OPERATOR), "roster-submissions")["items"]

    assert item["failure"]["code"] == "no_rows"
    assert item["failure"]["texts"]["en"] != item["failure"]["texts"]["zh-Hans"]


def test_problems_of_a_roster_are_told_row_by_row_without_cells(api_client_for):
    upload = RosterUploadFactory()
    found = {"column": "mobile", "code": "mobile_format", "severity": "error", "parameters": {}}
    for number in (1, 2, 3):
        RosterRowFactory(
            upload=upload,
            number=number,
            outcome=RowOutcome.REFUSED,
            cells=json.dumps({"mobile": "13800000001"}),
            problems=[found] if number > 1 else [],
        )
    client = api_client_for(Role.TRAINING_MANAGER, institution=upload.training_class.institution)
    address = f"roster-submissions/{upload.public_id}/problems"

    first = page(client, address, limit=1)
    second = page(client, address, after=first["next_after"])

    assert [row["number"] for row in (*first["rows"], *second["rows"])] == [2, 3]
    assert (first["has_more"], second["has_more"]) == (True, False)
    (problem,) = first["rows"][0]["problems"]
    assert problem["texts"]["en"] == "A mobile number has 11 digits and begins with 13 to 19."
    assert "13800000001" not in json.dumps([first, second])


def test_problems_of_another_institutions_roster_do_not_exist(api_client_for):
    client = api_client_for(Role.TRAINING_MANAGER, institution=InstitutionFactory())

    answer = client.get(f"/api/v1/roster-submissions/{RosterUploadFactory().public_id}/problems")

    assert answer.status_code == 404


def test_answer_stays_as_it_was_given(api_client_for):
    answer = RegisterAnswerFactory()

    (item,) = page(api_client_for(Role.MUNICIPAL_OPERATOR), "register-answers")["items"]

    assert (item["verdict"], item["as_of"], item["enrollment_id"]) == (
        "YES",
        "2026-03-09",
        str(answer.enrollment.public_id),
    )
    assert RegisterAnswer.objects.count() == 1
