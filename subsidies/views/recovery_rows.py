"""A recovery in words: as a row, as facts, as a letter and as a line of a workbook. Names are masked."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.conf import settings
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from chongqing_dte.foundation.models import AuditEvent
from chongqing_dte.foundation.proposals import RequestStatus
from chongqing_dte.foundation.tabular import Column
from chongqing_dte.foundation.tabular_writing import TableTexts, write_table
from chongqing_dte.foundation.templatetags.figures import yuan
from institutions.models import User
from subsidies import policies, queries
from subsidies.enums import RecoveryStatus
from subsidies.explanations import recovery_sentence, withdrawal_sentence
from subsidies.messages import sentence
from subsidies.models import JournalLine, Notification, Payment, Recovery, RecoverySettlement
from subsidies.paid_for import HEADING, PAYEE, paid_for

EXPORT_COLUMNS: Final = (
    Column("certificate", "证书或申领编号", "Certificate or claim"),
    Column("trainee", "收款人（姓名脱敏）", "Payee (names masked)"),
    Column("district", "区县", "District"),
    Column("amount", "应追回金额", "Amount"),
    Column("recovered", "已收回", "Came back"),
    Column("given_back", "已退还", "Given back"),
    Column("written_off", "已核销", "Written off"),
    Column("left", "尚欠", "Left"),
    Column("reason", "原因", "Reason"),
    Column("opened_on", "立案日期", "Opened"),
    Column("asked_on", "通知日期", "Asked for"),
    Column("due_on", "应还日期", "Due on"),
    Column("status", "状态", "Status"),
)
EVENTS: Final[dict[str, Promise]] = {
    "recovery.opened": gettext_lazy("Opened by itself"),
    "recovery.asked_for": gettext_lazy("The person was asked to pay"),
    "recovery.settled": gettext_lazy("Settled"),
    "recovery.withdrawn": gettext_lazy("Recovery withdrawn"),
    "recovery.not_owed": gettext_lazy("Looked at what of it is owed"),
    "netting.held": gettext_lazy("Held back from a payment"),
    "netting.set_off": gettext_lazy("Set off"),
    "netting.released": gettext_lazy("Owed again"),
    "settlement.proposed": gettext_lazy("Settlement put down"),
    "settlement.approved": gettext_lazy("Settlement approved"),
    "settlement.refused": gettext_lazy("Settlement refused"),
}


def left_of(recovery: Recovery) -> Decimal:
    """Return what is still to come back, in yuan; nothing once it has ended."""
    if recovery.status != RecoveryStatus.OPEN:
        return Decimal("0.00")
    return recovery.amount - recovery.recovered - recovery.written_off


def shown(recovery: Recovery, today: date) -> dict[str, object]:
    """Return one recovery as the list shows it, a person's name masked."""
    payment, overdue = recovery.payment, 0
    if recovery.status == RecoveryStatus.OPEN and recovery.due_on is not None:
        overdue = max((today - recovery.due_on).days, 0)
    return {
        "recovery": recovery,
        "paid_for": paid_for(payment),
        "district": payment.district.name if payment.district else _("Municipal"),
        "left": left_of(recovery),
        "reason": recovery_sentence(recovery.reason, recovery.facts),
        "withdrawal": withdrawal_sentence(recovery.withdrawal_reason, recovery.withdrawal_facts),
        "overdue": ngettext("%(days)s day overdue", "%(days)s days overdue", overdue) % {"days": overdue}
        if overdue
        else "",
    }


def sum_facts(sums: Mapping[str, Decimal | int]) -> list[dict[str, object]]:
    """Return the sums of a list as its figures."""
    return [
        {"label": _("Recoveries"), "value": f"{sums['count']:,}", "tone": "quiet"},
        {"label": _("Asked back"), "value": yuan(Decimal(sums["asked"])), "tone": "quiet"},
        {"label": _("Came back"), "value": yuan(Decimal(sums["came_back"])), "tone": "good"},
        {"label": _("Written off"), "value": yuan(Decimal(sums["given_up"])), "tone": "quiet"},
        {
            "label": _("Left"),
            "value": yuan(Decimal(sums["left"])),
            "tone": "bad" if sums["left"] else "good",
        },
    ]


def recovery_facts(recovery: Recovery) -> list[tuple[str, object]]:
    """Return the facts of a recovery as its page shows them."""
    payment, paid = recovery.payment, paid_for(recovery.payment)
    return [
        (str(PAYEE), paid.payee),
        (str(HEADING), paid.number),
        (_("District"), payment.district.name if payment.district else _("Municipal")),
        (_("Paid on"), _day(payment.paid_at)),
        (_("Opened"), _time(recovery.opened_at)),
        (_("Amount"), yuan(recovery.amount)),
        (_("Came back"), yuan(recovery.recovered)),
        (_("Written off"), yuan(recovery.written_off)),
        (_("Left"), yuan(left_of(recovery))),
        *([(_("Not owed by now"), yuan(recovery.not_owed))] if recovery.not_owed else []),
        *([(_("Given back"), yuan(recovery.given_back))] if recovery.given_back else []),
        *([(_("Held back from a payment"), yuan(held))] if (held := queries.amount_held(recovery)) else []),
        (_("Asked for"), _time(recovery.asked_at)),
        (_("Due on"), recovery.due_on.isoformat() if recovery.due_on else ""),
        (_("Settled at"), _time(recovery.settled_at)),
    ]


def shown_settlement(settlement: RecoverySettlement, user: User) -> dict[str, object]:
    """Return one settlement as the page shows it, and whether this person may decide it."""
    is_proposed = settlement.status == RequestStatus.PROPOSED
    return {
        "settlement": settlement,
        "status": settlement.status,
        "label": settlement.get_status_display(),
        "may_decide": is_proposed and policies.can_decide_settlement(user, settlement),
        "is_own": is_proposed and settlement.proposed_by_id == user.pk,
    }


def shown_journal(line: JournalLine) -> dict[str, object]:
    """Return one line of the journal with its amount on the side it stands on."""
    return {
        "line": line,
        "kind": line.entry.get_kind_display(),
        "debit": yuan(line.amount) if line.amount > 0 else "",
        "credit": yuan(-line.amount) if line.amount < 0 else "",
    }


def shown_events(events: Sequence[AuditEvent]) -> list[dict[str, object]]:
    """Return what was done, for a timeline."""
    return [
        {
            "title": EVENTS.get(event.name, event.name),
            "at": event.at,
            "before": "",
            "facts": _facts_of(event),
            "tone": "plain",
            "status": "",
            "label": "",
        }
        for event in events
    ]


def shown_messages(messages: Iterable[Notification]) -> list[dict[str, object]]:
    """Return what the person was told, in words."""
    return [
        {"message": message, "sentence": sentence(message), "label": message.get_status_display()}
        for message in messages
    ]


def letter_facts(recovery: Recovery) -> dict[str, object]:
    """Return what the letter says: in Chinese, whoever prints it, and with the full name for the envelope."""
    payment = recovery.payment
    asked_on = timezone.localdate(recovery.asked_at) if recovery.asked_at else None
    with translation.override(settings.LANGUAGE_CODE):
        return {
            **_addressed(payment),
            "paid": f"{payment.amount if payment.claim else recovery.amount:,.2f}元",
            "paid_on": _chinese(timezone.localdate(payment.paid_at)) if payment.paid_at else "",
            "reason": recovery_sentence(recovery.reason, recovery.facts),
            "left": f"{left_of(recovery):,.2f}元",
            "due_on": _chinese(recovery.due_on) if recovery.due_on else "",
            "asked_on": _chinese(asked_on) if asked_on else "",
            "is_asked": asked_on is not None and left_of(recovery) > 0,
        }


def _addressed(payment: Payment) -> dict[str, object]:
    """Return whom a letter goes to, and what they were paid for."""
    if payment.claim is not None and payment.institution is not None:
        training_class = payment.claim.training_class
        what = f"{training_class.occupation.name}（{training_class.get_level_display()}）"
        return {
            "name": payment.institution.name,
            "what": what,
            "number": payment.claim.reference,
            "is_claim": True,
        }
    certificate = payment.grant.certificate
    return {
        "name": payment.trainee.name,
        "what": f"{certificate.occupation.name}（{certificate.get_level_display()}）",
        "number": certificate.number,
        "is_claim": False,
    }


def as_workbook(recoveries: Iterable[Recovery], today: date) -> bytes:
    """Return a list of recoveries as a workbook."""
    texts = TableTexts(sheet_name="追回 Recoveries", title="追回台账 Recoveries", version="1")
    return write_table(EXPORT_COLUMNS, texts, (_as_text(shown(recovery, today)) for recovery in recoveries))


def _as_text(row: dict[str, Any]) -> dict[str, str]:
    recovery: Recovery = row["recovery"]
    return {
        "certificate": row["paid_for"].number,
        "trainee": row["paid_for"].payee,
        "district": row["district"],
        "amount": str(recovery.amount),
        "recovered": str(recovery.recovered),
        "given_back": str(recovery.given_back),
        "written_off": str(recovery.written_off),
        "left": str(row["left"]),
        "reason": row["reason"],
        "opened_on": _day(recovery.opened_at),
        "asked_on": _day(recovery.asked_at),
        "due_on": recovery.due_on.isoformat() if recovery.due_on else "",
        "status": recovery.get_status_display(),
    }


def _facts_of(event: AuditEvent) -> list[tuple[str, object]]:
    facts: list[tuple[str, object]] = []
    if "amount" in event.facts:
        facts.append((_("Amount"), yuan(Decimal(event.facts["amount"]))))
    if "due_on" in event.facts:
        facts.append((_("Due on"), event.facts["due_on"]))
    if event.reason and event.name.startswith("settlement."):
        facts.append((_("Reason"), event.reason))
    if event.actor is not None:
        facts.append((_("By"), event.actor))
    return facts


def _chinese(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _time(at: datetime | None) -> str:
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M") if at else ""


def _day(at: datetime | None) -> str:
    return timezone.localdate(at).isoformat() if at else ""
