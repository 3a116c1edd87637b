from dataclasses import replace
from decimal import Decimal

import pytest

from subsidies.rules.claim_lines import subsidy_key
from subsidies.rules.facts import PublishedFee
from tests.subsidies.claim_examples import (
    CLASS,
    FAILURE,
    PASS,
    POLICY,
    SECOND_PASS,
    STUDENT,
    TRAINEE,
    ruled,
    seen_by,
)


# ── What the checks saw ──────────────────────────────────────────────────────────────────────────────────
def test_checks_say_what_they_looked_at():
    ruling = ruled({**STUDENT, "sittings": (SECOND_PASS, FAILURE), "claimed_elsewhere": 7})

    assert seen_by(ruling, "training_completed") == {"status": "COMPLETED"}
    assert seen_by(ruling, "sat_the_assessment") == {
        "line_rule": "PASSED",
        "cut_off": "2026-09-28",
        "sittings": 2,
    }
    assert seen_by(ruling, "passed_the_assessment") == {
        "line_rule": "PASSED",
        "pass_rule": "ANY_ATTEMPT",
        "cut_off": "2026-09-28",
        "attempt": 20,
        "sittings": [
            {"attempt": 10, "held_on": "2026-07-11", "outcome": "FAILED", "certificates": ""},
            {"attempt": 20, "held_on": "2026-09-05", "outcome": "PASSED", "certificates": "VALID"},
        ],
    }
    assert seen_by(ruling, "category_is_eligible") == {"category": "GRADUATING_STUDENT"}
    assert seen_by(ruling, "graduates_in_time") == {
        "ends_on": "2026-06-30",
        "first": "2026-01-01",
        "last": "2026-12-31",
        "graduated_on": "2026-06-20",
    }
    assert seen_by(ruling, "attended_enough") == {"least": "0.8000", "attended": "0.9500"}
    assert seen_by(ruling, "nothing_is_under_review") == {"attempts": []}
    assert seen_by(ruling, "not_subsidized_before") == {"key": "enrollment:1", "enrollment": 7}
    assert seen_by(ruling, "standard_is_known") == {
        "standard_rule": "FEE",
        "fee_schedule": 1,
        "standard": "800.00",
    }
    assert seen_by(ruling, "not_refused_in_review") == {}


def test_checks_say_what_they_did_not_find():
    ruling = ruled(
        {
            "sittings": (replace(PASS, is_under_review=True, certificates=("VALID", "SUPERSEDED")),),
            "attended_share": None,
            "fee": None,
            "refused_in_review": "OTHER",
        }
    )

    assert seen_by(ruling, "graduates_in_time") == {"category": "ENTERPRISE_EMPLOYEE"}
    assert seen_by(ruling, "attended_enough") == {"least": "0.8000", "attended": None}
    assert seen_by(ruling, "nothing_is_under_review") == {"attempts": [{"attempt": 10}]}
    assert seen_by(ruling, "passed_the_assessment")["sittings"][0]["certificates"] == "SUPERSEDED VALID"
    assert seen_by(ruling, "standard_is_known") == {
        "standard_rule": "FEE",
        "fee_schedule": None,
        "standard": None,
    }
    assert seen_by(ruling, "not_refused_in_review") == {"code": "OTHER"}


def test_attempts_under_review_are_named_in_order():
    sittings = (replace(SECOND_PASS, is_under_review=True), replace(FAILURE, is_under_review=True))

    assert seen_by(ruled({"sittings": sittings}), "nothing_is_under_review") == {
        "attempts": [{"attempt": 10}, {"attempt": 20}]
    }


def test_check_that_the_policy_does_not_ask_for_says_so():
    ruling = ruled({"sittings": ()}, {"line_rule": "COMPLETED"})

    assert seen_by(ruling, "sat_the_assessment") == {"line_rule": "COMPLETED"}
    assert seen_by(ruling, "passed_the_assessment") == {"line_rule": "COMPLETED"}


def test_person_without_a_sitting_has_no_attempt():
    assert ruled({"sittings": ()}).attempt_id is None
    assert seen_by(ruled({"sittings": ()}), "passed_the_assessment")["attempt"] is None


# ── The standard ─────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("person", "policy", "standard", "fee_schedule"),
    [
        pytest.param({}, {}, "800.00", 1, id="the whole fee"),
        pytest.param({}, {"fee_share": Decimal("0.75")}, "600.00", 1, id="a share of the fee"),
        pytest.param(
            {"fee": PublishedFee(2, Decimal("0.03"))},
            {"fee_share": Decimal("0.5")},
            "0.02",
            2,
            id="half a cent up",
        ),
        pytest.param({}, {"standard_rule": "TABLE"}, "600.00", None, id="from the table"),
        pytest.param({"fee": None}, {"standard_rule": "TABLE"}, "600.00", None, id="no fee is asked for"),
        pytest.param({"fee": None}, {}, "0.00", None, id="a fee gap"),
    ],
)
def test_standard_is(person, policy, standard, fee_schedule):
    ruling = ruled(person, policy)

    assert (str(ruling.standard), ruling.fee_schedule_id) == (standard, fee_schedule)


def test_table_is_by_occupation_and_level():
    assert ruled({}, {"standard_rule": "TABLE"}, {"level": "SENIOR"}).standard == Decimal("900.00")
    assert not ruled({}, {"standard_rule": "TABLE"}, {"occupation_id": 2}).counts


@pytest.mark.parametrize(
    ("scope", "key"),
    [
        ("ENROLLMENT", "enrollment:1"),
        ("PERSON", "person:5"),
        ("OCCUPATION", "person:5/occupation:3"),
        ("OCCUPATION_AND_LEVEL", "person:5/occupation:3/level:JUNIOR"),
    ],
)
def test_subsidy_is_paid_once_per(scope, key):
    person, class_ = replace(TRAINEE, person_id=5), replace(CLASS, occupation_id=3)

    assert subsidy_key(person, class_, replace(POLICY, subsidized_once_per=scope)) == key
