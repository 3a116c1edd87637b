from functools import partial

import pytest
from django.db import connection

from enrollment import policies, queries
from enrollment.models import BankAccount, Enrollment, RosterUpload, Trainee
from enrollment.services.classes import complete_class
from enrollment.services.rosters import confirm_roster, receive_roster, reject_roster
from tests.clock import NOW
from tests.enrollment.interleaving import at_once, rival_in_the_middle
from tests.enrollment.rosters import person, received, roster_of
from tests.factories.enrollment import TrainingClassFactory
from tests.factories.institutions import UserFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

WAIT_BEFORE_EACH_TRAINEE = """
    CREATE FUNCTION wait_a_moment() RETURNS trigger LANGUAGE plpgsql
        AS 'BEGIN PERFORM pg_sleep(0.4); RETURN NEW; END';
    CREATE TRIGGER wait_a_moment BEFORE INSERT ON enrollment_trainee
        FOR EACH ROW EXECUTE FUNCTION wait_a_moment();
"""


@pytest.fixture
def _trainees_come_slowly():
    with connection.cursor() as cursor:
        cursor.execute(WAIT_BEFORE_EACH_TRAINEE)
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP FUNCTION wait_a_moment CASCADE")


def confirmation(upload, confirmer=None):
    return partial(confirm_roster, upload_id=upload.pk, confirmer=confirmer or upload.uploaded_by, now=NOW)


def test_second_person_to_confirm_waits_for_the_first_and_is_refused(monkeypatch):
    upload = received()
    colleague = UserFactory(training_manager=True, institution=upload.training_class.institution)

    outcomes = rival_in_the_middle(
        monkeypatch,
        (policies, "check_can_confirm_roster"),
        confirmation(upload),
        confirmation(upload, colleague),
    )

    assert outcomes == ["done", "invalid_transition"]
    assert Enrollment.objects.count() == 1


def test_roster_is_confirmed_or_rejected_and_never_both(monkeypatch):
    upload = received()

    outcomes = rival_in_the_middle(
        monkeypatch,
        (policies, "check_can_confirm_roster"),
        confirmation(upload),
        partial(reject_roster, upload_id=upload.pk, rejecter=upload.uploaded_by, now=NOW),
    )

    assert outcomes == ["done", "invalid_transition"]


def test_one_person_in_two_institutions_at_once_is_one_trainee_with_one_account(monkeypatch):
    first, second = received(None, person(1)), received(None, person(1))

    outcomes = rival_in_the_middle(
        monkeypatch, (queries, "current_account_ids"), confirmation(first), confirmation(second)
    )

    assert outcomes == ["done", "done"]
    assert (Trainee.objects.count(), BankAccount.objects.count(), Enrollment.objects.count()) == (1, 1, 2)


@pytest.mark.usefixtures("_trainees_come_slowly")
def test_two_rosters_with_the_same_people_in_another_order_do_not_wait_for_each_other():
    first, second = received(None, person(1), person(2)), received(None, person(2), person(1))

    outcomes = at_once(confirmation(first), confirmation(second))

    assert outcomes == ["done", "done"]
    assert (Trainee.objects.count(), Enrollment.objects.count()) == (2, 4)


def test_last_seat_is_taken_once(monkeypatch):
    training_class = TrainingClassFactory(confirmed=True, seat_count=1)
    first, second = received(training_class, person(1)), received(training_class, person(2))

    outcomes = rival_in_the_middle(
        monkeypatch, (queries, "enrolled_hashes"), confirmation(first), confirmation(second)
    )

    assert outcomes == ["done", "seats_short"]
    assert Enrollment.objects.count() == 1


def test_nobody_is_enrolled_in_a_class_that_is_being_completed(monkeypatch):
    first = received(None, person(1))
    confirmation(first)()
    second = received(first.training_class, person(2))
    training_class = first.training_class

    outcomes = rival_in_the_middle(
        monkeypatch,
        (policies, "check_can_complete_class"),
        partial(complete_class, class_id=training_class.pk, completer=training_class.filed_by, now=NOW),
        confirmation(second),
    )

    assert outcomes == ["done", "class_takes_no_rosters"]
    assert Enrollment.objects.get().status == "COMPLETED"


def test_same_file_sent_twice_at_once_is_one_upload(monkeypatch):
    training_class = TrainingClassFactory(confirmed=True)
    send = partial(
        receive_roster,
        class_id=training_class.pk,
        uploader=training_class.filed_by,
        file_name="roster.csv",
        content=roster_of(person(1)),
        now=NOW,
    )

    outcomes = rival_in_the_middle(monkeypatch, (policies, "check_can_upload_roster"), send, send)

    assert outcomes == ["done", "done"]
    assert RosterUpload.objects.count() == 1
