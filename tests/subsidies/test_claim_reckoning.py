from dataclasses import replace
from decimal import Decimal

import pytest

from subsidies.rules.claim_facts import TraineeFacts
from subsidies.rules.claim_lines import reckon, what_more_passes_mean
from subsidies.rules.pass_rates import PassRateCurve, points_of
from tests.subsidies.claim_examples import (
    CLASS,
    ENOUGH,
    FAILURE,
    LEFT,
    POLICY,
    REVOKED,
    reckoned,
    seen_by,
    trainee,
)


# ── The claim ────────────────────────────────────────────────────────────────────────────────────────────
def of_three() -> list[TraineeFacts]:
    return [trainee(1), trainee(2), trainee(3, sittings=(FAILURE,))]


def test_claim_is_standards_times_factor_and_its_lines_the_sum():
    reckoning = reckoned(of_three())

    assert (reckoning.pass_count, reckoning.rate_count) == (2, 3)
    assert reckoning.factor == Decimal("0.6667")
    assert (reckoning.counted_count, reckoning.standard_total) == (2, Decimal("1600.00"))
    assert reckoning.amount == Decimal("1066.72")
    assert [line.amount for line in reckoning.lines] == [Decimal("533.36"), Decimal("533.36"), Decimal(0)]
    assert [line.line_number for line in reckoning.lines] == [1, 2, 3]
    assert reckoning.is_complete


@pytest.mark.parametrize(
    ("people", "passes", "in_rate", "amount"),
    [
        pytest.param([trainee(1, sittings=())], 0, 1, "0.00", id="zero passes"),
        pytest.param([trainee(1), trainee(2)], 2, 2, "1600.00", id="all pass"),
        pytest.param([trainee(1)], 1, 1, "800.00", id="a class of one"),
        pytest.param([trainee(1), trainee(2, **LEFT)], 1, 2, "400.00", id="withdrew after the lock"),
        pytest.param(
            [trainee(1), trainee(2, **LEFT, in_denominator=False)], 1, 1, "800.00", id="withdrew before it"
        ),
        pytest.param(
            [trainee(1), trainee(2, in_denominator=False)], 1, 1, "800.00", id="came after the lock"
        ),
        pytest.param(
            [trainee(1), trainee(2, category="EARLIER_GRADUATE")],
            2,
            2,
            "800.00",
            id="a pass that is not paid for raises the rate",
        ),
        pytest.param(
            [trainee(1), trainee(2, refused_in_review="OTHER")], 2, 2, "800.00", id="refused by the district"
        ),
        pytest.param([trainee(1), trainee(2, sittings=(REVOKED,))], 1, 2, "400.00", id="one revoked"),
        pytest.param([trainee(1, in_denominator=False)], 0, 0, "0.00", id="nobody at the lock"),
    ],
)
def test_claim_of_a_class(people, passes, in_rate, amount):
    reckoning = reckoned(people)

    assert (reckoning.pass_count, reckoning.rate_count) == (passes, in_rate)
    assert str(reckoning.amount) == amount
    assert reckoning.is_complete


def test_lines_are_in_the_order_of_the_enrollments():
    reckoning = reckoned([trainee(3), trainee(1, sittings=(FAILURE,)), trainee(2)])

    assert [(line.line_number, line.ruling.enrollment_id) for line in reckoning.lines] == [
        (1, 1),
        (2, 2),
        (3, 3),
    ]
    assert [bool(line.amount) for line in reckoning.lines] == [False, True, True]


@pytest.mark.parametrize(
    ("advance", "capped", "cap", "amount", "missing"),
    [
        pytest.param("700.00", True, Decimal("700.00"), "700.00", (), id="no more than was advanced"),
        pytest.param("900.00", True, Decimal("900.00"), "800.00", (), id="less than was advanced"),
        pytest.param("700.00", False, None, "800.00", (), id="the advance is not asked for"),
        pytest.param(None, False, None, "800.00", (), id="no advance, and not asked for"),
        pytest.param(None, True, Decimal("0.00"), "0.00", ("advance_is_recorded",), id="nothing recorded"),
    ],
)
def test_advance_caps_the_claim(advance, capped, cap, amount, missing):
    given_advance = None if advance is None else Decimal(advance)
    reckoning = reckoned([trainee(1)], given_advance, capped_by_advance=capped)

    assert (reckoning.advance_cap, str(reckoning.amount), reckoning.missing) == (cap, amount, missing)
    assert reckoning.is_complete == (not missing)


def test_what_is_not_known_leaves_the_claim_incomplete():
    reckoning = reckoned([trainee(1), trainee(2, fee=None), trainee(3, fee=None, is_under_review=True)])

    assert reckoning.missing == ("standard_is_known", "nothing_is_under_review")
    assert not reckoning.is_complete
    assert reckoning.counted_count == 1


@pytest.mark.parametrize("locked_count", [0, 2, None])
def test_roster_has_to_be_the_one_that_was_locked(locked_count):
    reckoning = reckon(replace(CLASS, locked_count=locked_count), [trainee(1)], POLICY, ENOUGH)

    assert reckoning.missing == ("roster_is_whole",)


def test_enrollment_has_one_line():
    with pytest.raises(ValueError, match="one line"):
        reckoned([trainee(1), trainee(1)])


def test_one_person_in_two_rows_of_a_class_is_paid_for_once():
    twice = [trainee(1), replace(trainee(2), person_id=1), trainee(3)]
    reckoning = reckoned(twice, subsidized_once_per="PERSON")

    assert [line.ruling.reason for line in reckoning.lines] == ["", "not_subsidized_before", ""]
    assert seen_by(reckoning.lines[1].ruling, "not_subsidized_before")["enrollment"] == 1


def test_row_that_does_not_count_leaves_room_for_the_persons_other_one():
    twice = [trainee(1, sittings=(FAILURE,)), replace(trainee(2), person_id=1)]
    reckoning = reckoned(twice, subsidized_once_per="PERSON")

    assert [line.ruling.reason for line in reckoning.lines] == ["passed_the_assessment", ""]


def test_one_person_in_two_rows_is_paid_for_twice_where_each_class_counts():
    twice = [trainee(1), replace(trainee(2), person_id=1)]

    assert reckoned(twice).counted_count == 2


# ── What more passes would have meant ────────────────────────────────────────────────────────────────────
def test_further_pass_brings_its_standard_where_only_the_assessment_was_lacking():
    people = [trainee(1), trainee(2, sittings=(FAILURE,)), trainee(3, sittings=())]
    policy = replace(POLICY, curve=PassRateCurve(points=points_of([("0", "1")])))
    found = what_more_passes_mean(reckon(replace(CLASS, locked_count=3), people, policy, ENOUGH), policy)

    assert [(each.more, each.amount) for each in found] == [(1, Decimal(1600)), (2, Decimal(2400))]


@pytest.mark.parametrize(
    ("other", "policy"),
    [
        pytest.param({"sittings": (FAILURE,)}, {"line_rule": "EXAMINED"}, id="paid for already"),
        pytest.param({"sittings": (FAILURE,), "category": "EARLIER_GRADUATE"}, {}, id="lacks more than that"),
        pytest.param(LEFT, {}, id="has left"),
    ],
)
def test_further_pass_brings_nothing_but_a_better_rate(other, policy):
    people = [trainee(1), trainee(2, **other)]
    tried = replace(POLICY, curve=PassRateCurve(points=points_of([("0", "0.5"), ("1", "1")])), **policy)
    reckoning = reckon(replace(CLASS, locked_count=2), people, tried, ENOUGH)

    assert reckoning.factor == Decimal("0.75")
    assert [each.amount for each in what_more_passes_mean(reckoning, tried)] == [reckoning.standard_total]


def test_whoever_is_not_in_the_rate_cannot_pass_any_more():
    people = [trainee(1), trainee(2, sittings=())]
    reckoning = reckoned(people, denominator="EXAMINED")

    assert what_more_passes_mean(reckoning, replace(POLICY, denominator="EXAMINED")) == []


def test_passes_outside_the_rate_bring_no_standard_to_those_in_it():
    people = [
        trainee(1, sittings=()),
        trainee(2, sittings=(FAILURE,), category="EARLIER_GRADUATE"),
        trainee(3),
    ]
    policy = replace(POLICY, denominator="EXAMINED", curve=PassRateCurve(points=points_of([("0", "1")])))
    reckoning = reckon(replace(CLASS, locked_count=3), people, policy, ENOUGH)

    assert [each.amount for each in what_more_passes_mean(reckoning, policy)] == [Decimal(800)]


def test_advance_holds_what_more_passes_would_mean():
    reckoning = reckoned([trainee(1), trainee(2, sittings=(FAILURE,))], Decimal("500.00"))

    assert [each.amount for each in what_more_passes_mean(reckoning, POLICY)] == [Decimal("500.00")]
