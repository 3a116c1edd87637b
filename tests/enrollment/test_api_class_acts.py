"""What an institution's system does with its classes and the people in them."""

import pytest

from enrollment.enums import ClassStatus, EnrollmentStatus
from enrollment.models import TrainingClass
from institutions.enums import Role
from tests.enrollment.filings import draft_to_file
from tests.enrollment.training import finished_class, people_of, running_class
from tests.factories.enrollment import EnrollmentFactory
from tests.factories.institutions import InstitutionFactory, OccupationFactory
from tests.partners.asking import act

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_clock_stands_still")]
STRANGER = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def client_of_class(api_client_for):
    def client(training_class, **changed):
        return api_client_for(Role.TRAINING_OPERATOR, institution=training_class.institution, **changed)

    return client


def plan(**changed):
    return {
        "occupation": OccupationFactory().code,
        "level": "JUNIOR",
        "starts_on": "2026-12-01",
        "ends_on": "2026-12-20",
        "seat_count": 40,
        "trainers": [{"name": "王老师", "qualification": "高级工程师"}],
        **changed,
    }


def test_plan_becomes_a_draft_of_the_machines_institution_once(api_client_for):
    institution, given = InstitutionFactory(), plan()
    client = api_client_for(Role.TRAINING_MANAGER, institution=institution)

    first = act(client, "classes", given, key="key-of-a-plan")
    again = act(client, "classes", given, key="key-of-a-plan")

    training_class = TrainingClass.objects.get()
    assert (first.status_code, first.json()["id"]) == (201, str(training_class.public_id))
    assert (training_class.institution, training_class.status) == (institution, ClassStatus.DRAFT)
    assert again.content == first.content


def test_everything_wrong_with_a_plan_is_named(api_client_for):
    given = plan(occupation="9-99-99-99", intended_evaluator="9" * 18, ends_on="2026-11-20")

    answer = act(api_client_for(Role.TRAINING_MANAGER), "classes", given)

    assert (answer.status_code, answer.json()["code"]) == (422, "plan_refused")
    assert {each["code"] for each in answer.json()["errors"]} == {
        "occupation_unknown",
        "evaluator_unknown",
        "ends_before_start",
    }
    assert all(
        set(each["texts"]) == {"zh-Hans", "en"} and each["texts"]["en"].isascii()
        for each in answer.json()["errors"]
    )


def test_bureau_plans_nothing(api_client_for):
    bureau = api_client_for(Role.MUNICIPAL_OPERATOR, scopes=["classes:write"])

    assert act(bureau, "classes", plan()).json()["code"] == "not_permitted"
    assert not TrainingClass.objects.exists()


def test_draft_is_filed(client_of_class):
    draft = draft_to_file()

    answer = act(client_of_class(draft), f"classes/{draft.public_id}/filing")

    assert (answer.status_code, answer.json()["status"]) == (200, "FILED")


def test_draft_that_cannot_be_filed_says_why(client_of_class):
    draft = draft_to_file(with_trainer=False)

    answer = act(client_of_class(draft), f"classes/{draft.public_id}/filing")

    assert (answer.status_code, answer.json()["code"]) == (422, "plan_refused")
    assert answer.json()["errors"]


def test_class_is_completed_but_for_whom_it_names(client_of_class):
    training_class = finished_class(2)
    first, second = people_of(training_class)
    failed = {"not_completed": [{"enrollment_id": str(first.public_id), "reason": "Absent."}]}

    answer = act(client_of_class(training_class), f"classes/{training_class.public_id}/completion", failed)

    assert (answer.status_code, answer.json()["status"]) == (200, "COMPLETED")
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, second.status) == (EnrollmentStatus.NOT_COMPLETED, EnrollmentStatus.COMPLETED)


def test_completion_names_a_stranger_to_the_class(client_of_class):
    training_class = finished_class(1)
    elsewhere = EnrollmentFactory()
    given = [{"enrollment_id": each, "reason": "x"} for each in (STRANGER, str(elsewhere.public_id))]

    answer = act(
        client_of_class(training_class),
        f"classes/{training_class.public_id}/completion",
        {"not_completed": given},
    )

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")
    assert [each["pointer"] for each in answer.json()["errors"]] == [
        "/not_completed/0/enrollment_id",
        "/not_completed/1/enrollment_id",
    ]


def test_withdrawal_is_recorded_once(client_of_class):
    (enrollment,) = people_of(running_class(1))
    client = client_of_class(enrollment.training_class)
    address = f"enrollments/{enrollment.public_id}/withdrawal"

    assert act(client, address, {"reason": "Moved away."}).json()["status"] == "WITHDRAWN"
    assert act(client, address, {"reason": "Moved away."}).json()["code"] == "invalid_transition"


@pytest.mark.parametrize("path", ["filing", "completion", "withdrawal"])
def test_other_institution_and_who_may_only_read_do_nothing(api_client_for, client_of_class, path):
    training_class = finished_class(1)
    (enrollment,) = people_of(training_class)
    address = f"classes/{training_class.public_id}/{path}"
    if path == "withdrawal":
        address = f"enrollments/{enrollment.public_id}/withdrawal"
    other = api_client_for(Role.TRAINING_OPERATOR, institution=InstitutionFactory())
    reader = client_of_class(training_class, scopes=["classes:read", "enrollments:read"])

    body = {"reason": "x"} if path == "withdrawal" else {}
    assert act(other, address, body).status_code == 404
    assert act(reader, address, body).json()["code"] == "insufficient_scope"
    training_class.refresh_from_db()
    assert training_class.status == ClassStatus.RUNNING
