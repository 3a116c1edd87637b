from dataclasses import replace
from datetime import date

import pytest

from tests.subsidies.claim_examples import (
    ABSENT,
    FAILURE,
    LEFT,
    MOVED,
    NOT_ISSUED_YET,
    PASS,
    REVOKED,
    SECOND_FAILURE,
    SECOND_PASS,
    TOO_LATE,
    ruled,
)

# ── Which sitting counts ─────────────────────────────────────────────────────────────────────────────────
THIRD_PASS = replace(SECOND_PASS, sitting_id=30, attempt_id=30, held_on=date(2026, 9, 20))
WAITING_AGAIN = replace(SECOND_PASS, certificates=())


@pytest.mark.parametrize(
    ("sittings", "rule", "attempt"),
    [
        pytest.param((PASS, SECOND_PASS), "ANY_ATTEMPT", 10, id="the first of two passes"),
        pytest.param((FAILURE, SECOND_PASS, THIRD_PASS), "ANY_ATTEMPT", 20, id="the first pass"),
        pytest.param((FAILURE, SECOND_FAILURE), "ANY_ATTEMPT", 20, id="the last failure"),
        pytest.param((FAILURE, TOO_LATE), "ANY_ATTEMPT", 10, id="the last one in time"),
        pytest.param((REVOKED, SECOND_PASS), "ANY_ATTEMPT", 20, id="a pass rather than a revoked one"),
        pytest.param((REVOKED, SECOND_FAILURE), "ANY_ATTEMPT", 20, id="the last one after a revoked one"),
        pytest.param(
            (NOT_ISSUED_YET, SECOND_PASS), "ANY_ATTEMPT", 20, id="a pass rather than one that waits"
        ),
        pytest.param(
            (NOT_ISSUED_YET, SECOND_FAILURE), "ANY_ATTEMPT", 10, id="one that waits rather than a failure"
        ),
        pytest.param((NOT_ISSUED_YET, WAITING_AGAIN), "ANY_ATTEMPT", 10, id="the first that waits"),
        pytest.param((FAILURE, SECOND_PASS), "FIRST_ATTEMPT", 10, id="the first one, though it failed"),
        pytest.param((SECOND_PASS, FAILURE), "FIRST_ATTEMPT", 10, id="by day, and not as they come"),
        pytest.param(
            (PASS, replace(FAILURE, sitting_id=9, attempt_id=31)),
            "FIRST_ATTEMPT",
            31,
            id="on one day by the first record, though a correction came later",
        ),
        pytest.param((ABSENT, SECOND_FAILURE), "FIRST_ATTEMPT", 20, id="not the absence"),
        pytest.param((TOO_LATE,), "FIRST_ATTEMPT", None, id="none after the cut-off day"),
    ],
)
def test_sitting_that_counts_is(sittings, rule, attempt):
    assert ruled({"sittings": sittings}, {"pass_rule": rule}).attempt_id == attempt


# ── The pass rate ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("person", "denominator", "in_rate", "is_pass"),
    [
        pytest.param({}, "ROSTER", True, True, id="passed"),
        pytest.param({}, "COMPLETED", True, True, id="passed, of those who completed"),
        pytest.param({}, "EXAMINED", True, True, id="passed, of those who sat"),
        pytest.param({"sittings": (FAILURE,)}, "ROSTER", True, False, id="failed"),
        pytest.param({"sittings": (FAILURE,)}, "EXAMINED", True, False, id="failed, of those who sat"),
        pytest.param({"sittings": (REVOKED,)}, "EXAMINED", True, False, id="revoked"),
        pytest.param({"sittings": (NOT_ISSUED_YET,)}, "ROSTER", True, False, id="without a certificate"),
        pytest.param({"sittings": (ABSENT,)}, "EXAMINED", False, False, id="stayed away, of those who sat"),
        pytest.param({"sittings": (ABSENT,)}, "COMPLETED", True, False, id="stayed away, of who completed"),
        pytest.param({"sittings": (TOO_LATE,)}, "EXAMINED", False, False, id="too late, of those who sat"),
        pytest.param({"sittings": (TOO_LATE,)}, "ROSTER", True, False, id="too late"),
        pytest.param(LEFT, "ROSTER", True, False, id="withdrew after the lock, of all at the lock"),
        pytest.param(LEFT, "COMPLETED", False, False, id="withdrew after the lock, of who completed"),
        pytest.param(MOVED, "ROSTER", True, False, id="transferred after the lock, of all at the lock"),
        pytest.param(MOVED, "EXAMINED", False, False, id="transferred after the lock, of those who sat"),
        pytest.param({"in_denominator": False}, "ROSTER", False, False, id="not there at the lock"),
        pytest.param({"in_denominator": False}, "COMPLETED", False, False, id="not there, completed"),
        pytest.param({"in_denominator": False}, "EXAMINED", False, False, id="not there, sat"),
        pytest.param(
            {"category": "EARLIER_GRADUATE"}, "ROSTER", True, True, id="passed, and is not paid for"
        ),
    ],
)
def test_person_is_in_the_rate(person, denominator, in_rate, is_pass):
    ruling = ruled(person, {"denominator": denominator})

    assert (ruling.in_rate, ruling.is_pass) == (in_rate, is_pass)


@pytest.mark.parametrize(
    ("person", "policy", "open_checks"),
    [
        pytest.param(
            {"sittings": (NOT_ISSUED_YET,)}, {}, ("passed_the_assessment",), id="a pass without a certificate"
        ),
        pytest.param({"is_under_review": True}, {}, ("nothing_is_under_review",), id="under review"),
        pytest.param(
            {"is_under_review": True, "status": "WITHDRAWN"},
            {},
            ("nothing_is_under_review",),
            id="withdrawn, under review, of all at the lock",
        ),
        pytest.param(
            {"is_under_review": True, "sittings": (ABSENT,)},
            {"denominator": "EXAMINED"},
            ("nothing_is_under_review",),
            id="whether they sat at all is under review",
        ),
        pytest.param(
            {"is_under_review": True, "status": "WITHDRAWN"},
            {"denominator": "COMPLETED"},
            (),
            id="withdrawn, under review, of those who completed",
        ),
        pytest.param({"is_under_review": True, "in_denominator": False}, {}, (), id="not there at the lock"),
        pytest.param(
            {"status": "ENROLLED"}, {"denominator": "COMPLETED"}, ("training_completed",), id="in training"
        ),
        pytest.param({"status": "ENROLLED"}, {}, (), id="in training, of all at the lock"),
    ],
)
def test_pass_rate_waits_for(person, policy, open_checks):
    # Refused by the district, so that nothing is open but their part in the rate.
    ruling = ruled({**person, "refused_in_review": "OTHER"}, policy)

    assert ruling.open_checks == open_checks
