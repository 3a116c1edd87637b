from datetime import timedelta

import pytest

from institutions.enums import Role
from subsidies.explanations import CHECK_NAMES, HOLD_STEPS, SENTENCES, hold_owner, hold_step
from subsidies.rules.eligibility import CHECKS
from subsidies.rules.holds import (
    OWNERS,
    PERSON,
    chase_until,
    is_overdue,
    last_asked_at,
    office_to_ask,
    owner_of,
)
from tests.clock import NOW


def test_every_check_has_a_name_and_a_sentence_for_each_thing_it_can_find():
    for check in CHECKS:
        assert check.__name__ in CHECK_NAMES
        assert any((check.__name__, outcome) in SENTENCES for outcome in ("FAILED", "UNKNOWN"))


def test_every_hold_has_somebody_who_must_act_and_something_to_do():
    assert OWNERS.keys() == HOLD_STEPS.keys()
    assert all(owner == PERSON or owner.role in Role.values for owner in OWNERS.values())
    assert all(hold_owner(reason) and hold_step(reason) for reason in OWNERS)


def test_a_hold_that_nobody_is_named_for_is_the_reviewer_s():
    assert owner_of("unheard_of").role == Role.MUNICIPAL_REVIEWER
    assert hold_step("unheard_of")


def test_an_office_is_asked_for_what_neither_a_person_gives_nor_the_budget_says():
    asked = {reason for reason in OWNERS if office_to_ask(reason)}

    assert asked == OWNERS.keys() - {"account_is_known", "budget_has_room"}


@pytest.mark.parametrize(("days", "last"), [(-1, 0), (0, 0), (13, 0), (14, 14), (30, 28)])
def test_what_is_missing_is_asked_for_at_once_and_each_time_so_many_days_are_over(days, last):
    asked_at = last_asked_at(NOW, every_days=14, now=NOW + timedelta(days=days))

    assert asked_at == NOW + timedelta(days=last)


def test_what_is_missing_is_asked_for_until_the_day_and_then_overdue():
    until = chase_until(NOW, 180)

    assert until == NOW + timedelta(days=180)
    assert not is_overdue(NOW, 180, until - timedelta(seconds=1))
    assert is_overdue(NOW, 180, until)
