from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subsidies.enums import ClaimStatus
from subsidies.rules.claim_days import (
    Age,
    Escalation,
    Outstanding,
    age_of,
    ageing,
    escalation_of,
    has_lapsed,
    may_open,
    submit_until,
)
from subsidies.rules.claim_facts import TraineeFacts
from subsidies.rules.holds import Owner
from tests.subsidies.claim_examples import (
    ABSENT,
    CLASS,
    CUT_OFF,
    FAILURE,
    LEFT,
    NOT_ISSUED_YET,
    PASS,
    POLICY,
    REVOKED,
    SECOND_FAILURE,
    SECOND_PASS,
    TOO_LATE,
    trainee,
)

TODAY = date(2026, 8, 1)
UNDER_REVIEW = {"is_under_review": True}


def opens(
    *people: TraineeFacts,
    today: date = TODAY,
    class_: dict[str, object] | None = None,
    **policy: object,
) -> str | None:
    return may_open(replace(CLASS, **(class_ or {})), people, replace(POLICY, **policy), today)


# ── When a claim can open ────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("person", "rule", "reason"),
    [
        pytest.param({}, "ANY_ATTEMPT", "complete", id="passed"),
        pytest.param({}, "FIRST_ATTEMPT", "complete", id="passed at the first sitting"),
        pytest.param({"sittings": ()}, "ANY_ATTEMPT", None, id="has not sat"),
        pytest.param({"sittings": ()}, "FIRST_ATTEMPT", None, id="has not sat, and can once"),
        pytest.param({"sittings": (ABSENT,)}, "FIRST_ATTEMPT", None, id="stayed away"),
        pytest.param({"sittings": (FAILURE,)}, "ANY_ATTEMPT", None, id="failed, and can sit again"),
        pytest.param({"sittings": (FAILURE,)}, "FIRST_ATTEMPT", "complete", id="failed the one that counts"),
        pytest.param({"sittings": (REVOKED,)}, "ANY_ATTEMPT", None, id="revoked, and can sit again"),
        pytest.param(
            {"sittings": (REVOKED,)}, "FIRST_ATTEMPT", "complete", id="revoked, the one that counts"
        ),
        pytest.param({"sittings": (FAILURE, SECOND_PASS)}, "ANY_ATTEMPT", "complete", id="passed in the end"),
        pytest.param({"sittings": (FAILURE, SECOND_FAILURE)}, "ANY_ATTEMPT", None, id="failed twice"),
        pytest.param({"sittings": (FAILURE, TOO_LATE)}, "ANY_ATTEMPT", None, id="passes after the cut-off"),
        pytest.param({"sittings": (NOT_ISSUED_YET,)}, "ANY_ATTEMPT", None, id="waits for the certificate"),
        pytest.param({"sittings": (NOT_ISSUED_YET,)}, "FIRST_ATTEMPT", None, id="the first one waits for it"),
        pytest.param(UNDER_REVIEW, "ANY_ATTEMPT", None, id="under review"),
        pytest.param(
            {"sittings": (replace(PASS, is_under_review=True),)},
            "ANY_ATTEMPT",
            None,
            id="a pass under review",
        ),
        pytest.param(
            {"sittings": (PASS, replace(TOO_LATE, is_under_review=True))},
            "ANY_ATTEMPT",
            "complete",
            id="a sitting that does not count is under review",
        ),
        pytest.param(
            {"sittings": (replace(ABSENT, is_under_review=True), SECOND_FAILURE)},
            "FIRST_ATTEMPT",
            None,
            id="an absence under review may have been the first sitting",
        ),
        pytest.param(LEFT, "ANY_ATTEMPT", "complete", id="withdrew, and is admitted to none"),
        pytest.param(
            {"status": "NOT_COMPLETED", "sittings": ()}, "FIRST_ATTEMPT", "complete", id="did not complete"
        ),
        pytest.param(
            {"status": "WITHDRAWN", "sittings": (FAILURE,)},
            "ANY_ATTEMPT",
            "complete",
            id="failed and withdrew",
        ),
        pytest.param(
            {"status": "WITHDRAWN", "sittings": (NOT_ISSUED_YET,)},
            "ANY_ATTEMPT",
            None,
            id="withdrew, and waits for a certificate",
        ),
        pytest.param({**LEFT, **UNDER_REVIEW}, "ANY_ATTEMPT", None, id="withdrew, under review"),
        pytest.param({"status": "ENROLLED", "sittings": ()}, "ANY_ATTEMPT", None, id="in training still"),
        pytest.param(
            {"in_denominator": False, "sittings": (), **UNDER_REVIEW},
            "ANY_ATTEMPT",
            "complete",
            id="not there at the lock",
        ),
    ],
)
def test_claim_opens_before_the_cut_off_day_once_nothing_moves(person, rule, reason):
    assert opens(trainee(1), trainee(2, **person), pass_rule=rule) == reason


@pytest.mark.parametrize(
    ("today", "reason"),
    [(CUT_OFF, None), (CUT_OFF + timedelta(days=1), "cut_off_is_over")],
    ids=["on the cut-off day", "the day after"],
)
def test_claim_opens_without_outcomes_only_after_the_cut_off_day(today, reason):
    assert opens(trainee(1, sittings=()), today=today) == reason


@pytest.mark.parametrize(
    "class_",
    [
        pytest.param({"status": "RUNNING"}, id="a class that runs"),
        pytest.param({"status": "CANCELLED"}, id="a class that was cancelled"),
        pytest.param({"locked_count": None}, id="a roster that was not locked"),
        pytest.param({"locked_count": 0}, id="nobody at the lock"),
    ],
)
def test_claim_never_opens_for(class_):
    assert opens(trainee(1), class_=class_, today=CUT_OFF + timedelta(days=1)) is None


def test_cut_off_day_is_so_many_days_after_the_last_of_the_class():
    assert opens(trainee(1, sittings=()), today=CLASS.ends_on, cut_off_days=0) is None
    assert opens(trainee(1, sittings=()), today=CLASS.ends_on + timedelta(days=1), cut_off_days=0)


# ── When it lapses, and to whom it goes up ───────────────────────────────────────────────────────────────
def test_window_counts_from_the_day_after_the_opening():
    assert submit_until(date(2026, 10, 1), 60) == date(2026, 11, 30)


@pytest.mark.parametrize("status", ClaimStatus.values)
def test_claim_lapses_only_while_the_institution_has_it(status):
    with_the_institution = status in (ClaimStatus.OPEN, ClaimStatus.RETURNED)

    assert not has_lapsed(status, TODAY, TODAY)
    assert has_lapsed(status, TODAY - timedelta(days=1), TODAY) == with_the_institution


@pytest.mark.parametrize("status", ClaimStatus.values)
def test_late_answer_goes_up_to(status):
    owners = {
        ClaimStatus.SUBMITTED: Owner("MUNICIPAL", "MUNICIPAL_REVIEWER"),
        ClaimStatus.RECOMMENDED: Owner("MUNICIPAL", "MUNICIPAL_ADMINISTRATOR"),
    }
    expected = Escalation(owners[status], 3) if status in owners else None

    assert escalation_of(status, TODAY - timedelta(days=3), TODAY) == expected


@pytest.mark.parametrize(
    ("due_on", "days_late"),
    [
        pytest.param(None, None, id="no last day yet"),
        pytest.param(TODAY + timedelta(days=1), None, id="tomorrow"),
        pytest.param(TODAY, None, id="today"),
        pytest.param(TODAY - timedelta(days=1), 1, id="yesterday"),
    ],
)
def test_answer_is_late_from_the_day_after_its_last(due_on, days_late):
    escalation = escalation_of("SUBMITTED", due_on, TODAY)

    assert (escalation and escalation.days_late) == days_late


# ── How old an advance is ────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("days", "age"),
    [
        (-1, "0-30"),
        (0, "0-30"),
        (30, "0-30"),
        (31, "31-90"),
        (90, "31-90"),
        (91, "91-180"),
        (180, "91-180"),
        (181, "over-180"),
        (4000, "over-180"),
    ],
)
def test_age_of_an_advance(days, age):
    assert age_of(TODAY - timedelta(days=days), TODAY) == age


def test_ageing_counts_and_sums_each_age_and_leaves_none_out():
    advances = [
        Outstanding(Decimal("100.00"), TODAY),
        Outstanding(Decimal("900.50"), TODAY - timedelta(days=200)),
        Outstanding(Decimal("20.25"), TODAY - timedelta(days=30)),
    ]

    assert ageing(advances, TODAY) == [
        Age("0-30", 2, Decimal("120.25")),
        Age("31-90", 0, Decimal("0.00")),
        Age("91-180", 0, Decimal("0.00")),
        Age("over-180", 1, Decimal("900.50")),
    ]


@given(st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 400)), max_size=30))
def test_ageing_loses_no_cent_and_nobody(rows):
    advances = [Outstanding(Decimal(cents) / 100, TODAY - timedelta(days=days)) for cents, days in rows]
    ages = ageing(advances, TODAY)

    assert sum(age.count for age in ages) == len(rows)
    assert sum(age.total for age in ages) == sum((each.amount for each in advances), Decimal(0))
