"""The log of requests to the API: one small row a request, kept for half a year, then deleted."""

from dataclasses import astuple, dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from oauth2_provider.models import AccessToken

from partners import queries
from partners.models import ApiAccess
from partners.models.access import KEPT_DAYS

AT_ONCE = 10_000
# An ended token says nothing that the log does not say.
TOKENS_KEPT = timedelta(days=1)
# One statement that commits by itself. The columns stand in the order of `Access`.
WRITE_ACCESS = (
    "INSERT INTO partners_apiaccess (client_id, at, method, route, status, milliseconds, request_bytes,"
    " answer_bytes, request_id, address_hash) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
)


@dataclass(frozen=True)
class Access:
    """One request and how it was answered."""

    client_id: int | None
    at: datetime
    method: str
    route: str
    status: int
    milliseconds: int
    request_bytes: int
    answer_bytes: int
    request_id: str
    address_hash: str


def record_access(*, access: Access) -> None:
    """Write one request into the log."""
    with connection.cursor() as cursor:
        cursor.execute(WRITE_ACCESS, astuple(access))


@transaction.atomic(durable=True)
def purge_accesses(*, kept_days: int, now: datetime) -> int:
    """Delete some of the requests that were kept long enough, and return how many those are. Safe to repeat.

    None is deleted before half a year, whatever is asked for.
    """
    oldest = queries.oldest_accesses(before=now - timedelta(days=max(kept_days, KEPT_DAYS)), count=AT_ONCE)
    return ApiAccess.objects.filter(pk__in=oldest).delete()[0]


@transaction.atomic(durable=True)
def purge_tokens(*, now: datetime) -> int:
    """Delete the tokens that have ended, and return how many those are. Safe to repeat."""
    return AccessToken.objects.filter(expires__lt=now - TOKENS_KEPT).delete()[0]
