"""What a webhook says, how it is signed, and when it is tried again."""

import base64
import hashlib
import hmac
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

from partners.enums import Scope

TEST_KIND: Final = "webhook.test"
# What somebody may be told changes of, and which scope lets them read what changed.
SCOPE_OF_KIND: Final[dict[str, Scope]] = {
    "classes": Scope.CLASSES_READ,
    "roster-submissions": Scope.ROSTERS_READ,
    "enrollments": Scope.ENROLLMENTS_READ,
    "attendance": Scope.ATTENDANCE_READ,
    "register-answers": Scope.REGISTER_ANSWERS_READ,
    "assessment-sessions": Scope.SESSIONS_READ,
    "results": Scope.RESULTS_READ,
    "certificates": Scope.CERTIFICATES_READ,
    "fee-schedules": Scope.FEES_READ,
    "institutions": Scope.DIRECTORIES_READ,
    "entitlements": Scope.ENTITLEMENTS_READ,
    "claims": Scope.CLAIMS_READ,
    "payments": Scope.PAYMENTS_READ,
    "districts": Scope.REFERENCE_READ,
    "fields": Scope.REFERENCE_READ,
    "occupations": Scope.REFERENCE_READ,
    "programme-years": Scope.REFERENCE_READ,
}
# How long a delivery rests after each try that failed. After the last it is given up, within five days.
PAUSES: Final = (
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=4),
    timedelta(hours=12),
    *[timedelta(days=1)] * 4,
)
# So many failures in a row are the endpoint's and not one message's: then it is asked seldom, whatever waits.
FAILURES_IN_A_ROW: Final = 5
LONGEST_REST: Final = timedelta(hours=1)
DEAD_AFTER: Final = timedelta(days=3)
LONGEST_RETRY_AFTER: Final = timedelta(days=1)


def event_id(*, kind: str, subject: str, changed_at: datetime, is_gone: bool) -> str:
    """Return the number of an event, which is the same for the same change for ever, whoever is told of it."""
    facts = "\x00".join((kind, subject, _written(changed_at), str(is_gone)))
    return f"msg_{hashlib.sha256(facts.encode()).hexdigest()[:32]}"


def payload(*, kind: str, version: str, subject: str, changed_at: datetime, is_gone: bool) -> bytes:
    """Return the body of an event: that something changed, and nothing of what it says now."""
    at = _written(changed_at)
    said = {
        "type": kind if kind == TEST_KIND else f"{kind}.changed",
        "version": version,
        "timestamp": at,
        "data": {"id": subject, "changed_at": at, "is_gone": is_gone},
    }
    return json.dumps(said, separators=(",", ":")).encode()


def signatures(*, secrets: Sequence[str], message_id: str, timestamp: int, body: bytes) -> str:
    """Return the signature header of Standard Webhooks, with one signature for each secret."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return " ".join(f"v1,{_signature(secret, signed)}" for secret in secrets)


def kinds_readable_with(scopes: Sequence[str]) -> frozenset[str]:
    """Return what a client with these scopes may be told changes of."""
    return frozenset(kind for kind, scope in SCOPE_OF_KIND.items() if scope in scopes)


def pause_after(attempts: int) -> timedelta | None:
    """Return how long a delivery rests after so many tries that failed, or None if it is given up."""
    return PAUSES[attempts - 1] if attempts <= len(PAUSES) else None


def rest_after(failures: int) -> timedelta:
    """Return how long an endpoint rests after so many failures in a row."""
    if failures < FAILURES_IN_A_ROW:
        return timedelta(0)
    beyond = min(failures - FAILURES_IN_A_ROW, len(PAUSES) - 1)
    return min(PAUSES[beyond], LONGEST_REST)


def is_dead(*, failing_since: datetime, now: datetime) -> bool:
    """Test whether an endpoint has failed for so long that nothing is sent to it any more."""
    return now - failing_since >= DEAD_AFTER


def retry_after(text: str, *, now: datetime) -> timedelta:
    """Return how long an answer asks to wait, in seconds or until a date; a day at most, and nothing for nonsense."""
    if text.isascii() and text.isdigit():
        asked = timedelta(seconds=min(int(text[:9]), 10**8))
    else:
        try:
            until = parsedate_to_datetime(text)
        except ValueError:
            return timedelta(0)
        asked = (until if until.tzinfo else until.replace(tzinfo=UTC)) - now
    return max(timedelta(0), min(asked, LONGEST_RETRY_AFTER))


def _signature(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
