"""Histories made of chance: mostly of one person and one occupation, where one event bears on another."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from random import Random

from tests.scenarios.happenings import Event
from tests.scenarios.reference import ALWAYS, LEVELS, Sitting, Terms

YEAR, MIDDLE = (date(2025, 1, 1), date(2028, 1, 1)), date(2026, 6, 1)
# Far enough apart for a class before each.
DAYS = [date(2025, 11, 8), *(date(2026, month, 10) for month in (1, 3, 5, 7, 9))]
INSTITUTIONS, OCCUPATIONS = ["Academy", "Institute"], ["AI", "IoT"]
CATEGORIES = ["ENTERPRISE_EMPLOYEE"] * 16 + ["GRADUATING_STUDENT"] * 3 + ["EARLIER_GRADUATE", ""]
GRADUATIONS = [date(2026, 6, 30), date(2026, 6, 30), date(2025, 9, 1), date(2026, 9, 1), date(2024, 6, 30)]
SHARES = [10_000, 10_000, 10_000, 8_000, 3_333, 1]
FEES = [80_000, 80_000, 80_000, 33_333, 250_000, 5]
EVERYBODY = ("ENTERPRISE_EMPLOYEE", "GRADUATING_STUDENT", "EARLIER_GRADUATE")
ROWS = [0, 0, 0, 0, 1, 1, 2]
KINDS = [(at, what, level) for at in INSTITUTIONS for what in OCCUPATIONS for level in LEVELS]


def terms(chance: Random, since: date, until: date) -> Terms:
    """Return a policy of which every word may be another one."""
    return Terms(
        since,
        until,
        scope=chance.choice(["PERSON", "OCCUPATION", "OCCUPATION_AND_LEVEL", "OCCUPATION_AND_LEVEL"]),
        rule=chance.choice(["FIRST_CERTIFICATE"] * 3 + ["FIRST_SITTING"]),
        categories=chance.choice([Terms.categories, Terms.categories, ("ENTERPRISE_EMPLOYEE",)]),
        year=chance.choice(["CALENDAR", "ACADEMIC"]),
        share=chance.choice(SHARES),
        ceilings={level: chance.choice([200_000, 70_000]) for level in LEVELS},
        lifetime=chance.choice([None, None, None, 1, 2, 3]),
        yearly=chance.choice([None, None, None, 1, 2]),
        ladder=chance.choice(["NONE", "SAME_OCCUPATION", "ANY_OCCUPATION"]),
        stacking=chance.choice(["ALLOWED", "REFUSED", "DIFFERENCE"]),
        window=chance.choice([None, None, None, None, 30]),
        by_district=chance.random() < 0.5,
        competent=chance.choice(["TRAINING", "TRAINING", "EVALUATION"]),
    )


def history(chance: Random, *, is_generous: bool = False) -> list[Event]:
    """Return what is in force at first, and then a dozen events or two, with the workers in between.

    Under a generous policy most are granted, so that more becomes of the money.
    """
    begins: list[Event] = [("account", 0, 1), ("account", 1, 2)]
    if chance.random() < 0.5:
        policies = [terms(chance, *YEAR)]
    else:
        policies = [terms(chance, YEAR[0], MIDDLE), terms(chance, MIDDLE, YEAR[1])]
    if is_generous:
        policies = [replace(each, categories=EVERYBODY, share=10_000, window=None) for each in policies]
    begins += [("policy", each) for each in policies if chance.random() < 0.95]
    later: list[Event] = [("policy", each) for each in policies if ("policy", each) not in begins]
    begins += [_fee(chance, kind) for kind in KINDS if chance.random() < 0.95]
    may_happen = [*EVENTS, *MONEY] if is_generous else EVENTS
    happened = [_event(chance, may_happen) for _ in range(chance.randint(10, 30))]
    for each in later:
        happened.insert(chance.randrange(len(happened)), each)
    return [*begins, *happened, ("sweep",), ("account", 2, 3), ("sweep",)]


def purses(chance: Random) -> dict[str, int]:
    """Return what is allotted in the beginning, by whose it is."""
    rich = chance.random() < 0.6
    city = 10_000_000 if rich else chance.choice([40_000, 80_000, 200_000])
    return {"city": city, **({"North": chance.choice([80_000, 1_000_000])} if chance.random() < 0.4 else {})}


def _fee(chance: Random, kind: tuple[str, str, str]) -> Event:
    since, until = chance.choice([*[ALWAYS] * 6, (ALWAYS[0], MIDDLE), (MIDDLE, ALWAYS[1])])
    return ("fee", kind, since, until, chance.choice(FEES))


def _sit(chance: Random) -> Event:
    day = chance.choice(DAYS)
    category = chance.choice(CATEGORIES)
    sitting = Sitting(
        row=chance.choice(ROWS),
        day=day,
        institution=chance.choice(INSTITUTIONS),
        occupation=chance.choice(["AI", *OCCUPATIONS]),
        level=chance.choice(["JUNIOR", *LEVELS]),
        category=category,
        graduated=chance.choice(GRADUATIONS)
        if category in ("GRADUATING_STUDENT", "EARLIER_GRADUATE")
        else None,
        trained_in=chance.choice(["North", "South"]),
        results=[chance.choice(["PASSED"] * 5 + ["FAILED", "ABSENT", "MISCONDUCT"])],
    )
    issued = day + timedelta(days=9)
    return ("sit", sitting, issued, issued + timedelta(days=chance.choice([0, 1, 30, 31])))


def _answers(chance: Random) -> tuple[str, ...]:
    return tuple(chance.choice(["PAID", "PAID", "PAID", "RETURNED", "UNKNOWN"]) for _ in range(3))


EVENTS: Sequence[tuple[int, Callable[[Random], Event]]] = (
    (24, _sit),
    (16, lambda _chance: ("sweep",)),
    (4, lambda chance: ("correct", chance.randrange(8), chance.choice(["PASSED", "FAILED", "ABSENT"]))),
    (3, lambda chance: ("revoke", chance.randrange(8))),
    (3, lambda chance: ("reissue", chance.randrange(8))),
    (1, lambda chance: ("objection", chance.randrange(8))),
    (3, lambda chance: ("appeal", chance.randrange(8))),
    (3, lambda chance: ("dismiss", chance.randrange(8))),
    (2, lambda chance: ("merge", chance.randrange(2), chance.randrange(3))),
    (3, lambda chance: ("account", chance.choice(ROWS), chance.randint(10, 10**6))),
    (
        3,
        lambda chance: (
            "other_subsidy",
            chance.choice(ROWS),
            "AI",
            chance.choice(LEVELS),
            chance.choice([30_000, 90_000]),
        ),
    ),
    (2, lambda chance: _fee(chance, chance.choice(KINDS))),
    (
        3,
        lambda chance: ("top_up", chance.choice(["city", "city", "North"]), chance.choice([80_000, 200_000])),
    ),
    (6, lambda chance: ("pay_day", _answers(chance))),
    (3, lambda chance: ("bank_word", chance.randrange(2), chance.choice(["PAID", "RETURNED"]))),
    (3, lambda chance: ("repaid", chance.randrange(2))),
)


# Once more, where it is about the money's road.
MONEY: Sequence[tuple[int, Callable[[Random], Event]]] = (
    (24, _sit),
    (18, lambda chance: ("pay_day", _answers(chance))),
    (6, lambda chance: ("bank_word", chance.randrange(2), chance.choice(["PAID", "RETURNED"]))),
    (8, lambda chance: ("revoke", chance.randrange(4))),
    (6, lambda chance: ("correct", chance.randrange(4), chance.choice(["PASSED", "FAILED"]))),
    (5, lambda chance: ("merge", chance.randrange(2), chance.randrange(2))),
    (5, lambda chance: ("repaid", chance.randrange(2))),
)


def _event(chance: Random, may_happen: Sequence[tuple[int, Callable[[Random], Event]]]) -> Event:
    (make,) = chance.choices([each for _, each in may_happen], [weight for weight, _ in may_happen])
    return make(chance)


def without_needless(events: Sequence[Event], fails: Callable[[Sequence[Event]], bool]) -> list[Event]:
    """Return the events without which it would not fail any more."""
    kept = list(events)
    for event in list(events):
        fewer = [each for each in kept if each is not event]
        if fails(fewer):
            kept = fewer
    return kept
