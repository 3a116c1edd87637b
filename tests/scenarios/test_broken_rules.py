"""A rule that is broken on purpose: the histories, or a scenario, find it."""

from collections.abc import Callable
from dataclasses import replace
from decimal import ROUND_DOWN, Decimal
from random import Random

import pytest

from subsidies.rules import claims, eligibility, first_pass, limits, reservations, sequence
from subsidies.rules.facts import PASSED, Check
from tests.scenarios import amounts, generated, notices, supply, through_rules
from tests.scenarios import eligibility as categories
from tests.scenarios import first_pass as first_passes
from tests.scenarios.story import Scenario, live, look_at

pytestmark = pytest.mark.slow

# More than any of these needs. The seed is always the same one, so that none is found by luck.
ENOUGH, SEED = 3000, 5


def switch_off(name: str) -> Callable[[pytest.MonkeyPatch], None]:
    """Return what makes one check pass whatever it sees."""

    def breaking(monkeypatch: pytest.MonkeyPatch) -> None:
        checks = tuple(
            (lambda _facts: Check(name, PASSED)) if check.__name__ == name else check
            for check in eligibility.CHECKS
        )
        monkeypatch.setattr(eligibility, "CHECKS", checks)

    return breaking


def round_down(monkeypatch):
    def cut(*, published_fee, fee_share, ceiling):
        return min((published_fee * fee_share).quantize(Decimal("0.01"), rounding=ROUND_DOWN), ceiling)

    monkeypatch.setattr(limits, "assessment_amount", cut)


def forget_the_ceiling(monkeypatch):
    def whole(*, published_fee, fee_share, ceiling):
        return (published_fee * fee_share).quantize(Decimal("0.01"))

    monkeypatch.setattr(limits, "assessment_amount", whole)


def count_every_scope(monkeypatch):
    for module in (first_pass, claims):
        monkeypatch.setattr(module, "is_same_first_pass", lambda *_: True)


def count_absences(monkeypatch):
    monkeypatch.setattr(first_pass.Sitting, "took_place", property(lambda _: True))


def order_by_attempt(monkeypatch):
    monkeypatch.setattr(
        first_pass.Sitting, "order", property(lambda each: (each.attempt_id, each.sitting_id))
    )


def refuse_while_in_question(monkeypatch):
    monkeypatch.setattr(eligibility, "_is_final", lambda *_: True)


def let_no_hold_give_way(monkeypatch):
    uses_up = claims._uses_up

    def as_if_granted(claim, facts):
        return uses_up(replace(claim, is_held=False), facts)

    monkeypatch.setattr(claims, "_uses_up", as_if_granted)


def turn_the_ladder(monkeypatch):
    monkeypatch.setattr(limits, "LADDER", tuple(reversed(limits.LADDER)))


def pay_the_whole_difference(monkeypatch):
    monkeypatch.setattr(eligibility, "amount_owed", limits.amount_by_policy)


def decide_each_alone(monkeypatch):
    monkeypatch.setattr(sequence._Others, "seen_by", lambda _others, facts: facts)


def serve_whoever_fits(monkeypatch):
    reserve = reservations.Reservations.reserve

    def without_the_queue(reserved, facts, ruling):
        reserved._short.clear()
        return reserve(reserved, facts, ruling)

    monkeypatch.setattr(reservations.Reservations, "reserve", without_the_queue)


def spend_it_again(monkeypatch):
    reserve = reservations.Reservations.reserve

    def without_counting(reserved, facts, ruling):
        reserved._taken.clear()
        return reserve(reserved, facts, ruling)

    monkeypatch.setattr(reservations.Reservations, "reserve", without_counting)


def take_it_from_the_city(monkeypatch):
    monkeypatch.setattr(reservations, "purse_district", lambda *_: None)


# A result that is corrected to a fail ends its certificate, so that this one is asked a second time and never alone.
ASKED_TWICE = "sitting_is_still_a_pass"
CHECKS = [check.__name__ for check in eligibility.CHECKS if check.__name__ != ASKED_TWICE]
BREAKING = [
    round_down,
    forget_the_ceiling,
    count_every_scope,
    count_absences,
    order_by_attempt,
    refuse_while_in_question,
    let_no_hold_give_way,
    turn_the_ladder,
    pay_the_whole_difference,
    decide_each_alone,
    serve_whoever_fits,
    spend_it_again,
    take_it_from_the_city,
]


def is_found_by_histories() -> bool:
    """Test whether one of the histories comes to something else than the policy says."""
    return any(
        through_rules.disagrees(generated.history(chance), generated.purses(chance))
        for chance in (Random(f"{SEED}:{number}") for number in range(ENOUGH))
    )


@pytest.mark.parametrize("name", CHECKS)
def test_a_check_that_is_switched_off_is_found(monkeypatch, name):
    switch_off(name)(monkeypatch)

    assert is_found_by_histories()


@pytest.mark.parametrize("breaking", BREAKING, ids=lambda breaking: breaking.__name__)
def test_a_broken_rule_is_found(monkeypatch, breaking):
    breaking(monkeypatch)

    assert is_found_by_histories()


def named(subject: object, name: str) -> Scenario:
    return next(each for each in subject.SCENARIOS if each.name == name)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("breaking", "scenario"),
    [
        (round_down, named(amounts, "Half a cent is rounded up")),
        (forget_the_ceiling, named(amounts, "A fee of a cent above the ceiling is cut to it")),
        (
            count_absences,
            named(first_passes, "Whoever stayed away has not sat, where only the first sitting counts"),
        ),
        (
            serve_whoever_fits,
            named(supply, "Whoever comes later waits behind who does not fit, even if there is room"),
        ),
        (
            take_it_from_the_city,
            named(supply, "A district pays from its own budget where the policy has such"),
        ),
        (
            switch_off("no_objection_was_upheld"),
            named(notices, "After an upheld objection a certificate that is issued again is not paid either"),
        ),
        (
            switch_off("trained_in_the_programme"),
            named(
                categories,
                "Whoever trained elsewhere may sit and hold the certificate, and is not subsidized",
            ),
        ),
    ],
    ids=lambda part: getattr(part, "name", ""),
)
def test_a_broken_rule_is_found_by_a_scenario(monkeypatch, breaking, scenario):
    breaking(monkeypatch)

    with pytest.raises(AssertionError):
        look_at(live(scenario), scenario.expect)
