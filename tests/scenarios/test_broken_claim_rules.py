"""A rule of the training subsidy that is broken on purpose: a scenario finds it."""

from collections.abc import Callable
from dataclasses import replace
from decimal import ROUND_DOWN, Decimal

import pytest
from django.db import IntegrityError

from chongqing_dte.foundation.errors import DomainError
from subsidies.rules import claim_facts, claim_lines, pass_rates
from subsidies.rules.claim_lines import Line
from subsidies.rules.facts import PASSED, Check
from tests.scenarios import claims_amounts, claims_people, claims_rates, claims_roads
from tests.scenarios.claims_story import Scenario, live, look_at

# Another figure, a refusal that does not come, or one that does, be it the database's.
FOUND = (AssertionError, pytest.fail.Exception, DomainError, IntegrityError)
pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def passing(check: Callable[[Line], Check]) -> Callable[[Line], Check]:
    return lambda line: replace(check(line), outcome=PASSED)


def switch_off(name: str) -> Callable[[pytest.MonkeyPatch], None]:
    """Return what makes one check pass whatever it sees."""

    def breaking(monkeypatch: pytest.MonkeyPatch) -> None:
        checks = tuple(passing(check) if check.__name__ == name else check for check in claim_lines.CHECKS)
        monkeypatch.setattr(claim_lines, "CHECKS", checks)

    breaking.__name__ = name
    return breaking


def round_down(monkeypatch: pytest.MonkeyPatch) -> None:
    def cut(standards, factor, cap=None):
        amount = (sum(standards, Decimal(0)) * factor).quantize(Decimal("0.01"), rounding=ROUND_DOWN)
        return amount if cap is None else min(amount, cap)

    monkeypatch.setattr(claim_lines, "claim_amount", cut)


def forget_the_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    def whenever(sittings, _cut_off):
        return [each for each in sittings if each.took_place]

    monkeypatch.setattr(claim_lines, "sittings_in_time", whenever)


def count_absences(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claim_facts.ClaimSitting, "took_place", property(lambda _: True))


def count_revoked_certificates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        claim_facts.ClaimSitting, "is_pass", property(lambda sitting: sitting.outcome == "PASSED")
    )


def forget_the_roster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claim_lines, "is_in_rate", lambda line: line.trainee.completed)


def give_the_cents_to_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    def turned_round(total, weights):
        return pass_rates.split(total, weights[::-1])[::-1]

    monkeypatch.setattr(claim_lines, "split", turned_round)


def forget_the_advance(monkeypatch: pytest.MonkeyPatch) -> None:
    amount = pass_rates.claim_amount
    monkeypatch.setattr(
        claim_lines, "claim_amount", lambda standards, factor, _cap: amount(standards, factor)
    )


def named(subject: object, name: str) -> Scenario:
    return next(each for each in subject.SCENARIOS if each.name == name)


BROKEN = [
    (
        switch_off("in_the_class_at_the_lock"),
        named(claims_rates, "Whoever came after the lock is paid for by no claim"),
    ),
    (
        switch_off("training_completed"),
        named(claims_rates, "Withdrawal after the lock: the person stays in the rate over the roster"),
    ),
    (
        switch_off("sat_the_assessment"),
        named(claims_rates, "Whoever never sat brings no money where only the examined count"),
    ),
    (
        switch_off("passed_the_assessment"),
        named(claims_rates, "Whoever failed brings none where only passes count"),
    ),
    (
        switch_off("category_is_eligible"),
        named(claims_people, "An earlier graduate raises the rate, and nothing is paid for them"),
    ),
    (
        switch_off("graduates_in_time"),
        named(claims_people, "A student who graduated the year before is not, by calendar years"),
    ),
    (
        switch_off("attended_enough"),
        named(claims_people, "Attendance below the least: nothing is paid for the person"),
    ),
    (
        switch_off("nothing_is_under_review"),
        named(claims_roads, "While a result is appealed against, the claim is not handed in"),
    ),
    (
        switch_off("not_subsidized_before"),
        named(claims_people, "The same level again is not, where occupation and level count"),
    ),
    (
        switch_off("standard_is_known"),
        named(claims_amounts, "A gap in the fees on the day of the sitting: the claim waits for the fee"),
    ),
    (
        switch_off("not_refused_in_review"),
        named(claims_roads, "A refused line is paid for no more, and the person stays in the rate"),
    ),
    (round_down, named(claims_amounts, "Half a cent of the whole claim is rounded up, once")),
    (
        forget_the_cut_off,
        named(claims_rates, "A pass on the second sitting after the cut-off comes too late"),
    ),
    (
        count_absences,
        named(claims_rates, "Whoever stayed away at first has not sat: the pass is at the first attempt"),
    ),
    (
        count_revoked_certificates,
        named(
            claims_people,
            "A certificate is revoked before confirmation: one pass less, and the district looks again",
        ),
    ),
    (
        forget_the_roster,
        named(claims_rates, "Withdrawal after the lock: the person stays in the rate over the roster"),
    ),
    (
        give_the_cents_to_the_last,
        named(claims_amounts, "Cents that do not divide go to the first lines"),
    ),
    (
        forget_the_advance,
        named(claims_amounts, "No more is paid than the institution has advanced, and the lines share it"),
    ),
]


@pytest.mark.parametrize(
    ("breaking", "scenario"), BROKEN, ids=[breaking.__name__ for breaking, _scenario in BROKEN]
)
def test_a_broken_claim_rule_is_found_by_a_scenario(monkeypatch, breaking, scenario):
    breaking(monkeypatch)

    with pytest.raises(FOUND):
        look_at(live(scenario), scenario.expect)


def test_every_check_of_a_line_is_among_them():
    assert {check.__name__ for check in claim_lines.CHECKS} <= {breaking.__name__ for breaking, _ in BROKEN}
