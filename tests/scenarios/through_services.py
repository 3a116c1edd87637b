"""A history through the real services and the real database, compared after every sweep with the reference."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db import connection, transaction

from assessment.models import LevelCertificate
from chongqing_dte.foundation.errors import DomainError
from demo.identifiers import make_card_number
from subsidies.invariants import find_violations
from subsidies.models import Entitlement, Payment, PaymentAttempt
from tests.scenarios import acts, banking
from tests.scenarios.books import journal, journal_of_payments
from tests.scenarios.happenings import Event, Happenings, untouched
from tests.scenarios.reference import FOR_GOOD, Book, Decision, Sitting, Terms
from tests.scenarios.through_rules import Disagreement, yuan
from tests.scenarios.world import Sat, World
from tests.subsidies import histories


@dataclass
class Portal:
    """The same events on real rows. Sittings and certificates have the numbers that they have in the book."""

    book: Book
    world: World = field(default_factory=World)
    certificates: list[LevelCertificate] = field(default_factory=list)

    # ── What is in force ──
    def policy(self, terms: Terms) -> None:
        ceilings = {f"ceiling_{level.lower()}": yuan(cents) for level, cents in terms.ceilings.items()}
        values = {
            "first_pass_scope": terms.scope,
            "first_pass_rule": terms.rule,
            "eligible_categories": list(terms.categories),
            "graduation_year_rule": terms.year,
            "fee_share": Decimal(terms.share) / 10_000,
            "lifetime_cap": terms.lifetime,
            "yearly_cap": terms.yearly,
            "ladder_rule": terms.ladder,
            "stacking_rule": terms.stacking,
            "recording_window_days": terms.window,
            "budget_by_district": terms.by_district,
            "competent_district_rule": terms.competent,
        }
        self.world.open_policy(terms.since.isoformat(), terms.until.isoformat(), {**values, **ceilings})

    def fee(self, kind: tuple[str, str, str], since: date, until: date, cents: int) -> None:
        at, occupation, level = kind
        sat = Sat("", at=at, occupation=occupation, level=level, fee=str(yuan(cents)))
        self.world.publish_fee(sat, since.isoformat(), until.isoformat())

    def top_up(self, purse: str, cents: int) -> None:
        acts.top_up(str(yuan(cents)), purse)(self.world)

    # ── People ──
    def account(self, row: int, number: int) -> None:
        self.world.person(f"row {row}", account=False)
        acts.account(f"row {row}", number=make_card_number(number))(self.world)

    def merge(self, kept: int, merged: int) -> None:
        for row in (kept, merged):
            self.world.person(f"row {row}", account=False)
        acts.merge(f"row {kept}", f"row {merged}")(self.world)

    def other_subsidy(self, row: int, occupation: str, level: str, cents: int) -> None:
        self.world.person(f"row {row}", account=False)
        programme = f"项目{len(self.book.elsewhere)}"
        paid = acts.other_subsidy(
            f"row {row}", str(yuan(cents)), occupation=occupation, level=level, by=programme
        )
        paid(self.world)

    # ── Results and certificates ──
    def sit(self, sitting: Sitting, issued: date, recorded: date) -> None:
        self.world.person(f"row {sitting.row}", account=False)
        label = str(len(self.book.sittings) - 1)
        sat = Sat(
            f"row {sitting.row}",
            on=sitting.day.isoformat(),
            at=sitting.institution,
            occupation=sitting.occupation,
            level=sitting.level,
            outcome=sitting.results[0],
            category=sitting.category,
            graduated=sitting.graduated.isoformat() if sitting.graduated else None,
            trained_in=sitting.trained_in,
            fee="",
        )
        if sitting.results[0] != "PASSED":
            self.world.sit(label, sat)
        else:
            made = self.world.certify(label, sat, issued.isoformat(), recorded.isoformat())
            self.certificates.append(made)

    def correct(self, number: int, outcome: str) -> None:
        acts.correct(str(number), outcome)(self.world)
        if outcome == "PASSED":
            self.certificates.append(self.world.new_certificate_of(str(number)))

    def revoke(self, number: int) -> None:
        self.certificates[number].refresh_from_db()
        histories.revoke(self.certificates[number])

    def reissue(self, number: int) -> None:
        self.certificates[number].refresh_from_db()
        self.certificates.append(histories.reissue(self.certificates[number]))

    def appeal(self, number: int) -> None:
        acts.appeal(str(number))(self.world)

    def dismiss(self, number: int) -> None:
        acts.dismiss_appeal(str(number))(self.world)

    def objection(self, number: int) -> None:
        self.world.certificates["objected"] = self.certificates[number]
        acts.objects("objected", "OFFICE")(self.world)
        acts.objection_is("UPHELD", "objected")(self.world)

    # ── Workers and the bank ──
    def sweep(self) -> None:
        acts.sweep()(self.world)

    def pay_day(self, answers: dict[int, str]) -> None:
        """Send what is ready, which must be what the reference sends, and take in the bank's answers."""
        before = len(self.world.batches)
        banking.batch()(self.world)
        sent = [
            attempt
            for batch in self.world.batches[before:]
            for attempt in PaymentAttempt.objects.filter(batch=batch).order_by("line_number")
        ]
        if sorted(map(self.number_of, sent)) != sorted(answers):
            raise Disagreement(
                f"sent: {sorted(map(self.number_of, sent))}, by the reference {sorted(answers)}"
            )
        if sent:
            banking.send_batch(self.world)
            self.answer({attempt: answers[self.number_of(attempt)] for attempt in sent})

    def bank_word(self, number: int, answer: str) -> None:
        attempt = PaymentAttempt.objects.get(
            payment__entitlement__certificate=self.certificates[number], status__in=["OPEN", "UNKNOWN"]
        )
        self.answer({attempt: answer})

    def answer(self, answers: dict[PaymentAttempt, str]) -> None:
        lines = [
            {
                "reference": attempt.reference,
                "amount": attempt.amount,
                "answer": answer,
                "return_code": "ACCOUNT_CLOSED" if answer == "RETURNED" else "",
            }
            for attempt, answer in answers.items()
        ]
        banking.receive(self.world, next(iter(answers)).batch.reference, lines)

    def repaid(self, number: int) -> None:
        payment = Payment.objects.filter(entitlement__certificate=self.certificates[number]).latest("pk")
        self.world.certificates["repaid"] = self.certificates[number]
        banking.repaid("repaid", str(payment.amount), f"LINE-{payment.pk}-{len(self.book.payments)}")(
            self.world
        )

    def number_of(self, attempt: PaymentAttempt) -> int:
        ids = [certificate.pk for certificate in self.certificates]
        return ids.index(attempt.payment.entitlement.certificate_id)


def live(events: Sequence[Event], allotted: dict[str, int]) -> Portal:
    """Tell a history to both, and compare after every sweep."""
    happenings = Happenings(Book(allotted=dict(allotted)))
    portal = Portal(happenings.book)
    for purse, cents in allotted.items():
        portal.world.open_budget(purse, str(yuan(cents)))
    for event in map(untouched, events):
        if event[0] == "pay_day":
            # A batch waits until nothing is being decided.
            take(portal, happenings, ("sweep",))
        take(portal, happenings, event)
        if event[0] == "sweep":
            compare(portal)
    if find_violations():
        raise Disagreement(str(find_violations()))
    if journal() != journal_of_payments():
        raise Disagreement(f"journal: {journal()}, by the payments {journal_of_payments()}")
    connection.check_constraints()
    return portal


def take(portal: Portal, happenings: Happenings, event: Event) -> None:
    """Let an event happen in both. What the reference takes for possible, no service may refuse."""
    told = in_numbers(happenings, event)
    if not happenings.tell(event) and event[0] != "pay_day":
        return
    name, *words = told
    try:
        getattr(portal, str(name))(*words)
    except DomainError as refusal:
        raise Disagreement(f"{event} is refused: {refusal.code}") from refusal


def in_numbers(happenings: Happenings, event: Event) -> Event:
    """Return an event of the bank with the certificates that it is about, as they are before it."""
    book = happenings.book
    if event[0] == "pay_day":
        (answers,) = event[1:]
        ready = happenings.to_be_sent()
        given = {each.certificate: answers[index % len(answers)] for index, each in enumerate(ready)}
        return ("pay_day", given)
    if event[0] in ("bank_word", "repaid"):
        is_meant = {
            "bank_word": lambda payment: payment.status == "INSTRUCTED",
            "repaid": lambda payment: payment.recovery == "OPEN",
        }[str(event[0])]
        meant = [payment.certificate for payment in book.payments if is_meant(payment)]
        number = int(str(event[1]))
        return (event[0], meant[number] if number < len(meant) else -1, *event[2:])
    return event


def compare(portal: Portal) -> None:
    """Compare who is granted what, refused and held for which reason, what was paid, and what the budgets say."""
    for number, certificate in enumerate(portal.certificates):
        found = Entitlement.objects.get(certificate=certificate, superseded_at__isnull=True)
        expected = portal.book.decisions[number]
        is_amount_right = found.decision != "GRANTED" or found.amount == yuan(expected.amount)
        is_told_right = found.reason in expected.reasons or found.decision == "GRANTED"
        is_same = found.decision == expected.word and is_amount_right and is_told_right
        if not is_same and not is_refused_since_before(found, expected):
            raise Disagreement(
                f"certificate {number}: {found.decision} {found.reason} {found.amount}, by the reference {expected}"
            )
    compare_money(portal)


def is_refused_since_before(found: Entitlement, expected: Decision) -> bool:
    """Test whether a refusal only stands from before the person was in question. Nobody looks at it until that ends."""
    waits = (expected.word, expected.reason) == ("HELD", "nothing_is_under_review")
    return waits and found.decision == "REFUSED" and found.reason not in FOR_GOOD


def compare_money(portal: Portal) -> None:
    paid = Payment.objects.order_by("pk")
    found = {
        "payments": sorted(
            (portal.certificates.index(payment.entitlement.certificate), payment.amount, payment.status)
            for payment in paid.select_related("entitlement__certificate")
        ),
        "budgets": {
            purse: (budget.reserved, budget.paid, budget.recovered)
            for purse, budget in ((each, portal.world.budget(each)) for each in portal.book.allotted)
        },
        "at the bank": sum(
            (attempt.amount for attempt in PaymentAttempt.objects.filter(status="PAID")), Decimal("0.00")
        ),
    }
    expected = {
        "payments": sorted(
            (each.certificate, yuan(each.amount), each.status) for each in portal.book.payments
        ),
        "budgets": {
            purse: tuple(yuan(cents) for cents in portal.book.figures(purse))
            for purse in portal.book.allotted
        },
        "at the bank": yuan(sum(each.amount for each in portal.book.payments if each.status == "PAID")),
    }
    if found != expected:
        raise Disagreement(f"{found}, by the reference {expected}")


def disagrees(events: Sequence[Event], allotted: dict[str, int]) -> bool:
    before = transaction.savepoint()
    try:
        live(events, allotted)
    except Disagreement:
        return True
    finally:
        transaction.savepoint_rollback(before)
    return False
