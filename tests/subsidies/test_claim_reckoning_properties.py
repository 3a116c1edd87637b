from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subsidies.rules.claim_days import Age
from subsidies.rules.claim_facts import (
    ClaimSitting,
    ClassFacts,
    TraineeFacts,
    TrainingPolicyValues,
)
from subsidies.rules.claim_lines import reckon, sha256_of, what_more_passes_mean
from subsidies.rules.facts import PublishedFee
from subsidies.rules.pass_rates import PassRateCurve, points_of
from tests.subsidies.claim_examples import (
    ABSENT,
    CLASS,
    ENDS_ON,
    ENOUGH,
    FAILURE,
    NOT_ISSUED_YET,
    ON_THE_LAST_DAY,
    PASS,
    POLICY,
    REVOKED,
    SECOND_FAILURE,
    SECOND_PASS,
    SENT_OUT,
    TOO_LATE,
    TRAINEE,
    seen_by,
    trainee,
)


# ── The digest ───────────────────────────────────────────────────────────────────────────────────────────
def digest(
    people: Sequence[TraineeFacts] = (TRAINEE,),
    class_: ClassFacts = CLASS,
    policy: TrainingPolicyValues = POLICY,
    advance: Decimal | None = ENOUGH,
) -> str:
    return reckon(class_, people, policy, advance).facts_sha256


def issued(*statuses: str) -> ClaimSitting:
    return replace(PASS, certificates=statuses)


def test_same_facts_have_the_same_digest_in_whatever_order_they_come():
    people = [trainee(1, sittings=(FAILURE, SECOND_PASS)), trainee(2, sittings=(issued("A", "B"),))]
    turned_round = [trainee(2, sittings=(issued("B", "A"),)), trainee(1, sittings=(SECOND_PASS, FAILURE))]

    assert digest(people) == digest(turned_round)
    assert len(digest(people)) == 64


def test_same_figures_have_the_same_digest_however_they_are_written():
    written = replace(POLICY, fee_share=Decimal("1.0"), standards=dict(reversed(POLICY.standards.items())))

    assert digest(policy=written) == digest()


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"people": [replace(TRAINEE, status="WITHDRAWN")]}, id="a status"),
        pytest.param({"people": [replace(TRAINEE, sittings=(REVOKED,))]}, id="a certificate"),
        pytest.param({"people": [replace(TRAINEE, sittings=(PASS, TOO_LATE))]}, id="a sitting"),
        pytest.param({"people": [replace(TRAINEE, fee=PublishedFee(1, Decimal("800.01")))]}, id="a fee"),
        pytest.param({"people": [replace(TRAINEE, graduated_on=date(2026, 1, 1))]}, id="a date"),
        pytest.param({"people": [TRAINEE, trainee(2)]}, id="a person"),
        pytest.param({"class_": replace(CLASS, ends_on=ENDS_ON + timedelta(days=1))}, id="the last day"),
        pytest.param({"policy": replace(POLICY, version_id=2)}, id="the version"),
        pytest.param({"policy": replace(POLICY, eligible_categories=frozenset())}, id="the categories"),
        pytest.param({"policy": replace(POLICY, standards={})}, id="the table"),
        pytest.param(
            {"policy": replace(POLICY, curve=PassRateCurve(points=points_of([("0", "1")])))}, id="the curve"
        ),
        pytest.param({"advance": Decimal("1.00")}, id="the advance"),
    ],
)
def test_digest_changes_with(changed):
    assert digest(**changed) != digest()


def test_nothing_advanced_is_not_the_same_as_nothing_recorded():
    assert digest(advance=None) != digest(advance=Decimal("0.00"))


def test_advance_that_nobody_asks_for_changes_nothing():
    policy = replace(POLICY, capped_by_advance=False)

    assert digest(policy=policy, advance=Decimal("1.00")) == digest(policy=policy, advance=None)


def test_digest_is_of_canonical_json():
    assert sha256_of({"b": Decimal("0.50"), "a": date(2026, 1, 2)}) == (
        # printf '[["a","2026-01-02"],["b","0.5"]]' | sha256sum
        "4e832ab495270d90f3ee99a57cad6483a26cc0e53ef9c498497aea3fc3491433"
    )


def test_digest_names_each_fact_in_the_order_of_the_alphabet():
    assert sha256_of(Age("方向", 2, Decimal("0.50"))) == (
        # printf '{"count":2,"name":"方向","total":"0.5"}' | sha256sum
        "fd79a2147ea95ce6fd10a05a389bea93c40528e75ba572b81260a1ee004b7b89"
    )


def test_digest_does_not_hang_on_the_order_of_a_set():
    # Which a process chooses for itself: these two come out as 8 and 1.
    assert sha256_of(frozenset({1, 8})) == sha256_of([1, 8])


# ── Whatever the class ───────────────────────────────────────────────────────────────────────────────────
OUTCOMES = st.sampled_from([PASS, FAILURE, ABSENT, SENT_OUT, REVOKED, NOT_ISSUED_YET])
LATER = st.sampled_from([SECOND_PASS, SECOND_FAILURE, ON_THE_LAST_DAY, TOO_LATE])
PEOPLE = st.lists(
    st.builds(
        dict,
        person_id=st.integers(1, 6),
        status=st.sampled_from(["ENROLLED", "COMPLETED", "COMPLETED", "WITHDRAWN", "TRANSFERRED"]),
        in_denominator=st.booleans(),
        category=st.sampled_from(["ENTERPRISE_EMPLOYEE", "GRADUATING_STUDENT", "EARLIER_GRADUATE"]),
        sittings=st.lists(OUTCOMES | LATER, max_size=2, unique_by=lambda each: each.sitting_id).map(tuple),
        fee=st.none() | st.integers(1, 200_000).map(lambda cents: PublishedFee(1, Decimal(cents) / 100)),
        claimed_elsewhere=st.sampled_from([None, None, 7]),
        is_under_review=st.booleans(),
    ),
    max_size=12,
).map(lambda rows: [replace(TRAINEE, enrollment_id=number, **row) for number, row in enumerate(rows, 1)])
POLICIES = st.builds(
    dict,
    line_rule=st.sampled_from(["COMPLETED", "EXAMINED", "PASSED"]),
    denominator=st.sampled_from(["ROSTER", "COMPLETED", "EXAMINED"]),
    pass_rule=st.sampled_from(["FIRST_ATTEMPT", "ANY_ATTEMPT"]),
    subsidized_once_per=st.sampled_from(["ENROLLMENT", "PERSON"]),
    capped_by_advance=st.booleans(),
).map(lambda values: replace(POLICY, **values))
ADVANCES = st.none() | st.integers(0, 500_000).map(lambda cents: Decimal(cents) / 100)


@given(PEOPLE, POLICIES, ADVANCES)
def test_claim_is_what_the_database_takes(people, policy, advance):
    found = reckon(CLASS, people, policy, advance)
    rulings = [line.ruling for line in found.lines]

    assert sum((line.amount for line in found.lines), Decimal(0)) == found.amount
    assert all(0 <= line.amount <= line.ruling.standard for line in found.lines)
    assert sum((each.standard for each in rulings if each.counts), Decimal(0)) == found.standard_total
    assert sum(each.counts for each in rulings) == found.counted_count
    assert sum(each.in_rate for each in rulings) == found.rate_count
    assert sum(each.is_pass for each in rulings) == found.pass_count
    assert all(each.in_rate or not each.is_pass for each in rulings)
    assert all(each.counts == (not each.reason) for each in rulings)
    assert all(line.ruling.counts or not line.amount for line in found.lines)
    assert 0 <= found.factor <= 1
    assert found.advance_cap is None or found.amount <= found.advance_cap


@given(PEOPLE, POLICIES, st.randoms(use_true_random=False))
def test_order_of_the_people_changes_nothing(people, policy, chance):
    shuffled = chance.sample(people, len(people))

    assert reckon(CLASS, people, policy, ENOUGH) == reckon(CLASS, shuffled, policy, ENOUGH)


@given(PEOPLE, POLICIES)
def test_nobody_is_paid_for_twice(people, policy):
    counted = [line.ruling for line in reckon(CLASS, people, policy, ENOUGH).lines if line.ruling.counts]
    keys = [seen_by(ruling, "not_subsidized_before")["key"] for ruling in counted]

    assert len(set(keys)) == len(keys)


@given(PEOPLE, POLICIES)
def test_one_more_pass_never_means_less(people, policy):
    found = reckon(CLASS, people, policy, ENOUGH)
    amounts = [each.amount for each in what_more_passes_mean(found, policy)]

    assert [found.amount, *amounts] == sorted([found.amount, *amounts])
