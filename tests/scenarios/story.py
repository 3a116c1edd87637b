"""How a scenario is written down, lived through on real rows by the real services, and looked at afterwards."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal

import pytest
from django.utils import translation

from chongqing_dte.foundation.errors import DomainError
from subsidies import queries
from subsidies.enums import AttemptStatus
from subsidies.explanations import check_sentence, decision_sentence, hold_owner, hold_step
from subsidies.invariants import find_violations
from subsidies.models import BankResultFile, Budget, Entitlement, PaymentAttempt
from tests.factories.institutions import UserFactory
from tests.scenarios.books import journal, journal_of_payments, purses_of_payments
from tests.scenarios.world import World

Step = Callable[[World], None]


def step(act: Callable[[World], object]) -> Step:
    """Return an act as a step: whatever it returns is of no interest to the story."""

    def take(world: World) -> None:
        act(world)

    return take


def refused(code: str, act: Step) -> Step:
    """An act that is refused, with this code."""

    def take(world: World) -> None:
        with pytest.raises(DomainError) as refusal:
            act(world)
        assert refusal.value.code == code

    return take


@dataclass(frozen=True)
class Expect:
    """What stands at the end, written by hand. Amounts in yuan; what is left out is not looked at."""

    # "GRANTED 800.00", "REFUSED the_check" or "HELD the_check", by certificate.
    decisions: Mapping[str, str] = field(default_factory=dict)
    # The status of the payment, by certificate; "none" where there never was one.
    payments: Mapping[str, str] = field(default_factory=dict)
    # What became of its instructions, one after the other, by certificate.
    instructions: Mapping[str, str] = field(default_factory=dict)
    # Every account of the journal that has a balance.
    journal: Mapping[str, str] | None = None
    # "reserved 0.00, paid 800.00, recovered 0.00", by whose it is.
    budgets: Mapping[str, str] = field(default_factory=dict)
    # "OPEN 800.00, back 0.00, given up 0.00", by certificate.
    recoveries: Mapping[str, str] = field(default_factory=dict)
    # Every batch in order: "SETTLED 2 1600.00".
    batches: tuple[str, ...] | None = None
    # Every result file in order: "APPLIED" or "QUARANTINED the_problem".
    files: tuple[str, ...] | None = None
    # What is sent to the bank, in its own files.
    sent: str | None = None
    # The competent district of the decision, by certificate.
    districts: Mapping[str, str] = field(default_factory=dict)
    # What is stuck, as the auditor sees it who sees everything: "returned 1".
    desk: tuple[str, ...] | None = None
    # Promises that are broken, as they must be told of. Ordinarily none is.
    broken: tuple[str, ...] = ()

    def says_something(self) -> bool:
        """Test whether anything at all could fail."""
        return any(
            getattr(self, each.name) not in ({}, None) for each in fields(self) if each.name != "broken"
        )


@dataclass(frozen=True)
class Scenario:
    """One sentence that a clerk can read, what happens, and what comes of it."""

    name: str
    steps: tuple[Step, ...]
    expect: Expect


def live(scenario: Scenario) -> World:
    """Take every step of a scenario."""
    world = World()
    for take in scenario.steps:
        take(world)
    return world


def look_at(world: World, expect: Expect) -> None:
    """Compare what stands with what is expected, and with what is true after every story."""
    found = found_in(world, expect)
    expected = {each.name: getattr(expect, each.name) for each in fields(expect) if each.name in found}
    assert found == expected
    assert tuple(sorted(violation.invariant.name for violation in find_violations())) == expect.broken
    if not expect.broken:
        assert journal() == journal_of_payments()
        assert purses() == purses_of_payments()
    explain_everything()


def found_in(world: World, expect: Expect) -> dict[str, object]:
    """Return of everything that is expected what really stands."""
    readers: dict[str, Callable[[str], str]] = {
        "decisions": lambda label: decision_words(world.decision(label)),
        "payments": lambda label: payment_words(world, label),
        "instructions": lambda label: instruction_words(world, label),
        "recoveries": lambda label: recovery_words(world, label),
        "budgets": lambda whose: budget_words(world.budget(whose)),
        "districts": lambda label: world.name_of(world.decision(label).district),
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
    if expect.files is not None:
        files = BankResultFile.objects.order_by("pk")
        found["files"] = tuple(f"{file.status} {file.problem}".strip() for file in files)
    if expect.desk is not None:
        found["desk"] = tuple(desk_words(world))
    if expect.sent is not None:
        left = [each.amount for each in sent_instructions(world)]
        found["sent"] = str(sum(left, Decimal("0.00")))
    return found


# ── In words ─────────────────────────────────────────────────────────────────────────────────────────────
def decision_words(decision: Entitlement) -> str:
    if decision.decision == "GRANTED":
        return f"GRANTED {decision.amount}"
    return f"{decision.decision} {decision.reason}"


def payment_words(world: World, label: str) -> str:
    certificate = world.certificates[label]
    has_one = Entitlement.objects.filter(certificate=certificate, decision="GRANTED").exists()
    return str(world.payment(label).status) if has_one else "none"


def instruction_words(world: World, label: str) -> str:
    attempts = PaymentAttempt.objects.filter(payment__entitlement__certificate=world.certificates[label])
    return ", ".join(attempts.order_by("pk").values_list("status", flat=True))


def recovery_words(world: World, label: str) -> str:
    recovery = world.recovery(label)
    return f"{recovery.status} {recovery.amount}, back {recovery.recovered}, given up {recovery.written_off}"


def budget_words(budget: Budget) -> str:
    return f"reserved {budget.reserved}, paid {budget.paid}, recovered {budget.recovered}"


def batch_words(world: World, number: int) -> str:
    batch = world.batch(number)
    side = "" if batch.side == "ANY" else f" {batch.side}"
    return f"{batch.status} {batch.line_count} {batch.total}{side}"


def desk_words(world: World) -> list[str]:
    desk = queries.Desk(UserFactory(municipal_auditor=True), world.now)
    return [f"{stuck.matter.name} {stuck.count}" for stuck in queries.what_is_stuck(desk)]


def sent_instructions(world: World) -> list[PaymentAttempt]:
    """Return the instructions in the files that the bank has."""
    attempts = PaymentAttempt.objects.filter(batch__file_name__in=world.bank.files)
    return list(attempts.exclude(status=AttemptStatus.WITHDRAWN))


# ── After every story ────────────────────────────────────────────────────────────────────────────────────
def purses() -> dict[int, tuple[Decimal, Decimal, Decimal]]:
    """Return what each budget says is reserved, paid and recovered."""
    rows = Budget.objects.values_list("pk", "reserved", "paid", "recovered")
    return {pk: (reserved, paid, recovered) for pk, reserved, paid, recovered in rows}


def explain_everything() -> None:
    """Have every decision there ever was explain itself in both languages."""
    for decision in Entitlement.objects.all():
        told = {}
        for language in ("en", "zh-hans"):
            with translation.override(language):
                told[language] = explanation(decision)
        for english, chinese in zip(told["en"], told["zh-hans"], strict=True):
            assert english
            assert english != chinese
            assert "%(" not in english + chinese


def explanation(decision: Entitlement) -> list[str]:
    """Return everything that is said of a decision in the language of the moment."""
    sentences = [check_sentence(check) for check in decision.checks]
    sentences.append(decision_sentence(decision.checks, decision.reason))
    if decision.decision == "HELD":
        sentences += [hold_step(decision.reason), hold_owner(decision.reason)]
    return sentences
