"""On which days some spans hold together."""

from datetime import date

import pytest

from institutions.rules.coverage import first_uncovered_day

FIRST, LAST = date(2026, 11, 9), date(2026, 11, 20)
MIDDLE, NEXT = date(2026, 11, 14), date(2026, 11, 15)
BEFORE, AFTER = date(2026, 11, 8), date(2026, 11, 21)


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        pytest.param([], FIRST, id="none"),
        pytest.param([(None, None)], None, id="one for ever"),
        pytest.param([(FIRST, AFTER)], None, id="one that just reaches"),
        pytest.param([(FIRST, LAST)], LAST, id="one that ends before the last day"),
        pytest.param([(MIDDLE, None)], FIRST, id="one that begins later"),
        pytest.param([(MIDDLE, None), (None, MIDDLE)], None, id="two that join, the later one first"),
        pytest.param([(None, MIDDLE), (NEXT, None)], MIDDLE, id="two with a day between"),
        pytest.param([(FIRST, AFTER), (FIRST, MIDDLE)], None, id="a short one inside a long one"),
        pytest.param([(BEFORE, FIRST)], FIRST, id="one that ended"),
        pytest.param([(None, MIDDLE), (FIRST, LAST), (LAST, AFTER)], None, id="three"),
    ],
)
def test_first_uncovered_day(spans, expected):
    assert first_uncovered_day(spans, first=FIRST, last=LAST) == expected
