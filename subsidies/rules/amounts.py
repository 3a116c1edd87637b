from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")


def assessment_amount(*, published_fee: Decimal, fee_share: Decimal, ceiling: Decimal) -> Decimal:
    """Return the assessment subsidy in yuan: a share of the published fee, at most the ceiling.

    Rounded to the cent, half a cent up. Plan: the standard is the level-assessment fee that the evaluation
    institution has publicly announced.
    """
    return min((published_fee * fee_share).quantize(CENT, rounding=ROUND_HALF_UP), ceiling)
