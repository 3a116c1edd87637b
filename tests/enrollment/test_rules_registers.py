from datetime import date, timedelta

import pytest

from enrollment.enums import ParticipantCategory
from enrollment.rules.registers import REGISTER_OF, day_in_question, next_asking, register_of, wait_after
from tests.clock import NOW

START = date(2026, 3, 9)
MINUTES = [5, 10, 20, 40, 80, 160, 320, 640, 1280, 1440, 1440, 1440]


def test_every_category_has_its_register():
    assert set(REGISTER_OF) == set(ParticipantCategory)
    assert register_of("ENTERPRISE_EMPLOYEE") == "EMPLOYMENT_INSURANCE"
    assert register_of("GRADUATING_STUDENT") == register_of("EARLIER_GRADUATE") == "STUDENT_STATUS"


@pytest.mark.parametrize(
    ("graduated_on", "day"),
    [
        (None, START),
        (date(2026, 6, 30), START),
        (START, START),
        (date(2023, 6, 30), date(2023, 6, 30)),
    ],
    ids=["employee", "graduates later", "graduates on the day", "graduated before"],
)
def test_day_in_question(graduated_on, day):
    assert day_in_question(starts_on=START, graduated_on=graduated_on) == day


@pytest.mark.parametrize(("misses", "minutes"), list(enumerate(MINUTES, start=1)))
def test_wait_doubles_up_to_a_day(misses, minutes):
    assert wait_after(misses) == timedelta(minutes=minutes)


def test_no_number_of_misses_is_too_large():
    assert wait_after(10**9) == timedelta(hours=24)


@pytest.mark.parametrize("days", [-1, 0, 1])
@pytest.mark.parametrize("misses", [0, 1, 4])
def test_next_asking(misses, days):
    day_comes_at = NOW + timedelta(days=days)

    found = next_asking(misses=misses, day_comes_at=day_comes_at, now=NOW)

    if misses:
        assert found == NOW + wait_after(misses)
    else:
        assert found == (day_comes_at if days > 0 else None)
