from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subsidies.rules.forecast import Forecast, Pace, forecast

TODAY = date(2026, 10, 20)


def outlook(available: str, grants: int, total: str, days: int = 20, today: date = TODAY) -> Forecast:
    return forecast(
        available=Decimal(available), pace=Pace(grants, Decimal(total), days), year=2026, today=today
    )


@pytest.mark.parametrize(
    ("available", "grants", "total", "expected"),
    [
        pytest.param(
            "8000.00", 20, "16000.00", Forecast(10, date(2026, 10, 30), False), id="ten at one a day"
        ),
        pytest.param("799.99", 20, "16000.00", Forecast(0, TODAY, False), id="not enough for one"),
        pytest.param("0.00", 20, "16000.00", Forecast(0, TODAY, False), id="nothing left"),
        pytest.param("-1.00", 20, "16000.00", Forecast(0, TODAY, False), id="less than nothing"),
        pytest.param("1000.00", 3, "1000.00", Forecast(3, date(2026, 11, 9), False), id="thirds of a yuan"),
        pytest.param("80000.00", 20, "16000.00", Forecast(100, date(2027, 1, 28), True), id="lasts the year"),
        pytest.param("8000.00", 0, "0.00", Forecast(None, None, False), id="nobody granted"),
    ],
)
def test_the_rest_is_enough_for(available, grants, total, expected):
    assert outlook(available, grants, total) == expected


def test_the_first_day_of_a_month_counts_as_a_day():
    assert outlook("8000.00", 5, "4000.00", days=0).until == date(2026, 10, 22)


def test_the_last_day_of_the_year_is_still_of_the_year():
    assert outlook("8000.00", 10, "8000.00", days=1, today=date(2026, 12, 30)).lasts_the_year
    assert not outlook("8000.00", 20, "16000.00", days=1, today=date(2026, 12, 30)).lasts_the_year


@given(
    available=st.decimals(min_value=0, max_value=10**10, places=2),
    grants=st.integers(1, 10**6),
    total=st.decimals(min_value=Decimal("0.01"), max_value=10**10, places=2),
    days=st.integers(1, 31),
)
def test_nobody_is_promised_more_than_there_is(available, grants, total, days):
    found = forecast(available=available, pace=Pace(grants, total, days), year=2026, today=TODAY)

    assert found.enough_for is not None
    assert found.enough_for * total <= available * grants
    assert found.until is not None
    assert found.until >= TODAY
