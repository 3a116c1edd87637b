"""The list of payment batches, and the lines of one batch, as workbooks. Names and accounts are as on the pages."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from institutions.requests import SignedInRequest
from subsidies.models import PaymentAttempt, PaymentBatch
from subsidies.paid_for import HEADING, PAYEE, paid_for
from subsidies.statement_files import as_workbook
from subsidies.views.batches import (
    chosen_batches,
    chosen_lines,
    find_batch,
    moment,
    shown_line,
    signature_count,
)
from subsidies.views.exports import Export, hand_out

# So many rows go into one workbook, and so many are read at a time.
EXPORTED_AT_MOST: Final = 50_000
READ_AT_ONCE: Final = 1000


@require_safe
@login_required
def batch_export(request: SignedInRequest) -> HttpResponseBase:
    """Return the list of batches as it is narrowed."""
    wanted, found = chosen_batches(request)
    rows = list(_batch_cells(found.order_by("-pk")[:EXPORTED_AT_MOST]))
    name = f"batches-{timezone.localdate().isoformat()}.xlsx"
    content = as_workbook(_("Payment batches"), rows)
    return hand_out(request, Export("batches", wanted, len(rows) - 1, content, name))


@require_safe
@login_required
def batch_lines_export(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """Return the lines of one batch, narrowed to an answer."""
    batch = find_batch(request, public_id)
    answer, lines = chosen_lines(request, batch)
    rows = list(_line_cells(lines[:EXPORTED_AT_MOST]))
    content, name = as_workbook(batch.reference, rows), f"{batch.reference}-lines.xlsx"
    return hand_out(
        request, Export("batch_lines", {"answer": answer}, len(rows) - 1, content, name), batch=batch
    )


def _batch_cells(batches: QuerySet[PaymentBatch]) -> Iterator[list[str | Decimal]]:
    yield [
        _("Reference"),
        _("Assembled"),
        _("Subsidy"),
        _("Format"),
        _("For"),
        _("Number of payments"),
        _("Total"),
        _("Signatures"),
        _("Delivered"),
        _("Settled at"),
        _("Status"),
    ]
    for batch in batches:
        yield [
            batch.reference,
            moment(batch.assembled_at),
            batch.get_kind_display(),
            batch.get_payment_format_display(),
            batch.get_side_display(),
            str(batch.line_count),
            batch.total,
            signature_count(batch),
            moment(batch.delivered_at),
            moment(batch.settled_at),
            batch.get_status_display(),
        ]


def _line_cells(lines: QuerySet[PaymentAttempt]) -> Iterator[list[str | Decimal]]:
    yield [
        _("Line"),
        _("Bank reference"),
        str(HEADING),
        str(PAYEE),
        _("Bank account"),
        _("Amount"),
        _("Answer"),
        _("Reason"),
    ]
    lines = lines.defer("payment__payee__id_number", "payment__payee__mobile", "payment__entitlement__checks")
    for attempt in lines.iterator(chunk_size=READ_AT_ONCE):
        row, paid = shown_line(attempt), paid_for(attempt.payment)
        yield [
            str(attempt.line_number),
            attempt.reference,
            paid.number,
            paid.payee,
            str(attempt.account),
            attempt.amount,
            attempt.get_status_display(),
            str(row["reason"]),
        ]
