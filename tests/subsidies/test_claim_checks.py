from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subsidies.rules.claim_checks import (
    CHECKS,
    ClaimWideFacts,
    DaySpan,
    OpenSignal,
    OtherClasses,
    first_uncovered_day,
    is_flagged,
    look_at,
    same_to_look_at,
)
from subsidies.rules.facts import Check

FACTS = ClaimWideFacts(
    starts_on=date(2026, 6, 1),
    ends_on=date(2026, 6, 30),
    is_attendance_reported=True,
    marks_without_lesson_count=0,
    people_over_hours_count=0,
    overlapping_class_ids=(),
    shared_account_count=0,
    sharing_people_count=0,
    open_signals=(),
    suspension_ids=(),
    accreditations=(DaySpan(date(2025, 1, 1), date(2027, 12, 31)),),
    pass_count=24,
    rate_count=30,
    others=OtherClasses(class_count=10, pass_count=240, rate_count=300),
    pass_rate_distance=20,
    least_compared_classes=5,
    advance=Decimal("24000.00"),
    evidence_count=2,
    waiting_evidence_count=0,
    locked_count=30,
    funded_seat_count=30,
)
ALL_PASS = {check.__name__: "PASSED" for check in CHECKS}


def day(number: int) -> date:
    return date(2026, 6, number)


def found(**values: object) -> dict[str, str]:
    return {check.name: check.outcome for check in look_at(replace(FACTS, **values))}


def seen_by(name: str, **values: object) -> dict[str, object]:
    return next(check.facts for check in look_at(replace(FACTS, **values)) if check.name == name)


def test_claim_in_which_nothing_is_wrong_has_no_flag():
    assert found() == ALL_PASS
    assert not is_flagged(look_at(FACTS))


@pytest.mark.parametrize(
    ("values", "name"),
    [
        pytest.param({"marks_without_lesson_count": 1}, "attendance_against_timetable", id="no lesson"),
        pytest.param({"people_over_hours_count": 1}, "attendance_against_timetable", id="too many hours"),
        pytest.param({"overlapping_class_ids": (7,)}, "overlapping_classes", id="overlapping class"),
        pytest.param(
            {"sharing_people_count": 2, "shared_account_count": 1}, "shared_accounts", id="shared account"
        ),
        pytest.param(
            {"open_signals": (OpenSignal(1, 2, "SCORE_HEAPING"),)}, "assessment_signals", id="open signal"
        ),
        pytest.param({"suspension_ids": (3,)}, "institution_in_good_standing", id="suspended"),
        pytest.param({"accreditations": ()}, "institution_in_good_standing", id="not accredited"),
        pytest.param(
            {"accreditations": (DaySpan(date(2025, 1, 1), day(29)),)},
            "institution_in_good_standing",
            id="not accredited on the last day",
        ),
        pytest.param(
            {"accreditations": (DaySpan(day(2), None),)},
            "institution_in_good_standing",
            id="not accredited on the first day",
        ),
        pytest.param({"pass_count": 17}, "pass_rate_far_from_others", id="far below the others"),
        pytest.param({"others": OtherClasses(5, 179, 300)}, "pass_rate_far_from_others", id="far above"),
        pytest.param({"advance": None}, "advance_is_shown", id="no advance"),
        pytest.param({"evidence_count": 0}, "advance_is_shown", id="no evidence"),
        pytest.param(
            {"advance": None, "evidence_count": 0, "waiting_evidence_count": 1},
            "advance_is_shown",
            id="no advance, and evidence that is being scanned",
        ),
        pytest.param({"locked_count": 31}, "class_within_quota", id="more people than seats"),
        pytest.param({"funded_seat_count": 0}, "class_within_quota", id="no seat at all"),
    ],
)
def test_claim_is_flagged_for(values, name):
    assert found(**values) == {**ALL_PASS, name: "FAILED"}
    assert is_flagged(look_at(replace(FACTS, **values)))


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"pass_count": 18}, id="just as far below as may be"),
        pytest.param({"pass_count": 30}, id="just as far above as may be"),
        pytest.param({"others": OtherClasses(5, 240, 300)}, id="just as many others as are needed"),
        pytest.param({"funded_seat_count": None}, id="no quota"),
        pytest.param({"funded_seat_count": 31}, id="a seat to spare"),
        pytest.param({"evidence_count": 1}, id="a single file"),
        pytest.param({"waiting_evidence_count": 1}, id="evidence, and more that is being scanned"),
        pytest.param(
            {"accreditations": (DaySpan(day(11), None), DaySpan(day(1), day(10)))},
            id="one span follows another",
        ),
    ],
)
def test_claim_is_not_flagged_for(values):
    assert found(**values) == ALL_PASS


def test_a_policy_without_a_distance_compares_nothing():
    assert "pass_rate_far_from_others" not in found(pass_count=0, pass_rate_distance=None)


def test_what_became_of_others_meanwhile_is_nothing_new_until_the_outcome_is_another():
    def kept(**others: int) -> list[dict[str, object]]:
        return [dict(check.as_kept()) for check in look_at(replace(FACTS, others=OtherClasses(**others)))]

    seen = kept(class_count=10, pass_count=240, rate_count=300)

    assert same_to_look_at(seen, kept(class_count=11, pass_count=270, rate_count=330))
    assert not same_to_look_at(seen, kept(class_count=4, pass_count=100, rate_count=120))
    assert not same_to_look_at(seen, kept(class_count=11, pass_count=150, rate_count=330))
    assert not same_to_look_at(seen, [check for check in seen if check["name"] != "shared_accounts"])


@pytest.mark.parametrize(
    ("values", "name"),
    [
        pytest.param(
            {"is_attendance_reported": False, "marks_without_lesson_count": 1},
            "attendance_against_timetable",
            id="attendance was not reported",
        ),
        pytest.param(
            {"evidence_count": 0, "waiting_evidence_count": 1},
            "advance_is_shown",
            id="the evidence is being scanned",
        ),
        pytest.param(
            {"pass_count": 0, "others": OtherClasses(4, 100, 120)}, "pass_rate_far_from_others", id="too few"
        ),
        pytest.param(
            {"pass_count": 0, "rate_count": 0}, "pass_rate_far_from_others", id="nobody in the rate"
        ),
    ],
)
def test_what_is_not_known_is_no_flag(values, name):
    assert found(**values) == {**ALL_PASS, name: "UNKNOWN"}
    assert not is_flagged(look_at(replace(FACTS, **values)))


@pytest.mark.parametrize(("outcome", "flagged"), [("PASSED", False), ("UNKNOWN", False), ("FAILED", True)])
def test_one_failed_check_is_a_flag(outcome, flagged):
    assert is_flagged([Check("one", "PASSED"), Check("other", outcome)]) == flagged


def test_checks_say_what_they_saw():
    values = {
        "marks_without_lesson_count": 3,
        "people_over_hours_count": 2,
        "overlapping_class_ids": (9, 7),
        "sharing_people_count": 4,
        "shared_account_count": 2,
        "open_signals": (OpenSignal(6, 5, "IDENTICAL_SCORES"), OpenSignal(1, 2, "SCORE_HEAPING")),
        "suspension_ids": (4, 3),
        "accreditations": (DaySpan(day(1), day(10)), DaySpan(day(12), day(30))),
        "pass_count": 10,
        "waiting_evidence_count": 1,
        "locked_count": 31,
    }

    assert {check.name: check.facts for check in look_at(replace(FACTS, **values))} == {
        "attendance_against_timetable": {"marks_without_lesson": 3, "people_over_hours": 2},
        "overlapping_classes": {"classes": [{"class": 7}, {"class": 9}]},
        "shared_accounts": {"people": 4, "accounts": 2},
        "assessment_signals": {
            "signals": [
                {"signal": 1, "session": 2, "kind": "SCORE_HEAPING"},
                {"signal": 6, "session": 5, "kind": "IDENTICAL_SCORES"},
            ]
        },
        "institution_in_good_standing": {
            "suspensions": [{"suspension": 3}, {"suspension": 4}],
            "not_accredited_on": "2026-06-11",
        },
        "pass_rate_far_from_others": {
            "rate": "0.3333",
            "rate_of_others": "0.8000",
            "other_classes": 10,
            "least_classes": 5,
            "distance": 20,
        },
        "advance_is_shown": {"amount": "24000.00", "evidence": 2, "waiting": 1},
        "class_within_quota": {"seats": 30, "people": 31},
    }


def test_checks_say_what_they_did_not_find():
    assert seen_by("institution_in_good_standing") == {"suspensions": [], "not_accredited_on": None}
    assert seen_by("advance_is_shown", advance=None)["amount"] is None
    assert seen_by("pass_rate_far_from_others", others=OtherClasses(4, 100, 120)) == {
        "other_classes": 4,
        "least_classes": 5,
    }


# ── On which days a span covers ──────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("spans", "uncovered"),
    [
        pytest.param([], 5, id="nothing"),
        pytest.param([(5, 10)], None, id="just the days"),
        pytest.param([(1, 30)], None, id="more than the days"),
        pytest.param([(5, None)], None, id="without an end"),
        pytest.param([(6, None)], 5, id="a day late"),
        pytest.param([(5, 9)], 10, id="a day short"),
        pytest.param([(1, 4)], 5, id="over before"),
        pytest.param([(11, 20)], 5, id="after all is over"),
        pytest.param([(5, 7), (8, 10)], None, id="one after the other"),
        pytest.param([(8, 10), (5, 7)], None, id="in whatever order"),
        pytest.param([(5, 7), (9, 10)], 8, id="a gap of a day"),
        pytest.param([(5, 9), (6, 7), (10, 10)], None, id="one within another"),
        pytest.param([(5, 7), (9, None)], 8, id="a gap before one without an end"),
    ],
)
def test_first_day_that_no_span_covers(spans, uncovered):
    given_spans = [DaySpan(day(first), last and day(last)) for first, last in spans]

    assert first_uncovered_day(day(5), day(10), given_spans) == (uncovered and day(uncovered))


@given(
    st.lists(st.tuples(st.integers(1, 30), st.integers(0, 9)), max_size=6),
    st.integers(1, 20),
    st.integers(0, 10),
)
def test_uncovered_day_is_the_first_that_is_in_no_span(spans, first, length):
    covered = {number for start, more in spans for number in range(start, start + more + 1)}
    expected = next((number for number in range(first, first + length + 1) if number not in covered), None)
    days = {number: date.fromordinal(date(2026, 6, 1).toordinal() + number) for number in range(60)}
    given_spans = [DaySpan(days[start], days[start + more]) for start, more in spans]

    assert first_uncovered_day(days[first], days[first + length], given_spans) == days.get(expected)
