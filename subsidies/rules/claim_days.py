"""When a claim opens, lapses and goes up because nobody answers, and how old an advance is. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from subsidies.rules.claim_facts import (
    COMPLETED,
    ENROLLED,
    ClassFacts,
    TraineeFacts,
    TrainingPolicyValues,
    attempts_under_review,
    counting_sitting,
    cut_off_day,
    sittings_in_time,
)
from subsidies.rules.holds import REVIEWER, Owner
from subsidies.rules.pass_rates import NOTHING

# Why a claim may open.
COMPLETE: Final = "complete"
CUT_OFF_IS_OVER: Final = "cut_off_is_over"

ADMINISTRATOR: Final = Owner("MUNICIPAL", "MUNICIPAL_ADMINISTRATOR")
# Who answers too once an answer is late, by what the claim waits for.
GOES_UP_TO: Final[dict[str, Owner]] = {"SUBMITTED": REVIEWER, "RECOMMENDED": ADMINISTRATOR}
WITH_THE_INSTITUTION: Final = frozenset({"OPEN", "RETURNED"})

# Days since an advance was spent: the last one of each age. What is older has an age of its own.
AGES: Final = ((30, "0-30"), (90, "31-90"), (180, "91-180"))
OLDEST: Final = "over-180"


@dataclass(frozen=True)
class Escalation:
    """To whom a claim goes up because no answer came in time, and how many days that is late."""

    owner: Owner
    days_late: int


@dataclass(frozen=True)
class Outstanding:
    """One advance that nobody has reimbursed yet, in yuan, and the last day on which it was spent."""

    amount: Decimal
    spent_on: date


@dataclass(frozen=True)
class Age:
    """The advances of one age: how many, and their sum in yuan."""

    name: str
    count: int
    total: Decimal


def may_open(
    class_: ClassFacts, trainees: Iterable[TraineeFacts], policy: TrainingPolicyValues, today: date
) -> str | None:
    """Return why the claim of a class can open: nothing moves its pass rate any more, or sittings count no longer.

    None as long as it cannot. A class without anybody at its roster lock has nothing to claim.
    """
    if class_.status != COMPLETED or not class_.locked_count:
        return None
    if today > cut_off_day(class_, policy):
        return CUT_OFF_IS_OVER
    return COMPLETE if all(_is_settled(each, class_, policy) for each in trainees) else None


def unsettled_count(
    class_: ClassFacts, trainees: Iterable[TraineeFacts], policy: TrainingPolicyValues, today: date
) -> int:
    """Return of how many people the result may still change; of none once sittings count no longer."""
    if today > cut_off_day(class_, policy):
        return 0
    return sum(not _is_settled(each, class_, policy) for each in trainees)


def submit_until(opened_on: date, window_days: int) -> date:
    """Return the last day on which a claim can be submitted. The day on which it opens is not counted."""
    return opened_on + timedelta(days=window_days)


def last_opening_day(class_: ClassFacts, policy: TrainingPolicyValues) -> date:
    """Return the last day on which an institution opens a claim: one that opened by itself ends on it."""
    return submit_until(cut_off_day(class_, policy) + timedelta(days=1), policy.claim_window_days)


def has_lapsed(status: str, last_day: date, today: date) -> bool:
    """Test whether a claim was not submitted in time. One that was, never lapses while a bureau has it."""
    return status in WITH_THE_INSTITUTION and today > last_day


def escalation_of(status: str, due_on: date | None, today: date) -> Escalation | None:
    """Return to whom a claim goes up, if its answer is late. One without a last day is not late.

    The institution's own delay goes up to nobody: its claim lapses.
    """
    owner = GOES_UP_TO.get(status)
    if owner is None or due_on is None or today <= due_on:
        return None
    return Escalation(owner, (today - due_on).days)


def age_of(spent_on: date, today: date) -> str:
    """Return the age of an advance by name. One that is dated ahead has the youngest."""
    days = (today - spent_on).days
    return next((name for last, name in AGES if days <= last), OLDEST)


def ageing(advances: Iterable[Outstanding], today: date) -> list[Age]:
    """Return how many advances there are of each age and what they come to, the youngest first, none left out."""
    by_age: dict[str, list[Decimal]] = {name: [] for name in (*(name for _, name in AGES), OLDEST)}
    for advance in advances:
        by_age[age_of(advance.spent_on, today)].append(advance.amount)
    return [Age(name, len(amounts), sum(amounts, NOTHING)) for name, amounts in by_age.items()]


def _is_settled(trainee: TraineeFacts, class_: ClassFacts, policy: TrainingPolicyValues) -> bool:
    if not trainee.in_denominator:
        return True
    cut_off, rule = cut_off_day(class_, policy), policy.pass_rule
    sitting = counting_sitting(sittings_in_time(trainee.sittings, cut_off), rule)
    if trainee.is_under_review or attempts_under_review(trainee, cut_off):
        return False
    if sitting is not None and sitting.waits_for_certificate:
        return False
    # Whoever did not complete the training is admitted to no sitting any more.
    if trainee.status not in (COMPLETED, ENROLLED):
        return True
    # Whoever failed can still pass, where any sitting counts.
    return sitting is not None and (sitting.is_pass or rule == "FIRST_ATTEMPT")
