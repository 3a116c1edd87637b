"""The look at all the books, on schedule: what leaves in between need not look at every payment there ever was."""

from datetime import datetime

import structlog
from django.db import connection, transaction

from chongqing_dte.foundation.audit import record_event
from subsidies import queries
from subsidies.models import BookComparison
from subsidies.rules.reconciliation import compare

log = structlog.get_logger(__name__)

# It may take longer than anything that somebody waits for; the worker itself gives it ten seconds more.
MOST_SECONDS = 80


@transaction.atomic(durable=True)
def compare_books(*, now: datetime) -> BookComparison:
    """Hold budget, payments, journal and bank against each other, whole, and record what was found.

    Safe to repeat and to run beside itself: each look is a row of its own. It changes nothing of what it looks at.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{MOST_SECONDS}s"])
    settled, newest = queries.settled_line(now), queries.newest_journal_line()
    books = compare(queries.book_figures())
    carried = queries.balances_between(0, settled)
    comparison = BookComparison.objects.create(
        compared_at=now,
        difference=books.difference,
        newest_line=newest,
        carried_to=settled,
        carried={str(budget_id): [str(sum_) for sum_ in sums] for budget_id, sums in carried.items()},
    )
    record_event("books.compared", subject=comparison, at=now, facts={"difference": str(books.difference)})
    if not comparison.agrees:
        log.error("books_differ", difference=str(books.difference), at=now.isoformat())
    return comparison
