from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from institutions.enums import Level
from subsidies.rules.eligibility import (
    CHECKS,
    CertificateFacts,
    PolicyValues,
    PublishedFee,
    claimed_key,
    decide,
    first_pass_key,
    graduation_span,
    passes_for_the_first_time,
)
from subsidies.rules.first_pass import Sitting

POLICY = PolicyValues(
    version_id=1,
    first_pass_scope="PERSON",
    first_pass_rule="FIRST_CERTIFICATE",
    eligible_categories=frozenset({"GRADUATING_STUDENT", "ENTERPRISE_EMPLOYEE"}),
    graduation_year_rule="CALENDAR",
    fee_share=Decimal("1.0000"),
    ceilings=dict.fromkeys(Level.values, Decimal("2000.00")),
)
SITTING = Sitting(
    sitting_id=10,
    attempt_id=10,
    held_on=date(2026, 7, 11),
    institution_id=1,
    occupation_id=1,
    level="JUNIOR",
    outcome="PASSED",
)
FACTS = CertificateFacts(
    certificate_id=1,
    is_valid=True,
    issued_on=date(2026, 7, 20),
    person_id=1,
    is_under_review=False,
    category="GRADUATING_STUDENT",
    graduated_on=date(2026, 6, 30),
    sitting=SITTING,
    other_sittings=(),
    policy=POLICY,
    fee=PublishedFee(schedule_id=1, total=Decimal("800.00")),
    bank_account_id=1,
    claimed_by_certificate_id=None,
)
EARLIER_PASS = replace(SITTING, sitting_id=5, attempt_id=5, held_on=date(2026, 3, 1))
EARLIER_FAILURE = replace(EARLIER_PASS, outcome="FAILED")
FAILED_AFTER_ALL = replace(SITTING, attempt_id=12, outcome="FAILED")


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
            {"sitting": FAILED_AFTER_ALL}, "REFUSED", "sitting_is_still_a_pass", id="corrected to a failure"
        ),
        pytest.param(
            {"sitting": replace(SITTING, attempt_id=12)}, "GRANTED", "", id="corrected and still a pass"
        ),
        pytest.param(
            {"category": None, "graduated_on": None},
            "REFUSED",
            "trained_in_the_programme",
            id="trained elsewhere",
        ),
        pytest.param({"is_under_review": True}, "HELD", "nothing_is_under_review", id="under review"),
        pytest.param(
            {"is_under_review": True, "other_sittings": (EARLIER_PASS,)},
            "HELD",
            "nothing_is_under_review",
            id="an earlier pass that a review may turn round",
        ),
        pytest.param(
            {"is_under_review": True, "sitting": FAILED_AFTER_ALL},
            "HELD",
            "nothing_is_under_review",
            id="a failure that a review may turn round",
        ),
        pytest.param(
            {"is_under_review": True, "claimed_by_certificate_id": 2},
            "HELD",
            "nothing_is_under_review",
            id="a claim that a review may turn round",
        ),
        pytest.param(
            {"is_under_review": True, "is_valid": False},
            "REFUSED",
            "certificate_is_valid",
            id="a certificate that has ended waits for no review",
        ),
        pytest.param(
            {"is_under_review": True, "category": "EARLIER_GRADUATE"},
            "REFUSED",
            "category_is_eligible",
            id="a category waits for no review",
        ),
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
    assert check.facts["on"] == "2026-03-01"


def test_the_whole_chain_is_stored_without_personal_data():
    check = passes_for_the_first_time(replace(FACTS, other_sittings=(EARLIER_FAILURE,)))

    assert check.facts["sittings"] == [
        {
            "sitting": 5,
            "attempt": 5,
            "held_on": "2026-03-01",
            "institution": 1,
            "occupation": 1,
            "level": "JUNIOR",
            "outcome": "FAILED",
            "is_own": False,
            "is_earlier": True,
            "in_scope": True,
            "counted": False,
        },
        {
            "sitting": 10,
            "attempt": 10,
            "held_on": "2026-07-11",
            "institution": 1,
            "occupation": 1,
            "level": "JUNIOR",
            "outcome": "PASSED",
            "is_own": True,
            "is_earlier": False,
            "in_scope": True,
            "counted": False,
        },
    ]


def test_check_names_the_scope_and_the_rule_that_it_was_derived_by():
    facts = with_policy(first_pass_scope="OCCUPATION", first_pass_rule="FIRST_SITTING")

    check = passes_for_the_first_time(facts)

    assert (check.facts["scope"], check.facts["rule"]) == ("OCCUPATION", "FIRST_SITTING")


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
    ("changes", "key"),
    [
        pytest.param({}, "person:1", id="a grant"),
        pytest.param({"bank_account_id": None}, "person:1", id="a hold for an account"),
        pytest.param({"is_under_review": True}, "person:1", id="a first pass under review"),
        pytest.param({"is_valid": False}, "person:1", id="a refusal"),
        pytest.param(
            {"is_under_review": True, "other_sittings": (EARLIER_PASS,)},
            "certificate:1",
            id="a hold behind an earlier pass",
        ),
        pytest.param(
            {"is_under_review": True, "claimed_by_certificate_id": 2},
            "certificate:1",
            id="a hold behind another claim",
        ),
        pytest.param({"policy": None}, "certificate:1", id="no policy yet"),
    ],
)
def test_a_hold_claims_only_what_would_be_granted(changes, key):
    facts = replace(FACTS, **changes)

    assert claimed_key(facts, decide(facts)) == key


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
