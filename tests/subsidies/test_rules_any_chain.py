"""Whatever a person sat before, and whatever else is known."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subsidies.rules.eligibility import CertificateFacts, PolicyValues, PublishedFee, decide, first_pass_key
from subsidies.rules.first_pass import Sitting
from tests.subsidies.test_rules_eligibility import FACTS, FAILED_AFTER_ALL, POLICY, SITTING

SCOPES = ["PERSON", "OCCUPATION", "OCCUPATION_AND_LEVEL"]


@st.composite
def chains(draw) -> list[Sitting]:
    """One person's sittings, recorded in any order, often on one day."""
    count = draw(st.integers(min_value=1, max_value=8))
    return [
        Sitting(
            sitting_id=sitting_id,
            # A correction is recorded after every first result.
            attempt_id=draw(st.sampled_from([sitting_id, 100 - sitting_id])),
            held_on=date(2026, 3, 1) + timedelta(days=draw(st.integers(0, 3))),
            institution_id=draw(st.integers(1, 2)),
            occupation_id=draw(st.integers(1, 2)),
            level=draw(st.sampled_from(["JUNIOR", "SENIOR"])),
            outcome=draw(st.sampled_from(["PASSED", "FAILED", "ABSENT", "MISCONDUCT"])),
        )
        for sitting_id in range(1, count + 1)
    ]


def facts_of(sitting: Sitting, chain: list[Sitting], policy: PolicyValues) -> CertificateFacts:
    others = tuple(other for other in chain if other is not sitting)
    return replace(
        FACTS, certificate_id=sitting.sitting_id, sitting=sitting, other_sittings=others, policy=policy
    )


@given(data=st.data(), chain=chains())
def test_the_same_sittings_in_another_order_give_the_same_ruling(data, chain):
    facts = facts_of(chain[0], chain, POLICY)
    shuffled = replace(facts, other_sittings=tuple(data.draw(st.permutations(facts.other_sittings))))

    assert decide(shuffled) == decide(facts)


def first_passes(chain: list[Sitting], policy: PolicyValues) -> Counter[str]:
    granted = [
        facts
        for facts in (facts_of(sitting, chain, policy) for sitting in chain if sitting.is_pass)
        if decide(facts).decision == "GRANTED"
    ]
    return Counter(first_pass_key(facts) for facts in granted)


@pytest.mark.parametrize("scope", SCOPES)
@given(chain=chains())
def test_every_scope_with_a_pass_has_exactly_one_first_pass(scope, chain):
    policy = replace(POLICY, first_pass_scope=scope)
    scopes = {first_pass_key(facts_of(sitting, chain, policy)) for sitting in chain if sitting.is_pass}

    assert first_passes(chain, policy) == dict.fromkeys(scopes, 1)


@pytest.mark.parametrize("scope", SCOPES)
@given(chain=chains())
def test_a_first_sitting_is_paid_if_it_is_a_pass(scope, chain):
    policy = replace(POLICY, first_pass_scope=scope, first_pass_rule="FIRST_SITTING")
    first_sittings: dict[str, Sitting] = {}
    sat = [sitting for sitting in chain if sitting.outcome != "ABSENT"]
    for sitting in sorted(sat, key=lambda each: (each.held_on, each.sitting_id)):
        first_sittings.setdefault(first_pass_key(facts_of(sitting, chain, policy)), sitting)

    passed = {key: 1 for key, sitting in first_sittings.items() if sitting.is_pass}

    assert first_passes(chain, policy) == passed


@given(
    facts=st.builds(
        replace,
        st.just(FACTS),
        is_valid=st.booleans(),
        is_under_review=st.booleans(),
        sitting=st.sampled_from([SITTING, FAILED_AFTER_ALL]),
        category=st.sampled_from(["GRADUATING_STUDENT", "ENTERPRISE_EMPLOYEE", "EARLIER_GRADUATE", None]),
        graduated_on=st.none() | st.dates(min_value=date(2025, 6, 1), max_value=date(2027, 6, 1)),
        policy=st.none() | st.just(POLICY),
        fee=st.none()
        | st.builds(PublishedFee, st.just(1), st.decimals(min_value="0.01", max_value=9_000, places=2)),
        bank_account_id=st.none() | st.just(1),
        claimed_by_certificate_id=st.none() | st.just(2),
        other_sittings=chains().map(tuple),
    )
)
def test_a_grant_rests_on_checks_that_all_passed_and_others_name_one_that_did_not(facts):
    ruling = decide(facts)

    outcomes = {check.name: check.outcome for check in ruling.checks}
    if ruling.decision == "GRANTED":
        assert set(outcomes.values()) == {"PASSED"}
        assert 0 < ruling.amount <= max(POLICY.ceilings.values())
    else:
        assert outcomes[ruling.reason] == {"REFUSED": "FAILED", "HELD": "UNKNOWN"}[ruling.decision]
