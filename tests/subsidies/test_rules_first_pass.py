from dataclasses import replace
from datetime import date

import pytest

from subsidies.rules.first_pass import FirstPass, Sitting, derive_first_pass

JULY = date(2026, 7, 11)
OWN = Sitting(
    sitting_id=10,
    attempt_id=10,
    held_on=JULY,
    institution_id=1,
    occupation_id=1,
    level="JUNIOR",
    outcome="PASSED",
)
EARLIER = replace(OWN, sitting_id=5, attempt_id=5, held_on=date(2026, 3, 1))


def derive(*others: Sitting, own: Sitting = OWN, scope="PERSON", rule="FIRST_CERTIFICATE") -> FirstPass:
    return derive_first_pass(own, others, scope=scope, rule=rule)


def is_first(*others: Sitting, **words: object) -> bool:
    return derive(*others, **words).disqualifying is None


@pytest.mark.parametrize(
    ("other", "rule", "expected"),
    [
        pytest.param({}, "FIRST_CERTIFICATE", False, id="an earlier pass"),
        pytest.param({"institution_id": 2}, "FIRST_CERTIFICATE", False, id="at another institution"),
        pytest.param({"held_on": date(2025, 3, 1)}, "FIRST_CERTIFICATE", False, id="in another year"),
        pytest.param({"outcome": "FAILED"}, "FIRST_CERTIFICATE", True, id="a failure"),
        pytest.param({"outcome": "MISCONDUCT"}, "FIRST_CERTIFICATE", True, id="misconduct is no pass"),
        pytest.param({"outcome": "ABSENT"}, "FIRST_CERTIFICATE", True, id="an absence"),
        pytest.param({}, "FIRST_SITTING", False, id="an earlier pass, first sittings"),
        pytest.param({"outcome": "FAILED"}, "FIRST_SITTING", False, id="a failure, first sittings"),
        pytest.param({"outcome": "MISCONDUCT"}, "FIRST_SITTING", False, id="misconduct is a sitting"),
        pytest.param({"outcome": "ABSENT"}, "FIRST_SITTING", True, id="an absence is no sitting"),
    ],
)
def test_first_pass_beside(other, rule, expected):
    assert is_first(replace(EARLIER, **other), rule=rule) == expected


@pytest.mark.parametrize("rule", ["FIRST_CERTIFICATE", "FIRST_SITTING"])
def test_what_came_later_counts_for_nothing(rule):
    assert is_first(replace(EARLIER, held_on=date(2026, 7, 12)), rule=rule)


@pytest.mark.parametrize(("sitting_id", "expected"), [(9, False), (11, True)], ids=["before", "after"])
def test_of_one_day_counts_what_was_recorded_first(sitting_id, expected):
    assert is_first(replace(OWN, sitting_id=sitting_id, attempt_id=sitting_id)) == expected


def test_a_correction_does_not_move_a_sitting_behind_another_of_its_day():
    corrected = replace(OWN, sitting_id=9, attempt_id=99)

    assert not is_first(corrected)
    assert is_first(OWN, own=corrected)


@pytest.mark.parametrize(
    ("scope", "other", "expected"),
    [
        ("PERSON", {"occupation_id": 2, "level": "SENIOR"}, False),
        ("OCCUPATION", {"occupation_id": 2}, True),
        ("OCCUPATION", {"level": "SENIOR"}, False),
        ("OCCUPATION_AND_LEVEL", {"occupation_id": 2}, True),
        ("OCCUPATION_AND_LEVEL", {"level": "SENIOR"}, True),
        ("OCCUPATION_AND_LEVEL", {}, False),
    ],
)
@pytest.mark.parametrize("rule", ["FIRST_CERTIFICATE", "FIRST_SITTING"])
def test_scope_names_what_counts(scope, other, expected, rule):
    assert is_first(replace(EARLIER, **other), scope=scope, rule=rule) == expected


def test_chain_is_told_in_the_order_of_the_sittings_whatever_order_it_came_in():
    later = replace(OWN, sitting_id=2, attempt_id=2, held_on=date(2026, 8, 1))

    chain = derive(later, EARLIER).chain

    assert [looked_at.sitting for looked_at in chain] == [EARLIER, OWN, later]
    assert [looked_at.is_own for looked_at in chain] == [False, True, False]
    assert [looked_at.is_earlier for looked_at in chain] == [True, False, False]


def test_the_earliest_sitting_that_counts_is_named():
    between = replace(EARLIER, sitting_id=6, attempt_id=6, held_on=date(2026, 5, 1))
    failure = replace(EARLIER, sitting_id=4, attempt_id=4, held_on=date(2026, 1, 1), outcome="FAILED")

    assert derive(between, EARLIER, failure).disqualifying.sitting == EARLIER


def test_only_earlier_sittings_in_the_scope_are_numbered():
    others = [
        replace(EARLIER, outcome="FAILED"),
        replace(EARLIER, sitting_id=6, outcome="ABSENT"),
        replace(EARLIER, sitting_id=7, occupation_id=2),
        replace(EARLIER, sitting_id=8, held_on=date(2026, 8, 1)),
    ]

    assert derive(*others, scope="OCCUPATION").earlier_count == 1
