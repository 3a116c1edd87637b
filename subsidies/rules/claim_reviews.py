"""What a district has said of the lines of a claim, and whether it still speaks of them. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from subsidies.rules.claim_lines import sha256_of
from subsidies.rules.facts import FAILED, PASSED

ACCEPTED: Final = "ACCEPTED"
REFUSED: Final = "REFUSED"
# Nobody has looked at it yet.
OPEN: Final = "OPEN"
# Looked at before, and no longer what it was.
CHANGED: Final = "CHANGED"
# Money is not asked for, whatever the district says.
LEFT_OUT: Final = "LEFT_OUT"
# The check that a refusal fails.
REVIEW_CHECK: Final = "not_refused_in_review"


@dataclass(frozen=True)
class LineSeen:
    """One line of a reckoning as far as a reviewer judges it.

    What is asked for it is no part of it: that moves with the lines of others.
    """

    in_rate: bool
    is_pass: bool
    counts: bool
    reason: str
    standard: Decimal
    attempt_id: int | None
    fee_schedule_id: int | None
    # As they are kept.
    checks: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Verdict:
    """The latest word of a district about one line, and what it saw."""

    verdict: str
    seen: LineSeen


@dataclass(frozen=True)
class Asked:
    """A question to the institution: when it was asked and answered, and the last day for the answer, if known."""

    asked_on: date
    answered_on: date | None
    due_on: date | None


def is_the_same(seen: LineSeen, now: LineSeen) -> bool:
    """Test whether a line still says what a reviewer looked at. Their own word changes nothing about it."""
    return _judged(seen) == _judged(now)


def standing_of(line: LineSeen, latest: Verdict | None) -> str:
    """Return where the review of a line stands: the verdict that holds, or OPEN, CHANGED or LEFT_OUT."""
    if not line.counts and line.reason != REVIEW_CHECK:
        return LEFT_OUT
    if latest is None:
        return OPEN
    return latest.verdict if is_the_same(latest.seen, line) else CHANGED


def is_to_look_at(standing: str) -> bool:
    """Test whether somebody still has to look at the line before the claim can go up."""
    return standing in (OPEN, CHANGED)


def is_line_flagged(line: LineSeen) -> bool:
    """Test whether some check of a line was not passed, so that nobody accepts it among others."""
    return any(check["outcome"] != PASSED for check in line.checks)


def is_claim_flagged(flags: Iterable[Mapping[str, Any]]) -> bool:
    """Test whether some check over the whole claim failed, as the checks are kept."""
    return any(flag["outcome"] == FAILED for flag in flags)


def sha256_of_page(facts_sha256: str, flags: Sequence[Mapping[str, Any]], amount: Decimal) -> str:
    """Return the digest of what somebody who signs a claim saw of it: its facts, its checks and its sum."""
    return sha256_of([facts_sha256, list(flags), amount])


def stops_the_clock(asked: Asked, today: date) -> bool:
    """Test whether a bureau's clock stands still on a day for a question: until the answer, or its last day."""
    return asked.answered_on is None and (asked.due_on is None or today <= asked.due_on)


def days_stood_still(questions: Iterable[Asked], *, since: date, today: date) -> list[tuple[date, date]]:
    """Return the spans in which the clock stood still for a question, in order and none twice.

    Of each span the first day still counted, and the last one did not. What was asked before the clock began stops it
    from its beginning.
    """
    spans: list[tuple[date, date]] = []
    for first, last in sorted((max(each.asked_on, since), _goes_on(each, today)) for each in questions):
        if last <= first:
            continue
        if spans and first <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], last))
        else:
            spans.append((first, last))
    return spans


def _goes_on(asked: Asked, today: date) -> date:
    """Return the last day on which the clock stands still for a question, as far as it has come."""
    last = asked.answered_on or today
    return last if asked.due_on is None else min(last, asked.due_on)


def _judged(line: LineSeen) -> tuple[object, ...]:
    checks = [dict(check) for check in line.checks if check["name"] != REVIEW_CHECK]
    return line.in_rate, line.is_pass, line.standard, line.attempt_id, line.fee_schedule_id, checks
