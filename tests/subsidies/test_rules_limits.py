from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subsidies.rules.eligibility import CertificateFacts, Grant, OtherPaid, claimed_key, decide
from subsidies.rules.limits import amount_owed, competent_district
from tests.subsidies.test_rules_eligibility import FACTS, POLICY


def with_policy(changes: dict[str, object] | None = None, **values: object) -> CertificateFacts:
    return replace(FACTS, policy=replace(POLICY, **values), **(changes or {}))


def granted(number: int = 2, **values: object) -> Grant:
    place = {"occupation_id": 1, "level": "JUNIOR", "year": 2026, "lifetime_slot": 1, "yearly_slot": 1}
    return Grant(certificate_id=number, **{**place, **values})


ISSUED = FACTS.issued_on
A_SENIOR = {"grants": (granted(level="SENIOR"),)}
ELSEWHERE = granted(level="SENIOR", occupation_id=2)
PAID_300 = {"other_subsidies": (OtherPaid(7, Decimal("300.00")),)}
PAID_800 = {"other_subsidies": (OtherPaid(7, Decimal("300.00")), OtherPaid(8, Decimal("500.00")))}


@pytest.mark.parametrize(
    ("policy", "changes", "decision", "reason"),
    [
        pytest.param(
            {"recording_window_days": 30},
            {"recorded_on": ISSUED + timedelta(days=30)},
            "GRANTED",
            "",
            id="recorded on the last day",
        ),
        pytest.param(
            {"recording_window_days": 30},
            {"recorded_on": ISSUED + timedelta(days=31)},
            "REFUSED",
            "recorded_in_time",
            id="recorded a day late",
        ),
        pytest.param(
            {"recording_window_days": 0},
            {"recorded_on": ISSUED},
            "GRANTED",
            "",
            id="recorded on the same day",
        ),
        pytest.param(
            {}, {"recorded_on": date(2031, 1, 1)}, "GRANTED", "", id="recorded years later without a window"
        ),
        pytest.param({"lifetime_cap": 1}, {}, "GRANTED", "", id="the only one of a lifetime"),
        pytest.param(
            {"lifetime_cap": 1},
            {"grants": (granted(year=2025),)},
            "REFUSED",
            "within_lifetime_cap",
            id="a second of a lifetime",
        ),
        pytest.param({}, {"grants": (granted(), granted(3))}, "GRANTED", "", id="a third without a cap"),
        pytest.param(
            {"yearly_cap": 1},
            {"grants": (granted(),)},
            "REFUSED",
            "within_yearly_cap",
            id="a second of the year",
        ),
        pytest.param(
            {"yearly_cap": 1},
            {"grants": (granted(year=2025),)},
            "GRANTED",
            "",
            id="the first of another year",
        ),
        pytest.param({"ladder_rule": "NONE"}, A_SENIOR, "GRANTED", "", id="any level at any time"),
        pytest.param(
            {"ladder_rule": "SAME_OCCUPATION"}, A_SENIOR, "REFUSED", "ladder_is_kept", id="lower after higher"
        ),
        pytest.param(
            {"ladder_rule": "SAME_OCCUPATION"},
            {"grants": (ELSEWHERE,)},
            "GRANTED",
            "",
            id="higher in another occupation",
        ),
        pytest.param(
            {"ladder_rule": "ANY_OCCUPATION"},
            {"grants": (ELSEWHERE,)},
            "REFUSED",
            "ladder_is_kept",
            id="higher in any occupation",
        ),
        pytest.param(
            {"ladder_rule": "ANY_OCCUPATION"},
            {"grants": (granted(),)},
            "GRANTED",
            "",
            id="the same level again",
        ),
        pytest.param(
            {"stacking_rule": "ALLOWED"}, PAID_300, "GRANTED", "", id="paid elsewhere, and beside it"
        ),
        pytest.param(
            {"stacking_rule": "REFUSED"}, PAID_300, "REFUSED", "not_subsidized_elsewhere", id="paid elsewhere"
        ),
        pytest.param({"stacking_rule": "REFUSED"}, {}, "GRANTED", "", id="paid nowhere else"),
        pytest.param({"stacking_rule": "DIFFERENCE"}, PAID_300, "GRANTED", "", id="paid in part elsewhere"),
        pytest.param(
            {"stacking_rule": "DIFFERENCE"},
            PAID_800,
            "REFUSED",
            "not_subsidized_elsewhere",
            id="paid in full elsewhere",
        ),
        pytest.param(
            {"stacking_rule": "DIFFERENCE"},
            {**PAID_800, "fee": None},
            "HELD",
            "fee_is_published",
            id="what is left is not known before the fee is",
        ),
        pytest.param(
            {}, {"upheld_objection_id": 4}, "REFUSED", "no_objection_was_upheld", id="an objection was upheld"
        ),
        pytest.param(
            {"lifetime_cap": 1},
            {"grants": (granted(),), "is_under_review": True},
            "HELD",
            "nothing_is_under_review",
            id="a place that a review may free",
        ),
        pytest.param(
            {"ladder_rule": "ANY_OCCUPATION"},
            {**A_SENIOR, "is_under_review": True},
            "HELD",
            "nothing_is_under_review",
            id="a higher grant that a review may void",
        ),
    ],
)
def test_decision_hangs_on(policy, changes, decision, reason):
    ruling = decide(with_policy(changes, **policy))

    assert (ruling.decision, ruling.reason) == (decision, reason)


def test_a_hold_behind_a_full_cap_claims_no_first_pass():
    facts = with_policy({"grants": (granted(),), "is_under_review": True}, lifetime_cap=1)

    assert claimed_key(facts, decide(facts)) == "certificate:1"


@pytest.mark.parametrize(
    ("policy", "paid", "amount"),
    [
        ({"stacking_rule": "DIFFERENCE"}, "300.00", "500.00"),
        ({"stacking_rule": "DIFFERENCE", "fee_share": Decimal("0.5000")}, "300.00", "400.00"),
        ({"stacking_rule": "DIFFERENCE", "fee_share": Decimal("0.5000")}, "799.99", "0.01"),
        ({"stacking_rule": "ALLOWED"}, "300.00", "800.00"),
    ],
    ids=["what is left of the fee", "our share is less than what is left", "a cent is left", "beside it"],
)
def test_amount_beside_another_subsidy(policy, paid, amount):
    facts = with_policy({"other_subsidies": (OtherPaid(7, Decimal(paid)),)}, **policy)

    assert decide(facts).amount == Decimal(amount)


@given(
    share=st.decimals("0.0001", "1", places=4),
    fee=st.decimals("0.01", "5000", places=2),
    others=st.lists(st.decimals("0.01", "3000", places=2), max_size=4),
)
def test_nobody_is_paid_more_than_the_fee_where_the_difference_is_paid(share, fee, others):
    facts = with_policy(
        {
            "fee": replace(FACTS.fee, total=fee),
            "other_subsidies": tuple(OtherPaid(number, paid) for number, paid in enumerate(others)),
        },
        stacking_rule="DIFFERENCE",
        fee_share=share,
    )

    amount = amount_owed(facts)

    assert amount >= 0
    assert amount == 0 or amount + sum(others, Decimal(0)) <= fee
    assert (decide(facts).decision == "GRANTED") == (amount > 0)


@pytest.mark.parametrize(
    ("rule", "training_district", "district"),
    [("TRAINING", 10, 10), ("TRAINING", None, 20), ("EVALUATION", 10, 20)],
    ids=["the class's", "nobody trained them here", "the evaluation institution's"],
)
def test_competent_district(rule, training_district, district):
    facts = with_policy(
        {"training_district_id": training_district, "evaluation_district_id": 20},
        competent_district_rule=rule,
    )

    assert competent_district(facts) == district
