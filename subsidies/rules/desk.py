"""What can be stuck on the way of the money, who must act on it, and from when on it counts as stuck. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from subsidies.rules.batch_days import is_batch_day
from subsidies.rules.holds import OWNERS, PERSON, REVIEWER, Owner

# The worst first.
ALL_MONEY, SOME_MONEY, AN_OFFICE, THE_PERSON = range(1, 5)

# A worker takes seconds; after this long none is at work, or one row stops it.
DECIDED_WITHIN: Final = timedelta(minutes=15)
PUBLISHED_WITHIN: Final = timedelta(days=2)
DELIVERED_WITHIN: Final = timedelta(hours=1)
ANSWERED_WITHIN_WORKING_DAYS: Final = 2

FINANCE: Final = Owner("MUNICIPAL", "MUNICIPAL_FINANCE")
OPERATOR: Final = Owner("MUNICIPAL", "MUNICIPAL_OPERATOR")
ADMINISTRATOR: Final = Owner("MUNICIPAL", "MUNICIPAL_ADMINISTRATOR")
DISTRICT: Final = Owner("DISTRICT", "DISTRICT_REVIEWER")

# Whoever else may do what an owner is asked for.
DEPUTIES: Final[dict[str, tuple[str, ...]]] = {"DISTRICT_REVIEWER": ("DISTRICT_LEAD", "MUNICIPAL_REVIEWER")}


@dataclass(frozen=True)
class Matter:
    """One way of being stuck: its name, how bad it is, and who must act."""

    name: str
    urgency: int
    owner: Owner


def held_for(reason: str) -> str:
    """Return the name of the matter of decisions that are held by this check."""
    return f"held-{reason.replace('_', '-')}"


HELD: Final[dict[str, str]] = {held_for(reason): reason for reason in OWNERS}

MATTERS: Final[dict[str, Matter]] = {
    matter.name: matter
    for matter in (
        Matter("alarms", ALL_MONEY, ADMINISTRATOR),
        Matter("sending-stopped", ALL_MONEY, FINANCE),
        Matter("books-differ", ALL_MONEY, FINANCE),
        Matter("undecided", SOME_MONEY, ADMINISTRATOR),
        Matter("notices-not-published", SOME_MONEY, ADMINISTRATOR),
        Matter("not-in-a-batch", SOME_MONEY, OPERATOR),
        Matter("to-hand-over", SOME_MONEY, FINANCE),
        Matter("not-delivered", SOME_MONEY, ADMINISTRATOR),
        Matter("not-answered", SOME_MONEY, FINANCE),
        Matter("unknown-at-bank", SOME_MONEY, FINANCE),
        Matter("bank-lines", SOME_MONEY, FINANCE),
        Matter("result-files", SOME_MONEY, FINANCE),
        Matter(held_for("budget_has_room"), AN_OFFICE, OWNERS["budget_has_room"]),
        Matter("signatures", AN_OFFICE, FINANCE),
        Matter("resolutions", AN_OFFICE, FINANCE),
        Matter("brought-files", AN_OFFICE, FINANCE),
        Matter("settlements", AN_OFFICE, FINANCE),
        Matter("recoveries-overdue", AN_OFFICE, FINANCE),
        Matter("recoveries-not-asked", AN_OFFICE, FINANCE),
        Matter("recoveries-not-owed", AN_OFFICE, FINANCE),
        Matter("objections", AN_OFFICE, DISTRICT),
        Matter("off-notice-objected", AN_OFFICE, DISTRICT),
        Matter("in-question", AN_OFFICE, REVIEWER),
        Matter("evidence-corrected", AN_OFFICE, REVIEWER),
        Matter("paid-before-a-merge", AN_OFFICE, REVIEWER),
        Matter("account-overdue", AN_OFFICE, OPERATOR),
        *(
            Matter(name, AN_OFFICE, OWNERS[reason])
            for name, reason in HELD.items()
            if reason not in ("account_is_known", "budget_has_room")
        ),
        Matter("held-otherwise", AN_OFFICE, REVIEWER),
        Matter("classes-without-a-policy", AN_OFFICE, ADMINISTRATOR),
        Matter("claims-without-a-last-day", AN_OFFICE, ADMINISTRATOR),
        Matter("claims-back-with-the-district", AN_OFFICE, DISTRICT),
        Matter("claims-late-with-the-district", AN_OFFICE, DISTRICT),
        Matter("claims-late-with-the-city", AN_OFFICE, REVIEWER),
        Matter("messages-failed", AN_OFFICE, OPERATOR),
        Matter("returned", THE_PERSON, PERSON),
        Matter(held_for("account_is_known"), THE_PERSON, PERSON),
    )
}


def is_asked_to_act(role: str, matter: Matter) -> bool:
    """Test whether a matter is on the desk of this role."""
    owner = matter.owner.role
    return bool(owner) and role in (owner, *DEPUTIES.get(owner, ()))


def last_batch_day(today: date, weekdays: Collection[int]) -> date:
    """Return the last day before today on which batches were made: what waited at its beginning is overdue."""
    day = today - timedelta(days=1)
    while not is_batch_day(day, weekdays):
        day -= timedelta(days=1)
    return day


def is_worked_on(day: date, calendar: Mapping[date, bool]) -> bool:
    """Test whether a day is worked on. Where the calendar is silent its weekday says so: no deadline hangs on it."""
    return calendar.get(day, day.weekday() < 5)


def working_days_between(first: date, last: date, calendar: Mapping[date, bool]) -> int:
    """Return how many working days have passed since the first day, which itself is not counted."""
    days = (last - first).days
    return sum(is_worked_on(first + timedelta(days=number), calendar) for number in range(1, days + 1))


def working_days_ago(today: date, count: int, calendar: Mapping[date, bool]) -> date:
    """Return the last day since which so many working days have passed."""
    day = today
    while working_days_between(day, today, calendar) < count:
        day -= timedelta(days=1)
    return day
