"""What the passes of a class make of its money: rate, factor on a curve, amount and its parts. Pure and exact."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from typing import Final

from subsidies.rules.amounts import CENT

# A factor has four decimals, so that whoever checks a claim by hand comes to the same cent.
FACTOR: Final = Decimal("0.0001")
NOTHING: Final = Decimal("0.00")

Points = tuple[tuple[Decimal, Decimal], ...]


@dataclass(frozen=True)
class PassRateCurve:
    """The factor over the pass rate: straight between its points, level before the first and after the last one.

    Points are (rate, factor), shares of one, by rising rate; more passes never mean less. A factor is never below
    `floor` and never above `cap`. Where fewer than `small_class_size` people are in the rate, one pass more or less is
    chance: such a class has `small_class_factor` at least, and no more than `cap` either. Raises ValueError for what is
    no such curve.
    """

    points: Points
    floor: Decimal = Decimal(0)
    cap: Decimal = Decimal(1)
    small_class_size: int = 0
    small_class_factor: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        _check_points(self.points)
        for name in ("floor", "cap", "small_class_factor"):
            _check_factor(name, getattr(self, name))
        if self.floor > self.cap:
            raise ValueError("The least factor is above the greatest.")
        if self.small_class_size < 0:
            raise ValueError("A class cannot have fewer than no people.")

    def factor(self, *, passes: int, people: int) -> Decimal:
        """Return the factor of a class in which so many of so many people passed.

        Rounded to four decimals, half up. With nobody in the rate it is 0, and the class is not taken for a small one.
        """
        factor = max(self._on_the_line(rate_of(passes, people)), Fraction(self.floor))
        if 0 < people < self.small_class_size:
            factor = max(factor, Fraction(self.small_class_factor))
        return rounded(min(factor, Fraction(self.cap)), FACTOR)

    @cached_property
    def _fractions(self) -> list[tuple[Fraction, Fraction]]:
        return [(Fraction(at), Fraction(factor)) for at, factor in self.points]

    def _on_the_line(self, rate: Fraction) -> Fraction:
        points = self._fractions
        if rate <= points[0][0]:
            return points[0][1]
        for (before, low), (after, high) in pairwise(points):
            if rate <= after:
                return low + (high - low) * (rate - before) / (after - before)
        return points[-1][1]


@dataclass(frozen=True)
class MorePasses:
    """What a claim would have come to with so many more passes. Rate and factor to four decimals, amount in yuan."""

    more: int
    passes: int
    rate: Decimal
    factor: Decimal
    amount: Decimal


def points_of(texts: Iterable[Sequence[str]]) -> Points:
    """Return the points of a curve from pairs of texts. Raises ValueError for a pair that is not one of numbers."""
    try:
        return tuple((Decimal(rate), Decimal(factor)) for rate, factor in texts)
    except (InvalidOperation, TypeError, ValueError):
        raise ValueError("A point of the curve is a pair of numbers: a rate and a factor.") from None


def rate_of(passes: int, people: int) -> Fraction:
    """Return the pass rate, exactly; 0 with nobody in it. Raises ValueError for more passes than people."""
    if not 0 <= passes <= people:
        raise ValueError(f"{passes} of {people} people cannot have passed.")
    return Fraction(passes, people) if people else Fraction(0)


def rounded(value: Fraction, unit: Decimal) -> Decimal:
    """Return the multiple of a unit that is nearest to a value that is not negative, half a unit up."""
    units = value / Fraction(unit)
    whole = (2 * units.numerator + units.denominator) // (2 * units.denominator)
    return whole * unit


def claim_amount(standards: Sequence[Decimal], factor: Decimal, cap: Decimal | None = None) -> Decimal:
    """Return what a claim comes to in yuan: the standards of the people who count, times the factor, up to a cap.

    Rounded once, over the whole claim: to the cent, half a cent up.
    """
    amount = (sum(standards, NOTHING) * factor).quantize(CENT, rounding=ROUND_HALF_UP)
    return amount if cap is None else min(amount, cap)


def split(total: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """Split a sum in proportion to weights so that the parts come to the sum, to the cent.

    Each part is cut to the cent; the cents that are left go to those who lost most by it, and among equals to the
    earlier one. No part is above its weight. Raises ValueError for what is not in whole cents, and for a sum below
    nothing or above what the weights come to.
    """
    cents, takes = _whole_cents(total), [_whole_cents(weight) for weight in weights]
    if cents > sum(takes):
        raise ValueError(f"{total} is more than the parts can take.")
    if not cents:
        return [NOTHING] * len(takes)
    cut = [divmod(cents * take, sum(takes)) for take in takes]
    parts = [whole for whole, _ in cut]
    # Sorting is stable, so that of two who lost the same the earlier one comes first.
    by_loss = sorted(range(len(cut)), key=lambda place: -cut[place][1])
    for place in by_loss[: cents - sum(parts)]:
        parts[place] += 1
    return [part * CENT for part in parts]


def more_passes_for(
    curve: PassRateCurve,
    *,
    passes: int,
    people: int,
    standards: Sequence[Decimal],
    cap: Decimal | None = None,
    more_standards: Sequence[Decimal] = (),
) -> list[MorePasses]:
    """Return what one, two and three more passes would have meant, and a pass of everybody.

    Only as many as were left to pass, and each number once. Where money is for those who passed, each further pass
    brings the next of `more_standards` with it, in yuan.
    """
    left = people - passes
    found = []
    for more in sorted({1, 2, 3, left}):
        if 0 < more <= left:
            factor = curve.factor(passes=passes + more, people=people)
            amount = claim_amount([*standards, *more_standards[:more]], factor, cap)
            rate = rounded(rate_of(passes + more, people), FACTOR)
            found.append(MorePasses(more, passes + more, rate, factor, amount))
    return found


def _check_points(points: Points) -> None:
    if not points:
        raise ValueError("A curve needs at least one point.")
    if not all(_is_share(value) for point in points for value in point):
        raise ValueError("Rates and factors of a curve are shares from 0 to 1.")
    for (before, low), (after, high) in pairwise(points):
        if after <= before:
            raise ValueError(f"The rates of a curve rise from point to point: {after} comes after {before}.")
        if high < low:
            raise ValueError(f"The factors of a curve never fall: {high} comes after {low}.")


def _check_factor(name: str, value: Decimal) -> None:
    # With more decimals, rounding could lead beyond it.
    if not _is_share(value) or value != value.quantize(FACTOR):
        raise ValueError(f"The curve's {name} is a share from 0 to 1 with at most four decimals.")


def _is_share(value: Decimal) -> bool:
    return value.is_finite() and 0 <= value <= 1


def _whole_cents(amount: Decimal) -> int:
    cents = Fraction(amount) * 100
    if cents.denominator != 1 or cents < 0:
        raise ValueError(f"{amount} is no sum of money in whole cents.")
    return int(cents)
