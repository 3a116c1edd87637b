"""What two people found out about a bank line, and what then stands in payments, journal and budget."""

from decimal import Decimal

import pytest

from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from chongqing_dte.foundation.models import AuditEvent
from subsidies import queries
from subsidies.bank.channel import ReceivedFile
from subsidies.enums import (
    AttemptStatus,
    BankAnswer,
    BatchStatus,
    PaymentStatus,
)
from subsidies.models import (
    BankResultLine,
    LineResolution,
    Payment,
    PaymentAttempt,
)
from subsidies.services import line_resolutions, settlement_steps
from subsidies.services.bank_results import receive_bank_result
from subsidies.services.batches import assemble_batches
from subsidies.services.deliveries import deliver_released_batches
from subsidies.services.revocations import follow_ended_certificates
from tests.clock import NOW
from tests.factories.bank import exception_in, taken_back
from tests.factories.institutions import UserFactory
from tests.factories.subsidies import (
    answers_to,
    correct_account,
    delivered_batch,
    hear_from_bank,
    result_list,
    settled_batch,
    sign_twice,
)
from tests.fakes.bank import FakeBank
from tests.subsidies.books import OWED, PAID_OUT, balances, budget
from tests.subsidies.findings import (
    FOUND_RETURNED,
    NO_EFFECT,
    PAID_AFTER_ALL,
    TAKEN_BACK,
    approve,
    facts_of,
    finance,
    propose,
    refuse,
    resolve,
    returned_batch,
    status_of,
    statuses,
)
from tests.subsidies.interleaving import is_kept_waiting, paused, rivals

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("promises_hold")]


# ── What each finding does ───────────────────────────────────────────────────────────────────────────────
def test_money_that_was_taken_back_is_owed_again():
    batch = settled_batch()
    line = taken_back(batch)
    assert status_of(batch) == BatchStatus.DELIVERED

    resolve(line, TAKEN_BACK)

    assert statuses() == (AttemptStatus.RETURNED, PaymentStatus.RETURNED)
    assert (balances(), budget()) == (OWED, (Decimal("800.00"), Decimal("0.00")))
    assert status_of(batch) == BatchStatus.SETTLED
    assert facts_of("CORRECTION") == {"taken_back:1"}


def test_what_was_taken_back_is_paid_to_the_corrected_account():
    batch = settled_batch()
    resolve(taken_back(batch), TAKEN_BACK)
    correct_account(Payment.objects.get().payee_id)

    assemble_batches(now=NOW)

    assert PaymentAttempt.objects.latest("pk").number == 2


def test_money_that_was_paid_after_all_has_left_the_fund():
    batch = returned_batch()

    resolve(exception_in(batch, BankAnswer.PAID), PAID_AFTER_ALL)

    assert statuses() == (AttemptStatus.PAID, PaymentStatus.PAID)
    assert (balances(), budget()) == (PAID_OUT, (Decimal("0.00"), Decimal("800.00")))
    assert status_of(batch) == BatchStatus.SETTLED
    assert facts_of("CORRECTION") == {"paid_after_all:1"}


def test_a_payment_that_was_ready_again_can_have_been_paid_after_all():
    batch = returned_batch()
    correct_account(Payment.objects.get().payee_id)
    second = assemble_batches(now=NOW)
    line = exception_in(batch, BankAnswer.PAID)
    follow_ended_certificates(now=NOW)
    assert status_of(_one(second)) == BatchStatus.WITHDRAWN
    assert Payment.objects.get().status == PaymentStatus.READY

    resolve(line, PAID_AFTER_ALL)

    assert Payment.objects.get().status == PaymentStatus.PAID
    assert not assemble_batches(now=NOW)


def _one(batches):
    return batches[0] if isinstance(batches, list | tuple) else batches


def test_a_line_without_effect_moves_nothing_and_closes_the_batch():
    batch = settled_batch()
    before = (balances(), budget())

    resolve(taken_back(batch), NO_EFFECT)

    assert statuses() == (AttemptStatus.PAID, PaymentStatus.PAID)
    assert ((balances(), budget()), status_of(batch)) == (before, BatchStatus.SETTLED)
    assert not facts_of("CORRECTION")


def test_a_bank_may_change_its_word_more_than_once():
    batch = settled_batch(2)
    resolve(exception_in(batch, BankAnswer.RETURNED), TAKEN_BACK)
    resolve(exception_in(batch, BankAnswer.PAID), PAID_AFTER_ALL)

    line = _said_again(batch, BankAnswer.RETURNED)
    resolve(line, TAKEN_BACK)

    line.attempt.refresh_from_db()
    assert line.attempt.status == AttemptStatus.RETURNED
    assert facts_of("CORRECTION") == {"taken_back:1", "paid_after_all:1", "taken_back:1:2"}


def _said_again(batch, answer):
    """Return the line of another file with the same word, which differs by its code."""
    (line, *_rest) = answers_to(batch, answer)
    line["return_code"] = "NO_SUCH_ACCOUNT"
    content = result_list(batch.reference, [line])
    receive_bank_result(received=ReceivedFile("AGAIN.csv", content, "key"), now=NOW)
    return BankResultLine.objects.exclude(problem="").latest("pk")


def test_a_batch_stays_open_until_its_last_line_is_settled():
    batch = settled_batch(2)
    first = exception_in(batch, BankAnswer.RETURNED)
    second = exception_in(batch, BankAnswer.PAID, amount="700.00")

    resolve(first, NO_EFFECT)
    assert status_of(batch) == BatchStatus.DELIVERED
    resolve(second, NO_EFFECT)

    assert status_of(batch) == BatchStatus.SETTLED


def test_a_line_of_an_instruction_without_an_end_stays_on_the_desk():
    batch = delivered_batch()
    line = exception_in(batch, BankAnswer.PAID, amount="700.00")

    with pytest.raises(DomainError) as refusal:
        propose(line, NO_EFFECT)

    assert refusal.value.code == "no_end_yet"
    assert statuses() == (AttemptStatus.OPEN, PaymentStatus.INSTRUCTED)
    assert status_of(batch) == BatchStatus.DELIVERED


def test_the_whole_story_is_kept():
    proposer, decider = finance(), finance()
    line = taken_back(settled_batch())

    approve(propose(line, TAKEN_BACK, proposer), decider)

    line.refresh_from_db()
    events = AuditEvent.objects.filter(
        name__in=["resolution.proposed", "resolution.approved", "bank_line.resolved"]
    )
    assert dict(events.values_list("name", "actor_id")) == {
        "resolution.proposed": proposer.pk,
        "resolution.approved": decider.pk,
        "bank_line.resolved": decider.pk,
    }
    assert line.resolved_at == NOW


# ── What is refused ──────────────────────────────────────────────────────────────────────────────────────
def test_until_a_second_person_has_confirmed_it_nothing_moves():
    line = taken_back(settled_batch())
    one = finance()
    found = propose(line, TAKEN_BACK, one)

    with pytest.raises(NotPermitted):
        approve(found, one)

    assert statuses() == (AttemptStatus.PAID, PaymentStatus.PAID)
    line.refresh_from_db()
    assert line.resolved_at is None


@pytest.mark.parametrize("role", ["municipal_operator", "municipal_auditor", "municipal_reviewer"])
def test_others_find_out_nothing(role):
    line = taken_back(settled_batch())

    with pytest.raises(NotPermitted):
        propose(line, NO_EFFECT, UserFactory(**{role: True}))

    assert not LineResolution.objects.exists()


def test_a_finding_has_a_reason():
    line = taken_back(settled_batch())

    with pytest.raises(DomainError) as refusal:
        propose(line, NO_EFFECT, reason=" ")

    assert refusal.value.code == "reason_missing"


def test_only_what_can_be_so_is_taken_down():
    line = taken_back(settled_batch())

    with pytest.raises(DomainError) as refusal:
        propose(line, PAID_AFTER_ALL)

    assert refusal.value.code == "bank_did_not_say_paid"
    assert not LineResolution.objects.exists()


def test_one_finding_waits_at_a_time():
    line = taken_back(settled_batch())
    propose(line, NO_EFFECT)

    with pytest.raises(InvalidTransition):
        propose(line, TAKEN_BACK)


def test_a_line_that_could_be_applied_waits_for_nobody():
    batch = settled_batch()

    with pytest.raises(InvalidTransition):
        propose(batch.result_files.get().lines.get(), NO_EFFECT)


def test_a_settled_line_stays_settled():
    line = taken_back(settled_batch())
    found = propose(line, NO_EFFECT)
    approve(found)

    with pytest.raises(InvalidTransition):
        propose(line, NO_EFFECT)
    with pytest.raises(InvalidTransition):
        approve(found)
    with pytest.raises(InvalidTransition):
        refuse(found)


def test_after_a_refusal_the_line_waits_for_another_finding():
    line = taken_back(settled_batch())
    refuse(propose(line, TAKEN_BACK))

    resolve(line, NO_EFFECT)

    line.refresh_from_db()
    assert line.resolved_at == NOW


def test_a_refusal_has_a_reason():
    found = propose(taken_back(settled_batch()), TAKEN_BACK)

    with pytest.raises(DomainError) as refusal:
        refuse(found, reason="")

    assert refusal.value.code == "reason_missing"


def test_a_payment_of_which_two_instructions_were_paid_is_not_corrected():
    first = returned_batch()
    correct_account(Payment.objects.get().payee_id)
    second = sign_twice(_one(assemble_batches(now=NOW)))
    deliver_released_batches(channel=FakeBank(), now=NOW)
    line = exception_in(first, BankAnswer.PAID)

    assert queries.why_not_found(line)[PAID_AFTER_ALL] == "another_under_way"
    hear_from_bank(second, "RETURNED")

    resolve(line, PAID_AFTER_ALL)

    assert Payment.objects.get().status == PaymentStatus.PAID


# ── At one moment ────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.django_db(transaction=True)
def test_of_two_who_confirm_at_once_one_moves_the_money(monkeypatch):
    found = propose(taken_back(settled_batch()), TAKEN_BACK)
    deciders = [finance(), finance()]
    with rivals() as others:
        with paused(monkeypatch, line_resolutions, "follow_finding") as reached:
            first = others.start(lambda: approve(found, deciders[0]))
            assert reached.wait(30)
            second = others.start(lambda: approve(found, deciders[1]))
            assert is_kept_waiting(second)
        problems = [first.exception(30), second.exception(30)]

    assert [type(problem).__name__ for problem in problems] == ["NoneType", "InvalidTransition"]
    assert facts_of("CORRECTION") == {"taken_back:1"}


@pytest.mark.django_db(transaction=True)
def test_what_the_bank_says_while_a_finding_is_confirmed_waits_for_it(monkeypatch):
    batch = settled_batch()
    found = propose(taken_back(batch), TAKEN_BACK)
    decider = finance()
    with rivals() as others:
        with paused(monkeypatch, line_resolutions, "follow_finding") as reached:
            first = others.start(lambda: approve(found, decider))
            assert reached.wait(30)
            result = others.start(lambda: hear_from_bank(batch, "UNKNOWN"))
            assert is_kept_waiting(result)
        assert first.exception(30) is None
        assert result.result(30)

    assert statuses() == (AttemptStatus.RETURNED, PaymentStatus.RETURNED)


@pytest.mark.django_db(transaction=True)
def test_a_finding_is_confirmed_on_what_the_bank_has_said_by_then(monkeypatch):
    batch = delivered_batch()
    first_word = exception_in(batch, BankAnswer.PAID, amount="700.00")
    found = propose(first_word, FOUND_RETURNED)
    decider = finance()
    with rivals() as others:
        with paused(monkeypatch, settlement_steps, "close_if_settled") as reached:
            result = others.start(lambda: hear_from_bank(batch, "PAID"))
            assert reached.wait(30)
            deciding = others.start(lambda: approve(found, decider))
            assert is_kept_waiting(deciding)
        assert result.exception(30) is None
        assert deciding.exception(30).code == "has_its_end"

    assert statuses() == (AttemptStatus.PAID, PaymentStatus.PAID)
