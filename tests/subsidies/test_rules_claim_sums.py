"""What a claim comes to in a simulation: the same as in its reckoning, whoever is in the class."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from subsidies.rules.claim_lines import reckon
from subsidies.rules.claim_sums import sum_of
from tests.subsidies.claim_examples import (
    ABSENT,
    CLASS,
    FAILURE,
    NOT_ISSUED_YET,
    PASS,
    POLICY,
    REVOKED,
    SECOND_FAILURE,
    SECOND_PASS,
    STUDENT,
    TOO_LATE,
    trainee,
)

SITTINGS = [
    (),
    (PASS,),
    (FAILURE,),
    (FAILURE, SECOND_PASS),
    (SECOND_PASS, FAILURE),
    (FAILURE, SECOND_FAILURE),
    (ABSENT, SECOND_PASS),
    (FAILURE, TOO_LATE),
    (REVOKED,),
    (NOT_ISSUED_YET,),
    (replace(FAILURE, is_under_review=True),),
]
PEOPLE = st.lists(
    st.fixed_dictionaries(
        {
            "sittings": st.sampled_from(SITTINGS),
            "status": st.sampled_from(["COMPLETED", "WITHDRAWN", "ENROLLED"]),
            "in_denominator": st.booleans(),
            "attended_share": st.sampled_from([None, Decimal("0.7999"), Decimal("0.8000")]),
            "person_id": st.sampled_from([1, 2, 3]),
        },
        optional={
            "refused_in_review": st.just("CHARGED_TO_THE_TRAINEE"),
            "fee": st.none(),
            "category": st.just("EARLIER_GRADUATE"),
            "claimed_elsewhere": st.just(99),
        },
    ),
    max_size=8,
)
POLICIES = st.fixed_dictionaries(
    {
        "line_rule": st.sampled_from(["COMPLETED", "EXAMINED", "PASSED"]),
        "pass_rule": st.sampled_from(["FIRST_ATTEMPT", "ANY_ATTEMPT"]),
        "denominator": st.sampled_from(["ROSTER", "COMPLETED", "EXAMINED"]),
        "standard_rule": st.sampled_from(["FEE", "TABLE"]),
        "subsidized_once_per": st.sampled_from(["ENROLLMENT", "PERSON"]),
        "least_attendance": st.sampled_from([Decimal(0), Decimal("0.8000")]),
        "capped_by_advance": st.booleans(),
    }
)


@given(
    people=PEOPLE, values=POLICIES, advance=st.sampled_from([None, Decimal("1000.00"), Decimal("90000.00")])
)
@settings(max_examples=150)
def test_a_sum_is_what_the_reckoning_of_the_same_facts_comes_to(people, values, advance):
    policy = replace(POLICY, **values)
    trainees = [replace(trainee(number), **one) for number, one in enumerate(people, start=1)]
    class_ = replace(CLASS, locked_count=len(trainees))

    whole, counted = sum_of(class_, reversed(trainees), policy, advance)

    reckoning = reckon(class_, trainees, policy, advance)
    for name in (
        "pass_count",
        "rate_count",
        "factor",
        "counted_count",
        "standard_total",
        "amount",
        "is_complete",
    ):
        assert getattr(whole, name) == getattr(reckoning, name), name
    assert counted == [line.ruling.enrollment_id for line in reckoning.lines if line.ruling.counts]


@pytest.mark.parametrize("year", [2026, 2025])
def test_students_of_another_year_are_not_taken_for_one_another(year):
    in_time = trainee(1, **STUDENT)
    other = trainee(2, **{**STUDENT, "graduated_on": STUDENT["graduated_on"].replace(year=year)})

    _whole, counted = sum_of(replace(CLASS, locked_count=2), [in_time, other], POLICY, Decimal(9000))

    assert counted == ([1, 2] if year == 2026 else [1])
