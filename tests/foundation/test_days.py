"""Which days can be meant."""

from datetime import date

import pytest

from chongqing_dte.foundation.days import DayOutOfRange, can_be_meant, check_end, check_span


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(1999, 12, 31), False),
        (date(2000, 1, 1), True),
        (date(2099, 12, 31), True),
        (date(2100, 1, 1), False),
        (date.max, False),
    ],
)
def test_can_be_meant(day, expected):
    assert can_be_meant(day) is expected


@pytest.mark.parametrize("ends_before", [date(2000, 1, 1), date(2100, 1, 2), date.max])
def test_end_behind_which_no_day_can_be_meant_is_refused(ends_before):
    with pytest.raises(DayOutOfRange):
        check_end(ends_before)
    with pytest.raises(DayOutOfRange):
        check_span(date(2026, 1, 1), ends_before)


def test_last_day_of_all_and_no_end_are_taken():
    check_span(date(2000, 1, 1), date(2100, 1, 1))
    check_span(date(2000, 1, 1), None)
