"""Result files that a person brings: nothing moves before another one has confirmed them, or the bank has."""

import pytest

from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from subsidies.bank import formats
from subsidies.bank.agent_list import read_result_list
from subsidies.bank.channel import ReceivedFile
from subsidies.bank.files import BankAnswers
from subsidies.enums import BatchStatus, ResultFileStatus
from subsidies.models import BankResultFile, BankResultLine
from subsidies.services import result_file_steps
from subsidies.services.bank_results import hand_in_bank_result, receive_bank_result
from subsidies.services.deliveries import deliver_released_batches
from subsidies.services.result_files import (
    confirm_result_file,
    dismiss_result_file,
    read_early_results_again,
    read_result_again,
    refuse_result_file,
)
from tests.clock import NOW
from tests.factories.bank_formats import BankFormatFactory
from tests.factories.institutions import UserFactory
from tests.factories.subsidies import (
    answers_to,
    assembled_batch,
    delivered_batch,
    result_list,
    sign_twice,
)
from tests.fakes.bank import FakeBank
from tests.subsidies.bank_examples import report
from tests.subsidies.interleaving import is_kept_waiting, paused, rivals

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("promises_hold")]


@pytest.fixture
def clerk():
    return UserFactory(municipal_finance=True)


@pytest.fixture
def colleague():
    return UserFactory(municipal_finance=True)


@pytest.fixture
def nameless(monkeypatch):
    """Let the plain list be one that does not name its batch, as some banks' files do not."""

    def read(content, _specs):
        return BankAnswers(batch_reference="", lines=read_result_list(content).lines)

    monkeypatch.setattr(result_file_steps, "read_answers", read)


def answer_to(batch, *words: str) -> bytes:
    return result_list(batch.reference, answers_to(batch, *(words or ("PAID",))))


def hand_in(content: bytes, clerk) -> BankResultFile:
    return hand_in_bank_result(name="回执.csv", content=content, sender=clerk, now=NOW)


def receive(content: bytes) -> BankResultFile:
    receive_bank_result(received=ReceivedFile("RESULT.csv", content, "key"), now=NOW)
    return BankResultFile.objects.latest("pk")


def confirm(file, colleague) -> BankResultFile:
    return confirm_result_file(file_id=file.pk, confirmer=colleague, now=NOW)


def refuse(file, colleague, reason="The bank knows nothing of it.") -> BankResultFile:
    return refuse_result_file(file_id=file.pk, decider=colleague, reason=reason, now=NOW)


def dismiss(file, clerk, reason="A test file of the bank.") -> BankResultFile:
    return dismiss_result_file(file_id=file.pk, dismisser=clerk, reason=reason, now=NOW)


def status_of(row) -> str:
    row.refresh_from_db()
    return row.status


def _unreadable(*_arguments):
    raise formats.UnreadableAnswer("not_a_result_list")


def test_a_file_that_a_person_brings_waits_for_another_one(clerk, colleague):
    batch = delivered_batch()

    file = hand_in(answer_to(batch), clerk)

    assert (file.status, file.batch, file.received_by) == (ResultFileStatus.WAITING, batch, clerk)
    assert file.tally["PAID"] == {"count": 1, "sum": "800.00"}
    assert (status_of(batch), BankResultLine.objects.count()) == (BatchStatus.DELIVERED, 0)
    confirm(file, colleague)
    assert (status_of(file), status_of(batch)) == (ResultFileStatus.APPLIED, BatchStatus.SETTLED)
    assert (file.confirmed_by, file.confirmed_at) == (colleague, NOW)


def test_nobody_confirms_what_they_brought(clerk):
    batch = delivered_batch()
    file = hand_in(answer_to(batch, "RETURNED"), clerk)

    for act in (confirm, refuse):
        with pytest.raises(NotPermitted):
            act(file, clerk)

    assert (status_of(file), status_of(batch)) == (ResultFileStatus.WAITING, BatchStatus.DELIVERED)


def test_nobody_else_than_finance_confirms_a_file(clerk):
    file = hand_in(answer_to(delivered_batch()), clerk)

    with pytest.raises(NotPermitted):
        confirm(file, UserFactory(municipal_reviewer=True))

    assert status_of(file) == ResultFileStatus.WAITING


def test_a_file_that_is_refused_moves_nothing_for_good(clerk, colleague):
    batch = delivered_batch()
    file = hand_in(answer_to(batch), clerk)

    refuse(file, colleague)

    assert (status_of(file), file.problem, file.batch) == (ResultFileStatus.DISMISSED, "not_confirmed", None)
    assert not receive_bank_result(received=ReceivedFile("RESULT.csv", answer_to(batch), "key"), now=NOW)
    assert status_of(batch) == BatchStatus.DELIVERED
    with pytest.raises(InvalidTransition):
        confirm(file, colleague)


def test_a_refusal_has_a_reason(clerk, colleague):
    file = hand_in(answer_to(delivered_batch()), clerk)

    with pytest.raises(DomainError) as refusal:
        refuse(file, colleague, reason=" ")

    assert refusal.value.code == "reason_missing"
    assert status_of(file) == ResultFileStatus.WAITING


@pytest.mark.parametrize("act", ["dismiss", "read"])
def test_what_waits_for_another_one_goes_no_other_way(act, clerk, colleague):
    file = hand_in(answer_to(delivered_batch()), clerk)

    with pytest.raises(InvalidTransition):
        dismiss(file, colleague) if act == "dismiss" else read_result_again(
            file_id=file.pk, reader=colleague, now=NOW
        )

    assert status_of(file) == ResultFileStatus.WAITING


def test_what_the_bank_puts_down_too_waits_for_nobody(clerk):
    batch = delivered_batch()
    file = hand_in(answer_to(batch), clerk)

    receive(answer_to(batch))

    assert (status_of(file), file.put_down_at) == (ResultFileStatus.APPLIED, NOW)
    assert (status_of(batch), BankResultFile.objects.count()) == (BatchStatus.SETTLED, 1)


def test_what_was_brought_too_early_and_put_down_since_is_read_again_by_itself(clerk):
    batch = sign_twice(assembled_batch())
    file = hand_in(answer_to(batch), clerk)
    assert file.status == ResultFileStatus.QUARANTINED
    receive(answer_to(batch))
    deliver_released_batches(channel=FakeBank(), now=NOW)

    assert read_early_results_again(now=NOW) == 1

    assert status_of(file) == ResultFileStatus.APPLIED


def test_what_was_brought_too_early_waits_for_another_one_once_its_batch_is_sent(clerk):
    batch = sign_twice(assembled_batch())
    file = hand_in(answer_to(batch), clerk)
    deliver_released_batches(channel=FakeBank(), now=NOW)

    assert read_early_results_again(now=NOW) == 0

    assert (status_of(file), status_of(batch)) == (ResultFileStatus.WAITING, BatchStatus.DELIVERED)


def test_what_can_be_read_no_more_is_set_aside_and_has_to_be_confirmed_anew(clerk, colleague, monkeypatch):
    file = hand_in(answer_to(delivered_batch()), clerk)
    with monkeypatch.context() as without_formats:
        without_formats.setattr(result_file_steps, "read_answers", _unreadable)
        confirm(file, colleague)
    assert (status_of(file), file.confirmed_at) == (ResultFileStatus.QUARANTINED, None)

    read_result_again(file_id=file.pk, reader=colleague, now=NOW)

    assert status_of(file) == ResultFileStatus.WAITING


@pytest.mark.django_db(transaction=True)
def test_of_two_who_confirm_a_file_at_once_one_applies_it(monkeypatch, clerk):
    file = hand_in(answer_to(delivered_batch()), clerk)
    people = UserFactory.create_batch(2, municipal_finance=True)
    with rivals() as others:
        with paused(monkeypatch, result_file_steps, "apply_answers") as reached:
            first = others.start(lambda: confirm(file, people[0]))
            assert reached.wait(30)
            second = others.start(lambda: confirm(file, people[1]))
            assert is_kept_waiting(second)
        problems = [first.exception(30), second.exception(30)]

    assert [type(problem).__name__ for problem in problems] == ["NoneType", "InvalidTransition"]
    assert BankResultLine.objects.count() == 1


def pain_without_amount(batch, reference: str) -> bytes:
    said = f"<TxInfAndSts><OrgnlEndToEndId>{reference}</OrgnlEndToEndId><TxSts>ACSC</TxSts></TxInfAndSts>"
    figures = (
        "<NbOfTxsPerSts><DtldNbOfTxs>1</DtldNbOfTxs><DtldSts>ACSC</DtldSts><DtldCtrlSum>800.00</DtldCtrlSum>"
    )
    content = report(transactions=said, group=f"{figures}</NbOfTxsPerSts>")
    return content.replace(b"20261020-X", batch.reference.encode())


def test_a_line_without_an_amount_speaks_of_our_own():
    BankFormatFactory(approved=True, pain=True)
    batch = delivered_batch()
    attempt = batch.attempts.get()

    file = receive(pain_without_amount(batch, attempt.reference))

    assert (file.status, file.lines.get().amount) == (ResultFileStatus.APPLIED, attempt.amount)
    assert status_of(batch) == BatchStatus.SETTLED


def test_a_line_without_an_amount_that_fits_nothing_sets_the_file_aside():
    BankFormatFactory(approved=True, pain=True)
    batch = delivered_batch()

    file = receive(pain_without_amount(batch, "UNHEARD-OF"))

    assert (file.status, file.problem) == (ResultFileStatus.QUARANTINED, "amount_missing")
    assert status_of(batch) == BatchStatus.DELIVERED


def test_a_plain_list_answers_no_batch_in_another_format(clerk):
    BankFormatFactory(approved=True, pain=True)
    batch = delivered_batch()

    brought, put_down = hand_in(answer_to(batch, "RETURNED"), clerk), receive(answer_to(batch))

    for file in (brought, put_down):
        assert (file.status, file.problem) == (ResultFileStatus.QUARANTINED, "not_the_batchs_format")
        assert file.named_batch == batch.reference
    assert status_of(batch) == BatchStatus.DELIVERED
