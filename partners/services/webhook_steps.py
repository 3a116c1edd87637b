"""What the changes come to that somebody is told of: written in the transaction that stamps them, or not at all."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from django.db import connection

from chongqing_dte.foundation.jobs import nudge_after_commit
from chongqing_dte.foundation.resources import Stamped
from institutions.office_queries import offices_of
from partners import webhook_queries
from partners.models import WebhookEndpoint
from partners.rules.webhooks import event_id, kinds_readable_with

# What is newer takes the place of what waits: the partner reads how the row stands, and not what happened to it.
SUPERSEDE: Final = """
    UPDATE partners_webhookdelivery AS older
    SET status = 'SUPERSEDED', ended_at = %s
    FROM unnest(%s::bigint[], %s::text[], %s::uuid[]) AS newer (endpoint_id, kind, subject)
    WHERE older.endpoint_id = newer.endpoint_id AND older.kind = newer.kind AND older.subject = newer.subject
      AND older.status = 'WAITING' AND older.changed_at < %s
"""
QUEUE: Final = """
    INSERT INTO partners_webhookdelivery (
        public_id, endpoint_id, client_id, event_id, kind, subject, changed_at, is_gone, version,
        status, attempts, next_attempt_at, problem, replays)
    SELECT gen_random_uuid(), endpoint.id, endpoint.client_id, told.event_id, told.kind, told.subject, %s,
        told.is_gone, client.api_version, 'WAITING', 0, LEAST(%s, clock_timestamp()), '', 0
    FROM unnest(%s::bigint[], %s::text[], %s::uuid[], %s::bool[], %s::text[])
        AS told (endpoint_id, kind, subject, is_gone, event_id)
    JOIN partners_webhookendpoint AS endpoint ON endpoint.id = told.endpoint_id
    JOIN partners_partnerclient AS client ON client.id = endpoint.client_id
    ON CONFLICT DO NOTHING
"""


class Told(NamedTuple):
    """One change that one endpoint is told of."""

    endpoint_id: int
    kind: str
    subject: UUID
    is_gone: bool
    event_id: str


def queue_webhooks(stamped: Collection[Stamped], /, *, at: datetime) -> None:
    """Write one delivery for each endpoint whose office sees, or saw, a row that changed. Called by the stamper.

    The same changes again write nothing: their events have their numbers.
    """
    if not stamped:
        return
    endpoints = webhook_queries.lock_listening_endpoints({each.kind for each in stamped})
    if not endpoints:
        return
    told = list(_told(endpoints, stamped, at))
    if told:
        _write(told, at)
        nudge_after_commit("webhooks_queued")


def _told(endpoints: Sequence[WebhookEndpoint], stamped: Collection[Stamped], at: datetime) -> Iterator[Told]:
    by_office: dict[tuple[str, str], list[Stamped]] = {}
    for change in stamped:
        for office in change.offices | change.left:
            by_office.setdefault((office, change.kind), []).append(change)
    for endpoint in endpoints:
        offices = offices_of(endpoint.client.user)
        for change in _seen_by(endpoint, offices, by_office).values():
            is_gone = not change.offices & offices
            number = event_id(kind=change.kind, subject=str(change.public_id), changed_at=at, is_gone=is_gone)
            yield Told(endpoint.pk, change.kind, change.public_id, is_gone, number)


def _seen_by(
    endpoint: WebhookEndpoint,
    offices: Collection[str],
    by_office: Mapping[tuple[str, str], Sequence[Stamped]],
) -> dict[tuple[str, int], Stamped]:
    # A client that may not read a kind any more is not told of it either.
    kinds = kinds_readable_with(endpoint.client.scopes) & set(endpoint.kinds)
    return {
        (change.kind, change.subject_id): change
        for kind in sorted(kinds)
        for office in offices
        for change in by_office.get((office, kind), ())
    }


def _write(told: Sequence[Told], at: datetime) -> None:
    endpoint_ids, kinds, subjects, are_gone, numbers = (list(column) for column in zip(*told, strict=True))
    names = [str(subject) for subject in subjects]
    with connection.cursor() as cursor:
        cursor.execute(SUPERSEDE, [at, endpoint_ids, kinds, names, at])
        cursor.execute(QUEUE, [at, at, endpoint_ids, kinds, names, are_gone, numbers])
