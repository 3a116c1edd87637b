"""The stop of all sending: begun by one, ended by two, and what it keeps here meanwhile."""

import pytest
from django.core.management import CommandError, call_command

from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from chongqing_dte.foundation.models import AuditEvent
from subsidies import queries
from subsidies.enums import BatchStatus, StopKind
from subsidies.models import SendingStop
from subsidies.services import sending_stops
from subsidies.services.deliveries import deliver_released_batches
from subsidies.services.sending_stops import lift_stop, propose_lift, stop_sending
from tests.clock import NOW
from tests.factories.bank import SendingStopFactory
from tests.factories.institutions import UserFactory
from tests.factories.subsidies import assembled_batch, delivered_batch, hear_from_bank, sign_twice
from tests.fakes.bank import FakeBank
from tests.subsidies.interleaving import is_kept_waiting, paused, rivals

pytestmark = pytest.mark.django_db

WHY = "Every reference was compared with the bank's list."


def finance():
    return UserFactory(municipal_finance=True)


def stop(stopper=None, reason="The bank reports a break-in.") -> SendingStop:
    return stop_sending(stopper=stopper or finance(), reason=reason, now=NOW)


def propose(proposer=None, reason=WHY, kind=StopKind.MANUAL) -> SendingStop:
    return propose_lift(kind=kind, proposer=proposer or finance(), reason=reason, now=NOW)


def lift(lifter=None, reason=WHY, kind=StopKind.MANUAL) -> SendingStop:
    return lift_stop(kind=kind, lifter=lifter or finance(), lift_reason=reason, now=NOW)


def deliver(bank: FakeBank) -> int:
    return deliver_released_batches(channel=bank, now=NOW)


def status_of(batch) -> str:
    batch.refresh_from_db()
    return batch.status


@pytest.mark.parametrize("role", ["municipal_finance", "municipal_operator"])
def test_one_person_stops_everything(role):
    stopper = UserFactory(**{role: True})

    stop(stopper)

    assert queries.sending_is_stopped()
    event = AuditEvent.objects.get(name="sending.stopped")
    assert (event.actor_id, event.reason) == (stopper.pk, "The bank reports a break-in.")


def test_a_stop_has_a_reason_and_a_person_who_may():
    with pytest.raises(DomainError, match=r".") as refusal:
        stop(reason=" \n ")
    with pytest.raises(NotPermitted):
        stop(UserFactory(municipal_reviewer=True))

    assert refusal.value.code == "reason_missing"
    assert not queries.sending_is_stopped()


def test_what_is_stopped_is_not_stopped_again():
    stop()

    with pytest.raises(InvalidTransition):
        stop()

    assert SendingStop.objects.count() == 1


def test_nothing_leaves_while_sending_is_stopped():
    batch, bank = sign_twice(assembled_batch()), FakeBank()
    stop()

    assert deliver(bank) == 0

    assert (bank.questions, bank.files, status_of(batch)) == ([], {}, BatchStatus.RELEASED)


def test_what_was_being_sent_stays_where_it_is():
    batch, bank = sign_twice(assembled_batch()), FakeBank(is_away=True)
    with pytest.raises(Exception, match="does not answer"):
        deliver(bank)
    stop()
    bank.is_away = False

    assert deliver(bank) == 0

    assert (bank.files, status_of(batch)) == ({}, BatchStatus.SENDING)


def test_the_banks_word_is_taken_in_all_the_same():
    batch = delivered_batch()
    stop()

    hear_from_bank(batch)

    assert status_of(batch) == BatchStatus.SETTLED


def test_sending_goes_on_once_two_people_of_finance_agree():
    batch, bank = sign_twice(assembled_batch()), FakeBank()
    stop()
    propose()

    lift()

    assert deliver(bank) == 1
    assert status_of(batch) == BatchStatus.DELIVERED


def test_whoever_proposed_it_does_not_lift_it():
    stop()
    one = finance()
    propose(one)

    with pytest.raises(NotPermitted):
        lift(one)

    assert queries.sending_is_stopped()


def test_nobody_lifts_what_nobody_proposed():
    stop()

    with pytest.raises(NotPermitted):
        lift()


def test_the_operator_stops_and_does_not_lift():
    operator = UserFactory(municipal_operator=True)
    stop(operator)

    with pytest.raises(NotPermitted):
        propose(operator)
    propose()
    with pytest.raises(NotPermitted):
        lift(operator)


def test_a_proposal_that_was_not_looked_at_is_not_agreed_to():
    stop()
    propose(reason="Another reason.")

    with pytest.raises(DomainError) as refusal:
        lift()

    assert refusal.value.code == "other_proposal"


def test_what_is_not_stopped_is_not_lifted():
    SendingStopFactory(lifted=True)

    with pytest.raises(InvalidTransition):
        propose()
    with pytest.raises(InvalidTransition):
        lift()


def test_after_a_restore_the_command_stops_everything_and_may_be_repeated(capsys):
    call_command("stop_sending", "--restore")
    call_command("stop_sending", "--restore")

    assert queries.sending_is_stopped()
    assert SendingStop.objects.get().kind == StopKind.RESTORE


def test_the_command_is_for_restores_only():
    with pytest.raises(CommandError):
        call_command("stop_sending")

    assert not queries.sending_is_stopped()


def test_each_stop_is_lifted_on_its_own(capsys):
    call_command("stop_sending", "--restore")
    stop()
    propose()
    lift()
    assert queries.sending_is_stopped()

    propose(kind=StopKind.RESTORE)
    lift(kind=StopKind.RESTORE)

    assert not queries.sending_is_stopped()


@pytest.mark.django_db(transaction=True)
def test_a_stop_in_the_middle_of_a_delivery_keeps_the_file_here(monkeypatch):
    batch, bank, stopper = sign_twice(assembled_batch()), FakeBank(), finance()
    with rivals() as others:
        with paused(monkeypatch, bank, "knows") as reached:
            sending = others.start(lambda: deliver(bank))
            assert reached.wait(30)
            others.run(lambda: stop(stopper))
        delivered_count = sending.result(30)

    assert (delivered_count, bank.files) == (0, {})
    assert status_of(batch) == BatchStatus.SENDING


@pytest.mark.django_db(transaction=True)
def test_two_who_stop_at_once_make_one_stop(monkeypatch):
    first, second = finance(), finance()
    with rivals() as others:
        # The first stands with its row written and not committed.
        with paused(monkeypatch, sending_stops, "record_event") as reached:
            earlier = others.start(lambda: stop(first))
            assert reached.wait(30)
            later = others.start(lambda: stop(second))
            assert is_kept_waiting(later)
        problems = [earlier.exception(30), later.exception(30)]

    assert [type(problem).__name__ for problem in problems] == ["NoneType", "InvalidTransition"]
    assert SendingStop.objects.count() == 1
