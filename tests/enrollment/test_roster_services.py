import json

import pytest

from chongqing_dte.foundation.errors import DomainError, NotPermitted
from chongqing_dte.foundation.models import AuditEvent
from chongqing_dte.foundation.tabular_reading import NoRows, WrongColumns
from chongqing_dte.foundation.workbooks import UnreadableWorkbook
from enrollment.enums import RosterStatus, RowOutcome
from enrollment.models import RosterRow, RosterUpload
from enrollment.services.rosters import receive_roster
from tests.clock import NOW
from tests.enrollment.rosters import confirm, known_trainee, nobody_is_enrolled, person, received, roster_of
from tests.factories.enrollment import TrainingClassFactory
from tests.factories.institutions import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

BAD_MOBILE = {"mobile": "123"}


def receive(training_class, content, **changed):
    return receive_roster(
        **{
            "class_id": training_class.pk,
            "uploader": training_class.filed_by,
            "file_name": "roster.csv",
            "content": content,
            "now": NOW,
            **changed,
        }
    )


def nothing_is_received():
    return not (RosterUpload.objects.exists() or RosterRow.objects.exists() or AuditEvent.objects.exists())


def test_received_roster_waits_with_every_row_and_enrolls_nobody():
    upload = received(None, person(1), person(2, **BAD_MOBILE))

    assert (upload.status, upload.accepted_count, upload.refused_count) == (RosterStatus.READY, 1, 1)
    assert list(upload.rows.values_list("number", "outcome")) == [
        (2, RowOutcome.ACCEPTED),
        (3, RowOutcome.REFUSED),
    ]
    assert nobody_is_enrolled()


def test_received_roster_keeps_the_file_as_it_came():
    upload = received(None, person(1))

    assert bytes(RosterUpload.objects.get(pk=upload.pk).content) == roster_of(person(1))


def test_received_roster_leaves_an_event_without_personal_data():
    upload = received()

    event = AuditEvent.objects.get(name="roster.received")
    assert (event.subject_id, event.actor_id, event.at) == (upload.pk, upload.uploaded_by_id, NOW)
    assert event.facts == {"accepted": 1, "refused": 0}


def test_problems_are_kept_as_codes_and_hold_no_personal_data():
    upload = received(None, person(1, mobile="19912"), person(2))

    (problem,) = upload.rows.get(number=2).problems
    assert (problem["column"], problem["code"], problem["severity"]) == ("mobile", "mobile_format", "error")
    assert "19912" not in json.dumps(problem)


def test_same_file_for_the_same_class_is_the_same_upload():
    training_class = TrainingClassFactory(confirmed=True)
    first = receive(training_class, roster_of(person(1)))

    again = receive(training_class, roster_of(person(1)), file_name="another name.csv")

    assert again.pk == first.pk
    assert (RosterUpload.objects.count(), RosterRow.objects.count(), AuditEvent.objects.count()) == (1, 1, 1)


def test_same_file_for_another_class_is_another_upload():
    assert received(None, person(1)).pk != received(None, person(1)).pk


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"%PDF-1.7 not a list", UnreadableWorkbook),
        (b"", UnreadableWorkbook),
        ("姓名,身份证号,爱好\r\n李一,1,2".encode(), WrongColumns),
        (roster_of(), NoRows),
    ],
    ids=["no workbook", "empty", "wrong columns", "no rows"],
)
def test_file_that_is_no_roster_writes_nothing(content, refusal):
    with pytest.raises(refusal):
        receive(TrainingClassFactory(confirmed=True), content)

    assert nothing_is_received()


def test_roster_without_one_good_row_is_put_aside_at_once():
    upload = received(None, person(1, **BAD_MOBILE))

    assert (upload.status, upload.accepted_count) == (RosterStatus.REJECTED, 0)


@pytest.mark.parametrize("state", [{}, {"completed": True}], ids=["filed", "completed"])
def test_class_that_is_not_running_takes_no_rosters(state):
    with pytest.raises(DomainError) as refusal:
        receive(TrainingClassFactory(**state), roster_of(person(1)))

    assert refusal.value.code == "class_takes_no_rosters"
    assert nothing_is_received()


@pytest.mark.parametrize(
    "traits",
    [{"training_operator": True}, {"district_reviewer": True}, {"municipal_administrator": True}],
    ids=lambda traits: next(iter(traits)),
)
def test_somebody_of_another_office_submits_nothing(traits):
    with pytest.raises(NotPermitted):
        receive(TrainingClassFactory(confirmed=True), roster_of(person(1)), uploader=UserFactory(**traits))

    assert nothing_is_received()


def test_person_who_is_in_the_class_already_is_unchanged():
    first = received(None, person(1))
    confirm(first)

    second = received(first.training_class, person(1), person(2))

    assert list(second.rows.values_list("outcome", flat=True)) == [RowOutcome.UNCHANGED, RowOutcome.ACCEPTED]
    assert (second.accepted_count, second.refused_count) == (1, 0)


def test_person_who_is_known_under_another_name_is_refused():
    known_trainee(person(1), name="王五")

    upload = received(None, person(1), person(2))

    row = upload.rows.get(number=2)
    assert (row.outcome, [problem["code"] for problem in row.problems]) == (
        RowOutcome.REFUSED,
        ["name_differs"],
    )


def test_warning_alone_keeps_no_row_out():
    upload = received(None, person(1, bank_account="", bank_name="", bank_cnaps=""))

    row = upload.rows.get()
    assert (row.outcome, [problem["severity"] for problem in row.problems]) == (
        RowOutcome.ACCEPTED,
        ["warning"],
    )
