"""How a scenario of the training subsidy is written down, lived through, and looked at afterwards."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal

import pytest
from django.db import connection

from chongqing_dte.foundation.errors import DomainError
from subsidies.invariants import find_violations
from subsidies.models import ClaimLine, ClaimReckoning, ClaimStep, Payment, Recovery
from subsidies.rules.facts import FAILED
from tests.scenarios.books import journal, journal_of_payments, purses_of_payments
from tests.scenarios.claims_world import ClassWorld
from tests.scenarios.story import batch_words, budget_words, purses

Step = Callable[[ClassWorld], None]


def step(act: Callable[[ClassWorld], object]) -> Step:
    """Return an act as a step: whatever it returns is of no interest to the story."""

    def take(world: ClassWorld) -> None:
        act(world)

    return take


def refused(code: str, act: Step) -> Step:
    """An act that is refused, with this code."""

    def take(world: ClassWorld) -> None:
        with pytest.raises(DomainError) as refusal:
            act(world)
        assert refusal.value.code == code

    return take


@dataclass(frozen=True)
class Expect:
    """What stands at the end, written by hand. Amounts in yuan; what is left out is not looked at."""

    # "CONFIRMED 1600.00", and "OPEN 800.00 incomplete" while something is missing, by class; "none" without a claim.
    claims: Mapping[str, str] = field(default_factory=dict)
    # "2 of 3, 0.6667", by class.
    rates: Mapping[str, str] = field(default_factory=dict)
    # "533.36", or the check for which nothing is asked, by person.
    lines: Mapping[str, str] = field(default_factory=dict)
    # The checks over the whole claim that failed, by class.
    flags: Mapping[str, str] = field(default_factory=dict)
    # Every state it went through, by class.
    steps: Mapping[str, str] = field(default_factory=dict)
    # Of which district it is, by class.
    districts: Mapping[str, str] = field(default_factory=dict)
    # The status of its last payment, by class; "none" where there never was one.
    payments: Mapping[str, str] = field(default_factory=dict)
    # What was asked back last of somebody's part: "OPEN 800.00 claim_result_fell", by person; "none" if nothing was.
    parts: Mapping[str, str] = field(default_factory=dict)
    # Every account of the journal that has a balance.
    journal: Mapping[str, str] | None = None
    # "reserved 0.00, paid 800.00, recovered 0.00", by whose it is.
    budgets: Mapping[str, str] = field(default_factory=dict)
    # Every batch in order: "SETTLED 2 1600.00".
    batches: tuple[str, ...] | None = None

    def says_something(self) -> bool:
        """Test whether anything at all could fail."""
        return any(getattr(self, each.name) not in ({}, None) for each in fields(self))


@dataclass(frozen=True)
class Scenario:
    """One sentence that a clerk can read, what happens, and what comes of it."""

    name: str
    steps: tuple[Step, ...]
    expect: Expect


def live(scenario: Scenario) -> ClassWorld:
    """Take every step of a scenario."""
    world = ClassWorld()
    for take in scenario.steps:
        take(world)
        # As at the commit, which a test's own transaction never reaches.
        connection.check_constraints()
    return world


def look_at(world: ClassWorld, expect: Expect) -> None:
    """Compare what stands with what is expected, and with what is true after every story."""
    found = found_in(world, expect)
    assert found == {each.name: getattr(expect, each.name) for each in fields(expect) if each.name in found}
    assert find_violations() == []
    assert journal() == journal_of_payments()
    assert purses() == purses_of_payments()
    for reckoning in ClaimReckoning.objects.all():
        add_up(reckoning)


def found_in(world: ClassWorld, expect: Expect) -> dict[str, object]:
    """Return of everything that is expected what really stands."""
    readers: dict[str, Callable[[str], str]] = {
        "claims": lambda label: claim_words(world, label),
        "rates": lambda label: rate_words(world, label),
        "lines": lambda label: line_words(world.line(label)),
        "flags": lambda label: flag_words(world, label),
        "steps": lambda label: step_words(world, label),
        "districts": lambda label: world.name_of(world.claim(label).district),
        "payments": lambda label: payment_words(world, label),
        "parts": lambda label: part_words(world, label),
        "budgets": lambda whose: budget_words(world.budget(whose)),
    }
    found: dict[str, object] = {
        name: {label: read(label) for label in getattr(expect, name)}
        for name, read in readers.items()
        if getattr(expect, name)
    }
    if expect.journal is not None:
        found["journal"] = {account: str(amount) for account, amount in journal().items()}
    if expect.batches is not None:
        found["batches"] = tuple(batch_words(world, number + 1) for number in range(len(world.batches)))
    return found


# ── In words ─────────────────────────────────────────────────────────────────────────────────────────────
def claim_words(world: ClassWorld, label: str) -> str:
    if not has_claim(world, label):
        return "none"
    claim = world.claim(label)
    missing = "" if claim.reckoning.is_complete else " incomplete"
    return f"{claim.status} {claim.reckoning.amount}{missing}"


def has_claim(world: ClassWorld, label: str) -> bool:
    return ClaimReckoning.objects.filter(claim__training_class=world.classes[label]).exists()


def rate_words(world: ClassWorld, label: str) -> str:
    reckoning = world.claim(label).reckoning
    return f"{reckoning.pass_count} of {reckoning.rate_count}, {reckoning.factor}"


def line_words(line: ClaimLine) -> str:
    return str(line.amount) if line.counts else line.reason


def flag_words(world: ClassWorld, label: str) -> str:
    flags = world.claim(label).reckoning.flags
    return " ".join(sorted(flag["name"] for flag in flags if flag["outcome"] == FAILED))


def step_words(world: ClassWorld, label: str) -> str:
    steps = ClaimStep.objects.filter(claim=world.claim(label)).order_by("pk")
    return " ".join(steps.values_list("to_status", flat=True))


def payment_words(world: ClassWorld, label: str) -> str:
    has_one = Payment.objects.filter(claim__training_class=world.classes[label]).exists()
    return str(world.payment(label).status) if has_one else "none"


def part_words(world: ClassWorld, label: str) -> str:
    recovery = Recovery.objects.filter(subsidy__enrollment=world.enrollments[label]).order_by("pk").last()
    return f"{recovery.status} {recovery.amount} {recovery.reason}" if recovery else "none"


# ── After every story ────────────────────────────────────────────────────────────────────────────────────
def add_up(reckoning: ClaimReckoning) -> None:
    """Compare a reckoning with its lines: to the cent, and nobody above their standard."""
    lines = list(reckoning.lines.all())
    assert sum((line.amount for line in lines), Decimal(0)) == reckoning.amount
    assert all(0 <= line.amount <= line.standard for line in lines)
    assert all(line.counts or (line.reason and not line.amount) for line in lines)
