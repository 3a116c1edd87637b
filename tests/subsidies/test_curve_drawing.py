"""The pass-rate curve as places in a drawing."""

from decimal import Decimal

import pytest

from subsidies.curve_drawing import BOTTOM, LEFT, RIGHT, TOP, curve_drawing, percent
from subsidies.rules.pass_rates import PassRateCurve, points_of

STRAIGHT = PassRateCurve(points_of([("0", "0"), ("1", "1")]))
BENT = PassRateCurve(
    points_of([("0.6", "0.5"), ("0.8", "1")]),
    floor=Decimal("0.6"),
    cap=Decimal("0.9"),
    small_class_size=5,
    small_class_factor=Decimal("0.8"),
)


def test_straight_curve_goes_from_corner_to_corner():
    assert curve_drawing(STRAIGHT).line == f"{LEFT}.0,{BOTTOM}.0 {RIGHT}.0,{TOP}.0"


def test_line_turns_at_its_floor_and_at_its_cap():
    assert curve_drawing(BENT).bends == (
        ("0%", "60%"),
        ("60%", "60%"),
        ("64%", "60%"),
        ("76%", "90%"),
        ("80%", "90%"),
        ("100%", "90%"),
    )


def test_small_class_has_its_own_line():
    assert curve_drawing(BENT, (1, 4)).bends[0] == ("0%", "80%")
    assert curve_drawing(BENT, (1, 5)).bends[0] == ("0%", "60%")


@pytest.mark.parametrize(("passes", "people"), [(0, 7), (3, 7), (5, 7), (7, 7)])
def test_class_stands_where_its_factor_is(passes, people):
    point = curve_drawing(BENT, (passes, people)).point

    factor = BENT.factor(passes=passes, people=people)
    assert point is not None
    assert abs(Decimal(point.y) - (BOTTOM - factor * (BOTTOM - TOP))) <= Decimal("0.05")
    assert point.factor == percent(factor)


def test_with_nobody_in_the_rate_no_class_stands_on_it():
    assert curve_drawing(STRAIGHT, (0, 0)).point is None


def test_words_stay_on_the_sheet():
    drawing = curve_drawing(STRAIGHT, (7, 7))

    assert drawing.point is not None
    assert drawing.point.anchor == "end"
    assert Decimal(drawing.point.label_y) > 12
