"""A roster that a partner's system hands in, and what it decides of it."""

import pytest

from enrollment.enums import RosterStatus
from enrollment.models import Enrollment, RosterUpload
from institutions.enums import Role
from partners.models import IdempotentAnswer
from tests.enrollment.rosters import check, person, with_intake_policy
from tests.factories.enrollment import RosterUploadFactory, TrainingClassFactory
from tests.factories.institutions import InstitutionFactory
from tests.partners.asking import act

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_clock_stands_still")]


@pytest.fixture
def training_class():
    with_intake_policy()
    return TrainingClassFactory(confirmed=True)


@pytest.fixture
def client(api_client_for, training_class):
    return api_client_for(Role.TRAINING_OPERATOR, institution=training_class.institution)


def hand_in(client, training_class, *people, **changed):
    return act(client, f"classes/{training_class.public_id}/roster-submissions", {"rows": people}, **changed)


def test_rows_are_kept_and_confirmed_after_their_check(client, training_class):
    answer = hand_in(client, training_class, person(1), person(2))
    assert (answer.status_code, answer.json()["status"]) == (202, "RECEIVED")
    upload = check(RosterUpload.objects.get())
    assert not Enrollment.objects.exists()

    confirmed = act(client, f"roster-submissions/{upload.public_id}/confirmation")

    assert (confirmed.status_code, confirmed.json()["put_in_count"]) == (200, 2)
    assert Enrollment.objects.filter(training_class=training_class).count() == 2


def test_same_request_again_is_answered_as_before(client, training_class):
    first = hand_in(client, training_class, person(1), key="key-of-a-roster")
    again = hand_in(client, training_class, person(1), key="key-of-a-roster")

    assert (again.content, again["Idempotency-Replayed"]) == (first.content, "true")
    assert RosterUpload.objects.count() == IdempotentAnswer.objects.count() == 1


def test_rejected_roster_is_put_aside(client, training_class):
    upload = RosterUploadFactory(training_class=training_class)
    address = f"roster-submissions/{upload.public_id}/rejection"

    assert act(client, address).json()["status"] == "REJECTED"
    again = act(client, address)

    assert (again.status_code, again.json()["code"]) == (409, "invalid_transition")


@pytest.mark.parametrize("body", [{}, {"rows": []}, {"rows": [{"nickname": "x"}]}, {"rows": "x"}, []])
def test_what_is_no_roster_is_refused(client, training_class, body):
    answer = act(client, f"classes/{training_class.public_id}/roster-submissions", body)

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")
    assert not RosterUpload.objects.exists()


def test_class_that_takes_no_rosters_refuses(client, training_class):
    draft = TrainingClassFactory(draft=True, institution=training_class.institution)

    assert hand_in(client, draft, person(1)).json()["code"] == "class_takes_no_rosters"


@pytest.mark.parametrize("path", ["confirmation", "rejection"])
def test_other_institution_decides_nothing(api_client_for, training_class, path):
    upload = RosterUploadFactory(training_class=training_class)
    other = api_client_for(Role.TRAINING_OPERATOR, institution=InstitutionFactory())

    assert act(other, f"roster-submissions/{upload.public_id}/{path}").status_code == 404
    assert hand_in(other, training_class, person(1)).status_code == 404
    upload.refresh_from_db()
    assert upload.status == RosterStatus.READY


@pytest.mark.parametrize("path", ["confirmation", "rejection"])
def test_who_may_only_read_decides_nothing(api_client_for, training_class, path):
    upload = RosterUploadFactory(training_class=training_class)
    reader = api_client_for(
        Role.TRAINING_OPERATOR, institution=training_class.institution, scopes=["rosters:read"]
    )

    for answer in (
        act(reader, f"roster-submissions/{upload.public_id}/{path}"),
        hand_in(reader, training_class, person(1)),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")


def test_bureau_that_was_given_the_scope_still_decides_nothing(api_client_for, training_class):
    upload = RosterUploadFactory(training_class=training_class)
    bureau = api_client_for(Role.MUNICIPAL_OPERATOR, scopes=["rosters:write"])

    answer = act(bureau, f"roster-submissions/{upload.public_id}/confirmation")

    assert (answer.status_code, answer.json()["code"]) == (403, "not_permitted")
