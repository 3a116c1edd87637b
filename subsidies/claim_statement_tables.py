"""What an institution's statement of one month says, as tables: the page, the workbook and the paper show the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from django.utils import timezone
from django.utils.functional import Promise

from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.sentences import gettext_lazy
from chongqing_dte.foundation.templatetags.figures import yuan
from enrollment.rules.identifiers import mask_name
from subsidies.explanations import recovery_sentence
from subsidies.models import Netting, SubsidyClaim
from subsidies.paid_for import page_of_claim
from subsidies.queries.claim_statements import ClaimStatement, Moved, PaidClaim
from subsidies.queries.claim_waiting import Waiting

Cell = str | int | Decimal
Head = tuple[Promise, str]
NUMERIC: Final = "numeric"
# A day is not broken into two lines.
STEADY: Final = "steady"

EVENTS: Final[dict[str, Promise]] = {
    "granted": gettext_lazy("Confirmed, and owed from then on"),
    "cancelled": gettext_lazy("Cancelled before it was paid"),
    "paid": gettext_lazy("Paid by the bank"),
    "returned": gettext_lazy("Returned by the bank, and owed on"),
    "set_off": gettext_lazy("Set off against what was owed back"),
    "asked_back": gettext_lazy("Asked back"),
    "withdrawn": gettext_lazy("No longer asked back"),
    "repaid": gettext_lazy("Paid back"),
    "given_back": gettext_lazy("Given back"),
    "written_off": gettext_lazy("Written off"),
    "corrected": gettext_lazy("Corrected by the bank's later word"),
}
WAITS_FOR: Final[dict[str, Promise]] = {
    "institution": gettext_lazy("The training institution"),
    "district": gettext_lazy("The district's review"),
    "municipal": gettext_lazy("The municipal confirmation"),
    "budget": gettext_lazy("Room in the budget"),
    "notice": gettext_lazy("The end of the public notice"),
    "objection": gettext_lazy("The decision on an objection"),
    "batch": gettext_lazy("A payment batch and its signatures"),
    "bank": gettext_lazy("The bank's answer"),
    "account": gettext_lazy("Another account: the bank returned the money"),
}


@dataclass(frozen=True)
class Row:
    """One row of a table, and the page that its first cell leads to, where there is one."""

    cells: Sequence[Cell]
    url: str = ""


@dataclass(frozen=True)
class Table:
    """One table: its title, a head with its kind for each column, its rows, and what stands there without any."""

    title: str
    heads: Sequence[Head]
    rows: Sequence[Row]
    empty: str = ""


def tables_of(statement: ClaimStatement) -> list[Table]:
    """Return the tables of a statement in their order."""
    return [
        balance_table(statement),
        sum_table(statement),
        waiting_table(statement),
        paid_table(statement.paid),
        set_off_table(statement.set_off),
        movement_table(statement.moved),
    ]


def balance_table(statement: ClaimStatement) -> Table:
    """Return what was owed in both directions when the month began and when it ended."""
    heads = (
        (gettext_lazy("Balance"), ""),
        (gettext_lazy("At the beginning"), NUMERIC),
        (gettext_lazy("Change"), NUMERIC),
        (gettext_lazy("At the end"), NUMERIC),
    )
    both = (
        (_("Owed to the institution"), statement.owed_before, statement.owed_after),
        (_("Owed back by the institution"), statement.owed_back_before, statement.owed_back_after),
    )
    rows = [Row((name, before, after - before, after)) for name, before, after in both]
    return Table(_("Balances"), heads, rows)


def sum_table(statement: ClaimStatement) -> Table:
    """Return what moved the balances, added up by kind."""
    heads = (
        (gettext_lazy("What happened"), ""),
        (gettext_lazy("How often"), NUMERIC),
        (gettext_lazy("Amount"), NUMERIC),
        (gettext_lazy("Change of what is owed"), NUMERIC),
        (gettext_lazy("Change of what is owed back"), NUMERIC),
    )
    rows = [
        Row((str(EVENTS[each.event]), each.count, each.amount, each.owed, each.owed_back))
        for each in statement.sums
    ]
    return Table(_("What moved them"), heads, rows, _("Nothing moved in this month."))


def waiting_table(statement: ClaimStatement) -> Table:
    """Return what waits, and for whom: now, or as it was at the end of a month that is over."""
    heads = (
        (gettext_lazy("Claim"), ""),
        (gettext_lazy("Training class"), ""),
        (gettext_lazy("Waits for"), ""),
        (gettext_lazy("Since"), STEADY),
        (gettext_lazy("Until"), STEADY),
        (gettext_lazy("Amount"), NUMERIC),
    )
    title = (
        _("What waits, and for whom") if statement.is_running else _("What waited at the end, and for whom")
    )
    rows = [_waiting_row(each) for each in statement.waiting]
    return Table(title, heads, rows, _("Nothing waits."))


def paid_table(paid: Sequence[PaidClaim]) -> Table:
    """Return for whom the bank paid how much: the lines of each claim, which come to what was confirmed."""
    heads = (
        (gettext_lazy("Claim"), ""),
        (gettext_lazy("Training class"), ""),
        (gettext_lazy("Occupation"), ""),
        (gettext_lazy("Level"), ""),
        (gettext_lazy("Line"), NUMERIC),
        (gettext_lazy("Trainee"), ""),
        (gettext_lazy("Standard"), NUMERIC),
        (gettext_lazy("Amount"), NUMERIC),
    )
    rows = [row for each in paid for row in _line_rows(each)]
    return Table(_("For whom it was paid"), heads, rows, _("Nothing was paid in this month."))


def set_off_table(nettings: Sequence[Netting]) -> Table:
    """Return which amounts were set off, out of what was owed for which claim, and why they were owed back."""
    heads = (
        (gettext_lazy("Out of claim"), ""),
        (gettext_lazy("Day"), STEADY),
        (gettext_lazy("Owed back of claim"), ""),
        (gettext_lazy("Because"), ""),
        (gettext_lazy("Amount"), NUMERIC),
    )
    rows = [_set_off_row(each) for each in nettings]
    return Table(_("What was set off"), heads, rows, _("Nothing was set off in this month."))


def movement_table(moved: Sequence[Moved]) -> Table:
    """Return every movement of the month, as the journal has them."""
    heads = (
        (gettext_lazy("Claim"), ""),
        (gettext_lazy("Training class"), ""),
        (gettext_lazy("Day"), STEADY),
        (gettext_lazy("What happened"), ""),
        (gettext_lazy("Amount"), NUMERIC),
        (gettext_lazy("Change of what is owed"), NUMERIC),
        (gettext_lazy("Change of what is owed back"), NUMERIC),
    )
    rows = [
        _about(
            each.claim,
            _day(each.movement.at),
            str(EVENTS[each.movement.event]),
            each.movement.amount,
            each.movement.owed,
            each.movement.owed_back,
        )
        for each in moved
    ]
    return Table(_("Each movement"), heads, rows, _("Nothing moved in this month."))


def shown(cell: Cell) -> str:
    """Return a cell as it is read: money as money."""
    return yuan(cell) if isinstance(cell, Decimal) else str(cell)


def _about(claim: SubsidyClaim, *cells: Cell) -> Row:
    return Row((claim.reference, claim.training_class.reference, *cells), page_of_claim(claim))


def _waiting_row(waiting: Waiting) -> Row:
    who = str(WAITS_FOR[waiting.waits_for])
    if waiting.place is not None:
        who = _("%(who)s (place %(place)s)") % {"who": who, "place": waiting.place}
    if waiting.batch:
        who = _("%(who)s (batch %(batch)s)") % {"who": who, "batch": waiting.batch}
    until = waiting.until.isoformat() if waiting.until else ""
    amount: Cell = "" if waiting.amount is None else waiting.amount
    return _about(waiting.claim, who, _day(waiting.since), until, amount)


def _line_rows(paid: PaidClaim) -> list[Row]:
    class_ = paid.claim.training_class
    return [
        _about(
            paid.claim,
            class_.occupation.name,
            str(class_.get_level_display()),
            line.line_number,
            mask_name((line.enrollment.trainee.merged_into or line.enrollment.trainee).name),
            line.standard,
            line.amount,
        )
        for line in paid.lines
    ]


def _set_off_row(netting: Netting) -> Row:
    paid, owed_back = netting.payment.claim, netting.recovery.payment.claim
    if paid is None or owed_back is None:
        raise ValueError("what is set off was paid for claims")
    why = recovery_sentence(netting.recovery.reason, netting.recovery.facts)
    day = _day(netting.ended_at or netting.held_at)
    return Row((paid.reference, day, owed_back.reference, why, netting.amount), page_of_claim(paid))


def _day(at: datetime) -> str:
    day: date = timezone.localdate(at)
    return day.isoformat()
