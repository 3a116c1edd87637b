"""The second half of a certificate's road: from the decision to the bank's word, and back again."""

from dataclasses import replace
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from chongqing_dte.foundation.templatetags.figures import yuan
from enrollment.rules.identifiers import mask_account
from subsidies.dossier import CertificateDossier
from subsidies.dossier.shown import (
    ShownAttempt,
    ShownBankLine,
    ShownNotice,
    ShownNotification,
    ShownObjection,
    ShownSettlement,
)
from subsidies.enums import PaymentStatus
from subsidies.explanations import recovery_sentence, withdrawal_sentence
from subsidies.models import Payment, Recovery
from subsidies.views.road_step import Step


def money_steps(dossier: CertificateDossier, *, sees_money: bool) -> list[Step]:
    """Return what followed from the decisions. Whoever may not see a batch has no link to it."""
    steps: list[Step] = []
    for payment in reversed(dossier.payments):
        steps.append(payment_step(dossier, payment))
        if payment.cancelled_at is not None:
            steps.append(cancellation_step(payment.cancelled_at))
    for notice in dossier.notices:
        steps += notice_steps(notice)
    for objection in dossier.objections:
        steps += objection_steps(objection)
    for attempt in dossier.payment_attempts:
        steps.append(instruction_step(attempt, sees_money=sees_money))
        steps += [bank_line_step(attempt, line) for line in attempt.bank_lines]
    for recovery in dossier.recoveries:
        steps.append(recovery_step(recovery))
        if recovery.withdrawn_at is not None:
            steps.append(withdrawal_step(recovery))
    steps += [settlement_step(settlement) for settlement in dossier.settlements]
    return steps + [notification_step(notification) for notification in dossier.notifications]


def notice_steps(notice: ShownNotice) -> list[Step]:
    """The public notice, and its end."""
    number = {"line": notice.line_number, "reference": notice.reference}
    facts: list[tuple[str, object]] = [
        (_("Published on"), notice.opens_on.isoformat()),
        (_("Objections until"), notice.closes_on.isoformat()),
    ]
    before = _("From the payment: line %(line)s of notice %(reference)s") % number
    published = Step(
        title=_("Public notice"),
        at=notice.published_at,
        before=before,
        facts=facts,
        url=reverse("notice-detail", args=[notice.reference]),
        url_text=_("Open the notice"),
    )
    if notice.closed_at is None:
        return [published]
    ended = Step(title=_("Public notice ended"), at=notice.closed_at, before=_("From the public notice"))
    return [published, ended]


def objection_steps(objection: ShownObjection) -> list[Step]:
    """What was said against a decision, and what was decided about that."""
    raised = Step(
        title=_("Objection"),
        at=objection.raised_at,
        before=_("From the decision; its money waits"),
        facts=[(pgettext("objection", "Raised"), objection.kind_label)],
        url=reverse("objection-detail", args=[objection.public_id]),
        url_text=_("Open the objection"),
    )
    if objection.decided_at is None:
        return [replace(raised, status=objection.status, label=objection.status_label)]
    decided = Step(
        title=_("Decision on the objection"),
        at=objection.decided_at,
        before=_("From the objection"),
        facts=[(_("Reason"), objection.decision_reason)],
        status=objection.status,
        label=objection.status_label,
    )
    return [raised, decided]


def bank_line_step(attempt: ShownAttempt, line: ShownBankLine) -> Step:
    """One line that the bank wrote about an instruction."""
    said = {"line": line.line_number, "file": line.file_name}
    where = _("Line %(line)s of %(file)s") % said
    if line.is_of_whole:
        where = _("In no line of %(file)s: there the bank answered for the whole batch") % said
    return Step(
        title=_("Bank result"),
        at=line.received_at,
        before=_("From payment attempt %(number)s") % {"number": attempt.number},
        facts=[
            (_("Where it stands"), where),
            (_("Amount"), yuan(line.amount)),
            *([(_("Reason"), line.reason_text)] if line.reason_text else []),
            *([(_("Problem"), line.problem_label)] if line.problem_label else []),
        ],
        status=line.answer,
        label=line.answer_label,
    )


def settlement_step(settlement: ShownSettlement) -> Step:
    """A part of what was to come back."""
    return Step(
        title=settlement.kind_label,
        at=settlement.at,
        before=_("From the recovery"),
        facts=[(_("Amount"), yuan(settlement.amount))],
        status=settlement.status,
        label=settlement.status_label,
    )


def notification_step(notification: ShownNotification) -> Step:
    """A message to the person or to an office."""
    return Step(
        title=_("Notification: %(about)s") % {"about": notification.about},
        at=notification.at,
        before=_("From the decision"),
        facts=[
            (pgettext("notification", "To"), notification.to or _("The person")),
            (_("Channel"), notification.channel_label),
        ],
        status=notification.status,
        label=notification.status_label,
    )


def payment_step(dossier: CertificateDossier, payment: Payment) -> Step:
    """What is owed to the person."""
    return Step(
        title=_("Payment"),
        at=payment.opened_at,
        before=_("From the decision on certificate %(number)s") % {"number": dossier.certificate.number},
        facts=[
            (_("Amount"), yuan(payment.amount)),
            (_("Present account"), masked(dossier.account_last_four)),
        ],
        status=payment.status,
        label=payment.get_status_display(),
    )


def instruction_step(attempt: ShownAttempt, *, sees_money: bool) -> Step:
    """One instruction to the bank, with its answer."""
    return Step(
        title=_("Payment attempt %(number)s") % {"number": attempt.number},
        at=attempt.sent_at,
        before=_("From the payment; sent in batch %(reference)s") % {"reference": attempt.batch_reference},
        facts=[
            (_("Bank reference"), attempt.reference),
            (_("Account"), masked(attempt.account_last_four)),
            (_("Batch"), attempt.batch_status_label),
            (_("Bank result"), attempt.bank_answer or attempt.status_label),
            *([(_("What has to be done"), attempt.advice)] if attempt.advice else []),
        ],
        status=attempt.status,
        label=attempt.status_label,
        url=reverse("batch-detail", args=[attempt.batch_public_id]) if sees_money else "",
        url_text=_("Open the batch"),
    )


def cancellation_step(at: datetime) -> Step:
    """The end of a payment that was not made."""
    return Step(
        title=_("Payment cancelled"),
        at=at,
        before=_("From the payment; the amount went back to the budget"),
        status=PaymentStatus.CANCELLED,
        label=str(PaymentStatus.CANCELLED.label),
    )


def recovery_step(recovery: Recovery) -> Step:
    """What was paid and is to come back."""
    return Step(
        title=_("Recovery"),
        at=recovery.opened_at,
        before=_("From the payment"),
        facts=[
            (_("Amount"), yuan(recovery.amount)),
            (_("Reason"), recovery_sentence(recovery.reason, recovery.facts)),
        ],
        status="" if recovery.withdrawn_at else "TO_RECOVER",
        label="" if recovery.withdrawn_at else _("Money to get back"),
    )


def withdrawal_step(recovery: Recovery) -> Step:
    """The end of a recovery whose money stays with the person."""
    return Step(
        title=_("Recovery withdrawn"),
        at=recovery.withdrawn_at,
        before=_("From the recovery"),
        facts=[
            (_("Amount"), yuan(recovery.amount)),
            (_("Reason"), withdrawal_sentence(recovery.withdrawal_reason, recovery.withdrawal_facts)),
        ],
    )


def masked(last_four: str) -> str:
    """Return the last four digits behind asterisks."""
    return mask_account(f"0000{last_four}") if last_four else ""
