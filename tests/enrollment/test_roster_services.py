"""A roster is kept as it came, and nothing else happens in the web request."""

import pytest

from chongqing_dte.foundation.errors import DomainError, NotPermitted
from chongqing_dte.foundation.models import AuditEvent
from chongqing_dte.foundation.workbooks import UnreadableWorkbook
from enrollment.enums import RosterStatus
from enrollment.models import IntakePolicy, RosterRow, RosterUpload
from enrollment.queries import IntakePolicyMissing
from enrollment.services.roster_confirmation import reject_roster
from enrollment.services.roster_uploads import (
    UploadedFile,
    hand_out_problem_rows,
    hand_out_roster,
    receive_roster,
)
from tests.clock import NOW
from tests.enrollment.rosters import (
    check,
    confirm,
    nobody_is_enrolled,
    person,
    received,
    roster_of,
    sent,
)
from tests.factories.enrollment import TrainingClassFactory
from tests.factories.institutions import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

BAD_MOBILE = {"mobile": "123"}


def nothing_is_received():
    return not (RosterUpload.objects.exists() or RosterRow.objects.exists() or AuditEvent.objects.exists())


def test_sent_roster_waits_for_a_worker_and_enrolls_nobody():
    upload = sent(None, person(1))

    assert (upload.status, upload.row_count, upload.uploaded_at) == (RosterStatus.RECEIVED, 0, NOW)
    assert not RosterRow.objects.exists()
    assert nobody_is_enrolled()


def test_file_is_kept_as_it_came_and_encrypted():
    upload = sent(None, person(1))

    kept = RosterUpload.objects.get(pk=upload.pk)
    assert bytes(kept.content) == roster_of(person(1))
    with_canary = RosterUpload.objects.extra(select={"raw": "content"}).values_list("raw", flat=True).get()
    assert person(1)["id_number"].encode() not in bytes(with_canary)


def test_received_roster_leaves_an_event_without_personal_data():
    upload = sent()

    event = AuditEvent.objects.get(name="roster.received")
    assert (event.subject_id, event.actor_id, event.at) == (upload.pk, upload.uploaded_by_id, NOW)
    assert event.facts == {"sha256": upload.sha256, "bytes": len(roster_of(person(1)))}


def test_worker_is_called_once_the_row_stands(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as callbacks:
        sent()

    assert len(callbacks) == 1


def test_same_file_for_the_same_class_is_the_same_upload():
    training_class = TrainingClassFactory(confirmed=True)
    first = sent(training_class)

    again = sent(training_class, file=UploadedFile("another name.csv", roster_of(person(1))))

    assert again.pk == first.pk
    assert (RosterUpload.objects.count(), AuditEvent.objects.count()) == (1, 1)


def test_same_file_after_its_confirmation_changes_nothing():
    upload = received()
    confirm(upload)

    again = sent(upload.training_class)

    assert again.pk == upload.pk
    assert again.status == RosterStatus.CONFIRMED


def test_same_file_may_come_again_once_it_was_put_aside():
    upload = received()
    reject_roster(upload_id=upload.pk, rejecter=upload.uploaded_by, now=NOW)

    assert sent(upload.training_class).pk != upload.pk


def test_same_file_for_another_class_is_another_upload():
    assert sent(None, person(1)).pk != sent(None, person(1)).pk


@pytest.mark.parametrize(
    ("content", "code"), [(b"", "empty_file"), (b"1234567", "too_large")], ids=["empty", "too large"]
)
def test_only_the_size_is_looked_at_here(settings, content, code):
    settings.ROSTER_MAX_BYTES = 6

    with pytest.raises(UnreadableWorkbook) as refusal:
        sent(content=content)

    assert refusal.value.code == code
    assert nothing_is_received()


def test_file_that_is_no_roster_is_received_all_the_same():
    assert sent(content=b"%PDF-1.7 not a list").status == RosterStatus.RECEIVED


@pytest.mark.parametrize("state", [{}, {"completed": True}], ids=["filed", "completed"])
def test_class_that_is_not_running_takes_no_rosters(state):
    with pytest.raises(DomainError) as refusal:
        sent(TrainingClassFactory(**state))

    assert refusal.value.code == "class_takes_no_rosters"
    assert nothing_is_received()


@pytest.mark.parametrize("state", [{"confirmed": True}, {"running": True}, {"locked": True}], ids=str)
def test_confirmed_and_running_classes_take_rosters(state):
    assert sent(TrainingClassFactory(**state)).status == RosterStatus.RECEIVED


def test_without_an_intake_policy_nothing_is_received():
    training_class = TrainingClassFactory(confirmed=True)
    assert not IntakePolicy.objects.exists()

    with pytest.raises(IntakePolicyMissing):
        receive_roster(
            class_id=training_class.pk,
            uploader=training_class.filed_by,
            file=UploadedFile("roster.csv", b"1"),
            now=NOW,
        )

    assert nothing_is_received()


@pytest.mark.parametrize(
    "traits",
    [{"training_operator": True}, {"district_reviewer": True}, {"municipal_administrator": True}],
    ids=lambda traits: next(iter(traits)),
)
def test_somebody_of_another_office_submits_nothing(traits):
    with pytest.raises(NotPermitted):
        sent(TrainingClassFactory(confirmed=True), uploader=UserFactory(**traits))

    assert nothing_is_received()


def test_file_is_handed_out_as_it_came_and_that_is_noted():
    upload = sent()

    content = hand_out_roster(upload_id=upload.pk, reader=upload.uploaded_by, now=NOW)

    assert content == roster_of(person(1))
    event = AuditEvent.objects.get(name="roster.downloaded")
    assert (event.subject_id, event.actor_id, event.at) == (upload.pk, upload.uploaded_by_id, NOW)


@pytest.mark.parametrize("act", [hand_out_roster, hand_out_problem_rows])
def test_nobody_else_gets_whole_identifiers(act):
    upload = received(None, person(1), person(2, **BAD_MOBILE))
    bureau = UserFactory(district_reviewer=True, district=upload.training_class.district)

    with pytest.raises(NotPermitted):
        act(upload_id=upload.pk, reader=bureau, now=NOW)

    assert not AuditEvent.objects.filter(name__contains="downloaded").exists()


def test_problem_rows_are_handed_out_and_that_is_noted():
    upload = received(None, person(1), person(2, **BAD_MOBILE))

    hand_out_problem_rows(upload_id=upload.pk, reader=upload.uploaded_by, now=NOW)

    assert AuditEvent.objects.filter(name="roster.problems_downloaded", subject_id=upload.pk).count() == 1


def test_corrected_problem_rows_touch_only_themselves():
    upload = received(None, person(1), person(2, **BAD_MOBILE), person(3))
    confirm(upload)
    workbook = hand_out_problem_rows(upload_id=upload.pk, reader=upload.uploaded_by, now=NOW)

    again = check(sent(upload.training_class, file=UploadedFile("problems.xlsx", workbook)))

    assert (again.row_count, again.refused_count, again.new_count) == (1, 1, 0)
    assert again.rows.get().problems[0]["code"] == "mobile_format"


def test_roster_without_a_problem_has_no_problem_rows():
    upload = received()

    with pytest.raises(DomainError) as refusal:
        hand_out_problem_rows(upload_id=upload.pk, reader=upload.uploaded_by, now=NOW)

    assert refusal.value.code == "no_problem_rows"
    assert not AuditEvent.objects.filter(name="roster.problems_downloaded").exists()
