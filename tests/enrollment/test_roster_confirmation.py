import pytest

from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from chongqing_dte.foundation.models import AuditEvent
from enrollment.enums import AccountSource, RosterStatus
from enrollment.models import BankAccount, Enrollment, Trainee
from enrollment.services.rosters import confirm_roster, reject_roster
from tests.clock import NOW
from tests.enrollment.rosters import confirm, known_trainee, nobody_is_enrolled, person, received
from tests.factories.enrollment import BankAccountFactory, TrainingClassFactory
from tests.factories.institutions import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

BAD_MOBILE = {"mobile": "123"}


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
