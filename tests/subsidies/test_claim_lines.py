from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from subsidies.rules.claim_facts import LineRuling
from subsidies.rules.claim_lines import CHECKS
from tests.subsidies.claim_examples import (
    ABSENT,
    FAILURE,
    ISSUED_AGAIN,
    ISSUED_AGAIN_AND_REVOKED,
    NOT_ISSUED_YET,
    ON_THE_LAST_DAY,
    PASS,
    REVOKED,
    SECOND_PASS,
    SENT_OUT,
    STUDENT,
    TOO_LATE,
    ruled,
)


def outcomes(ruling: LineRuling) -> dict[str, str]:
    return {check.name: check.outcome for check in ruling.checks}


# ── Who counts: one line of the policy each ──────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("person", "policy", "reason"),
    [
        pytest.param({}, {}, "", id="an employee who passed"),
        pytest.param({"in_denominator": False}, {}, "in_the_class_at_the_lock", id="came after the lock"),
        pytest.param(
            {"in_denominator": False, "status": "WITHDRAWN"},
            {},
            "in_the_class_at_the_lock",
            id="withdrew before the lock",
        ),
        pytest.param({"status": "WITHDRAWN"}, {}, "training_completed", id="withdrew after the lock"),
        pytest.param({"status": "TRANSFERRED"}, {}, "training_completed", id="went to another class"),
        pytest.param({"status": "NOT_COMPLETED"}, {}, "training_completed", id="did not complete"),
        pytest.param({"sittings": ()}, {}, "sat_the_assessment", id="never sat"),
        pytest.param({"sittings": (ABSENT,)}, {}, "sat_the_assessment", id="stayed away"),
        pytest.param({"sittings": (TOO_LATE,)}, {}, "sat_the_assessment", id="sat after the cut-off day"),
        pytest.param({"sittings": (FAILURE,)}, {}, "passed_the_assessment", id="failed"),
        pytest.param({"sittings": (SENT_OUT,)}, {}, "passed_the_assessment", id="was sent out"),
        pytest.param({"sittings": (REVOKED,)}, {}, "passed_the_assessment", id="certificate revoked"),
        pytest.param({"sittings": (ISSUED_AGAIN,)}, {}, "", id="certificate issued again"),
        pytest.param(
            {"sittings": (ISSUED_AGAIN_AND_REVOKED,)},
            {},
            "passed_the_assessment",
            id="certificate issued again and revoked",
        ),
        pytest.param({"sittings": (FAILURE, SECOND_PASS)}, {}, "", id="passed at the second sitting"),
        pytest.param({"sittings": (FAILURE, ON_THE_LAST_DAY)}, {}, "", id="passed on the cut-off day"),
        pytest.param(
            {"sittings": (FAILURE, TOO_LATE)}, {}, "passed_the_assessment", id="passed after the cut-off day"
        ),
        pytest.param(
            {"sittings": (FAILURE, SECOND_PASS)},
            {"pass_rule": "FIRST_ATTEMPT"},
            "passed_the_assessment",
            id="passed at the second sitting where the first counts",
        ),
        pytest.param(
            {"sittings": (ABSENT, SECOND_PASS)},
            {"pass_rule": "FIRST_ATTEMPT"},
            "",
            id="an absence is no first sitting",
        ),
        pytest.param(
            {"sittings": (SENT_OUT, SECOND_PASS)},
            {"pass_rule": "FIRST_ATTEMPT"},
            "passed_the_assessment",
            id="whoever is sent out has sat",
        ),
        pytest.param({"sittings": (REVOKED, SECOND_PASS)}, {}, "", id="passed again after a revocation"),
        pytest.param({"sittings": (FAILURE,)}, {"line_rule": "EXAMINED"}, "", id="whoever sat counts"),
        pytest.param(
            {"sittings": (ABSENT,)},
            {"line_rule": "EXAMINED"},
            "sat_the_assessment",
            id="whoever stayed away does not",
        ),
        pytest.param({"sittings": ()}, {"line_rule": "COMPLETED"}, "", id="whoever completed counts"),
        pytest.param(
            {"status": "NOT_COMPLETED"},
            {"line_rule": "COMPLETED"},
            "training_completed",
            id="whoever did not complete does not",
        ),
        pytest.param(
            {"category": "EARLIER_GRADUATE"}, {}, "category_is_eligible", id="a category that is not eligible"
        ),
        pytest.param(STUDENT, {}, "", id="a graduating student"),
        pytest.param(
            {**STUDENT, "graduated_on": date(2025, 12, 31)}, {}, "graduates_in_time", id="the year before"
        ),
        pytest.param({**STUDENT, "graduated_on": date(2026, 1, 1)}, {}, "", id="the first day of the year"),
        pytest.param({**STUDENT, "graduated_on": date(2026, 12, 31)}, {}, "", id="the last day of the year"),
        pytest.param(
            {**STUDENT, "graduated_on": date(2027, 1, 1)}, {}, "graduates_in_time", id="the year after"
        ),
        pytest.param(
            {**STUDENT, "graduated_on": date(2025, 9, 1)},
            {"graduation_year_rule": "ACADEMIC"},
            "",
            id="the academic year of the class's last day",
        ),
        pytest.param(
            {**STUDENT, "graduated_on": date(2026, 9, 1)},
            {"graduation_year_rule": "ACADEMIC"},
            "graduates_in_time",
            id="the academic year after",
        ),
        pytest.param(
            {"graduated_on": date(2010, 6, 30)}, {}, "", id="an employee may have graduated long ago"
        ),
        pytest.param({"attended_share": Decimal("0.8")}, {}, "", id="attended just enough"),
        pytest.param({"attended_share": Decimal("0.7999")}, {}, "attended_enough", id="attended too little"),
        pytest.param(
            {"attended_share": Decimal(0)}, {}, "attended_enough", id="was reported and never there"
        ),
        pytest.param(
            {"attended_share": Decimal(0)},
            {"least_attendance": Decimal("0.0000")},
            "",
            id="attendance is not asked for",
        ),
        pytest.param(
            {"attended_share": None},
            {"least_attendance": Decimal("0.0000")},
            "",
            id="attendance is not asked for and was not reported",
        ),
        pytest.param({"claimed_elsewhere": 7}, {}, "not_subsidized_before", id="paid for in another class"),
        pytest.param(
            {"refused_in_review": "NOT_TRAINED_HERE"},
            {},
            "not_refused_in_review",
            id="refused by the district",
        ),
        pytest.param(
            {"status": "WITHDRAWN", "category": "EARLIER_GRADUATE"},
            {},
            "training_completed",
            id="the first check that failed is the reason",
        ),
        pytest.param(
            {"fee": None, "refused_in_review": "OTHER"},
            {},
            "not_refused_in_review",
            id="what failed comes before what is not known",
        ),
    ],
)
def test_line_counts_or_is_left_out_for(person, policy, reason):
    ruling = ruled(person, policy)

    assert (ruling.reason, ruling.counts) == (reason, not reason)
    assert ruling.is_certain


@pytest.mark.parametrize(
    ("person", "policy", "class_", "reason", "open_checks"),
    [
        pytest.param(
            {"status": "ENROLLED"}, {}, {}, "training_completed", {"training_completed"}, id="in training"
        ),
        pytest.param(
            {"sittings": (NOT_ISSUED_YET,)},
            {},
            {},
            "passed_the_assessment",
            {"passed_the_assessment"},
            id="a pass without a certificate",
        ),
        pytest.param(
            {"sittings": (replace(PASS, certificates=("SUPERSEDED",)),)},
            {},
            {},
            "passed_the_assessment",
            {"passed_the_assessment"},
            id="a certificate superseded by none that is known",
        ),
        pytest.param(
            {**STUDENT, "graduated_on": None},
            {},
            {},
            "graduates_in_time",
            {"graduates_in_time"},
            id="no graduation date",
        ),
        pytest.param(
            {"attended_share": None}, {}, {}, "attended_enough", {"attended_enough"}, id="never reported"
        ),
        pytest.param(
            {"attended_share": None},
            {},
            {"is_attendance_reported": False},
            "attended_enough",
            {"attended_enough"},
            id="never reported of anybody",
        ),
        pytest.param(
            {"attended_share": Decimal("0.5")},
            {},
            {"is_attendance_reported": False},
            "attended_enough",
            {"attended_enough"},
            id="too little of what was reported in part",
        ),
        pytest.param(
            {"is_under_review": True},
            {},
            {},
            "nothing_is_under_review",
            {"nothing_is_under_review"},
            id="under review",
        ),
        pytest.param(
            {"sittings": (replace(PASS, is_under_review=True),)},
            {},
            {},
            "nothing_is_under_review",
            {"nothing_is_under_review"},
            id="a sitting under review",
        ),
        pytest.param(
            {"sittings": (replace(FAILURE, is_under_review=True),)},
            {},
            {},
            "nothing_is_under_review",
            {"nothing_is_under_review"},
            id="a failure that a review may turn round",
        ),
        pytest.param(
            {"sittings": (replace(ABSENT, is_under_review=True),)},
            {},
            {},
            "nothing_is_under_review",
            {"nothing_is_under_review"},
            id="an absence that a review may turn round",
        ),
        pytest.param(
            {"sittings": (replace(ON_THE_LAST_DAY, is_under_review=True),)},
            {},
            {},
            "nothing_is_under_review",
            {"nothing_is_under_review"},
            id="a sitting on the cut-off day under review",
        ),
        pytest.param({"fee": None}, {}, {}, "standard_is_known", {"standard_is_known"}, id="a fee gap"),
        pytest.param(
            {},
            {"standard_rule": "TABLE"},
            {"level": "INTERMEDIATE"},
            "standard_is_known",
            {"standard_is_known"},
            id="no entry in the table",
        ),
        pytest.param(
            {"sittings": (NOT_ISSUED_YET,), "fee": None},
            {},
            {},
            "passed_the_assessment",
            {"passed_the_assessment", "standard_is_known"},
            id="two things missing",
        ),
    ],
)
def test_line_waits_for(person, policy, class_, reason, open_checks):
    ruling = ruled(person, policy, class_)

    assert (ruling.reason, ruling.counts) == (reason, False)
    assert set(ruling.open_checks) == open_checks
    assert not ruling.is_certain


def test_each_thing_that_is_missing_is_named_once():
    ruling = ruled({"status": "ENROLLED", "is_under_review": True}, {"denominator": "COMPLETED"})

    assert sorted(ruling.open_checks) == ["nothing_is_under_review", "training_completed"]


def test_enough_attendance_is_enough_whatever_is_not_reported_yet():
    assert ruled({"attended_share": Decimal("0.8")}, class_={"is_attendance_reported": False}).counts


def test_sitting_after_the_cut_off_day_waits_for_no_review():
    late = replace(TOO_LATE, is_under_review=True)

    assert ruled({"sittings": (PASS, late)}).counts


def test_review_does_not_turn_round_what_hangs_on_no_result():
    ruling = ruled({"is_under_review": True, "category": "EARLIER_GRADUATE"})

    assert ruling.reason == "category_is_eligible"
    # They stay in the pass rate, and the review may change that.
    assert ruling.open_checks == ("nothing_is_under_review",)


def test_every_check_is_kept_in_order_whatever_it_found():
    ruling = ruled({"status": "WITHDRAWN", "sittings": (), "fee": None})

    assert [check.name for check in ruling.checks] == [check.__name__ for check in CHECKS]


def test_each_check_of_somebody_who_counts_has_passed():
    assert set(outcomes(ruled()).values()) == {"PASSED"}
