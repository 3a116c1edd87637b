"""Every change of state leaves an event: who, what, when, in which request."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import models

from chongqing_dte.foundation.bulk import copy_rows
from chongqing_dte.foundation.logs import current_request_id
from chongqing_dte.foundation.models import AuditEvent


def record_event(
    name: str,
    *,
    subject: models.Model,
    at: datetime,
    actor_id: int | None = None,
    reason: str = "",
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Write one audit event in the caller's transaction. `facts` must hold no personal data."""
    record_events(name, subjects=[subject], at=at, actor_id=actor_id, reason=reason, facts=facts)


def record_events(
    name: str,
    *,
    subjects: Iterable[models.Model],
    at: datetime,
    actor_id: int | None = None,
    reason: str = "",
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Write the same event for each subject, in one statement."""
    AuditEvent.objects.bulk_create(
        AuditEvent(
            name=name,
            subject_type=subject._meta.label_lower,
            subject_id=subject.pk,
            actor_id=actor_id,
            at=at,
            request_id=current_request_id(),
            reason=reason,
            facts=dict(facts or {}),
        )
        for subject in subjects
    )


def record_events_of(
    name: str,
    *,
    subject_type: type[models.Model],
    subject_ids: Collection[int],
    at: datetime,
    reason: str = "",
) -> None:
    """Write the same event of the system for very many rows of one table, of which only the ids are at hand."""
    if not subject_ids:
        return
    request_id = current_request_id()
    copy_rows(
        AuditEvent,
        ["name", "subject_type", "subject_id", "at", "request_id", "reason", "facts"],
        ((name, subject_type._meta.label_lower, pk, at, request_id, reason, {}) for pk in subject_ids),
    )
