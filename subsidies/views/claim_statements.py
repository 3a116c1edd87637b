"""A training institution's statement of one month: on screen, as paper and as a workbook."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from institutions.enums import TRAINING_ROLES
from institutions.models import Institution
from institutions.requests import SignedInRequest
from subsidies import policies, queries
from subsidies.claim_statement_files import as_paper, as_workbook, lead_of, row_count, statement_title
from subsidies.claim_statement_tables import Table, shown, tables_of
from subsidies.views.budgets import midnight
from subsidies.views.exports import Export, hand_out
from subsidies.views.months import month_after, month_before, month_of


@dataclass(frozen=True)
class Asked:
    """Which statement an address asks for. A bureau that has named no institution is to name one first."""

    institution: Institution | None
    month: date

    @property
    def span(self) -> queries.Span:
        """The time that it is about."""
        return queries.Span(midnight(self.month), midnight(month_after(self.month)))

    def query(self, month: date | None = None) -> str:
        """Return the address's query for this institution, in another month if one is given."""
        values = {"month": f"{month or self.month:%Y-%m}"}
        if self.institution is not None:
            values["institution"] = str(self.institution.public_id)
        return urlencode(values)


@require_safe
@login_required
def claim_statement(request: SignedInRequest) -> HttpResponse:
    """Show what was paid to an institution in one month, what was set off, what waits, and both balances."""
    asked = _asked_for(request)
    context: dict[str, object] = {
        "asked": asked,
        "month": f"{asked.month:%Y-%m}",
        "institutions": queries.institutions_with_claims(request.user),
        "query": asked.query(),
        "previous": asked.query(month_before(asked.month)),
        "next": asked.query(month_after(asked.month)),
        "is_chosen_from": request.user.role not in TRAINING_ROLES,
    }
    if asked.institution is not None:
        found = _statement(request, asked.institution, asked.span)
        context |= {
            "title": statement_title(found),
            "lead": lead_of(found),
            "tables": [_shown(table) for table in tables_of(found)],
        }
    return render(request, "subsidies/claim_statement.html", context)


@require_safe
@login_required
def claim_statement_pdf(request: SignedInRequest) -> HttpResponseBase:
    """Hand out a statement on paper."""
    asked, found = _to_hand_out(request)
    return _handed_out(request, asked, found, as_paper(found), "pdf")


@require_safe
@login_required
def claim_statement_xlsx(request: SignedInRequest) -> HttpResponseBase:
    """Hand out a statement as a workbook."""
    asked, found = _to_hand_out(request)
    content = as_workbook(statement_title(found), tables_of(found))
    return _handed_out(request, asked, found, content, "xlsx")


def _asked_for(request: SignedInRequest) -> Asked:
    """Return which statement is asked for; an institution's people ask for its own. Raises NotPermitted and Http404."""
    policies.check_can_see_claims(request.user)
    month, number = month_of(request.GET.get("month", "")), request.GET.get("institution", "")
    if request.user.role in TRAINING_ROLES:
        own = request.user.institution
        if own is None or (number and number != str(own.public_id)):
            raise Http404
        return Asked(own, month)
    if not number:
        return Asked(None, month)
    try:
        public_id = UUID(number)
    except ValueError as problem:
        raise Http404 from problem
    return Asked(
        get_object_or_404(queries.institutions_with_claims(request.user), public_id=public_id), month
    )


def _to_hand_out(request: SignedInRequest) -> tuple[Asked, queries.ClaimStatement]:
    asked = _asked_for(request)
    if asked.institution is None:
        raise Http404
    return asked, _statement(request, asked.institution, asked.span)


def _statement(
    request: SignedInRequest, institution: Institution, span: queries.Span
) -> queries.ClaimStatement:
    return queries.claim_statement(request.user, institution, span, now=timezone.now())


def _handed_out(
    request: SignedInRequest, asked: Asked, found: queries.ClaimStatement, content: bytes, ending: str
) -> HttpResponseBase:
    narrowed_to = {"institution": found.institution.pk, "month": f"{asked.month:%Y-%m}"}
    name = f"claim-statement-{found.institution.credit_code}-{asked.month:%Y-%m}.{ending}"
    rows = row_count(tables_of(found))
    return hand_out(request, Export("claim-statement", narrowed_to, rows, content, name))


def _shown(table: Table) -> dict[str, object]:
    """Return a table as its fragment shows it: each cell with the label and kind of its column."""
    rows = [
        {
            "url": row.url,
            "cells": [
                (label, kind, shown(cell)) for (label, kind), cell in zip(table.heads, row.cells, strict=True)
            ],
        }
        for row in table.rows
    ]
    return {"title": table.title, "columns": table.heads, "rows": rows, "empty": table.empty}
