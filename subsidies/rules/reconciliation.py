"""Whether budget, payments, journal and bank say the same. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from itertools import combinations
from typing import Final

NOTHING: Final = Decimal("0.00")
ALL_OF_IT: Final = Decimal("100.00")
NEARLY: Final = Decimal("99.99")
CENT: Final = Decimal("0.01")

# Who speaks of money, and what each of them can be asked about.
BUDGET: Final = "BUDGET"
PAYMENTS: Final = "PAYMENTS"
JOURNAL: Final = "JOURNAL"
BANK: Final = "BANK"
BOOKS: Final = (BUDGET, PAYMENTS, JOURNAL, BANK)


@dataclass(frozen=True)
class Figures:
    """One measure in yuan as each of the books has it, and how far two of them are apart, summed row by row.

    Two sums can be equal while one row has too much and another too little; `apart` counts both.
    """

    measure: str
    totals: Mapping[str, Decimal]
    apart: Mapping[tuple[str, str], Decimal]


@dataclass(frozen=True)
class Pair:
    """Two books' word on one measure, and what share of it they agree on, in percent."""

    measure: str
    left: str
    right: str
    left_total: Decimal
    right_total: Decimal
    apart: Decimal
    agreement: Decimal


@dataclass(frozen=True)
class Reconciliation:
    """Every pair of books on every measure that both of them know."""

    figures: Sequence[Figures]
    pairs: Sequence[Pair]

    @property
    def agrees(self) -> bool:
        """Test whether every pair agrees to the cent, row by row."""
        return all(pair.apart == NOTHING for pair in self.pairs)

    @property
    def difference(self) -> Decimal:
        """Return how far the two books are apart that are furthest from each other, in yuan."""
        return max((pair.apart for pair in self.pairs), default=NOTHING)

    @property
    def agreement(self) -> Decimal:
        """Return the share that the worst pair agrees on, in percent."""
        return min((pair.agreement for pair in self.pairs), default=ALL_OF_IT)


def compare(figures: Sequence[Figures]) -> Reconciliation:
    """Hold each two books against each other, measure by measure."""
    return Reconciliation(
        figures=figures,
        pairs=[
            _pair(each, left, right)
            for each in figures
            for left, right in combinations((book for book in BOOKS if book in each.totals), 2)
        ],
    )


def share_agreed(of: Decimal, apart: Decimal) -> Decimal:
    """Return what share of a sum two books agree on, in percent: 100.00 only if not a cent is apart."""
    if apart == NOTHING:
        return ALL_OF_IT
    if apart >= of:
        return NOTHING
    share = (100 * (of - apart) / of).quantize(CENT, rounding=ROUND_FLOOR)
    return min(share, NEARLY)


def _pair(figures: Figures, left: str, right: str) -> Pair:
    left_total, right_total = figures.totals[left], figures.totals[right]
    # What does not show row by row shows in the sums, and the other way round.
    apart = max(figures.apart.get((left, right), NOTHING), abs(left_total - right_total))
    return Pair(
        figures.measure,
        left,
        right,
        left_total,
        right_total,
        apart,
        share_agreed(max(abs(left_total), abs(right_total)), apart),
    )
