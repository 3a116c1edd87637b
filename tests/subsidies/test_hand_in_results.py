"""Result files that a person brings, and those that were set aside: read again, or set aside for good."""

import pytest

from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from chongqing_dte.foundation.models import AuditEvent
from subsidies.bank import formats
from subsidies.bank.agent_list import read_result_list
from subsidies.bank.channel import ReceivedFile
from subsidies.bank.files import BankAnswers
from subsidies.enums import BatchStatus, ResultFileStatus
from subsidies.models import BankFormat, BankResultFile, BankResultLine
from subsidies.services import bank_results, result_file_steps
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
    hear_from_bank,
    result_list,
    settled_batch,
    sign_twice,
)
from tests.fakes.bank import FakeBank
from tests.subsidies.bank_examples import report, transaction
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


def test_the_same_content_is_taken_in_once_by_whatever_way(clerk):
    batch = delivered_batch()
    receive(answer_to(batch))

    with pytest.raises(DomainError) as refusal:
        hand_in(answer_to(batch), clerk)

    assert refusal.value.code == "file_known"
    assert BankResultLine.objects.count() == 1


@pytest.mark.parametrize("content", [b""], ids=["empty"])
def test_an_empty_file_is_no_word_of_the_bank(content, clerk):
    with pytest.raises(DomainError) as refusal:
        hand_in(content, clerk)

    assert refusal.value.code == "file_empty"
    assert not BankResultFile.objects.exists()


def test_others_hand_in_nothing():
    with pytest.raises(NotPermitted):
        hand_in(b"x", UserFactory(municipal_reviewer=True))

    assert not BankResultFile.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_same_file_brought_twice_at_once_is_one(monkeypatch, clerk):
    batch = delivered_batch()
    content = answer_to(batch)
    with rivals() as others:
        # The first stands with its row written and not committed.
        with paused(monkeypatch, result_file_steps, "record_event") as reached:
            first = others.start(lambda: hand_in(content, clerk))
            assert reached.wait(30)
            second = others.start(lambda: hand_in(content, clerk))
            assert is_kept_waiting(second)
        problems = [first.exception(30), second.exception(30)]

    assert [getattr(problem, "code", None) for problem in problems] == [None, "file_known"]
    assert BankResultFile.objects.count() == 1


# ── A file that does not name its batch ──────────────────────────────────────────────────────────────────
def test_a_batch_is_found_by_the_references_of_its_lines(nameless):
    _other, batch = delivered_batch(), delivered_batch(2)

    file = receive(answer_to(batch))

    assert (file.status, file.batch, file.named_batch) == (ResultFileStatus.APPLIED, batch, "")


def test_lines_of_several_batches_are_set_aside_whole(nameless):
    first, second = delivered_batch(), delivered_batch()

    file = receive(result_list("", answers_to(first, "PAID") + answers_to(second, "PAID")))

    assert (file.status, file.problem) == (ResultFileStatus.QUARANTINED, "several_batches")
    assert not BankResultLine.objects.exists()


def test_lines_of_no_batch_are_set_aside_and_read_again(nameless):
    batch = sign_twice(assembled_batch())
    file = receive(answer_to(batch))
    assert (file.status, file.problem) == (ResultFileStatus.QUARANTINED, "batch_not_sent")

    deliver_released_batches(channel=FakeBank(), now=NOW)

    assert read_early_results_again(now=NOW) == 1


# ── Read again ───────────────────────────────────────────────────────────────────────────────────────────
def test_a_file_that_came_too_early_is_read_again_once_its_batch_is_sent():
    batch = sign_twice(assembled_batch())
    file = receive(answer_to(batch))
    assert read_early_results_again(now=NOW) == 0
    deliver_released_batches(channel=FakeBank(), now=NOW)

    assert read_early_results_again(now=NOW) == 1

    assert (status_of(file), status_of(batch)) == (ResultFileStatus.APPLIED, BatchStatus.SETTLED)
    assert read_early_results_again(now=NOW) == 0


def test_what_can_never_be_read_is_not_tried_again_by_itself():
    receive(b"not a result file")

    assert read_early_results_again(now=NOW) == 0


def test_a_file_that_cannot_be_read_again_holds_up_no_other(monkeypatch):
    early = [sign_twice(assembled_batch()) for _ in range(2)]
    poison, sound = (receive(answer_to(batch)) for batch in early)
    deliver_released_batches(channel=FakeBank(), now=NOW)
    apply = result_file_steps.apply_answers

    def fail_with_the_first(stored, *rest):
        if stored.pk == poison.pk:
            raise ValueError("Poison.")
        apply(stored, *rest)

    monkeypatch.setattr(result_file_steps, "apply_answers", fail_with_the_first)

    assert read_early_results_again(now=NOW) == 1

    assert (status_of(poison), status_of(sound)) == (ResultFileStatus.QUARANTINED, ResultFileStatus.APPLIED)


def test_a_person_reads_a_file_again(clerk, monkeypatch):
    batch = delivered_batch()
    with monkeypatch.context() as without_formats:
        without_formats.setattr(result_file_steps, "read_answers", _unreadable)
        file = receive(answer_to(batch))

    read_result_again(file_id=file.pk, reader=clerk, now=NOW)

    assert status_of(file) == ResultFileStatus.APPLIED
    assert AuditEvent.objects.get(name="bank_result.read_again").actor_id == clerk.pk


def _unreadable(*_arguments):
    raise formats.UnreadableAnswer("not_a_result_list")


def test_a_file_that_still_cannot_be_read_stays_set_aside(clerk):
    file = receive(b"not a result file")

    read_result_again(file_id=file.pk, reader=clerk, now=NOW)

    assert (status_of(file), file.problem) == (ResultFileStatus.QUARANTINED, "header_wrong")


def test_an_applied_file_is_not_read_again(clerk):
    batch = settled_batch()

    with pytest.raises(InvalidTransition):
        read_result_again(file_id=batch.result_files.get().pk, reader=clerk, now=NOW)

    assert BankResultLine.objects.count() == 1


# ── Set aside for good ───────────────────────────────────────────────────────────────────────────────────
def test_a_file_is_set_aside_for_good_with_its_reason(clerk):
    file = receive(b"not a result file")

    dismiss(file, clerk)

    assert status_of(file) == ResultFileStatus.DISMISSED
    assert (file.dismissed_by, file.dismissal_reason) == (clerk, "A test file of the bank.")
    with pytest.raises(InvalidTransition):
        read_result_again(file_id=file.pk, reader=clerk, now=NOW)


def test_a_dismissed_file_is_not_read_again_by_itself(clerk):
    batch = sign_twice(assembled_batch())
    dismiss(receive(answer_to(batch)), clerk)
    deliver_released_batches(channel=FakeBank(), now=NOW)

    assert read_early_results_again(now=NOW) == 0


def test_nothing_is_set_aside_without_a_reason(clerk):
    file = receive(b"not a result file")

    with pytest.raises(DomainError) as refusal:
        dismiss(file, clerk, "\u200b")

    assert refusal.value.code == "reason_missing"
    assert status_of(file) == ResultFileStatus.QUARANTINED


@pytest.mark.parametrize("act", ["dismiss", "read"])
def test_others_do_nothing_with_set_aside_files(act):
    file, other = receive(b"not a result file"), UserFactory(municipal_auditor=True)

    with pytest.raises(NotPermitted):
        dismiss(file, other) if act == "dismiss" else read_result_again(
            file_id=file.pk, reader=other, now=NOW
        )


def test_applied_files_are_not_dismissed(clerk):
    batch = delivered_batch()
    hear_from_bank(batch)

    with pytest.raises(InvalidTransition):
        dismiss(batch.result_files.get(), clerk)


def test_the_name_of_a_file_is_kept_as_one_line(clerk):
    stored = bank_results.hand_in_bank_result(name="a\nb\u200b.csv", content=b"x", sender=clerk, now=NOW)

    assert stored.file_name == "a b.csv"


@pytest.mark.parametrize(("replaced", "word"), [(True, "UNKNOWN"), (False, "PAID")])
def test_a_result_is_read_by_the_format_in_which_its_batch_was_written(replaced, word):
    """One bank says ACSP for what is paid, and the next one for what is still under way."""
    generous = BankFormatFactory(approved=True, pain=True, layout={"also_paid": ["ACSP"]})
    if replaced:
        BankFormat.objects.filter(pk=generous.pk).update(closed_at=NOW)
        BankFormatFactory(approved=True, pain=True)
    batch = delivered_batch()
    if not replaced:
        BankFormat.objects.filter(pk=generous.pk).update(closed_at=NOW)
        BankFormatFactory(approved=True, pain=True)
    attempt = batch.attempts.get()
    content = report(transactions=transaction(attempt.reference, "ACSP", str(attempt.amount)))

    taken_in = receive(content.replace(b"20261020-X", batch.reference.encode()))

    assert taken_in.status == ResultFileStatus.APPLIED
    assert taken_in.lines.get().answer == word
