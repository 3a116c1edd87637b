"""What followed from the decisions: notices, objections, messages, instructions, journal entries, recoveries."""

from collections import defaultdict
from collections.abc import Collection, Sequence

from assessment.models import LevelCertificate
from subsidies.dossier.shown import (
    ShownAttempt,
    ShownBankLine,
    ShownLine,
    ShownNotice,
    ShownNotification,
    ShownObjection,
    ShownSettlement,
)
from subsidies.enums import BankAnswer, JournalKind
from subsidies.explanations import return_advice, return_reason
from subsidies.models import (
    BankResultLine,
    JournalLine,
    NoticeLine,
    Notification,
    Objection,
    Payment,
    PaymentAttempt,
    Recovery,
    RecoverySettlement,
)


def payments_for(certificate: LevelCertificate) -> list[Payment]:
    """Return what was owed for a certificate, newest first: the former ones were cancelled."""
    return list(Payment.objects.filter(entitlement__certificate=certificate).order_by("-id"))


def shown_attempts(payments: Collection[Payment]) -> list[ShownAttempt]:
    """Return every instruction to the bank, oldest first, with each line that the bank wrote about it."""
    attempts = list(
        PaymentAttempt.objects.filter(payment__in=payments)
        .select_related("batch", "bank_account")
        .defer("batch__content", "bank_account__number")
        .order_by("id")
    )
    lines = _bank_lines([attempt.pk for attempt in attempts])
    return [_shown_attempt(attempt, lines[attempt.pk]) for attempt in attempts]


def shown_journal(payments: Collection[Payment]) -> list[ShownLine]:
    """Return every line of the journal about these payments, in the order of the entries."""
    lines = JournalLine.objects.filter(payment__in=payments).select_related("entry").order_by("id")
    return [
        ShownLine(
            at=line.entry.recorded_at,
            entry=line.entry.key,
            account_text=line.get_account_display(),
            debit=line.amount if line.amount > 0 else None,
            credit=-line.amount if line.amount < 0 else None,
            memo=str(JournalKind(line.entry.kind).label),
        )
        for line in lines
    ]


def recoveries_of(payments: Collection[Payment]) -> list[Recovery]:
    """Return what is or was to come back, oldest first: the last one may be live."""
    return list(Recovery.objects.filter(payment__in=payments).order_by("id"))


def shown_settlements(recoveries: Sequence[Recovery]) -> list[ShownSettlement]:
    """Return what came back of it or was given up, oldest first."""
    settlements = RecoverySettlement.objects.filter(recovery__in=recoveries).order_by("id")
    return [
        ShownSettlement(
            kind_label=settlement.get_kind_display(),
            amount=settlement.amount,
            status=settlement.status,
            status_label=settlement.get_status_display(),
            at=settlement.decided_at or settlement.proposed_at,
        )
        for settlement in settlements
    ]


def shown_notices(payments: Collection[Payment]) -> list[ShownNotice]:
    """Return the public notices that these payments stood on, oldest first."""
    lines = NoticeLine.objects.filter(payment__in=payments).select_related("notice").defer("notice__content")
    return [
        ShownNotice(
            reference=line.notice.reference,
            line_number=line.line_number,
            opens_on=line.notice.opens_on,
            closes_on=line.notice.closes_on,
            published_at=line.notice.published_at,
            closed_at=line.notice.closed_at,
        )
        for line in lines.order_by("id")
    ]


def shown_objections(certificate: LevelCertificate) -> list[ShownObjection]:
    """Return what was said against the decisions, oldest first: that it was said, and what became of it."""
    objections = Objection.objects.filter(entitlement__certificate=certificate)
    return [
        ShownObjection(
            public_id=str(objection.public_id),
            kind_label=objection.get_kind_display(),
            status=objection.status,
            status_label=objection.get_status_display(),
            raised_at=objection.raised_at,
            decided_at=objection.decided_at,
            decision_reason=objection.decision_reason,
        )
        for objection in objections.defer("statement", "objector_name", "contact").order_by("id")
    ]


def shown_notifications(certificate: LevelCertificate) -> list[ShownNotification]:
    """Return the messages about the decisions, oldest first."""
    notifications = Notification.objects.filter(entitlement__certificate=certificate)
    return [
        ShownNotification(
            about=notification.get_kind_display(),
            to=_addressee(notification),
            channel_label=notification.get_channel_display(),
            status=notification.status,
            status_label=notification.get_status_display(),
            at=notification.sent_at or notification.created_at,
        )
        for notification in notifications.select_related("district").order_by("id")
    ]


def _addressee(notification: Notification) -> str:
    """Return the office that a message goes to; empty for the person."""
    if not notification.role:
        return ""
    office = notification.district.name if notification.district else ""
    return f"{notification.get_role_display()} {office}".strip()


def _bank_lines(attempt_ids: Collection[int]) -> defaultdict[int, list[ShownBankLine]]:
    lines = (
        BankResultLine.objects.filter(attempt__in=attempt_ids)
        .select_related("result_file")
        .defer("result_file__content")
        .order_by("id")
    )
    shown: defaultdict[int, list[ShownBankLine]] = defaultdict(list)
    for line in lines:
        shown[line.attempt_id or 0].append(
            ShownBankLine(
                file_name=line.result_file.file_name,
                line_number=line.line_number,
                answer=line.answer,
                answer_label=line.get_answer_display(),
                amount=line.amount,
                reason_text=return_reason(line.return_code),
                problem_label=line.get_problem_display() if line.problem else "",
                received_at=line.result_file.received_at,
                is_of_whole=line.is_of_whole,
            )
        )
    return shown


def _shown_attempt(attempt: PaymentAttempt, lines: list[ShownBankLine]) -> ShownAttempt:
    return ShownAttempt(
        number=attempt.number,
        reference=attempt.reference,
        batch_reference=attempt.batch.reference,
        batch_status_label=attempt.batch.get_status_display(),
        account_last_four=attempt.account.last_four,
        status=attempt.status,
        status_label=attempt.get_status_display(),
        bank_answer=return_reason(attempt.return_code) if attempt.status == BankAnswer.RETURNED else "",
        advice=return_advice(attempt.return_code) if attempt.status == BankAnswer.RETURNED else "",
        at=attempt.answered_at,
        batch_public_id=str(attempt.batch.public_id),
        sent_at=attempt.batch.delivered_at,
        bank_lines=lines,
    )
