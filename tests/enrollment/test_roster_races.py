from functools import partial

import pytest
from django.db import connection, transaction

from enrollment import policies, queries
from enrollment.models import BankAccount, Enrollment, RosterRow, RosterUpload, Trainee
from enrollment.services import roster_checks, roster_confirmation
from enrollment.services.roster_checks import check_roster
from enrollment.services.roster_confirmation import confirm_roster, reject_roster
from enrollment.services.roster_staging import Staging
from enrollment.services.roster_uploads import UploadedFile, receive_roster
from tests.clock import NOW
from tests.enrollment.interleaving import at_once, outcome_of, rival_in_the_middle
from tests.enrollment.rosters import (
    another_term,
    known_trainee,
    nobody_holds_one,
    person,
    received,
    roster_of,
    sent,
    with_intake_policy,
)
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
    return partial(
        confirm_roster,
        upload_id=upload.pk,
        confirmer=confirmer or upload.uploaded_by,
        takes_warned_rows=True,
        holders_of=nobody_holds_one,
        now=NOW,
    )


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
    assert (Enrollment.objects.count(), RosterUpload.objects.get().put_in_count) == (1, 1)


def test_roster_is_confirmed_or_rejected_and_never_both(monkeypatch):
    upload = received()

    outcomes = rival_in_the_middle(
        monkeypatch,
        (policies, "check_can_confirm_roster"),
        confirmation(upload),
        partial(reject_roster, upload_id=upload.pk, rejecter=upload.uploaded_by, now=NOW),
    )

    assert outcomes == ["done", "invalid_transition"]


def test_one_person_in_two_institutions_on_other_days_is_one_trainee_with_one_account(monkeypatch):
    first, second = received(None, person(1)), received(another_term(), person(1))

    outcomes = rival_in_the_middle(
        monkeypatch, (queries, "known_people"), confirmation(first), confirmation(second)
    )

    assert outcomes == ["done", "done"]
    assert (Trainee.objects.count(), BankAccount.objects.count(), Enrollment.objects.count()) == (1, 1, 2)


@pytest.mark.parametrize("is_known", [False, True], ids=["new person", "known person"])
@pytest.mark.parametrize("place", [(queries, "known_people"), (Staging, "elsewhere")], ids=["early", "late"])
def test_one_person_in_two_institutions_on_the_same_days_is_enrolled_once(monkeypatch, place, is_known):
    # Who is known already is held up by no row, and only the constraint keeps the second enrollment out.
    if is_known:
        known_trainee(person(1))
    first, second = received(None, person(1)), received(None, person(2), person(1))

    outcomes = rival_in_the_middle(monkeypatch, place, confirmation(first), confirmation(second))

    assert sorted(outcomes) == ["done", "enrolled_elsewhere"]
    winner, loser = (first, second) if outcomes[0] == "done" else (second, first)
    winner.refresh_from_db()
    loser.refresh_from_db()
    assert (winner.status, loser.status) == ("CONFIRMED", "READY")
    assert set(Enrollment.objects.values_list("training_class", flat=True)) == {winner.training_class_id}


def test_whoever_comes_too_late_is_told_the_rows(monkeypatch):
    known_trainee(person(1))
    first, second = received(None, person(1)), received(None, person(2), person(1))
    told = []
    original = roster_confirmation.ChangedMeanwhile.__init__

    def listen(refusal, code, numbers):
        told.append((code, list(numbers)))
        original(refusal, code, numbers)

    monkeypatch.setattr(roster_confirmation.ChangedMeanwhile, "__init__", listen)
    rival_in_the_middle(monkeypatch, (Staging, "elsewhere"), confirmation(second), confirmation(first))

    assert told in ([("enrolled_elsewhere", [3])], [("enrolled_elsewhere", [2])])


def test_known_people_of_a_roster_stay_as_they_are_until_it_is_in(monkeypatch):
    # Otherwise two rosters with one person could each wait for the other's enrollment.
    trainee = known_trainee(person(1))
    upload = received(None, person(1))
    name_people, seen = Staging.name_people, []

    def look_from_outside(staging):
        seen.append(at_once(lambda: lock_at_once(trainee), lambda: None)[0])
        name_people(staging)

    monkeypatch.setattr(Staging, "name_people", look_from_outside)

    assert outcome_of(confirmation(upload)) == "done"
    assert seen[0].startswith("given up")


def lock_at_once(trainee):
    with transaction.atomic():
        Trainee.objects.select_for_update(nowait=True, no_key=True).get(pk=trainee.pk)


@pytest.mark.usefixtures("_trainees_come_slowly")
def test_two_rosters_with_the_same_people_in_another_order_do_not_wait_for_each_other():
    first = received(None, person(1), person(2))
    second = received(another_term(), person(2), person(1))

    outcomes = at_once(confirmation(first), confirmation(second))

    assert outcomes == ["done", "done"]
    assert (Trainee.objects.count(), Enrollment.objects.count()) == (2, 4)


def test_last_seat_is_taken_once(monkeypatch):
    training_class = TrainingClassFactory(confirmed=True, seat_count=1)
    first, second = received(training_class, person(1)), received(training_class, person(2))

    outcomes = rival_in_the_middle(
        monkeypatch, (queries, "seats_taken"), confirmation(first), confirmation(second)
    )

    assert outcomes == ["done", "seats_short"]
    assert Enrollment.objects.count() == 1


def test_same_file_sent_twice_at_once_is_one_upload(monkeypatch):
    with_intake_policy()
    training_class = TrainingClassFactory(confirmed=True)
    send = partial(
        receive_roster,
        class_id=training_class.pk,
        uploader=training_class.filed_by,
        file=UploadedFile("roster.csv", roster_of(person(1))),
        now=NOW,
    )

    outcomes = rival_in_the_middle(monkeypatch, (policies, "check_can_upload_roster"), send, send)

    assert outcomes == ["done", "done"]
    assert RosterUpload.objects.count() == 1


@pytest.mark.parametrize(
    "place", [(roster_checks, "read_again"), (queries, "lock_roster_upload")], ids=["reading", "beginning"]
)
def test_two_workers_at_one_roster_check_it_once(monkeypatch, place):
    upload = sent()
    work = partial(check_roster, upload_id=upload.pk, now=NOW, holders_of=nobody_holds_one)

    outcomes = rival_in_the_middle(monkeypatch, place, work, work)

    upload.refresh_from_db()
    assert outcomes == ["done", "done"]
    assert (upload.status, upload.check_attempt_count, RosterRow.objects.count()) == ("READY", 1, 1)
