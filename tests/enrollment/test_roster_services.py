import json

import pytest

from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from chongqing_dte.foundation.models import AuditEvent
from chongqing_dte.foundation.tabular_reading import NoRows, WrongColumns
from chongqing_dte.foundation.workbooks import UnreadableWorkbook
from enrollment.enums import AccountSource, RosterStatus, RowOutcome
from enrollment.models import BankAccount, Enrollment, RosterRow, RosterUpload, Trainee
from enrollment.queries import id_number_hash
from enrollment.services.rosters import confirm_roster, receive_roster, reject_roster
from tests.clock import NOW
from tests.enrollment.rosters import person, received, roster_of
from tests.factories.enrollment import BankAccountFactory, TraineeFactory, TrainingClassFactory
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


def confirm(upload, **changed):
    return confirm_roster(**{"upload_id": upload.pk, "confirmer": upload.uploaded_by, "now": NOW, **changed})


def nothing_is_received():
    return not (RosterUpload.objects.exists() or RosterRow.objects.exists() or AuditEvent.objects.exists())


def nobody_is_enrolled():
    return not (Enrollment.objects.exists() or Trainee.objects.exists() or BankAccount.objects.exists())


def known_trainee(cells, **changed):
    """Return the person of a roster row as another class has enrolled them before."""
    return TraineeFactory(
        **{
            "name": cells["name"],
            "id_number": cells["id_number"],
            "id_number_hash": id_number_hash(cells["id_number"]),
            **changed,
        }
    )


# ── Receiving ────────────────────────────────────────────────────────────────────────────────────────────
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


# ── Confirming ───────────────────────────────────────────────────────────────────────────────────────────
def test_confirmed_roster_enrolls_its_people_with_their_accounts():
    upload = received(None, person(1), person(2))

    confirm(upload)

    upload.refresh_from_db()
    assert (upload.status, upload.confirmed_by_id, upload.confirmed_at) == (
        RosterStatus.CONFIRMED,
        upload.uploaded_by_id,
        NOW,
    )
    enrolled = Enrollment.objects.select_related("trainee").order_by("roster_row__number")
    assert [enrollment.trainee.name for enrollment in enrolled] == [person(1)["name"], person(2)["name"]]
    assert sorted(account.number for account in BankAccount.objects.all()) == sorted(
        [person(1)["bank_account"], person(2)["bank_account"]]
    )


def test_enrollment_says_what_its_row_said():
    confirm(received(None, person(1)))

    enrollment = Enrollment.objects.get()
    assert (
        enrollment.category,
        enrollment.school,
        str(enrollment.graduated_on),
        enrollment.roster_row.number,
    ) == (
        "GRADUATING_STUDENT",
        "重庆大学",
        "2026-06-30",
        2,
    )
    assert str(enrollment.trainee.birth_date) == "2003-05-01"


def test_partly_good_roster_enrolls_only_the_good_rows():
    upload = received(None, person(1), person(2, **BAD_MOBILE))

    confirm(upload)

    upload.refresh_from_db()
    assert upload.status == RosterStatus.PARTLY_CONFIRMED
    assert [enrollment.trainee.name for enrollment in Enrollment.objects.all()] == [person(1)["name"]]


def test_confirmation_leaves_an_event_with_the_number_of_people():
    upload = received(None, person(1), person(2))

    confirm(upload)

    event = AuditEvent.objects.get(name="roster.confirmed")
    assert (event.subject_id, event.facts) == (upload.pk, {"enrolled": 2})


def test_confirmation_nudges_the_public_figures(waiting_messages, django_capture_on_commit_callbacks):
    upload = received()

    with django_capture_on_commit_callbacks(execute=True):
        confirm(upload)

    assert waiting_messages.names() == ["assessment.tasks.refresh_progress_task"]


def test_second_confirmation_is_refused_and_changes_nothing():
    upload = received()
    confirm(upload)

    with pytest.raises(InvalidTransition):
        confirm(upload)

    assert (Enrollment.objects.count(), AuditEvent.objects.filter(name="roster.confirmed").count()) == (1, 1)


def test_rejected_roster_is_not_confirmed():
    upload = received()
    reject_roster(upload_id=upload.pk, rejecter=upload.uploaded_by, now=NOW)

    with pytest.raises(InvalidTransition):
        confirm(upload)

    assert nobody_is_enrolled()


def test_rejected_roster_leaves_an_event_and_enrolls_nobody():
    upload = received()

    reject_roster(upload_id=upload.pk, rejecter=upload.uploaded_by, now=NOW)

    upload.refresh_from_db()
    assert upload.status == RosterStatus.REJECTED
    assert AuditEvent.objects.filter(name="roster.rejected", subject_id=upload.pk).count() == 1
    assert nobody_is_enrolled()


def test_confirmed_roster_is_not_rejected():
    upload = received()
    confirm(upload)

    with pytest.raises(InvalidTransition):
        reject_roster(upload_id=upload.pk, rejecter=upload.uploaded_by, now=NOW)

    assert Enrollment.objects.count() == 1


@pytest.mark.parametrize("act", [confirm_roster, reject_roster], ids=["confirm", "reject"])
def test_another_institution_decides_nothing(act):
    upload = received()
    outsider = UserFactory(training_manager=True)
    part = {confirm_roster: "confirmer", reject_roster: "rejecter"}[act]

    with pytest.raises(NotPermitted):
        act(upload_id=upload.pk, now=NOW, **{part: outsider})

    upload.refresh_from_db()
    assert upload.status == RosterStatus.READY
    assert nobody_is_enrolled()


def test_class_that_was_completed_meanwhile_takes_nobody_more():
    first = received(None, person(1))
    second = received(first.training_class, person(2))
    confirm(first)
    training_class = first.training_class
    training_class.status, training_class.completed_by, training_class.completed_at = (
        "COMPLETED",
        training_class.filed_by,
        NOW,
    )
    training_class.save()

    with pytest.raises(DomainError) as refusal:
        confirm(second)

    assert refusal.value.code == "class_takes_no_rosters"
    assert Enrollment.objects.count() == 1


def test_roster_with_more_people_than_seats_enrolls_nobody():
    training_class = TrainingClassFactory(confirmed=True, seat_count=1)
    upload = received(training_class, person(1), person(2))

    with pytest.raises(DomainError) as refusal:
        confirm(upload)

    assert refusal.value.code == "seats_short"
    assert nobody_is_enrolled()


def test_roster_may_fill_the_last_seat():
    training_class = TrainingClassFactory(confirmed=True, seat_count=2)
    confirm(received(training_class, person(1)))

    confirm(received(training_class, person(2)))

    assert Enrollment.objects.count() == 2


def test_person_who_was_enrolled_by_another_roster_meanwhile_takes_no_second_seat():
    training_class = TrainingClassFactory(confirmed=True, seat_count=2)
    first, second = received(training_class, person(1)), received(training_class, person(1), person(2))
    confirm(first)

    confirm(second)

    assert Enrollment.objects.count() == 2


def test_silence_of_a_later_roster_removes_nobody():
    first = received(None, person(1), person(2))
    confirm(first)

    confirm(received(first.training_class, person(3)))

    assert Enrollment.objects.count() == 3


def test_person_of_an_earlier_class_is_the_same_trainee():
    confirm(received(None, person(1)))

    confirm(received(None, person(1)))

    assert (Trainee.objects.count(), Enrollment.objects.count(), BankAccount.objects.count()) == (1, 2, 1)


def test_roster_never_replaces_an_account():
    account = BankAccountFactory(trainee=known_trainee(person(1)), corrected=True)

    confirm(received(None, person(1)))

    assert BankAccount.objects.get() == account


def test_first_account_can_come_with_a_later_roster():
    without = person(1, bank_account="", bank_name="", bank_cnaps="")
    confirm(received(None, without))

    confirm(received(None, person(1)))

    account = BankAccount.objects.get()
    assert (account.number, account.source, account.last_four) == (
        person(1)["bank_account"],
        AccountSource.ROSTER,
        person(1)["bank_account"][-4:],
    )


def test_person_whom_another_class_enrolled_meanwhile_under_another_name_is_not_taken_for_them():
    upload = received(None, person(1), person(2))
    known_trainee(person(1), name="王五")

    with pytest.raises(DomainError) as refusal:
        confirm(upload)

    assert refusal.value.code == "name_differs"
    assert not Enrollment.objects.exists()
    assert not BankAccount.objects.exists()
