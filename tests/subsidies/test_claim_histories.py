"""Whatever happens to the claims of one institution, in whatever order: nobody is paid more than the policy says.

A slow reader of the same history knows only the policy's words: 800 yuan for each who passed, times the pass rate.
"""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

import pytest
from django.db import connection, transaction
from django.db.models import Sum
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from assessment.enums import CertificateStatus, Outcome
from assessment.models import LevelCertificate
from chongqing_dte.foundation.errors import DomainError
from subsidies.enums import AttemptStatus, NettingStatus, RecoveryStatus
from subsidies.invariants import find_violations
from subsidies.models import Budget, Netting, Payment, PaymentAttempt, Recovery
from subsidies.services import claim_recoveries
from tests.scenarios import acts, banking, claims_acts
from tests.scenarios.books import journal, journal_of_payments, purses_of_payments
from tests.scenarios.claims_given import class_, paid_to, training
from tests.scenarios.claims_world import ClassWorld, Who
from tests.scenarios.story import purses
from tests.subsidies import histories

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

STANDARD: Final = Decimal("800.00")
CENT: Final = Decimal("0.01")
# Li takes both classes, the second time under a row of their own that somebody mistyped.
CLASSES: Final = {"A": ("Li", "Wang", "Zhao"), "B": ("Li with a slip", "Qian")}
PEOPLE: Final = tuple(name for people in CLASSES.values() for name in people)
EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("agree"), st.sampled_from(sorted(CLASSES))),
        st.tuples(st.just("agree"), st.sampled_from(sorted(CLASSES))),
        st.tuples(st.just("pay"), st.sampled_from(["PAID", "PAID", "RETURNED"])),
        st.tuples(st.just("turn round"), st.sampled_from(PEOPLE)),
        st.tuples(st.just("revoke"), st.sampled_from(PEOPLE)),
        st.tuples(st.just("merge"), st.just("")),
        st.tuples(st.just("follow"), st.just("")),
        st.tuples(st.just("repay"), st.sampled_from(["0.01", "133.33", "800.00"])),
    ),
    min_size=3,
    max_size=9,
)


class Story:
    """Two classes of one institution, and what was told of them."""

    def __init__(self, scope: str) -> None:
        self.world = ClassWorld()
        self.scope = scope
        self.is_merged = False
        training(line_rule="PASSED", capped_by_advance=False, subsidized_once_per=scope)(self.world)
        cohorts = {
            "A": {"starts": "2026-05-04", "ends": "2026-05-29"},
            "B": {"starts": "2026-06-01", "level": "SENIOR"},
        }
        for label, names in CLASSES.items():
            # Of each class one person has failed at first.
            people = [Who(name, ("FAILED",) if name == names[-1] else ("PASSED",)) for name in names]
            class_(label, *people, **cohorts[label])(self.world)

    # ── What happens ──
    def tell(self, event: tuple[str, str]) -> None:
        verb, what = event
        try:
            getattr(self, verb.replace(" ", "_"))(what)
        except DomainError:
            # Whatever is refused has not happened.
            return

    def agree(self, label: str) -> None:
        for take in (
            claims_acts.opens(label),
            claims_acts.submits(label),
            claims_acts.accepts(label),
            self._accept_by_itself(label),
            claims_acts.recommends(label),
            claims_acts.confirms(label),
        ):
            self._try(take)
        claims_acts.opens_payments()(self.world)

    def _accept_by_itself(self, label: str) -> claims_acts.Step:
        def take(world: ClassWorld) -> None:
            for name in CLASSES[label]:
                self._try(claims_acts.accepts_line(label, name))

        return take

    def _try(self, take: claims_acts.Step) -> None:
        point = transaction.savepoint()
        try:
            take(self.world)
        except DomainError:
            transaction.savepoint_rollback(point)

    def pay(self, answer: str) -> None:
        claims_acts.opens_payments()(self.world)
        before = len(self.world.batches)
        banking.batch()(self.world)
        for number in range(before + 1, len(self.world.batches) + 1):
            banking.send_batch(self.world, number)
            banking.bank_says(answer, of=number)(self.world)
        if answer == "RETURNED" and len(self.world.batches) > before:
            paid_to("A")(self.world)

    def turn_round(self, name: str) -> None:
        outcome = Outcome.FAILED if self.has_passed(name) else Outcome.PASSED
        histories.correct(self.world.sittings[name], outcome)

    def revoke(self, name: str) -> None:
        certificate = self.certificate_of(name)
        if certificate is not None:
            histories.revoke(certificate)

    def merge(self, _what: str) -> None:
        if not self.is_merged:
            acts.merge("Li", "Li with a slip")(self.world)
            self.is_merged = True

    def follow(self, _what: str) -> None:
        claims_acts.follows()(self.world)
        claims_acts.looks()(self.world)

    def repay(self, amount: str) -> None:
        recovery = Recovery.objects.filter(status=RecoveryStatus.OPEN).order_by("pk").first()
        if recovery is not None:
            left = recovery.amount - recovery.recovered - recovery.written_off
            self._pay_back(recovery, min(left, Decimal(amount)))

    def _pay_back(self, recovery: Recovery, amount: Decimal) -> None:
        settlement = banking.Settlement(
            banking.SettlementKind.REPAYMENT,
            amount,
            "By transfer.",
            self.world.now.date(),
            f"LINE-{recovery.pk}-{recovery.settlements.count()}",
        )
        first, second = (self.world.someone(banking.Role.MUNICIPAL_FINANCE, which) for which in (0, 1))
        proposed = banking.propose_settlement(
            recovery_id=recovery.pk, settlement=settlement, proposer=first, now=self.world.now
        )
        banking.approve_settlement(settlement_id=proposed.pk, decider=second, reason="", now=self.world.now)

    # ── What the reader knows ──
    def certificate_of(self, name: str) -> LevelCertificate | None:
        return LevelCertificate.objects.filter(
            attempt__enrollment=self.world.enrollments[name], status=CertificateStatus.VALID
        ).first()

    def has_passed(self, name: str) -> bool:
        return histories.live_of(self.world.sittings[name]).outcome == Outcome.PASSED

    def is_a_pass(self, name: str) -> bool:
        return self.has_passed(name) and self.certificate_of(name) is not None

    def entitled(self, label: str, without: Sequence[str] = ()) -> Decimal:
        """Return what a class has earned; nothing is paid for those who were paid for elsewhere."""
        names = CLASSES[label]
        passes = [name for name in names if self.is_a_pass(name)]
        paid_for = [name for name in passes if name not in without]
        factor = (Decimal(len(passes)) / len(names)).quantize(Decimal("0.0001"), ROUND_HALF_UP)
        return (len(paid_for) * STANDARD * factor).quantize(CENT, ROUND_HALF_UP)

    # ── What must be true ──
    def check(self) -> None:
        """Compare the books with each other: at any moment."""
        connection.check_constraints()
        assert find_violations() == []
        assert journal() == journal_of_payments()
        assert purses() == purses_of_payments()
        for budget in Budget.objects.all():
            assert min(budget.reserved, budget.paid - budget.recovered, budget.available) >= 0
        sent = total(PaymentAttempt.objects.filter(status=AttemptStatus.PAID))
        set_off = total(Netting.objects.filter(status=NettingStatus.SET_OFF))
        assert sent + set_off == total(Payment.objects.filter(status="PAID"))

    def come_to_an_end(self) -> None:
        """Let money follow, and everything be repaid, until nothing is left to do."""
        for _ in range(8):
            self.follow("")
            owed = list(Recovery.objects.filter(status=RecoveryStatus.OPEN))
            for recovery in owed:
                recovery.refresh_from_db()
                self._pay_back(recovery, recovery.amount - recovery.recovered - recovery.written_off)
            if not owed:
                return
        raise AssertionError("The money never comes to rest.")

    def kept(self, label: str) -> Decimal:
        """Return what the institution has of a class for good: what was paid, without what it gave back."""
        payments = Payment.objects.filter(claim__training_class=self.world.classes[label], status="PAID")
        recoveries = Recovery.objects.filter(payment__in=payments).exclude(status=RecoveryStatus.WITHDRAWN)
        return total(payments) - (recoveries.aggregate(sum=Sum("recovered"))["sum"] or Decimal(0))

    def check_nobody_has_too_much(self) -> None:
        for label in CLASSES:
            assert self.kept(label) <= self.entitled(label)
        if self.scope == "PERSON" and self.is_merged:
            # Li is paid for once: in one of the classes, whichever it was.
            first = self.entitled("A", ["Li"]) + self.entitled("B")
            second = self.entitled("A") + self.entitled("B", ["Li with a slip"])
            assert self.kept("A") + self.kept("B") <= max(first, second)


def total(rows) -> Decimal:
    return rows.aggregate(sum=Sum("amount"))["sum"] or Decimal(0)


def live(scope: str, events: Sequence[tuple[str, str]]) -> Story:
    story = Story(scope)
    for event in events:
        story.tell(event)
        story.check()
    story.come_to_an_end()
    story.check()
    story.check_nobody_has_too_much()
    return story


@settings(
    max_examples=8,
    deadline=None,
    # A history takes seconds, and is short as it is.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(scope=st.sampled_from(["ENROLLMENT", "PERSON"]), events=EVENTS)
def test_nobody_is_paid_more_than_the_policy_says_after_any_history(scope, events):
    before = transaction.savepoint()
    try:
        live(scope, events)
    finally:
        transaction.savepoint_rollback(before)


def test_a_history_without_corrections_pays_just_what_both_classes_have_earned():
    story = live("ENROLLMENT", [("agree", "A"), ("agree", "B"), ("pay", "PAID")])

    assert (story.kept("A"), story.kept("B")) == (Decimal("1066.72"), Decimal("400.00"))


def test_a_merge_of_two_who_were_paid_leaves_one_of_them_paid():
    story = live("PERSON", [("agree", "A"), ("agree", "B"), ("pay", "PAID"), ("merge", "")])

    assert (story.kept("A"), story.kept("B")) == (Decimal("1066.72"), Decimal("0.00"))


def test_the_reader_notices_when_nothing_is_asked_back(monkeypatch):
    monkeypatch.setattr(claim_recoveries, "_ask_back", lambda *_arguments: set())

    with pytest.raises(AssertionError):
        live("ENROLLMENT", [("agree", "A"), ("pay", "PAID"), ("revoke", "Li")])
