from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subsidies.rules.pass_rates import (
    MorePasses,
    PassRateCurve,
    claim_amount,
    more_passes_for,
    points_of,
    rate_of,
    rounded,
    split,
)

# Half the money up to a rate of one half, then straight up to all of it at nine tenths.
CURVE = PassRateCurve(points=((Decimal("0.5"), Decimal("0.5")), (Decimal("0.9"), Decimal(1))))


def yuan(*texts: str) -> list[Decimal]:
    return [Decimal(text) for text in texts]


def curve(**values: object) -> PassRateCurve:
    return PassRateCurve(**{"points": CURVE.points, **values})


# ── The factor ───────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("passes", "people", "factor"),
    [
        pytest.param(0, 40, "0.5000", id="zero passes: level before the first point"),
        pytest.param(20, 40, "0.5000", id="at the first point"),
        pytest.param(28, 40, "0.7500", id="in the middle"),
        pytest.param(36, 40, "1.0000", id="at the last point"),
        pytest.param(40, 40, "1.0000", id="all pass: level after the last point"),
        pytest.param(1, 1, "1.0000", id="a class of one who passed"),
        pytest.param(0, 1, "0.5000", id="a class of one who failed"),
        # 2/3: 0.5 + 0.5 * (1/6) / 0.4 = 0.708333…
        pytest.param(2, 3, "0.7083", id="rounded down"),
        # 21/31: 0.5 + 1.25 * (21/31 - 1/2) = 0.721774…
        pytest.param(21, 31, "0.7218", id="rounded up"),
        pytest.param(0, 0, "0.5000", id="nobody in the rate"),
    ],
)
def test_factor_is_on_the_curve(passes, people, factor):
    assert str(CURVE.factor(passes=passes, people=people)) == factor


def test_half_a_unit_is_rounded_up():
    line = PassRateCurve(points=((Decimal(0), Decimal(0)), (Decimal(1), Decimal("0.0005"))))

    assert line.factor(passes=1, people=2) == Decimal("0.0003")


def test_curve_has_a_kink_at_each_point():
    bent = PassRateCurve(points=points_of([("0", "0"), ("0.5", "0.2"), ("1", "1")]))

    assert [bent.factor(passes=passes, people=4) for passes in range(5)] == yuan(
        "0", "0.1", "0.2", "0.6", "1"
    )


def test_curve_that_begins_above_its_rate_rises_from_its_first_point_on():
    generous = PassRateCurve(points=points_of([("0.2", "0.6"), ("1", "1")]))

    assert [generous.factor(passes=passes, people=5) for passes in (1, 2, 3)] == yuan("0.6", "0.7", "0.8")


@pytest.mark.parametrize(
    ("values", "passes", "factor"),
    [
        pytest.param({"floor": Decimal("0.6")}, 0, "0.6", id="not below the floor"),
        pytest.param({"floor": Decimal("0.6")}, 7, "0.75", id="above the floor"),
        pytest.param({"cap": Decimal("0.8")}, 10, "0.8", id="not above the cap"),
        pytest.param({"cap": Decimal("0.8")}, 7, "0.75", id="below the cap"),
    ],
)
def test_factor_keeps_to_floor_and_cap(values, passes, factor):
    assert curve(**values).factor(passes=passes, people=10) == Decimal(factor)


@pytest.mark.parametrize(
    ("passes", "people", "factor"),
    [
        pytest.param(0, 4, "0.8", id="a small class has the small-class factor at least"),
        pytest.param(4, 4, "1", id="and more if it passed"),
        pytest.param(0, 5, "0.5", id="a class of the size itself is not small"),
        pytest.param(0, 0, "0.5", id="nobody is no small class"),
        pytest.param(0, 1, "0.8", id="one person is"),
    ],
)
def test_small_class_has_a_factor_of_its_own(passes, people, factor):
    small = curve(small_class_size=5, small_class_factor=Decimal("0.8"))

    assert small.factor(passes=passes, people=people) == Decimal(factor)


def test_small_class_without_a_factor_of_its_own_has_the_curves():
    assert curve(small_class_size=5).factor(passes=0, people=4) == Decimal("0.5")


def test_small_class_is_held_by_the_cap_too():
    small = curve(small_class_size=5, small_class_factor=Decimal("0.8"), cap=Decimal("0.7"))

    assert small.factor(passes=0, people=4) == Decimal("0.7")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        pytest.param({"points": ()}, "at least one point", id="no point"),
        pytest.param({"points": points_of([("-0.1", "0")])}, "shares from 0 to 1", id="a rate below 0"),
        pytest.param({"points": points_of([("1.1", "0")])}, "shares from 0 to 1", id="a rate above 1"),
        pytest.param({"points": points_of([("0", "-0.1")])}, "shares from 0 to 1", id="a factor below 0"),
        pytest.param({"points": points_of([("0", "1.1")])}, "shares from 0 to 1", id="a factor above 1"),
        pytest.param({"points": points_of([("NaN", "1")])}, "shares from 0 to 1", id="no number"),
        pytest.param({"points": points_of([("0.5", "0.5"), ("0.5", "1")])}, "rates .* rise", id="a cliff"),
        pytest.param({"points": points_of([("0.6", "0.5"), ("0.5", "1")])}, "rates .* rise", id="falling"),
        pytest.param(
            {"points": points_of([("0.5", "0.6"), ("0.6", "0.5")])}, "never fall", id="less money for more"
        ),
        pytest.param({"floor": Decimal("0.9"), "cap": Decimal("0.8")}, "least factor", id="floor over cap"),
        pytest.param({"floor": Decimal("-0.1")}, "floor is a share", id="a floor below 0"),
        pytest.param({"cap": Decimal("1.1")}, "cap is a share", id="a cap above 1"),
        pytest.param({"cap": Decimal("0.99999")}, "four decimals", id="a cap of five decimals"),
        pytest.param(
            {"small_class_factor": Decimal("1.1")}, "small_class_factor is a share", id="above 1, if small"
        ),
        pytest.param({"small_class_size": -1}, "fewer than no people", id="a size below 0"),
    ],
)
def test_what_is_no_curve_is_refused(values, words):
    with pytest.raises(ValueError, match=words):
        curve(**values)


def test_floor_may_be_the_cap():
    same = curve(floor=Decimal("0.7"), cap=Decimal("0.7"))

    assert same.factor(passes=0, people=1) == same.factor(passes=1, people=1) == Decimal("0.7")


def test_factors_may_stay_level():
    assert curve(points=points_of([("0", "1"), ("1", "1")])).factor(passes=1, people=2) == 1


def test_points_are_read_from_texts():
    assert points_of([["0.5", "0.5"], ["0.9", "1"]]) == CURVE.points


@pytest.mark.parametrize("texts", [[["0.5"]], [["half", "1"]], [[None, "1"]], [1], [["0", "1", "1"]]])
def test_what_is_no_pair_of_numbers_is_refused(texts):
    with pytest.raises(ValueError, match="a pair of numbers"):
        points_of(texts)


@pytest.mark.parametrize(("passes", "people"), [(-1, 3), (4, 3), (1, 0)])
def test_more_passes_than_people_are_refused(passes, people):
    with pytest.raises(ValueError, match="cannot have passed"):
        rate_of(passes, people)


# ── The amount and its parts ─────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("standards", "factor", "cap", "amount"),
    [
        pytest.param(yuan("800", "800"), "0.75", None, "1200.00", id="standards times factor"),
        pytest.param(yuan("800", "800"), "0.75", "1200.00", "1200.00", id="up to the advance"),
        pytest.param(yuan("800", "800"), "0.75", "1199.99", "1199.99", id="no more than the advance"),
        pytest.param(yuan("800"), "1", "0.00", "0.00", id="nothing was advanced"),
        pytest.param(yuan("0.01", "0.01", "0.01"), "0.5", None, "0.02", id="rounded once, half a cent up"),
        pytest.param(yuan("0.33"), "0.75", None, "0.25", id="less than half a cent is cut"),
        pytest.param([], "1", None, "0.00", id="nobody counts"),
        pytest.param(yuan("800"), "0", None, "0.00", id="factor zero"),
    ],
)
def test_claim_comes_to(standards, factor, cap, amount):
    total = claim_amount(standards, Decimal(factor), None if cap is None else Decimal(cap))

    assert str(total) == amount


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [
        pytest.param("1200.00", yuan("800", "800"), yuan("600", "600"), id="even"),
        pytest.param("0.02", yuan("1", "1", "1"), yuan("0.01", "0.01", "0"), id="the earlier ones first"),
        pytest.param("0.05", yuan("0.01", "0.08"), yuan("0.01", "0.04"), id="whoever lost most"),
        pytest.param("3.00", yuan("1", "2"), yuan("1", "2"), id="all that there is"),
        pytest.param("0.00", yuan("1", "2"), yuan("0", "0"), id="nothing to split"),
        pytest.param("0.00", yuan("0", "0"), yuan("0", "0"), id="nothing for nobody's standard"),
        pytest.param("0.00", [], [], id="nobody"),
        pytest.param("1.00", yuan("0", "2"), yuan("0", "1"), id="one without a standard gets nothing"),
    ],
)
def test_sum_is_split(total, weights, parts):
    assert split(Decimal(total), weights) == parts


@pytest.mark.parametrize(
    ("total", "weights", "words"),
    [
        pytest.param("3.01", yuan("1", "2"), "more than the parts", id="above the weights"),
        pytest.param("0.01", [], "more than the parts", id="nobody who takes it"),
        pytest.param("-0.01", yuan("1"), "whole cents", id="below nothing"),
        pytest.param("0.005", yuan("1"), "whole cents", id="half a cent"),
        pytest.param("0.01", yuan("0.015"), "whole cents", id="a weight of half a cent"),
        pytest.param("0.01", yuan("-1", "2"), "whole cents", id="a weight below nothing"),
    ],
)
def test_what_cannot_be_split_is_refused(total, weights, words):
    with pytest.raises(ValueError, match=words):
        split(Decimal(total), weights)


# ── What more passes would have meant ────────────────────────────────────────────────────────────────────
def test_more_passes_raise_rate_factor_and_amount():
    found = more_passes_for(CURVE, passes=5, people=10, standards=yuan("100") * 10)

    assert found == [
        MorePasses(1, 6, Decimal("0.6000"), Decimal("0.6250"), Decimal("625.00")),
        MorePasses(2, 7, Decimal("0.7000"), Decimal("0.7500"), Decimal("750.00")),
        MorePasses(3, 8, Decimal("0.8000"), Decimal("0.8750"), Decimal("875.00")),
        MorePasses(5, 10, Decimal("1.0000"), Decimal("1.0000"), Decimal("1000.00")),
    ]


@pytest.mark.parametrize(
    ("passes", "more"),
    [(10, []), (9, [1]), (8, [1, 2]), (7, [1, 2, 3]), (6, [1, 2, 3, 4])],
)
def test_only_as_many_more_as_were_left_to_pass(passes, more):
    found = more_passes_for(CURVE, passes=passes, people=10, standards=[])

    assert [each.more for each in found] == more


def test_fewer_more_passes_come_first():
    found = more_passes_for(CURVE, passes=0, people=8, standards=[])

    assert [each.more for each in found] == [1, 2, 3, 8]


def test_further_passes_bring_their_standards():
    found = more_passes_for(
        CURVE, passes=8, people=10, standards=yuan("100") * 8, more_standards=yuan("50", "70")
    )

    # 0.9 and 1.0 are both on the level end of the curve.
    assert [each.amount for each in found] == yuan("850", "920")


def test_advance_holds_what_more_passes_would_mean():
    found = more_passes_for(CURVE, passes=9, people=10, standards=yuan("100"), cap=Decimal("60"))

    assert [each.amount for each in found] == yuan("60")


# ── Whatever the figures ─────────────────────────────────────────────────────────────────────────────────
tenths_of_a_thousandth = st.integers(0, 10_000).map(lambda number: Decimal(number) / 10_000)
money = st.integers(0, 1_000_000).map(lambda cents: Decimal(cents) / 100)


@st.composite
def curves(draw: st.DrawFn) -> PassRateCurve:
    rates = sorted(draw(st.sets(tenths_of_a_thousandth, min_size=1, max_size=5)))
    factors = sorted(draw(st.lists(tenths_of_a_thousandth, min_size=len(rates), max_size=len(rates))))
    floor, cap = sorted(draw(st.tuples(tenths_of_a_thousandth, tenths_of_a_thousandth)))
    return PassRateCurve(
        points=tuple(zip(rates, factors, strict=True)),
        floor=floor,
        cap=cap,
        small_class_size=draw(st.integers(0, 12)),
        small_class_factor=draw(tenths_of_a_thousandth),
    )


def slow_factor(curve: PassRateCurve, passes: int, people: int) -> Fraction:
    """Add up, for each stretch between two points, how much of it the rate has gone through."""
    rate = Fraction(passes, people) if people else Fraction(0)
    factor = Fraction(curve.points[0][1])
    for place in range(1, len(curve.points)):
        (begin, low), (end, high) = curve.points[place - 1], curve.points[place]
        gone = min(max(rate - Fraction(begin), Fraction(0)), Fraction(end) - Fraction(begin))
        factor += gone * (Fraction(high) - Fraction(low)) / (Fraction(end) - Fraction(begin))
    bounds = [Fraction(curve.floor)]
    if people and people < curve.small_class_size:
        bounds.append(Fraction(curve.small_class_factor))
    factor = min(max(factor, *bounds), Fraction(curve.cap))
    units = int(factor * 10_000)
    return Fraction(units + (factor * 10_000 - units >= Fraction(1, 2)), 10_000)


def slow_split(total: Decimal, weights: list[Decimal]) -> list[int]:
    """Give out one cent after the other, each to whoever is furthest behind their cut share."""
    whole = sum(map(Fraction, weights), Fraction(0))
    shares = [
        Fraction(total) * 100 * Fraction(weight) / whole if whole else Fraction(0) for weight in weights
    ]
    cents = [int(share) for share in shares]
    while sum(cents) < total * 100:
        behind = [share - cent for share, cent in zip(shares, cents, strict=True)]
        cents[behind.index(max(behind))] += 1
    return cents


@given(curves(), st.integers(0, 60), st.data())
def test_factor_agrees_with_a_slow_reference(curve, people, data):
    passes = data.draw(st.integers(0, people))

    assert Fraction(curve.factor(passes=passes, people=people)) == slow_factor(curve, passes, people)


@given(curves(), st.integers(0, 30))
def test_more_passes_never_mean_a_lower_factor(curve, people):
    factors = [curve.factor(passes=passes, people=people) for passes in range(people + 1)]

    assert factors == sorted(factors)
    assert curve.floor <= factors[0]
    assert factors[-1] <= curve.cap


@given(curves(), st.integers(1, 60), st.data())
def test_small_class_factor_changes_nothing_from_the_size_on(curve, people, data):
    passes = data.draw(st.integers(0, people))
    plain = PassRateCurve(points=curve.points, floor=curve.floor, cap=curve.cap)
    factor, without = (each.factor(passes=passes, people=people) for each in (curve, plain))

    is_small = people < curve.small_class_size
    assert factor == (max(without, min(curve.small_class_factor, curve.cap)) if is_small else without)


@given(st.lists(money, max_size=40), tenths_of_a_thousandth, st.none() | money)
def test_parts_come_to_the_claim_and_none_is_above_its_standard(standards, factor, cap):
    total = claim_amount(standards, factor, cap)
    parts = split(total, standards)

    assert sum(parts, Decimal(0)) == total
    assert all(0 <= part <= standard for part, standard in zip(parts, standards, strict=True))
    assert total <= sum(standards, Decimal(0))
    assert cap is None or total <= cap


@given(st.lists(money, min_size=1, max_size=20), st.data())
def test_split_agrees_with_a_slow_reference(weights, data):
    whole = int(sum(weights) * 100)
    total = Decimal(data.draw(st.integers(0, whole))) / 100

    assert [int(part * 100) for part in split(total, weights)] == slow_split(total, weights)


@given(money.filter(bool), st.integers(1, 40), st.data())
def test_equal_people_get_the_same_but_for_a_cent_and_the_earlier_ones_get_it(standard, people, data):
    total = Decimal(data.draw(st.integers(0, int(standard * 100) * people))) / 100
    parts = split(total, [standard] * people)

    assert parts == sorted(parts, reverse=True)
    assert parts[0] - parts[-1] <= Decimal("0.01")


@given(st.fractions(min_value=0, max_value=10), st.sampled_from(yuan("0.01", "0.0001", "1")))
def test_nearest_multiple_is_at_most_half_a_unit_away(value, unit):
    gap = Fraction(rounded(value, unit)) - value

    assert -Fraction(unit) / 2 < gap <= Fraction(unit) / 2


@given(curves(), st.integers(1, 40), st.lists(money, max_size=20), st.data())
def test_more_passes_never_mean_less_money(curve, people, standards, data):
    passes = data.draw(st.integers(0, people))
    now = claim_amount(standards, curve.factor(passes=passes, people=people))
    later = [
        each.amount for each in more_passes_for(curve, passes=passes, people=people, standards=standards)
    ]

    assert [now, *later] == sorted([now, *later])
