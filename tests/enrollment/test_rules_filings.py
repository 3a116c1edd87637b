"""The dates of filings: lead time, likeness and lateness."""

from datetime import date, timedelta

import pytest

from enrollment.rules.filings import LONGEST_CLASS, Span, days_late, earliest_start, is_too_long, look_alike

OWN = Span(date(2026, 11, 9), date(2026, 11, 20))


@pytest.mark.parametrize(
    ("lead_days", "expected"),
    [
        pytest.param(0, date(2026, 10, 20), id="no lead time"),
        pytest.param(15, date(2026, 11, 4), id="over the end of a month"),
    ],
)
def test_earliest_start(lead_days, expected):
    assert earliest_start(date(2026, 10, 20), lead_days) == expected


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        pytest.param(date(2026, 11, 9), date(2026, 11, 20), True, id="same days"),
        pytest.param(date(2026, 11, 20), date(2026, 12, 1), True, id="one day in common"),
        pytest.param(date(2026, 11, 10), date(2026, 11, 11), True, id="within"),
        pytest.param(date(2026, 11, 27), date(2026, 12, 1), True, id="seven days later"),
        pytest.param(date(2026, 11, 28), date(2026, 12, 1), False, id="eight days later"),
        pytest.param(date(2026, 10, 1), date(2026, 11, 2), True, id="seven days earlier"),
        pytest.param(date(2026, 10, 1), date(2026, 11, 1), False, id="eight days earlier"),
    ],
)
def test_look_alike(first, last, expected):
    assert look_alike(OWN, Span(first, last), 7) is expected
    assert look_alike(Span(first, last), OWN, 7) is expected


@pytest.mark.parametrize(
    ("due_on", "expected"),
    [
        pytest.param(None, 0, id="no last day yet"),
        pytest.param(date(2026, 10, 21), 0, id="tomorrow"),
        pytest.param(date(2026, 10, 20), 0, id="today"),
        pytest.param(date(2026, 10, 19), 1, id="yesterday"),
    ],
)
def test_days_late(due_on, expected):
    assert days_late(due_on, date(2026, 10, 20)) == expected


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        pytest.param(OWN.first, False, id="one day"),
        pytest.param(OWN.first + timedelta(days=LONGEST_CLASS), False, id="the longest"),
        pytest.param(OWN.first + timedelta(days=LONGEST_CLASS + 1), True, id="a day longer"),
        pytest.param(date.max, True, id="for ever"),
    ],
)
def test_is_too_long(last, expected):
    assert is_too_long(Span(OWN.first, last)) is expected


def test_class_for_ever_looks_like_the_next_one():
    assert look_alike(Span(OWN.first, date.max), Span(date(2027, 1, 4), date.max), 7)
