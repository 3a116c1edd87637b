from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subsidies.rules.amounts import assessment_amount

FEES = st.decimals(min_value=0, max_value=100_000, places=2)
SHARES = st.decimals(min_value="0.0001", max_value=1, places=4)
CEILINGS = st.decimals(min_value="0.01", max_value=10_000, places=2)


@pytest.mark.parametrize(
    ("published_fee", "fee_share", "ceiling", "amount"),
    [
        pytest.param("800.00", "1", "2000.00", "800.00", id="the whole fee below the ceiling"),
        pytest.param("2000.00", "1", "2000.00", "2000.00", id="exactly the ceiling"),
        pytest.param("2000.01", "1", "2000.00", "2000.00", id="a cent over the ceiling"),
        pytest.param("800.00", "0.8", "2000.00", "640.00", id="a share of the fee"),
        pytest.param("3000.00", "0.8", "2000.00", "2000.00", id="a share over the ceiling"),
        pytest.param("0.01", "0.5", "2000.00", "0.01", id="half a cent is rounded up"),
        pytest.param("0.05", "0.5", "2000.00", "0.03", id="half a cent is rounded up, not to even"),
        pytest.param("2.01", "0.5", "2000.00", "1.01", id="half a cent that a binary fraction would lose"),
        pytest.param("0.01", "0.4999", "2000.00", "0.00", id="less than half a cent is nothing"),
    ],
)
def test_amount_is_the_share_of_the_fee_up_to_the_ceiling(published_fee, fee_share, ceiling, amount):
    subsidy = assessment_amount(
        published_fee=Decimal(published_fee), fee_share=Decimal(fee_share), ceiling=Decimal(ceiling)
    )

    assert subsidy == Decimal(amount)


@given(published_fee=FEES, fee_share=SHARES, ceiling=CEILINGS)
def test_amount_is_never_negative_and_never_above_the_ceiling(published_fee, fee_share, ceiling):
    amount = assessment_amount(published_fee=published_fee, fee_share=fee_share, ceiling=ceiling)

    assert 0 <= amount <= ceiling


@given(published_fee=FEES, fee_share=SHARES, ceiling=CEILINGS)
def test_amount_is_never_more_than_the_fee(published_fee, fee_share, ceiling):
    assert (
        assessment_amount(published_fee=published_fee, fee_share=fee_share, ceiling=ceiling) <= published_fee
    )


@given(published_fee=FEES, fee_share=SHARES, ceiling=CEILINGS)
def test_amount_is_whole_cents(published_fee, fee_share, ceiling):
    amount = assessment_amount(published_fee=published_fee, fee_share=fee_share, ceiling=ceiling)

    assert amount == amount.quantize(Decimal("0.01"))
