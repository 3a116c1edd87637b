"""What the bank has said: its files, their lines, and what people found out about those that could not be applied."""

from collections.abc import Collection
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from chongqing_dte.foundation.proposals import RequestStatus
from institutions.models import User
from subsidies.enums import PAID_TWICE, AttemptStatus, BatchStatus, ResolutionOutcome, ResultFileStatus
from subsidies.models import (
    BankFormat,
    BankResultFile,
    BankResultLine,
    LineResolution,
    Payment,
    PaymentAttempt,
    PaymentBatch,
    Recovery,
)
from subsidies.policies import can_see_money
from subsidies.rules.bank_answers import AnswerLine, Instruction, PaymentStanding, why_not

BEFORE_THE_BANK = (BatchStatus.ASSEMBLED, BatchStatus.RELEASED, BatchStatus.WITHDRAWN)
CAME_TOO_EARLY = ("batch_unknown", "batch_not_sent")
UNDER_WAY = (AttemptStatus.OPEN, AttemptStatus.UNKNOWN)


class LockedInstruction(NamedTuple):
    """One instruction of a batch as its bank's answer needs it; a batch can have very many. Amount in yuan."""

    attempt_id: int
    line_number: int
    reference: str
    amount: Decimal
    status: str
    number: int
    payment_id: int
    budget_id: int


# ── Files ────────────────────────────────────────────────────────────────────────────────────────────────
def result_files_visible_to(user: User) -> QuerySet[BankResultFile]:
    """Return the bank's result files, for those who see the money."""
    files = BankResultFile.objects.defer("content")
    return files if can_see_money(user) else files.none()


def result_file_by_content(sha256: str) -> BankResultFile | None:
    """Return the result file with this content, if it was received before."""
    return BankResultFile.objects.defer("content").filter(sha256=sha256).first()


def result_file_is_known(sha256: str) -> bool:
    """Test whether a result file with this content was received before."""
    return BankResultFile.objects.filter(sha256=sha256).exists()


def brought_file_id(sha256: str) -> int | None:
    """Return the file with this content that a person has brought and that has not come to its end, if there is one."""
    waits = [ResultFileStatus.WAITING, ResultFileStatus.QUARANTINED]
    brought = BankResultFile.objects.filter(
        sha256=sha256, received_by__isnull=False, put_down_at__isnull=True, status__in=waits
    )
    return brought.values_list("pk", flat=True).first()


def lock_result_file(file_id: int) -> BankResultFile:
    """Return one result file that no other transaction can change until this one ends."""
    return BankResultFile.objects.select_for_update(of=("self",)).get(pk=file_id)


def result_file_ids_to_read_again() -> list[int]:
    """Return the files that came too early and whose batch has been sent since, as far as they name their batch.

    One that names none may belong to any, and so is always among them; there are hardly ever such files.
    """
    sent = PaymentBatch.objects.filter(reference=OuterRef("named_batch")).exclude(status__in=BEFORE_THE_BANK)
    early = BankResultFile.objects.filter(
        Q(named_batch="") | Exists(sent), status=ResultFileStatus.QUARANTINED, problem__in=CAME_TOO_EARLY
    )
    return list(early.order_by("id").values_list("id", flat=True))


def formats_to_read_by() -> list[BankFormat]:
    """Return the bank formats that a result can come in: also closed ones, whose batches are still answered."""
    return list(BankFormat.objects.filter(approved_at__isnull=False).order_by("-id"))


def format_ids_of(batch_reference: str, references: Collection[str]) -> list[int | None]:
    """Return the formats, or None for the plain list, of the batches that a file answers, without withdrawn ones.

    They are the one that it names, or those that its lines belong to if it names none.
    """
    batches = PaymentBatch.objects.exclude(status=BatchStatus.WITHDRAWN)
    if batch_reference:
        batches = batches.filter(reference=batch_reference)
    else:
        batches = batches.filter(pk__in=batch_ids_of_references(references))
    return list(batches.order_by("pk").values_list("bank_format_id", flat=True))


# ── The instructions that a file speaks of ───────────────────────────────────────────────────────────────
def batch_ids_of_references(references: Collection[str]) -> list[int]:
    """Return the batches to which instructions with these references belong, without withdrawn ones."""
    attempts = PaymentAttempt.objects.filter(reference__in=references).exclude(status=AttemptStatus.WITHDRAWN)
    return list(attempts.order_by("batch_id").values_list("batch_id", flat=True).distinct())


def lock_instructions_of(batch: PaymentBatch) -> list[LockedInstruction]:
    """Return a batch's instructions in the order of the file, they and their payments locked."""
    attempts = PaymentAttempt.objects.filter(batch=batch)
    list(
        attempts.select_for_update(of=("self",), no_key=True)
        .order_by("line_number")
        .values_list("pk", flat=True)
    )
    payments = Payment.objects.select_for_update(of=("self",), no_key=True)
    list(payments.filter(attempts__in=attempts).order_by("pk").values_list("pk", flat=True))
    rows = attempts.order_by("line_number").values_list(
        "pk",
        "line_number",
        "reference",
        "amount",
        "status",
        "number",
        "payment_id",
        "payment__budget_id",
    )
    return [LockedInstruction(*row) for row in rows]


def amounts_by_reference(batch: PaymentBatch) -> dict[str, Decimal]:
    """Return what a batch instructs the bank to pay, by reference, in the order of its file. It never changes."""
    attempts = PaymentAttempt.objects.filter(batch=batch).order_by("line_number")
    return dict(attempts.values_list("reference", "amount"))


# ── Lines that wait for people ───────────────────────────────────────────────────────────────────────────
def result_lines_visible_to(user: User) -> QuerySet[BankResultLine]:
    """Return the lines of the bank's result files, for those who see the money."""
    return BankResultLine.objects.all() if can_see_money(user) else BankResultLine.objects.none()


def exceptions_visible_to(user: User) -> QuerySet[BankResultLine]:
    """Return the lines that could not be applied, with what a list shows of each, for those who see the money."""
    lines = result_lines_visible_to(user).exclude(problem="")
    proposed = LineResolution.objects.filter(line=OuterRef("pk"), status=RequestStatus.PROPOSED)
    return (
        lines.select_related("result_file__batch", "attempt")
        .defer("result_file__content", "result_file__batch__content")
        .annotate(is_proposed=Exists(proposed))
    )


def waiting_exceptions(user: User) -> QuerySet[BankResultLine]:
    """Return those of them that nobody has settled yet."""
    return exceptions_visible_to(user).filter(resolved_at__isnull=True)


def line_count_of(file: BankResultFile) -> int:
    """Return how many lines of a file were kept: all of one that was applied, none of one that was set aside."""
    return BankResultLine.objects.filter(result_file=file).count()


def answer_counts(batch: PaymentBatch) -> dict[str, int]:
    """Return how many of a batch's instructions stand how."""
    counted = (
        PaymentAttempt.objects.filter(batch=batch).order_by().values("status").annotate(count=Count("pk"))
    )
    return dict(counted.values_list("status", "count"))


def why_not_found(line: BankResultLine) -> dict[ResolutionOutcome, str]:
    """Return what can be found out about a line, each with the code of why it cannot be so, or with ""."""
    attempt = line.attempt
    said = AnswerLine(line.line_number, line.reference, line.amount, line.answer, line.return_code)
    asked = Instruction(attempt.pk, attempt.amount, attempt.status) if attempt else None
    standing = standing_of(attempt) if attempt else None
    return {outcome: why_not(outcome, said, asked, standing) for outcome in ResolutionOutcome}


def resolutions_of(line: BankResultLine) -> list[LineResolution]:
    """Return what people found out about a line, the latest first."""
    found = LineResolution.objects.filter(line=line).select_related("proposed_by", "decided_by")
    return list(found.order_by("-id"))


def answers_to_payment_of(line: BankResultLine) -> list[BankResultLine]:
    """Return all that the bank has said of the payment that a line names, in any file, the oldest first."""
    if line.attempt is None:
        return []
    lines = BankResultLine.objects.filter(attempt__payment_id=line.attempt.payment_id)
    return list(
        lines.select_related("result_file", "attempt__batch")
        .defer("result_file__content", "attempt__batch__content")
        .order_by("id")
    )


def attempts_with_reference(reference: str) -> list[PaymentAttempt]:
    """Return the instructions of any batch that have this reference."""
    attempts = PaymentAttempt.objects.filter(reference=reference).select_related("batch")
    return list(attempts.defer("batch__content").order_by("-id")[:5])


def batch_ids_behind(line_id: int) -> list[int]:
    """Return the batches that a resolution of this line may change: its own, and those of the same payment."""
    line = BankResultLine.objects.select_related("result_file", "attempt").defer("result_file__content")
    found = line.get(pk=line_id)
    ids = {found.result_file.batch_id}
    if found.attempt is not None:
        under_way = PaymentAttempt.objects.filter(payment_id=found.attempt.payment_id, status__in=UNDER_WAY)
        ids |= set(under_way.values_list("batch_id", flat=True))
    return sorted(batch_id for batch_id in ids if batch_id is not None)


def lock_batches(batch_ids: Collection[int]) -> dict[int, PaymentBatch]:
    """Return these batches, locked in the order of their ids."""
    batches = PaymentBatch.objects.select_for_update(of=("self",)).filter(pk__in=batch_ids)
    return {batch.pk: batch for batch in batches.order_by("pk")}


def lock_exception(line_id: int) -> BankResultLine:
    """Return one bank line, then its instruction with its payment, locked. The batch has to be locked before."""
    line = BankResultLine.objects.select_for_update(of=("self",), no_key=True).get(pk=line_id)
    if line.attempt_id is not None:
        attempts = PaymentAttempt.objects.select_for_update(of=("self", "payment"), no_key=True)
        line.attempt = attempts.select_related("payment__entitlement").get(pk=line.attempt_id)
    return line


def live_resolution_of(line: BankResultLine) -> LineResolution | None:
    """Return what is proposed or approved for a line, if anything is."""
    return LineResolution.objects.filter(line=line).exclude(status=RequestStatus.REFUSED).first()


def line_id_of_resolution(resolution_id: int) -> int:
    """Return the line that a resolution is about."""
    return LineResolution.objects.values_list("line_id", flat=True).get(pk=resolution_id)


def lock_resolution(resolution_id: int) -> LineResolution:
    """Return one resolution that no other transaction can change until this one ends."""
    return LineResolution.objects.select_for_update(of=("self",)).get(pk=resolution_id)


def approved_count(attempt: PaymentAttempt, outcome: str) -> int:
    """Return how often this was found out about an instruction before."""
    approved = LineResolution.objects.filter(
        line__attempt=attempt, outcome=outcome, status=RequestStatus.APPROVED
    )
    return approved.count()


def standing_of(attempt: PaymentAttempt) -> PaymentStanding:
    """Return how the payment behind an instruction stands, and what its other instructions and recoveries do."""
    others = PaymentAttempt.objects.filter(payment_id=attempt.payment_id).exclude(pk=attempt.pk)
    other = set(others.values_list("status", flat=True))
    live = Recovery.objects.filter(payment_id=attempt.payment_id, withdrawn_at__isnull=True)
    reasons = set(live.values_list("reason", flat=True))
    return PaymentStanding(
        status=attempt.payment.status,
        has_other_under_way=not other.isdisjoint(UNDER_WAY),
        has_other_paid=AttemptStatus.PAID in other,
        is_asked_back=bool(reasons),
        is_second_asked_back=PAID_TWICE in reasons,
    )


def unapplied_lines_of(batch: PaymentBatch) -> QuerySet[BankResultLine]:
    """Return the lines of a batch's result files that wait for people."""
    lines = BankResultLine.objects.filter(result_file__batch=batch, resolved_at__isnull=True)
    return lines.exclude(problem="").select_related("attempt").order_by("id")
