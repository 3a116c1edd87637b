"""Who must act on a hold, in which office, and until when they are asked to. Pure.

What is overdue is never refused for that: it is shown, and waits for whoever must act.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

Office = Literal["PERSON", "DISTRICT", "MUNICIPAL"]


@dataclass(frozen=True)
class Owner:
    """Who must act: a role of an office, or the person, who has none."""

    office: Office
    role: str


PERSON: Final = Owner("PERSON", "")
REVIEWER: Final = Owner("MUNICIPAL", "MUNICIPAL_REVIEWER")

# By the check that holds.
OWNERS: Final[dict[str, Owner]] = {
    "policy_is_in_force": Owner("MUNICIPAL", "MUNICIPAL_ADMINISTRATOR"),
    "nothing_is_under_review": REVIEWER,
    "category_is_eligible": Owner("MUNICIPAL", "MUNICIPAL_OPERATOR"),
    "graduates_in_time": Owner("MUNICIPAL", "MUNICIPAL_OPERATOR"),
    # An institution publishes from today on; what it had announced before, the bureau writes down.
    "fee_is_published": Owner("MUNICIPAL", "MUNICIPAL_OPERATOR"),
    "account_is_known": PERSON,
    "budget_has_room": Owner("MUNICIPAL", "MUNICIPAL_FINANCE"),
}

# Finance is told of a budget, every day as long as it is short, and not of the decisions that wait for it.
TOLD_EVERY_DAY: Final = "budget_has_room"
# How often is asked for what no policy version speaks of.
CHASE_EVERY_DAYS: Final = 14


def owner_of(reason: str) -> Owner:
    """Return who must act on a hold for this reason. What nobody is named for is the municipal reviewer's."""
    return OWNERS.get(reason, REVIEWER)


def office_to_ask(reason: str) -> str:
    """Return the role that is asked for what a decision waits for; nothing if a person is, or if it is told anyway."""
    return "" if reason == TOLD_EVERY_DAY else owner_of(reason).role


def last_asked_at(held_since: datetime, *, every_days: int, now: datetime) -> datetime:
    """Return when what is missing was last to be asked for: at once, and again each time so many days are over."""
    pause = timedelta(days=every_days)
    return held_since + max(0, (now - held_since) // pause) * pause


def chase_until(held_since: datetime, chase_days: int) -> datetime:
    """Return until when what is missing is asked for. After that it stands on a desk as overdue."""
    return held_since + timedelta(days=chase_days)


def is_overdue(held_since: datetime, chase_days: int, now: datetime) -> bool:
    """Test whether what is missing has been asked for long enough."""
    return now >= chase_until(held_since, chase_days)
