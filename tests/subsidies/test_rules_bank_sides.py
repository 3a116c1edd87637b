from datetime import date

import pytest

from subsidies.rules.bank_sides import reaches
from subsidies.rules.batch_days import is_batch_day

OWN, OTHER = "999653000001", "104653000001"


@pytest.mark.parametrize(
    ("open_sides", "own", "other"),
    [
        ((), "ANY", "ANY"),
        (("ANY",), "ANY", "ANY"),
        (("OWN",), "OWN", None),
        (("OTHER",), None, "OTHER"),
        (("OWN", "OTHER"), "OWN", "OTHER"),
        (("ANY", "OWN"), "OWN", "ANY"),
        (("ANY", "OTHER"), "ANY", "OTHER"),
        (("ANY", "OWN", "OTHER"), "OWN", "OTHER"),
    ],
)
def test_each_account_is_reached_by_one_format_or_none(open_sides, own, other):
    found = reaches({side: "" if side == "ANY" else "999" for side in open_sides})

    for cnaps, side in ((OWN, own), (OTHER, other)):
        assert [name for name, reach in found.items() if reach.covers(cnaps)] == ([side] if side else [])


@pytest.mark.parametrize(("weekdays", "expected"), [([], True), ([2], True), ([1, 3, 4, 5, 6, 7], False)])
def test_batches_are_made_on_their_weekdays(weekdays, expected):
    assert is_batch_day(date(2026, 10, 20), weekdays) == expected
