"""Whether budget, payments, journal and bank say the same, and where they do not."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from chongqing_dte.foundation.errors import NotPermitted
from chongqing_dte.foundation.templatetags.figures import yuan
from institutions.requests import SignedInRequest
from subsidies import policies, queries
from subsidies.budget_words import budget_name
from subsidies.models import Budget
from subsidies.paid_for import HEADING
from subsidies.rules.reconciliation import BANK, BOOKS, BUDGET, JOURNAL, PAYMENTS, Figures, Pair, compare

MOST_ROWS = 100
MEASURES = {
    "RESERVED": gettext_lazy("Granted and not paid yet"),
    "UNDER_WAY": gettext_lazy("With the bank, not answered"),
    "PAID": gettext_lazy("Paid"),
    "RECOVERED": gettext_lazy("Came back"),
    "TO_RECOVER": gettext_lazy("To come back"),
    "WRITTEN_OFF": gettext_lazy("Written off"),
}
NAMES = {
    BUDGET: gettext_lazy("Budget"),
    PAYMENTS: gettext_lazy("Payments and recoveries"),
    JOURNAL: gettext_lazy("Journal"),
    # What was set off never went through it, and stands beside its word on both sides.
    BANK: gettext_lazy("Bank (with set-offs)"),
}
FIGURE_COLUMNS = (
    (gettext_lazy("Measure"), ""),
    *((NAMES[book], "numeric") for book in BOOKS),
)
PAIR_COLUMNS = (
    (gettext_lazy("Measure"), ""),
    (gettext_lazy("Compared"), ""),
    (gettext_lazy("Difference"), "numeric"),
    (gettext_lazy("Agreement"), "numeric"),
)
PAYMENT_COLUMNS = (
    (HEADING, ""),
    (gettext_lazy("Measure"), ""),
    (NAMES[PAYMENTS], "numeric"),
    (NAMES[JOURNAL], "numeric"),
    (NAMES[BANK], "numeric"),
)
BUDGET_COLUMNS = (
    (NAMES[BUDGET], ""),
    (gettext_lazy("Measure"), ""),
    (gettext_lazy("By the budget"), "numeric"),
    (gettext_lazy("By its payments"), "numeric"),
)


@require_safe
@login_required
def reconciliation(request: SignedInRequest) -> HttpResponse:
    """Show every two books' word on every measure, and the rows behind a difference."""
    if not policies.can_see_money(request.user):
        raise NotPermitted
    books = compare(queries.book_figures())
    # The rows are looked at only where there is something to find: it costs a look at every payment.
    if not books.agrees:
        books = compare(queries.book_figures_by_row())
    apart = [] if books.agrees else queries.payments_apart(MOST_ROWS)
    off = [] if books.agrees else queries.budgets_apart()
    set_off = queries.set_off_sum()
    budgets = {budget.pk: budget for budget in queries.budgets_by_id([each.budget_id for each in off])}
    context = {
        "agrees": books.agrees,
        "agreement": f"{books.agreement:.2f} %",
        "difference": yuan(books.difference),
        "is_stopped": queries.sending_is_stopped(),
        "figure_columns": FIGURE_COLUMNS,
        "figures": [_shown_figures(each) for each in books.figures],
        "set_off": yuan(set_off) if set_off else "",
        "pair_columns": PAIR_COLUMNS,
        "pairs": [_shown_pair(pair) for pair in books.pairs],
        "payment_columns": PAYMENT_COLUMNS,
        "payments": [_shown_payment(each) for each in apart],
        "budget_columns": BUDGET_COLUMNS,
        "budgets": [_shown_budget(each, budgets[each.budget_id]) for each in off],
    }
    return render(request, "subsidies/reconciliation.html", context)


def _shown_figures(figures: Figures) -> dict[str, object]:
    cells = [
        {"book": NAMES[book], "amount": yuan(figures.totals[book]) if book in figures.totals else "—"}
        for book in BOOKS
    ]
    return {"measure": MEASURES[figures.measure], "cells": cells}


def _shown_pair(pair: Pair) -> dict[str, object]:
    return {
        "measure": MEASURES[pair.measure],
        "books": _("%(one)s and %(other)s") % {"one": NAMES[pair.left], "other": NAMES[pair.right]},
        "apart": yuan(pair.apart),
        "agreement": f"{pair.agreement:.2f} %",
        "differs": pair.apart != 0,
    }


def _shown_payment(each: queries.PaymentApart) -> dict[str, object]:
    return {
        "number": each.number,
        "certificate": each.certificate_public_id,
        "measure": MEASURES[each.measure],
        "payments": yuan(each.payments),
        "journal": yuan(each.journal),
        "bank": "—" if each.bank is None else yuan(each.bank),
    }


def _shown_budget(each: queries.BudgetApart, budget: Budget) -> dict[str, object]:
    return {
        "name": budget_name(budget),
        "reference": budget.reference,
        "measure": MEASURES[each.measure],
        "budget": yuan(each.budget),
        "payments": yuan(each.payments),
    }
