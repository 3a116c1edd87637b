from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrollment.rules.attendance import Hours, attendance_rate, is_in_class_on, reporting_rate

HOURS = st.decimals(min_value=0, max_value=1000, places=1)


def hours(taught, reported, present):
    return Hours(Decimal(taught), Decimal(reported), Decimal(present))


@pytest.mark.parametrize(
    ("spent", "attended", "reported"),
    [
        (hours(0, 0, 0), None, None),
        (hours(40, 0, 0), None, "0.0"),
        (hours(40, 20, 20), "100.0", "50.0"),
        (hours(40, 40, 30), "75.0", "100.0"),
        (hours(3, 3, 1), "33.3", "100.0"),
        (hours(3, 3, 2), "66.6", "100.0"),
        # 99.99 of a hundred is not all.
        (hours(10000, 10000, 9999), "99.9", "100.0"),
    ],
)
def test_rates(spent, attended, reported):
    assert attendance_rate(spent) == (None if attended is None else Decimal(attended))
    assert reporting_rate(spent) == (None if reported is None else Decimal(reported))


def test_what_nobody_reported_is_neither_presence_nor_absence():
    spent = hours(40, 8, 8)

    assert spent.not_reported == 32
    assert attendance_rate(spent) == 100


def test_hours_of_a_class_are_those_of_its_people():
    assert sum([hours(4, 4, 2), hours(4, 2, 2)], Hours()) == hours(8, 6, 4)


@given(taught=HOURS, missing=HOURS, away=HOURS)
def test_rate_is_all_only_for_all(taught, missing, away):
    reported = max(taught - missing, Decimal(0))
    present = max(reported - away, Decimal(0))
    rate = attendance_rate(Hours(taught, reported, present))

    assert rate is None or 0 <= rate <= 100
    assert (rate == 100) == (present == reported != 0)


@pytest.mark.parametrize(
    ("came_on", "left_on", "is_there"),
    [
        (None, None, True),
        (date(2026, 3, 9), None, True),
        (date(2026, 3, 10), None, False),
        (None, date(2026, 3, 9), True),
        (None, date(2026, 3, 8), False),
        (date(2026, 3, 1), date(2026, 3, 31), True),
    ],
)
def test_days_in_class(came_on, left_on, is_there):
    assert is_in_class_on(date(2026, 3, 9), came_on=came_on, left_on=left_on) is is_there
