from datetime import date, timedelta
from decimal import Decimal
from itertools import permutations

import pytest

from subsidies.rules.facts import Grant, PolicyValues
from subsidies.rules.standing import Standing, fallen

FIRST_DAY = date(2026, 3, 1)


def policy(**values: object) -> PolicyValues:
    return PolicyValues(
        **{
            "version_id": 1,
            "first_pass_scope": "OCCUPATION_AND_LEVEL",
            "first_pass_rule": "FIRST_CERTIFICATE",
            "eligible_categories": frozenset(),
            "graduation_year_rule": "CALENDAR",
            "fee_share": Decimal(1),
            "ceilings": {},
            **values,
        }
    )


def grant(
    number: int,
    *,
    level: str = "JUNIOR",
    occupation: int | None = None,
    year: int = 2026,
    day: int | None = None,
    is_on_its_way: bool = False,
    **values: object,
) -> Standing:
    """Return the grant of this certificate: granted as the so-and-so-many-th, for a sitting of this day."""
    return Standing(
        grant=Grant(number, occupation or number, level, year, 1, 1),
        policy=policy(**values),
        order=(FIRST_DAY + timedelta(days=day or number), number),
        granted_as=number,
        is_on_its_way=is_on_its_way,
    )


def names(*grants: Standing) -> dict[int, str]:
    """Return what falls for what, and that it does so whatever the order in which the grants come."""
    found = [
        {certificate: check.name for certificate, check in fallen(order).items()}
        for order in permutations(grants)
    ]
    assert all(each == found[0] for each in found)
    return found[0]


def test_nothing_falls_where_the_policy_bounds_nothing():
    assert names(grant(1), grant(2), grant(3)) == {}


@pytest.mark.parametrize(
    ("cap", "year"), [("lifetime_cap", 2026), ("yearly_cap", 2026), ("yearly_cap", 2025)]
)
def test_what_is_above_a_cap_falls_the_later_sitting_first(cap, year):
    grants = [grant(number, day=9 - number, year=year, **{cap: 2}) for number in (1, 2, 3)]

    assert names(*grants) == {1: f"within_{cap}"}


def test_the_grants_of_another_year_count_in_a_lifetime_only():
    assert names(grant(1, year=2025, yearly_cap=1), grant(2, yearly_cap=1)) == {}
    assert names(grant(1, year=2025), grant(2, lifetime_cap=1)) == {2: "within_lifetime_cap"}


def test_the_cap_of_each_grant_is_that_of_its_own_policy():
    assert names(grant(1, lifetime_cap=1), grant(2)) == {}


def test_what_is_on_its_way_stands_before_an_earlier_sitting():
    assert names(grant(1, lifetime_cap=1), grant(2, is_on_its_way=True)) == {1: "within_lifetime_cap"}


def test_what_is_on_its_way_never_falls():
    grants = [grant(number, lifetime_cap=1, is_on_its_way=True) for number in (1, 2)]

    assert names(*grants) == {}


@pytest.mark.parametrize(
    ("rule", "occupation", "falls"),
    [
        ("NONE", 7, {}),
        ("SAME_OCCUPATION", 8, {}),
        ("SAME_OCCUPATION", 7, {2: "ladder_is_kept"}),
        ("ANY_OCCUPATION", 8, {2: "ladder_is_kept"}),
    ],
)
def test_a_lower_level_falls_that_was_granted_after_a_higher_one(rule, occupation, falls):
    higher = grant(1, level="SENIOR", occupation=7)

    assert names(higher, grant(2, occupation=occupation, ladder_rule=rule)) == falls


def test_a_lower_level_that_was_granted_before_a_higher_one_stands_whatever_was_sat_first():
    lower, higher = grant(1, day=9, ladder_rule="ANY_OCCUPATION"), grant(2, level="SENIOR")

    assert names(lower, higher) == {}


def test_a_lower_level_falls_though_the_higher_one_was_sat_later():
    higher, lower = grant(1, day=9, level="SENIOR"), grant(2, ladder_rule="ANY_OCCUPATION")

    assert names(lower, higher) == {2: "ladder_is_kept"}


@pytest.mark.parametrize(
    ("scope", "falls"), [("OCCUPATION_AND_LEVEL", {}), ("OCCUPATION", {2: "is_not_claimed_already"})]
)
def test_a_second_grant_for_one_first_pass_falls_as_the_policy_of_either_counts(scope, falls):
    assert (
        names(grant(1, occupation=7), grant(2, occupation=7, level="SENIOR", first_pass_scope=scope)) == falls
    )


def test_what_falls_for_its_first_pass_takes_no_place_and_is_no_higher_level():
    first = grant(1, occupation=7, lifetime_cap=2)
    again = grant(2, occupation=7, level="SENIOR", first_pass_scope="OCCUPATION")
    third = grant(3, lifetime_cap=2, ladder_rule="ANY_OCCUPATION")

    assert names(first, again, third) == {2: "is_not_claimed_already"}


def test_what_falls_says_what_stands_before_it():
    lifetime = fallen([grant(1), grant(2, lifetime_cap=1)])[2]
    level = fallen([grant(1, level="SENIOR"), grant(2, ladder_rule="ANY_OCCUPATION")])[2]

    assert lifetime.facts == {"cap": 1, "granted": 1, "certificates": [{"certificate": 1}]}
    assert level.facts == {"rule": "ANY_OCCUPATION", "certificate": 1, "level": "SENIOR"}
