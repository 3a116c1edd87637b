"""The pass-rate curve as places in a drawing: its line, its grid, and where a class stands. Exact, and pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Final

from subsidies.rules.pass_rates import FACTOR, PassRateCurve, rate_of, rounded

# The sheet, and the frame of the curve on it. Small, so that its words can be read on a phone.
WIDTH: Final = 360
HEIGHT: Final = 240
LEFT: Final = 48
RIGHT: Final = 344
TOP: Final = 30
BOTTOM: Final = 196
GRID: Final = tuple(Fraction(step, 4) for step in range(5))
TENTH: Final = Decimal("0.1")
# How far the words are from their point, and what they need below it.
LABEL_AWAY: Final = 10
LABEL_ROOM: Final = 30


@dataclass(frozen=True)
class Mark:
    """One place of the drawing, and what is written at it."""

    x: str
    y: str
    text: str


@dataclass(frozen=True)
class CurvePoint:
    """A class on its curve: where it stands, its rate and factor in words, and where those do not hide the line."""

    x: str
    y: str
    rate: str
    factor: str
    label_x: str
    label_y: str
    # Where the words begin or end, as SVG says it.
    anchor: str


@dataclass(frozen=True)
class CurveDrawing:
    """All that a template draws: texts, because a number would be written as the language writes it."""

    line: str
    rates: tuple[Mark, ...]
    factors: tuple[Mark, ...]
    point: CurvePoint | None
    # The same in words: each bend of the line, rate and factor.
    bends: tuple[tuple[str, str], ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = RIGHT
    top: int = TOP
    bottom: int = BOTTOM


def curve_drawing(curve: PassRateCurve, point: tuple[int, int] | None = None) -> CurveDrawing:
    """Return the drawing of a curve, and on it the class of which so many passed, of so many people.

    With nobody in the rate no class stands on it. For a small class the line is that of small classes.
    """
    people = point[1] if point else 0
    is_small = 0 < people < curve.small_class_size
    floor = max(curve.floor, curve.small_class_factor) if is_small else curve.floor
    bends = list(_bends(curve, min(Fraction(floor), Fraction(curve.cap))))
    return CurveDrawing(
        line=" ".join(f"{_x(rate)},{_y(factor)}" for rate, factor in bends),
        rates=tuple(Mark(_x(rate), str(BOTTOM), percent(rate)) for rate in GRID),
        factors=tuple(Mark(str(LEFT), _y(factor), percent(factor)) for factor in GRID),
        point=_point(curve, *point) if point and people else None,
        bends=tuple((percent(rate), percent(factor)) for rate, factor in bends),
    )


def percent(share: Fraction | Decimal) -> str:
    """Return a share as per cent, with as many decimals as it needs and two at most."""
    hundredths = rounded(Fraction(share) * 100, Decimal("0.01"))
    return f"{hundredths:f}".rstrip("0").rstrip(".") + "%"


def _point(curve: PassRateCurve, passes: int, people: int) -> CurvePoint:
    rate, factor = rate_of(passes, people), curve.factor(passes=passes, people=people)
    x, y = _x(rate), _y(Fraction(factor))
    # The line rises to the right, so that there is room above it on its left and below it on its right.
    is_left = rate > Fraction(1, 2)
    is_above = is_left or Decimal(y) > BOTTOM - LABEL_ROOM
    return CurvePoint(
        x=x,
        y=y,
        rate=percent(rounded(rate, FACTOR)),
        factor=percent(factor),
        label_x=str(Decimal(x) + (-LABEL_AWAY if is_left else LABEL_AWAY)),
        label_y=str(Decimal(y) + (-LABEL_AWAY if is_above else 2 * LABEL_AWAY)),
        anchor="end" if is_left else "start",
    )


def _bends(curve: PassRateCurve, floor: Fraction) -> Iterator[tuple[Fraction, Fraction]]:
    """Yield where the line turns, from no pass to a pass of everybody: at its points, its floor and its cap."""
    cap = Fraction(curve.cap)
    points = [(Fraction(rate), Fraction(factor)) for rate, factor in curve.points]
    whole = [(Fraction(0), points[0][1]), *points, (Fraction(1), points[-1][1])]
    rates = {rate for rate, _factor in whole}
    for (before, low), (after, high) in pairwise(whole):
        rates |= {
            before + (limit - low) * (after - before) / (high - low)
            for limit in (floor, cap)
            if low < limit < high
        }
    for rate in sorted(rates):
        yield rate, min(max(_on(whole, rate), floor), cap)


def _on(points: list[tuple[Fraction, Fraction]], rate: Fraction) -> Fraction:
    for (before, low), (after, high) in pairwise(points):
        if before < after and before <= rate <= after:
            return low + (high - low) * (rate - before) / (after - before)
    return points[-1][1]


def _x(rate: Fraction) -> str:
    return str(rounded(LEFT + rate * (RIGHT - LEFT), TENTH))


def _y(factor: Fraction) -> str:
    return str(rounded(BOTTOM - factor * (BOTTOM - TOP), TENTH))
