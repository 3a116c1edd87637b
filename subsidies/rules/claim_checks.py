"""What a reviewer looks at first over a whole claim. Pure: a sign that somebody should look, and never a refusal."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from subsidies.rules.facts import FAILED, PASSED, UNKNOWN, Check, Facts
from subsidies.rules.pass_rates import FACTOR, rate_of, rounded

# With every claim that is decided, what it saw of the others moves.
COMPARED_WITH_OTHERS: Final = "pass_rate_far_from_others"


@dataclass(frozen=True)
class DaySpan:
    """Days from the first to the last, both inclusive; without a last one they go on."""

    first: date
    last: date | None


@dataclass(frozen=True)
class OpenSignal:
    """One measured sign in a session that somebody should look, and nobody has closed."""

    signal_id: int
    session_id: int
    kind: str


@dataclass(frozen=True)
class OtherClasses:
    """What came of the other classes of an occupation and level whose claims were confirmed within a year."""

    class_count: int = 0
    pass_count: int = 0
    rate_count: int = 0


@dataclass(frozen=True)
class ClaimWideFacts:
    """What is known of a class and its institution beside its people. Ids, codes, dates, counts and sums."""

    starts_on: date
    ends_on: date
    # Whether anything was reported of who was there.
    is_attendance_reported: bool
    # Marks of people on days without a lesson, and people with more hours than were taught.
    marks_without_lesson_count: int
    people_over_hours_count: int
    # Other classes at the same time with the same people, trainers or rooms.
    overlapping_class_ids: tuple[int, ...]
    # Accounts that several people of the class name, and how many people that is.
    shared_account_count: int
    sharing_people_count: int
    open_signals: tuple[OpenSignal, ...]
    # In force on the day of the check.
    suspension_ids: tuple[int, ...]
    # Of the institution, for the occupation, direction and level.
    accreditations: tuple[DaySpan, ...]
    pass_count: int
    rate_count: int
    others: OtherClasses
    # By how many percentage points the rates may differ, None where the policy does not compare them; and beside how
    # many classes at least.
    pass_rate_distance: int | None
    least_compared_classes: int
    # What the institution says it has spent, in yuan; its files that may be opened, and those being scanned.
    advance: Decimal | None
    evidence_count: int
    waiting_evidence_count: int
    locked_count: int
    # The funded seats that the class holds; None where there is no quota.
    funded_seat_count: int | None


def attendance_against_timetable(facts: ClaimWideFacts) -> Check:
    """Nobody was there on a day without a lesson, or for more hours than were taught."""
    if not facts.is_attendance_reported:
        return Check("attendance_against_timetable", UNKNOWN)
    marks, people = facts.marks_without_lesson_count, facts.people_over_hours_count
    seen: Facts = {"marks_without_lesson": marks, "people_over_hours": people}
    return _check("attendance_against_timetable", seen, holds=not (marks or people))


def overlapping_classes(facts: ClaimWideFacts) -> Check:
    """No other class took the same people, trainers or rooms at the same time."""
    seen: Facts = {"classes": [{"class": class_id} for class_id in sorted(facts.overlapping_class_ids)]}
    return _check("overlapping_classes", seen, holds=not facts.overlapping_class_ids)


def shared_accounts(facts: ClaimWideFacts) -> Check:
    """No two people of the class name one account."""
    seen: Facts = {"people": facts.sharing_people_count, "accounts": facts.shared_account_count}
    return _check("shared_accounts", seen, holds=not facts.sharing_people_count)


def assessment_signals(facts: ClaimWideFacts) -> Check:
    """Nothing was measured in the sessions of the class that somebody should look at."""
    signals = sorted(facts.open_signals, key=lambda signal: signal.signal_id)
    seen: Facts = {
        "signals": [
            {"signal": signal.signal_id, "session": signal.session_id, "kind": signal.kind}
            for signal in signals
        ]
    }
    return _check("assessment_signals", seen, holds=not signals)


def institution_in_good_standing(facts: ClaimWideFacts) -> Check:
    """The institution is not suspended, and was accredited on every day of the class."""
    uncovered = first_uncovered_day(facts.starts_on, facts.ends_on, facts.accreditations)
    seen: Facts = {
        "suspensions": [{"suspension": suspension_id} for suspension_id in sorted(facts.suspension_ids)],
        "not_accredited_on": uncovered.isoformat() if uncovered else None,
    }
    return _check("institution_in_good_standing", seen, holds=not facts.suspension_ids and uncovered is None)


def pass_rate_far_from_others(facts: ClaimWideFacts) -> Check | None:
    """The pass rate is near that of the other classes of its kind, if they are enough; None where nobody compares."""
    others, distance = facts.others, facts.pass_rate_distance
    if distance is None:
        return None
    seen: Facts = {"other_classes": others.class_count, "least_classes": facts.least_compared_classes}
    is_enough = others.class_count >= facts.least_compared_classes
    if not (is_enough and facts.rate_count and others.rate_count):
        return Check(COMPARED_WITH_OTHERS, UNKNOWN, seen)
    rate = rate_of(facts.pass_count, facts.rate_count)
    other_rate = rate_of(others.pass_count, others.rate_count)
    seen |= {
        "rate": str(rounded(rate, FACTOR)),
        "rate_of_others": str(rounded(other_rate, FACTOR)),
        "distance": distance,
    }
    return _check(COMPARED_WITH_OTHERS, seen, holds=abs(rate - other_rate) * 100 <= distance)


def advance_is_shown(facts: ClaimWideFacts) -> Check:
    """What was spent is said, and a file shows it. One that is still being scanned shows nothing yet."""
    seen: Facts = {
        "amount": None if facts.advance is None else str(facts.advance),
        "evidence": facts.evidence_count,
        "waiting": facts.waiting_evidence_count,
    }
    if facts.advance is not None and not facts.evidence_count and facts.waiting_evidence_count:
        return Check("advance_is_shown", UNKNOWN, seen)
    return _check("advance_is_shown", seen, holds=facts.advance is not None and facts.evidence_count > 0)


def class_within_quota(facts: ClaimWideFacts) -> Check:
    """No more people were in the class at the roster lock than the fund has seats for, where there is a quota."""
    seats, people = facts.funded_seat_count, facts.locked_count
    return _check(
        "class_within_quota", {"seats": seats, "people": people}, holds=seats is None or people <= seats
    )


CHECKS: Final[tuple[Callable[[ClaimWideFacts], Check | None], ...]] = (
    attendance_against_timetable,
    overlapping_classes,
    shared_accounts,
    assessment_signals,
    institution_in_good_standing,
    pass_rate_far_from_others,
    advance_is_shown,
    class_within_quota,
)


def look_at(facts: ClaimWideFacts) -> tuple[Check, ...]:
    """Run every check over a claim that its policy asks for."""
    found = (check(facts) for check in CHECKS)
    return tuple(check for check in found if check is not None)


def same_to_look_at(former: Iterable[Mapping[str, Any]], now: Iterable[Mapping[str, Any]]) -> bool:
    """Test whether kept checks are those that somebody looked at before, whatever became of others meanwhile."""
    return [_by_itself(check) for check in former] == [_by_itself(check) for check in now]


def is_flagged(checks: Iterable[Check]) -> bool:
    """Test whether a reviewer should look at something first. What is not known yet is no sign."""
    return any(check.outcome == FAILED for check in checks)


def first_uncovered_day(first: date, last: date, spans: Sequence[DaySpan]) -> date | None:
    """Return the first day from one to another, both inclusive, that none of the spans covers."""
    day = first
    for span in sorted(spans, key=lambda each: each.first):
        if span.first > day:
            continue
        if span.last is None:
            return None
        day = max(day, span.last + timedelta(days=1))
    return day if day <= last else None


def _by_itself(check: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**check, "facts": {}} if check["name"] == COMPARED_WITH_OTHERS else check


def _check(name: str, seen: Facts, *, holds: bool) -> Check:
    return Check(name, PASSED if holds else FAILED, seen)
