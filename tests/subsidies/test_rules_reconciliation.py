from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subsidies.rules.reconciliation import (
    BANK,
    BUDGET,
    JOURNAL,
    PAYMENTS,
    Figures,
    compare,
    share_agreed,
)

YUAN = st.decimals(min_value=0, max_value=10**10, places=2)


def figures(apart: dict[tuple[str, str], Decimal] | None = None, **totals: str) -> Figures:
    return Figures("PAID", {book.upper(): Decimal(total) for book, total in totals.items()}, apart or {})


def test_nothing_to_compare_agrees():
    assert compare([]).agrees
    assert compare([]).agreement == Decimal("100.00")
    assert compare([]).difference == 0


def test_every_two_books_that_know_a_measure_are_compared():
    found = compare([figures(budget="1", payments="1", journal="1", bank="1")])

    assert [(pair.left, pair.right) for pair in found.pairs] == [
        (BUDGET, PAYMENTS),
        (BUDGET, JOURNAL),
        (BUDGET, BANK),
        (PAYMENTS, JOURNAL),
        (PAYMENTS, BANK),
        (JOURNAL, BANK),
    ]
    assert found.agrees


def test_a_book_that_does_not_know_a_measure_is_left_out():
    assert len(compare([figures(payments="1", journal="2")]).pairs) == 1


def test_sums_that_differ_differ_though_no_row_says_so():
    found = compare([figures(payments="100.00", journal="99.99")])

    assert (found.agrees, found.difference, found.agreement) == (False, Decimal("0.01"), Decimal("99.99"))


def test_rows_that_differ_differ_though_the_sums_are_equal():
    found = compare([figures({(PAYMENTS, JOURNAL): Decimal("10.00")}, payments="100.00", journal="100.00")])

    assert (found.agrees, found.difference, found.agreement) == (False, Decimal("10.00"), Decimal("90.00"))


@pytest.mark.parametrize(
    ("of", "apart", "expected"),
    [
        pytest.param("1000000.00", "0.00", "100.00", id="all of it"),
        pytest.param("0.00", "0.00", "100.00", id="nothing at all"),
        pytest.param("1000000000.00", "0.01", "99.99", id="a cent of a billion"),
        pytest.param("3.00", "1.00", "66.66", id="never rounded up"),
        pytest.param("1.00", "1.00", "0.00", id="none of it"),
        pytest.param("1.00", "5.00", "0.00", id="further apart than there is"),
        pytest.param("0.00", "5.00", "0.00", id="apart about nothing"),
    ],
)
def test_the_share_that_is_agreed_on(of, apart, expected):
    assert share_agreed(Decimal(of), Decimal(apart)) == Decimal(expected)


@given(of=YUAN, apart=YUAN)
def test_only_what_agrees_to_the_cent_agrees_at_a_hundred(of, apart):
    share = share_agreed(of, apart)

    assert 0 <= share <= 100
    assert (share == 100) == (apart == 0)
