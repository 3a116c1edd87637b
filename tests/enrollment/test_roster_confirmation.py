import pytest
from django.db import IntegrityError

from chongqing_dte.foundation.errors import InvalidTransition, NotPermitted
from chongqing_dte.foundation.models import AuditEvent
from enrollment.enums import RosterStatus
from enrollment.models import BankAccount, Enrollment, Trainee
from enrollment.queries import mobile_number_hash
from enrollment.services import roster_checks, roster_confirmation
from enrollment.services.roster_confirmation import reject_roster
from tests.clock import NOW
from tests.enrollment.rosters import (
    confirm,
    nobody_is_enrolled,
    person,
    received,
    refused,
    sent,
)
from tests.factories.enrollment import TrainingClassFactory
from tests.factories.institutions import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

BAD_MOBILE = {"mobile": "123"}
NO_ACCOUNT = {"bank_account": "", "bank_name": "", "bank_cnaps": ""}


def test_confirmed_roster_enrolls_its_people_with_their_accounts():
    upload = received(None, person(1), person(2))

    confirm(upload)

    upload.refresh_from_db()
    assert (upload.status, upload.confirmed_by_id, upload.confirmed_at, upload.put_in_count) == (
        RosterStatus.CONFIRMED,
        upload.uploaded_by_id,
        NOW,
        2,
    )
    enrolled = Enrollment.objects.select_related("trainee").order_by("roster_row__number")
    assert [enrollment.trainee.name for enrollment in enrolled] == [person(1)["name"], person(2)["name"]]
    assert sorted(account.number for account in BankAccount.objects.all()) == sorted(
        [person(1)["bank_account"], person(2)["bank_account"]]
    )


def test_trainee_is_what_the_row_said():
    confirm(received(None, person(1)))

    trainee = Trainee.objects.get()
    assert (trainee.name, trainee.id_number, trainee.mobile, str(trainee.birth_date)) == (
        person(1)["name"],
        person(1)["id_number"],
        person(1)["mobile"],
        "2003-05-01",
    )
    assert trainee.mobile_hash == mobile_number_hash(person(1)["mobile"])
    assert trainee.recorded_at == NOW


def test_enrollment_is_what_the_row_said():
    upload = received(None, person(1))

    confirm(upload)

    enrollment = Enrollment.objects.get()
    assert (enrollment.category, enrollment.education, enrollment.school, enrollment.student_number) == (
        "GRADUATING_STUDENT",
        "BACHELOR",
        "重庆大学",
        "20220001",
    )
    assert (str(enrollment.graduated_on), enrollment.roster_row.number, enrollment.status) == (
        "2026-06-30",
        2,
        "ENROLLED",
    )
    training_class = upload.training_class
    assert enrollment.training_period.lower == training_class.starts_on
    assert training_class.ends_on in enrollment.training_period
    assert (enrollment.enrolled_at, enrollment.registers_due_at, enrollment.left_at) == (NOW, NOW, None)


def test_employee_has_no_graduation_date():
    employee = person(
        1,
        category="ENTERPRISE_EMPLOYEE",
        school="",
        student_number="",
        graduated_on="",
        employer_name="示范数字科技有限公司",
        employer_credit_code="91500000MA5U0F8X0A",
    )

    confirm(received(None, employee))

    enrollment = Enrollment.objects.get()
    assert (enrollment.graduated_on, enrollment.school, enrollment.employer_name) == (
        None,
        "",
        "示范数字科技有限公司",
    )


def test_partly_good_roster_enrolls_only_the_good_rows():
    upload = received(None, person(1), person(2, **BAD_MOBILE))

    confirm(upload)

    upload.refresh_from_db()
    assert (upload.status, upload.put_in_count) == (RosterStatus.PARTLY_CONFIRMED, 1)
    assert [enrollment.trainee.name for enrollment in Enrollment.objects.all()] == [person(1)["name"]]


def test_rows_with_warnings_stay_out_unless_somebody_takes_them_on():
    upload = received(None, person(1, **NO_ACCOUNT), person(2))

    confirm(upload, takes_warned_rows=False)

    upload.refresh_from_db()
    assert (upload.status, upload.put_in_count, upload.takes_warned_rows) == (
        RosterStatus.PARTLY_CONFIRMED,
        1,
        False,
    )
    assert [enrollment.roster_row.number for enrollment in Enrollment.objects.all()] == [3]


def test_rows_with_warnings_go_in_when_somebody_takes_them_on():
    upload = received(None, person(1, **NO_ACCOUNT), person(2))

    confirm(upload, takes_warned_rows=True)

    upload.refresh_from_db()
    assert (upload.status, upload.put_in_count, upload.takes_warned_rows) == (RosterStatus.CONFIRMED, 2, True)


def test_roster_of_nothing_but_warnings_wants_the_tick():
    upload = received(None, person(1, **NO_ACCOUNT))

    assert refused(upload, takes_warned_rows=False).code == "only_warned_rows"


def test_confirmation_leaves_an_event_with_the_number_of_people():
    upload = received(None, person(1), person(2))

    confirm(upload)

    event = AuditEvent.objects.get(name="roster.confirmed")
    assert (event.subject_id, event.actor_id, event.at) == (upload.pk, upload.uploaded_by_id, NOW)
    assert event.facts == {"put_in": 2, "takes_warned_rows": True}


def test_confirmation_rings_for_the_public_figures_and_the_registers(
    waiting_messages, django_capture_on_commit_callbacks
):
    upload = received()

    with django_capture_on_commit_callbacks() as callbacks:
        confirm(upload)

    assert len(callbacks) == 2


def test_second_confirmation_is_refused_and_changes_nothing():
    upload = received()
    confirm(upload)

    with pytest.raises(InvalidTransition):
        confirm(upload)

    assert (Enrollment.objects.count(), AuditEvent.objects.filter(name="roster.confirmed").count()) == (1, 1)


@pytest.mark.parametrize("state", ["sent", "refused", "failed"])
def test_only_a_checked_roster_with_good_rows_is_confirmed(state):
    upload = {
        "sent": lambda: sent(),
        "refused": lambda: received(None, person(1, **BAD_MOBILE)),
        "failed": lambda: received(content=b"%PDF-"),
    }[state]()

    with pytest.raises(InvalidTransition):
        confirm(upload)

    assert nobody_is_enrolled()


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


@pytest.mark.parametrize(
    "act",
    [
        lambda upload, outsider: confirm(upload, confirmer=outsider),
        lambda upload, outsider: reject_roster(upload_id=upload.pk, rejecter=outsider, now=NOW),
    ],
    ids=["confirm", "reject"],
)
def test_another_institution_decides_nothing(act):
    upload = received()
    outsider = UserFactory(training_manager=True)

    with pytest.raises(NotPermitted):
        act(upload, outsider)

    upload.refresh_from_db()
    assert upload.status == RosterStatus.READY
    assert nobody_is_enrolled()


def test_class_that_was_completed_meanwhile_takes_nobody_more():
    first = received(TrainingClassFactory(running=True), person(1))
    second = received(first.training_class, person(2))
    training_class = first.training_class
    training_class.roster_locked_at, training_class.locked_count = NOW, 0
    training_class.status = "COMPLETED"
    training_class.completed_by, training_class.completed_at = training_class.filed_by, NOW
    training_class.save()

    assert refused(second).code == "class_takes_no_rosters"


def test_roster_that_was_locked_meanwhile_takes_nobody_more():
    upload = received(TrainingClassFactory(running=True), person(1))
    training_class = upload.training_class
    training_class.roster_locked_at, training_class.locked_count = NOW, 0
    training_class.save()

    assert refused(upload).code == "roster_locked"


def test_roster_with_more_people_than_seats_enrolls_nobody():
    training_class = TrainingClassFactory(confirmed=True, seat_count=1)

    assert refused(received(training_class, person(1), person(2))).code == "seats_short"


def test_roster_may_fill_the_last_seat():
    training_class = TrainingClassFactory(confirmed=True, seat_count=2)
    confirm(received(training_class, person(1)))

    confirm(received(training_class, person(2)))

    assert Enrollment.objects.count() == 2


def test_seat_of_somebody_who_left_before_the_lock_is_free_again():
    training_class = TrainingClassFactory(confirmed=True, seat_count=1)
    confirm(received(training_class, person(1)))
    Enrollment.objects.update(status="WITHDRAWN", left_at=NOW)

    confirm(received(training_class, person(2)))

    assert Enrollment.objects.filter(status="ENROLLED").count() == 1


def test_changed_rows_need_no_seat():
    training_class = TrainingClassFactory(confirmed=True, seat_count=1)
    confirm(received(training_class, person(1)))

    confirm(received(training_class, person(1, school="西南大学")))

    assert Enrollment.objects.get().school == "西南大学"


def test_person_who_was_enrolled_by_another_roster_meanwhile_takes_no_second_seat():
    training_class = TrainingClassFactory(confirmed=True, seat_count=2)
    first, second = received(training_class, person(1)), received(training_class, person(1), person(2))
    confirm(first)

    confirm(second)

    second.refresh_from_db()
    assert (Enrollment.objects.count(), second.put_in_count) == (2, 1)


def test_silence_of_a_later_roster_removes_nobody():
    first = received(None, person(1), person(2))
    confirm(first)

    confirm(received(first.training_class, person(3)))

    assert Enrollment.objects.filter(status="ENROLLED").count() == 3


def test_refusal_of_the_database_quotes_nobody(monkeypatch):
    monkeypatch.setattr(roster_checks, "find_problems", lambda *_args: [])
    upload = received(None, person(1, bank_cnaps="12", bank_name="李一的开户行"))

    with pytest.raises(IntegrityError, match="bank_account_cnaps_has_12_digits") as refusal:
        confirm(upload)

    assert "李一" not in str(refusal.value)
    assert (refusal.value.__cause__, refusal.value.__suppress_context__) == (None, True)


def test_refusal_of_the_database_that_nobody_expects_is_not_explained_away(monkeypatch):
    def fail(*_args):
        raise IntegrityError("some_other_constraint")

    monkeypatch.setattr(roster_confirmation, "_put_in", fail)

    with pytest.raises(IntegrityError, match="some_other_constraint"):
        confirm(received())
