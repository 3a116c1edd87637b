"""Lists that leave the portal as a file: who took which, narrowed to what, and how many rows of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from chongqing_dte.foundation.audit import record_event
from institutions.models import User
from subsidies.models import PaymentBatch


@dataclass(frozen=True)
class ExportedList:
    """One list, or the lines of one batch, as it is recorded. Nothing that it is narrowed to is personal data."""

    name: str
    narrowed_to: Mapping[str, str]
    row_count: int
    file_format: str
    batch: PaymentBatch | None = None


@transaction.atomic(durable=True)
def record_export(*, exported: ExportedList, exporter: User, now: datetime) -> None:
    """Record that somebody takes a list out. What they may see of it is not asked here: the rows are at hand."""
    record_event(
        "list.exported",
        subject=exported.batch or exporter,
        actor_id=exporter.pk,
        at=now,
        facts={
            "list": exported.name,
            "narrowed_to": dict(exported.narrowed_to),
            "rows": exported.row_count,
            "format": exported.file_format,
        },
    )
