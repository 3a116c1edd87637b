"""Places in the queue of claims, as addresses name them: ?after=2026-10-22.45, or none.45 behind one without a day."""

from datetime import date

from subsidies.models import SubsidyClaim
from subsidies.queries.claim_queue import QueuePlace

NO_DAY = "none"


def place_of(claim: SubsidyClaim) -> QueuePlace:
    """Return where a claim stands now."""
    return QueuePlace(claim.due_on, claim.pk)


def name_of(place: QueuePlace) -> str:
    """Return how an address names a place."""
    return f"{place.due_on.isoformat() if place.due_on else NO_DAY}.{place.claim_id}"


def place_named(text: str) -> QueuePlace | None:
    """Return the place that an address names; None, which is the beginning, for what names none."""
    day, _dot, key = text.partition(".")
    if not (key.isascii() and key.isdigit() and len(key) < 19):
        return None
    try:
        return QueuePlace(None if day == NO_DAY else date.fromisoformat(day), int(key))
    except ValueError:
        return None
