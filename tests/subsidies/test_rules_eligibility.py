from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subsidies.rules.eligibility import (
    CHECKS,
    CertificateFacts,
    PolicyValues,
    PublishedFee,
    Sitting,
    decide,
    first_pass_key,
    graduation_span,
    passes_for_the_first_time,
)

SCOPES = ["PERSON", "OCCUPATION", "OCCUPATION_AND_LEVEL"]
POLICY = PolicyValues(
    version_id=1,
    first_pass_scope="PERSON",
    first_pass_rule="FIRST_CERTIFICATE",
    eligible_categories=frozenset({"GRADUATING_STUDENT", "ENTERPRISE_EMPLOYEE"}),
    graduation_year_rule="CALENDAR",
    fee_share=Decimal("1.0000"),
    ceiling=Decimal("2000.00"),
)
SITTING = Sitting(attempt_id=10, held_on=date(2026, 7, 11), occupation_id=1, level="JUNIOR", is_pass=True)
FACTS = CertificateFacts(
    certificate_id=1,
    is_valid=True,
    issued_on=date(2026, 7, 20),
    person_id=1,
    category="GRADUATING_STUDENT",
    graduated_on=date(2026, 6, 30),
    sitting=SITTING,
    other_sittings=(),
    policy=POLICY,
    fee=PublishedFee(schedule_id=1, total=Decimal("800.00")),
    bank_account_id=1,
    claimed_by_certificate_id=None,
)
EARLIER_PASS = replace(SITTING, attempt_id=5, held_on=date(2026, 3, 1))
EARLIER_FAILURE = replace(EARLIER_PASS, is_pass=False)


def with_policy(**values: object) -> CertificateFacts:
    return replace(FACTS, policy=replace(POLICY, **values))


# ── One line of the policy each ──────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("changes", "decision", "reason"),
    [
        pytest.param({}, "GRANTED", "", id="a graduating student who passes for the first time"),
        pytest.param(
            {"category": "ENTERPRISE_EMPLOYEE", "graduated_on": None}, "GRANTED", "", id="an employee"
        ),
        pytest.param(
            {"category": "ENTERPRISE_EMPLOYEE", "graduated_on": date(2010, 6, 30)},
            "GRANTED",
            "",
            id="an employee who graduated long ago",
        ),
        pytest.param(
            {"category": "EARLIER_GRADUATE"}, "REFUSED", "category_is_eligible", id="an earlier graduate"
        ),
        pytest.param(
            {"graduated_on": date(2025, 12, 31)}, "REFUSED", "graduates_in_time", id="the year before"
        ),
        pytest.param({"graduated_on": date(2027, 1, 1)}, "REFUSED", "graduates_in_time", id="the year after"),
        pytest.param({"graduated_on": None}, "HELD", "graduates_in_time", id="no graduation date"),
        pytest.param({"is_valid": False}, "REFUSED", "certificate_is_valid", id="revoked"),
        pytest.param(
            {"other_sittings": (EARLIER_PASS,)}, "REFUSED", "passes_for_the_first_time", id="passed before"
        ),
        pytest.param({"other_sittings": (EARLIER_FAILURE,)}, "GRANTED", "", id="failed before"),
        pytest.param(
            {"other_sittings": (replace(EARLIER_PASS, held_on=date(2026, 7, 12)),)},
            "GRANTED",
            "",
            id="passed again later",
        ),
        pytest.param(
            {"other_sittings": (replace(EARLIER_PASS, held_on=SITTING.held_on),)},
            "REFUSED",
            "passes_for_the_first_time",
            id="passed on the same day, recorded before",
        ),
        pytest.param(
            {"claimed_by_certificate_id": 2},
            "REFUSED",
            "is_not_claimed_already",
            id="paid for another certificate",
        ),
        pytest.param({"policy": None}, "HELD", "policy_is_in_force", id="no policy"),
        pytest.param({"fee": None}, "HELD", "fee_is_published", id="no published fee"),
        pytest.param({"bank_account_id": None}, "HELD", "account_is_known", id="no account"),
        pytest.param(
            {"bank_account_id": None, "fee": None}, "HELD", "fee_is_published", id="the first unknown holds"
        ),
        pytest.param(
            {"bank_account_id": None, "is_valid": False},
            "REFUSED",
            "certificate_is_valid",
            id="what failed weighs more than what is unknown",
        ),
        pytest.param(
            {"policy": None, "is_valid": False},
            "REFUSED",
            "certificate_is_valid",
            id="a revoked certificate needs no policy",
        ),
    ],
)
def test_decision_hangs_on(changes, decision, reason):
    ruling = decide(replace(FACTS, **changes))

    assert (ruling.decision, ruling.reason) == (decision, reason)


def test_every_check_is_run_and_explains_itself():
    ruling = decide(replace(FACTS, is_valid=False, fee=None))

    assert [check.name for check in ruling.checks] == [check.__name__ for check in CHECKS]


def test_refusal_is_of_no_amount():
    assert decide(replace(FACTS, is_valid=False)).amount == Decimal("0.00")


def test_grant_is_of_the_published_fee():
    assert decide(FACTS).amount == Decimal("800.00")


def test_an_earlier_pass_is_named():
    check = passes_for_the_first_time(replace(FACTS, other_sittings=(EARLIER_PASS,)))

    assert check.facts["earlier_attempt"] == EARLIER_PASS.attempt_id


@pytest.mark.parametrize("rule", ["FIRST_CERTIFICATE", "FIRST_SITTING"])
def test_only_the_first_sitting_rule_counts_a_failure(rule):
    facts = replace(with_policy(first_pass_rule=rule), other_sittings=(EARLIER_FAILURE,))

    assert decide(facts).decision == {"FIRST_CERTIFICATE": "GRANTED", "FIRST_SITTING": "REFUSED"}[rule]


@pytest.mark.parametrize(
    ("scope", "other", "decision"),
    [
        ("PERSON", {"occupation_id": 2}, "REFUSED"),
        ("PERSON", {"level": "SENIOR"}, "REFUSED"),
        ("OCCUPATION", {"occupation_id": 2}, "GRANTED"),
        ("OCCUPATION", {"level": "SENIOR"}, "REFUSED"),
        ("OCCUPATION_AND_LEVEL", {"occupation_id": 2}, "GRANTED"),
        ("OCCUPATION_AND_LEVEL", {"level": "SENIOR"}, "GRANTED"),
        ("OCCUPATION_AND_LEVEL", {}, "REFUSED"),
    ],
)
def test_an_earlier_pass_counts_within_the_scope(scope, other, decision):
    facts = replace(with_policy(first_pass_scope=scope), other_sittings=(replace(EARLIER_PASS, **other),))

    assert decide(facts).decision == decision


@pytest.mark.parametrize(
    ("scope", "key"),
    [
        ("PERSON", "person:1"),
        ("OCCUPATION", "person:1/occupation:1"),
        ("OCCUPATION_AND_LEVEL", "person:1/occupation:1/level:JUNIOR"),
    ],
)
def test_key_of_the_first_pass_is_its_scope(scope, key):
    assert first_pass_key(with_policy(first_pass_scope=scope)) == key


def test_key_without_a_policy_is_the_certificate():
    assert first_pass_key(replace(FACTS, policy=None)) == "certificate:1"


@pytest.mark.parametrize(
    ("issued_on", "rule", "first", "last"),
    [
        (date(2026, 7, 20), "CALENDAR", date(2026, 1, 1), date(2026, 12, 31)),
        (date(2026, 1, 1), "CALENDAR", date(2026, 1, 1), date(2026, 12, 31)),
        (date(2026, 8, 31), "ACADEMIC", date(2025, 9, 1), date(2026, 8, 31)),
        (date(2026, 9, 1), "ACADEMIC", date(2026, 9, 1), date(2027, 8, 31)),
        (date(2026, 1, 15), "ACADEMIC", date(2025, 9, 1), date(2026, 8, 31)),
    ],
)
def test_graduation_counts_from_first_to_last_day(issued_on, rule, first, last):
    assert graduation_span(issued_on, rule) == (first, last)


@pytest.mark.parametrize("rule", ["CALENDAR", "ACADEMIC"])
@given(day=st.dates(min_value=date(2025, 1, 1), max_value=date(2031, 12, 31)))
def test_a_certificates_own_day_lies_in_its_graduation_span(rule, day):
    first, last = graduation_span(day, rule)

    assert first <= day <= last


# ── Whatever happened before ─────────────────────────────────────────────────────────────────────────────
@st.composite
def chains(draw) -> list[Sitting]:
    """One person's sittings, recorded in any order, often on one day."""
    count = draw(st.integers(min_value=1, max_value=8))
    return [
        Sitting(
            attempt_id=attempt_id,
            held_on=date(2026, 3, 1) + timedelta(days=draw(st.integers(0, 3))),
            occupation_id=draw(st.integers(1, 2)),
            level=draw(st.sampled_from(["JUNIOR", "SENIOR"])),
            is_pass=draw(st.booleans()),
        )
        for attempt_id in range(1, count + 1)
    ]


def facts_of(sitting: Sitting, chain: list[Sitting], policy: PolicyValues) -> CertificateFacts:
    others = tuple(other for other in chain if other is not sitting)
    return replace(
        FACTS, certificate_id=sitting.attempt_id, sitting=sitting, other_sittings=others, policy=policy
    )


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
    for sitting in sorted(chain, key=lambda each: each.order):
        first_sittings.setdefault(first_pass_key(facts_of(sitting, chain, policy)), sitting)

    passed = {key: 1 for key, sitting in first_sittings.items() if sitting.is_pass}

    assert first_passes(chain, policy) == passed


@given(
    facts=st.builds(
        replace,
        st.just(FACTS),
        is_valid=st.booleans(),
        category=st.sampled_from(["GRADUATING_STUDENT", "ENTERPRISE_EMPLOYEE", "EARLIER_GRADUATE"]),
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
        assert 0 < ruling.amount <= POLICY.ceiling
    else:
        assert outcomes[ruling.reason] == {"REFUSED": "FAILED", "HELD": "UNKNOWN"}[ruling.decision]
