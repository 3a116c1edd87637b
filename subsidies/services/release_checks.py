"""What must be true of all money before any of it leaves. A step: needs the transaction of the release."""

from collections.abc import Collection
from datetime import datetime

import structlog
from django.utils.formats import number_format

from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.sentences import gettext as _
from subsidies import queries
from subsidies.models import PaymentBatch
from subsidies.rules.reconciliation import compare

log = structlog.get_logger(__name__)


def check_may_release(*, batch: PaymentBatch, payments: Collection[int] = (), now: datetime) -> None:
    """Raise DomainError `sending_stopped` while sending is stopped, `books_differ` unless the books agree to the cent.

    To be asked before anything of the release is written: a half-written release is itself a difference. A batch that
    is not written itself yet comes with its `payments`.
    """
    if queries.sending_is_stopped():
        raise DomainError(
            _("Sending is stopped at present. Nothing is released until two people have lifted the stop."),
            code="sending_stopped",
        )
    batches = [] if batch.pk is None else [batch.pk]
    if not queries.books_agree(now=now, batches=batches, payments=payments):
        # How far they are apart takes a look at every payment, and only then.
        books = compare(queries.book_figures_by_row())
        log.error("books_differ", batch=batch.reference, difference=str(books.difference), at=now.isoformat())
        raise DomainError(
            _(
                "Budget, payments, journal and bank are %(difference)s yuan apart. Nothing is released until the"
                " reconciliation agrees."
            )
            % {"difference": number_format(books.difference, 2, use_l10n=True, force_grouping=True)},
            code="books_differ",
        )
