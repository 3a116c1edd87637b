from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from institutions.rules.working_days import (
    CalendarMissing,
    differs_from_its_weekday,
    is_filled_in,
    working_day_after,
)

# The days around the National Day of 2026: a make-up Sunday before it, a week off, a make-up Saturday after it.
RESTS = {date(2026, 9, 26), date(2026, 9, 27), date(2026, 9, 25), *(date(2026, 10, n) for n in range(1, 8))}
DAYS = {
    day: day not in RESTS and (day.weekday() < 5 or day in {date(2026, 9, 20), date(2026, 10, 10)})
    for day in (date(2026, 9, 14) + timedelta(days=n) for n in range(40))
}


@pytest.mark.parametrize(
    ("start", "count", "expected"),
    [
        pytest.param(date(2026, 9, 14), 1, date(2026, 9, 15), id="the next day"),
        pytest.param(date(2026, 9, 14), 5, date(2026, 9, 20), id="a make-up Sunday counts"),
        pytest.param(date(2026, 9, 24), 1, date(2026, 9, 28), id="a holiday and its weekend do not"),
        pytest.param(date(2026, 9, 30), 1, date(2026, 10, 8), id="nor does the week off"),
        pytest.param(date(2026, 10, 1), 1, date(2026, 10, 8), id="begun on a day of rest"),
        pytest.param(date(2026, 9, 30), 3, date(2026, 10, 10), id="a make-up Saturday counts"),
        pytest.param(date(2026, 9, 30), 4, date(2026, 10, 12), id="the Sunday after it does not"),
        pytest.param(date(2026, 9, 30), 0, date(2026, 9, 30), id="no days"),
    ],
)
def test_working_days_are_counted_from_the_day_after(start, count, expected):
    assert working_day_after(start, count, DAYS) == expected


def test_day_beyond_the_calendar_is_not_guessed():
    with pytest.raises(CalendarMissing):
        working_day_after(max(DAYS), 1, DAYS)


def test_gap_in_the_calendar_is_not_leapt_over():
    known = {day: is_working for day, is_working in DAYS.items() if day != date(2026, 9, 17)}

    with pytest.raises(CalendarMissing):
        working_day_after(date(2026, 9, 14), 5, known)


@given(st.sampled_from(sorted(DAYS)), st.integers(min_value=1, max_value=20))
def test_result_is_a_working_day_with_so_many_before_it(start, count):
    try:
        found = working_day_after(start, count, DAYS)
    except CalendarMissing:
        assert sum(is_working for day, is_working in DAYS.items() if day > start) < count
    else:
        assert DAYS[found]
        assert sum(is_working for day, is_working in DAYS.items() if start < day <= found) == count


@pytest.mark.parametrize(
    ("day", "is_working", "differs"),
    [
        (date(2026, 10, 9), True, False),
        (date(2026, 10, 9), False, True),
        (date(2026, 10, 10), True, True),
        (date(2026, 10, 10), False, False),
    ],
)
def test_day_differs_from_its_weekday(day, is_working, differs):
    assert differs_from_its_weekday(day, is_working=is_working) is differs


def test_library_is_told_from_a_person_by_the_source():
    assert is_filled_in("chinesecalendar 1.11.0")
    assert not is_filled_in("国办发明电〔2025〕7号")
