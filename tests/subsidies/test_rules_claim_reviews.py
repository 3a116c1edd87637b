"""Whether a district's word about a line still holds, and in which days a clock stands still."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subsidies.rules.claim_reviews import (
    ACCEPTED,
    CHANGED,
    LEFT_OUT,
    OPEN,
    REFUSED,
    Asked,
    LineSeen,
    Verdict,
    days_stood_still,
    is_claim_flagged,
    is_line_flagged,
    sha256_of_page,
    standing_of,
    stops_the_clock,
)
from subsidies.rules.facts import FAILED, PASSED, UNKNOWN

REVIEWED = {"name": "not_refused_in_review", "outcome": PASSED, "facts": {}}
COMPLETED = {"name": "training_completed", "outcome": PASSED, "facts": {"status": "COMPLETED"}}
LINE = LineSeen(
    in_rate=True,
    is_pass=True,
    counts=True,
    reason="",
    standard=Decimal("800.00"),
    attempt_id=1,
    fee_schedule_id=1,
    checks=[COMPLETED, REVIEWED],
)
REFUSED_LINE = replace(
    LINE,
    counts=False,
    reason="not_refused_in_review",
    checks=[COMPLETED, {**REVIEWED, "outcome": FAILED, "facts": {"code": "OTHER"}}],
)
OUT = replace(LINE, counts=False, reason="training_completed")
MONDAY, TUESDAY, WEDNESDAY, THURSDAY = (date(2026, 10, day) for day in (19, 20, 21, 22))


@pytest.mark.parametrize(
    ("line", "latest", "standing"),
    [
        (LINE, None, OPEN),
        (LINE, Verdict(ACCEPTED, LINE), ACCEPTED),
        (LINE, Verdict(ACCEPTED, replace(LINE, is_pass=False)), CHANGED),
        (LINE, Verdict(ACCEPTED, replace(LINE, standard=Decimal("900.00"))), CHANGED),
        (LINE, Verdict(ACCEPTED, replace(LINE, attempt_id=2)), CHANGED),
        (LINE, Verdict(ACCEPTED, replace(LINE, checks=[REVIEWED])), CHANGED),
        (REFUSED_LINE, Verdict(REFUSED, LINE), REFUSED),
        (REFUSED_LINE, Verdict(REFUSED, replace(LINE, attempt_id=2)), CHANGED),
        (LINE, Verdict(ACCEPTED, REFUSED_LINE), ACCEPTED),
        (OUT, None, LEFT_OUT),
        (OUT, Verdict(ACCEPTED, LINE), LEFT_OUT),
        (OUT, Verdict(REFUSED, LINE), LEFT_OUT),
    ],
)
def test_a_verdict_holds_as_long_as_the_line_is_what_was_looked_at(line, latest, standing):
    assert standing_of(line, latest) == standing


def test_a_line_or_claim_is_flagged_by_its_checks():
    assert not is_line_flagged(LINE)
    assert is_line_flagged(replace(LINE, checks=[{**COMPLETED, "outcome": UNKNOWN}]))
    assert not is_claim_flagged([{"outcome": PASSED}, {"outcome": UNKNOWN}])
    assert is_claim_flagged([{"outcome": PASSED}, {"outcome": FAILED}])


def test_whoever_saw_another_check_or_sum_saw_another_page():
    page = sha256_of_page("a", [COMPLETED], Decimal("800.00"))

    assert sha256_of_page("a", [COMPLETED], Decimal("800")) == page
    assert sha256_of_page("b", [COMPLETED], Decimal("800.00")) != page
    assert sha256_of_page("a", [{**COMPLETED, "outcome": FAILED}], Decimal("800.00")) != page
    assert sha256_of_page("a", [COMPLETED], Decimal("800.01")) != page


@pytest.mark.parametrize(
    ("questions", "spans"),
    [
        ([], []),
        ([Asked(TUESDAY, WEDNESDAY, None)], [(TUESDAY, WEDNESDAY)]),
        ([Asked(TUESDAY, TUESDAY, None)], []),
        ([Asked(TUESDAY, None, None)], [(TUESDAY, THURSDAY)]),
        ([Asked(MONDAY, WEDNESDAY, None), Asked(TUESDAY, THURSDAY, None)], [(MONDAY, THURSDAY)]),
        ([Asked(MONDAY, THURSDAY, None), Asked(TUESDAY, WEDNESDAY, None)], [(MONDAY, THURSDAY)]),
        (
            [Asked(MONDAY, TUESDAY, None), Asked(WEDNESDAY, THURSDAY, None)],
            [(MONDAY, TUESDAY), (WEDNESDAY, THURSDAY)],
        ),
        ([Asked(date(2026, 9, 1), TUESDAY, None)], [(MONDAY, TUESDAY)]),
        ([Asked(date(2026, 9, 1), date(2026, 9, 2), None)], []),
        ([Asked(MONDAY, None, TUESDAY)], [(MONDAY, TUESDAY)]),
        ([Asked(MONDAY, WEDNESDAY, TUESDAY)], [(MONDAY, TUESDAY)]),
        ([Asked(MONDAY, TUESDAY, WEDNESDAY)], [(MONDAY, TUESDAY)]),
        ([Asked(MONDAY, None, date(2026, 12, 1))], [(MONDAY, THURSDAY)]),
        ([Asked(date(2026, 9, 1), None, date(2026, 9, 8))], []),
    ],
)
def test_days_in_which_a_question_stops_the_clock_count_once(questions, spans):
    assert days_stood_still(questions, since=MONDAY, today=THURSDAY) == spans


@pytest.mark.parametrize(
    ("asked", "stands_still"),
    [
        (Asked(MONDAY, None, None), True),
        (Asked(MONDAY, None, THURSDAY), True),
        (Asked(MONDAY, None, WEDNESDAY), False),
        (Asked(MONDAY, TUESDAY, None), False),
        (Asked(MONDAY, TUESDAY, THURSDAY), False),
    ],
)
def test_a_question_stops_the_clock_until_the_answer_or_its_last_day(asked, stands_still):
    assert stops_the_clock(asked, THURSDAY) is stands_still


def days_later(day, days):
    return None if days is None else day + timedelta(days=days)


@given(
    st.lists(
        st.tuples(
            st.dates(date(2026, 10, 1), date(2026, 10, 28)),
            st.none() | st.integers(0, 20),
            st.none() | st.integers(1, 20),
        ).map(lambda part: Asked(part[0], days_later(part[0], part[1]), days_later(part[0], part[2])))
    )
)
def test_spans_are_in_order_and_never_meet(questions):
    since, today = date(2026, 10, 5), date(2026, 11, 30)

    spans = days_stood_still(questions, since=since, today=today)

    assert all(first < last for first, last in spans)
    assert all(one[1] < other[0] for one, other in pairwise(spans))
    days = {
        day
        for each in questions
        for day in range(
            max(each.asked_on, since).toordinal(),
            min(each.answered_on or today, each.due_on or today).toordinal(),
        )
    }
    assert sum((last - first).days for first, last in spans) == len(days)
