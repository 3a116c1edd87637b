"""Which figures of a session's scores make a sign that somebody should look. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

# How many candidates have each pair of scores, theory and practice.
ScorePairs = Mapping[tuple[Decimal, Decimal], int]
Measured = dict[str, int | str]

FOUR_DIGITS: Final = Decimal("0.0001")


@dataclass(frozen=True)
class Heaping:
    """When the scores of one part look made: a `share` of them lies between the pass mark and `band` points above."""

    pass_mark: Decimal
    band: Decimal
    share: Decimal


def scored_count(pairs: ScorePairs) -> int:
    """Return how many candidates have scores."""
    return sum(pairs.values())


def heaping_of(pairs: ScorePairs, *, part: int, limits: Heaping) -> Measured | None:
    """Return the figures if the scores of one part (0 theory, 1 practice) heap up at the pass mark, or None."""
    scored, highest = scored_count(pairs), limits.pass_mark + limits.band
    in_band = sum(count for pair, count in pairs.items() if limits.pass_mark <= pair[part] <= highest)
    if not scored or in_band < limits.share * scored:
        return None
    return {
        "scored": scored,
        "in_band": in_band,
        "share": str((Decimal(in_band) / scored).quantize(FOUR_DIGITS)),
        "from": str(limits.pass_mark),
        "to": str(highest),
    }


def identical_scores_of(pairs: ScorePairs, *, at_least: int) -> Measured | None:
    """Return the figures if as many candidates or more have the same scores in both parts, or None."""
    groups = [count for count in pairs.values() if count >= at_least]
    if not groups:
        return None
    return {
        "scored": scored_count(pairs),
        "groups": len(groups),
        "candidates": sum(groups),
        "largest": max(groups),
    }
