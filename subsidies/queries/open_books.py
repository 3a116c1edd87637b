"""Whether the books agree: whole, or where anything moved since they were last compared whole and did."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from django.db import connection

from subsidies.models import BookComparison
from subsidies.queries.reconciliation import FIGURES, book_figures, figures_of
from subsidies.rules.reconciliation import BUDGET, NOTHING, Figures, compare

# An older look at all the books says nothing of today.
LASTS: Final = timedelta(days=1)
# No transaction lives as long: what was given a number before this has been committed since, or never will be.
SETTLED_AFTER: Final = timedelta(minutes=10)

# Beyond every line that there is.
NEWEST: Final = 2**63 - 1

Balance = tuple[Decimal, Decimal, Decimal]

# What the journal says of each budget: reserved, paid, recovered.
BALANCES: Final = """
    SELECT payment.budget_id,
           -coalesce(sum(line.amount) FILTER (
               WHERE line.account IN ('SUBSIDIES_PAYABLE', 'PAYMENTS_IN_TRANSIT')), 0) AS reserved,
           -coalesce(sum(line.amount) FILTER (
               WHERE line.account = 'FUND_AT_BANK' AND entry.kind <> 'REPAYMENT'), 0) AS paid,
           coalesce(sum(line.amount) FILTER (
               WHERE line.account = 'FUND_AT_BANK' AND entry.kind = 'REPAYMENT'), 0) AS recovered
    FROM subsidies_journalline line
    JOIN subsidies_journalentry entry ON entry.id = line.entry_id
    JOIN subsidies_payment payment ON payment.id = line.payment_id
    WHERE line.id > %s AND line.id <= %s
    GROUP BY payment.budget_id
"""
# One statement, so that budgets and lines are of one moment.
BUDGETS_SINCE: Final = f"""
    SELECT budget.id, budget.reserved - coalesce(since.reserved, 0), budget.paid - coalesce(since.paid, 0),
           budget.recovered - coalesce(since.recovered, 0)
    FROM subsidies_budget budget LEFT JOIN ({BALANCES}) since ON since.budget_id = budget.id
"""  # noqa: S608 - our own constants
# Behind these names stand only the rows of the payments that moved and of those asked for, so that one definition of
# the figures serves all payments and some.
ONLY_WHAT_MOVED: Final = """
    WITH moved AS (
        SELECT unnest(%s::bigint[]) AS id
        UNION SELECT payment_id FROM subsidies_paymentattempt WHERE batch_id = ANY(%s)
        UNION SELECT payment_id FROM subsidies_journalline WHERE id > %s AND payment_id IS NOT NULL
    ), subsidies_payment AS (
        SELECT payment.* FROM subsidies_payment payment JOIN moved ON moved.id = payment.id
    ), subsidies_journalline AS (
        SELECT line.* FROM subsidies_journalline line JOIN moved ON moved.id = line.payment_id
        UNION ALL SELECT line.* FROM subsidies_journalline line WHERE line.id > %s AND line.payment_id IS NULL
    ), subsidies_paymentattempt AS (
        SELECT attempt.* FROM subsidies_paymentattempt attempt JOIN moved ON moved.id = attempt.payment_id
    ), subsidies_bankresultline AS (
        SELECT line.* FROM subsidies_bankresultline line
        JOIN subsidies_paymentattempt attempt ON attempt.id = line.attempt_id
    ), subsidies_lineresolution AS (
        SELECT resolution.* FROM subsidies_lineresolution resolution
        JOIN subsidies_bankresultline line ON line.id = resolution.line_id
    ), subsidies_recovery AS (
        SELECT recovery.* FROM subsidies_recovery recovery JOIN moved ON moved.id = recovery.payment_id
    ), subsidies_recoverysettlement AS (
        SELECT settlement.* FROM subsidies_recoverysettlement settlement
        JOIN subsidies_recovery recovery ON recovery.id = settlement.recovery_id
    ),
"""


def books_agree(*, now: datetime, batches: Collection[int] = (), payments: Collection[int] = ()) -> bool:
    """Test whether budget, payments, journal and bank agree to the cent, at a cost that does not grow with the years.

    Where all of them did when they were last compared whole, less than a day ago, only what the journal says to have
    moved since is looked at, with these batches and payments and every budget. Otherwise everything is.
    """
    last = BookComparison.objects.order_by("-pk").first()
    if last is None or not last.agrees or last.compared_at < now - LASTS:
        return compare(book_figures()).agrees
    return _budgets_agree(last) and _payments_agree(last, batches, payments)


def settled_line(now: datetime) -> int:
    """Return a line of the journal up to which all lines there will ever be are there; 0 while nobody knows of one."""
    settled = BookComparison.objects.filter(compared_at__lte=now - SETTLED_AFTER).order_by("-pk").first()
    return settled.newest_line if settled else 0


def newest_journal_line() -> int:
    """Return the newest line of the journal that is committed; 0 for none."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM subsidies_journalline")
        (newest,) = cursor.fetchone()
    return int(newest)


def balances_between(after: int, up_to: int) -> Mapping[int, Balance]:
    """Return what these lines of the journal add up to: reserved, paid and recovered, by budget."""
    with connection.cursor() as cursor:
        cursor.execute(BALANCES, [after, up_to])
        return {budget_id: tuple(sums) for budget_id, *sums in cursor.fetchall() if budget_id is not None}


def _budgets_agree(last: BookComparison) -> bool:
    """Test whether each budget says what was carried forward, with what the journal says since."""
    with connection.cursor() as cursor:
        cursor.execute(BUDGETS_SINCE, [last.carried_to, NEWEST])
        found = {str(budget_id): list(before) for budget_id, *before in cursor.fetchall()}
    carried = {key: [Decimal(sum_) for sum_ in sums] for key, sums in last.carried.items()}
    return all(before == carried.get(key, [NOTHING] * 3) for key, before in found.items())


def _payments_agree(last: BookComparison, batches: Collection[int], payments: Collection[int]) -> bool:
    since = last.carried_to
    with connection.cursor() as cursor:
        cursor.execute(" ".join((ONLY_WHAT_MOVED, FIGURES)), [list(payments), list(batches), since, since])
        found = [figures_of(*row) for row in cursor.fetchall()]
    # A budget's sums are of all its payments.
    return compare([_without_budget(each) for each in found]).agrees


def _without_budget(figures: Figures) -> Figures:
    return replace(figures, totals={book: sum_ for book, sum_ in figures.totals.items() if book != BUDGET})
