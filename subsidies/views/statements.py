"""The journal as statements: by fund, district and month, down to its lines, and as files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from chongqing_dte.foundation.errors import NotPermitted
from chongqing_dte.foundation.paging import page_of
from chongqing_dte.foundation.templatetags.figures import yuan
from institutions.models import District
from institutions.requests import SignedInRequest
from subsidies import policies, queries
from subsidies.enums import JournalAccount, JournalKind, SubsidyKind
from subsidies.models import JournalLine
from subsidies.paid_for import HEADING, paid_for
from subsidies.rules.statements import Movement, Posted, Statement, statement_of
from subsidies.statement_files import as_csv, as_workbook, statement_rows
from subsidies.views.budgets import midnight
from subsidies.views.exports import Export, hand_out
from subsidies.views.months import month_after, month_before, month_of

ACCOUNTS: Final = tuple(JournalAccount.values)
KINDS: Final = tuple(JournalKind.values)
ACCOUNT_COLUMNS = (
    (gettext_lazy("Ledger account"), ""),
    (gettext_lazy("Opening balance"), "numeric"),
    (gettext_lazy("Debits"), "numeric"),
    (gettext_lazy("Credits"), "numeric"),
    (gettext_lazy("Closing balance"), "numeric"),
)
MOVEMENT_COLUMNS = (
    (gettext_lazy("Kind of entry"), ""),
    (gettext_lazy("Ledger account"), ""),
    (gettext_lazy("Debits"), "numeric"),
    (gettext_lazy("Credits"), "numeric"),
)
DISTRICT_COLUMNS = (
    (gettext_lazy("District"), ""),
    (gettext_lazy("Granted"), "numeric"),
    (gettext_lazy("Cancelled"), "numeric"),
    (gettext_lazy("Paid"), "numeric"),
    (gettext_lazy("Came back"), "numeric"),
    (gettext_lazy("Owed at the end"), "numeric"),
)
LINE_COLUMNS = (
    (gettext_lazy("Recorded"), ""),
    (gettext_lazy("Kind of entry"), ""),
    (gettext_lazy("Ledger account"), ""),
    (gettext_lazy("District"), ""),
    (HEADING, ""),
    (gettext_lazy("Debits"), "numeric"),
    (gettext_lazy("Credits"), "numeric"),
)


@dataclass(frozen=True)
class Asked:
    """Which statement an address asks for."""

    fund: str
    district: str
    month: date

    @property
    def extract(self) -> queries.Extract:
        """The part of the journal that it is about."""
        return queries.Extract(
            midnight(self.month), midnight(month_after(self.month)), self.fund, self.district
        )

    def query(self, **changes: str) -> str:
        """Return the address's query for this statement, with other values for some of it."""
        values = {"fund": self.fund, "district": self.district, "month": f"{self.month:%Y-%m}", **changes}
        return urlencode({name: value for name, value in values.items() if value})


@require_safe
@login_required
def statement(request: SignedInRequest) -> HttpResponse:
    """Show one month's statement of a fund, in all or in one district."""
    asked = asked_for(request)
    posted = queries.posted_in(queries.journal_lines_visible_to(request.user), asked.extract)
    found = statement_of(posted, accounts=ACCOUNTS, kinds=KINDS)
    context = {
        "asked": asked,
        "query": asked.query(),
        "month": f"{asked.month:%Y-%m}",
        "previous": asked.query(month=f"{month_before(asked.month):%Y-%m}"),
        "next": asked.query(month=f"{month_after(asked.month):%Y-%m}"),
        "funds": SubsidyKind.choices,
        "districts": _district_choices(request),
        "account_columns": ACCOUNT_COLUMNS,
        "accounts": [
            {
                "label": JournalAccount(line.account).label,
                "opening": yuan(line.opening),
                "debit": yuan(line.debit),
                "credit": yuan(line.credit),
                "closing": yuan(line.closing),
            }
            for line in found.accounts
        ],
        "movement_columns": MOVEMENT_COLUMNS,
        "movements": [_shown_movement(movement, asked) for movement in found.movements],
        "district_columns": DISTRICT_COLUMNS,
        "by_district": [] if asked.district else _by_district(posted, asked),
    }
    return render(request, "subsidies/statement.html", context)


@require_safe
@login_required
def statement_lines(request: SignedInRequest) -> HttpResponse:
    """List the journal's lines behind a statement, newest first."""
    asked = asked_for(request)
    lines = queries.lines_in(queries.journal_lines_visible_to(request.user), asked.extract)
    kind, account = request.GET.get("kind", ""), request.GET.get("account", "")
    if kind in KINDS:
        lines = lines.filter(entry__kind=kind)
    if account in ACCOUNTS:
        lines = lines.filter(account=account)
    page = page_of(lines, request)
    context = {
        "back": asked.query(),
        "month": f"{asked.month:%Y-%m}",
        "kind": JournalKind(kind).label if kind in KINDS else "",
        "account": JournalAccount(account).label if account in ACCOUNTS else "",
        "columns": LINE_COLUMNS,
        "rows": [_shown_line(line) for line in page.rows],
        "page": page,
        "query": f"{asked.query(kind=kind, account=account)}&",
    }
    return render(request, "subsidies/statement_lines.html", context)


@require_safe
@login_required
def statement_export(request: SignedInRequest) -> HttpResponseBase:
    """Hand out a statement, district by district, as a workbook or a CSV file."""
    asked = asked_for(request)
    posted = queries.posted_in(queries.journal_lines_visible_to(request.user), asked.extract)
    parts = [(name, _statement(each)) for name, _code, each in _parts(posted, queries.districts_by_id())]
    if not asked.district:
        parts = [(_("All districts"), _statement(posted)), *parts]
    kinds = [str(JournalKind(kind).label) for kind in KINDS]
    rows: list[list[str | Decimal]] = [
        [_("District"), _("Ledger account"), _("Opening balance"), *kinds, _("Closing balance")],
        *statement_rows(parts, KINDS),
    ]
    name = "-".join(
        part for part in ("statement", f"{asked.month:%Y-%m}", asked.fund.lower(), asked.district) if part
    )
    narrowed_to = {"fund": asked.fund, "district": asked.district, "month": f"{asked.month:%Y-%m}"}
    is_csv = request.GET.get("format") == "csv"
    content, ending = (as_csv(rows), "csv") if is_csv else (as_workbook(name, rows), "xlsx")
    return hand_out(request, Export("statement", narrowed_to, len(rows) - 1, content, f"{name}.{ending}"))


def asked_for(request: SignedInRequest) -> Asked:
    """Return which statement is asked for; a district's office asks for its own. Raises NotPermitted and Http404."""
    if not policies.can_see_budgets(request.user):
        raise NotPermitted
    fund, district = request.GET.get("fund", ""), request.GET.get("district", "")
    known = dict(_district_choices(request))
    if not policies.can_see_money(request.user):
        district = district or next(iter(known), queries.WITHOUT_DISTRICT)
    if (fund and fund not in SubsidyKind.values) or (district and district not in known):
        raise Http404
    return Asked(fund, district, month_of(request.GET.get("month", "")))


def _district_choices(request: SignedInRequest) -> list[tuple[str, str]]:
    choices = [(each.code, each.name) for each in queries.districts_with_statements(request.user)]
    if policies.can_see_money(request.user):
        choices.append((queries.WITHOUT_DISTRICT, _("Without a district")))
    return choices


def _statement(posted: Sequence[Posted]) -> Statement:
    return statement_of(posted, accounts=ACCOUNTS, kinds=KINDS)


def _parts(
    posted: Sequence[Posted], districts: Mapping[int, District]
) -> list[tuple[str, str, list[Posted]]]:
    """Return what was posted district by district, by code, each with its name and code."""
    by_district: dict[int | None, list[Posted]] = {}
    for each in posted:
        by_district.setdefault(each.district_id, []).append(each)
    parts = []
    for district_id, rows in by_district.items():
        district = districts[district_id] if district_id is not None else None
        name, code = (district.name, district.code) if district else ("", "")
        parts.append((name or _("Without a district"), code or queries.WITHOUT_DISTRICT, rows))
    return sorted(parts, key=lambda part: part[1])


def _by_district(posted: Sequence[Posted], asked: Asked) -> list[dict[str, str]]:
    rows = []
    for name, code, of_district in _parts(posted, queries.districts_by_id()):
        found = _statement(of_district)
        owed = -found.closing_of(JournalAccount.SUBSIDIES_PAYABLE) - found.closing_of(
            JournalAccount.PAYMENTS_IN_TRANSIT
        )
        rows.append(
            {
                "name": name,
                "query": asked.query(district=code),
                "granted": yuan(found.moved(JournalKind.GRANT, JournalAccount.SUBSIDY_EXPENSE)),
                "cancelled": yuan(-found.moved(JournalKind.VOID, JournalAccount.SUBSIDY_EXPENSE)),
                "paid": yuan(_paid(found)),
                "back": yuan(found.moved(JournalKind.REPAYMENT, JournalAccount.FUND_AT_BANK)),
                "owed": yuan(owed),
            }
        )
    return rows


def _paid(found: Statement) -> Decimal:
    """Return what left the fund, less what the bank took back by its later word."""
    fund = JournalAccount.FUND_AT_BANK
    return -found.moved(JournalKind.SETTLEMENT, fund) - found.moved(JournalKind.CORRECTION, fund)


def _shown_movement(movement: Movement, asked: Asked) -> dict[str, str]:
    return {
        "kind": str(JournalKind(movement.kind).label),
        "account": str(JournalAccount(movement.account).label),
        "debit": yuan(movement.debit),
        "credit": yuan(movement.credit),
        "query": asked.query(kind=movement.kind, account=movement.account),
    }


def _shown_line(line: JournalLine) -> dict[str, object]:
    payment = line.payment
    return {
        "line": line,
        "paid_for": paid_for(payment) if payment else None,
        "district": payment.district.name if payment and payment.district else "",
        "debit": yuan(line.amount) if line.amount > 0 else "",
        "credit": yuan(-line.amount) if line.amount < 0 else "",
    }
