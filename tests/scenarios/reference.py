"""The assessment subsidy in the words of the policy: slow, obvious, and apart from the code that it is compared with.

Whatever happened is kept in plain lists. For every certificate that is open, in the order in which they were
recorded, everything is looked at from the beginning. Amounts are whole cents, shares ten-thousandths.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

ALWAYS = (date(2025, 1, 1), date(2031, 1, 1))
LEVELS = ["JUNIOR", "INTERMEDIATE", "SENIOR"]
# What is said of a certificate for good, whatever happens afterwards.
FOR_GOOD = {
    "certificate_is_valid",
    "trained_in_the_programme",
    "category_is_eligible",
    "graduates_in_time",
    "recorded_in_time",
    "amount_is_positive",
}
UNPAID = ("READY", "RETURNED")
NO, NOT_WHILE_IN_QUESTION, MISSING = "no", "not while in question", "missing"


@dataclass
class Terms:
    """One policy: how it counts, over the certificates that are issued from the one day until before the other."""

    since: date
    until: date
    scope: str = "PERSON"
    rule: str = "FIRST_CERTIFICATE"
    categories: tuple[str, ...] = ("GRADUATING_STUDENT", "ENTERPRISE_EMPLOYEE")
    year: str = "CALENDAR"
    share: int = 10_000
    ceilings: dict[str, int] = field(default_factory=lambda: dict.fromkeys(LEVELS, 200_000))
    lifetime: int | None = None
    yearly: int | None = None
    ladder: str = "NONE"
    stacking: str = "ALLOWED"
    window: int | None = None
    by_district: bool = False
    competent: str = "TRAINING"


@dataclass
class Sitting:
    row: int
    day: date
    institution: str
    occupation: str
    level: str
    category: str
    graduated: date | None
    trained_in: str
    # Every result in the order in which it was recorded. The last one counts.
    results: list[str]


@dataclass
class Certificate:
    sitting: int
    issued: date
    recorded: date
    status: str = "VALID"
    replaces: int | None = None


@dataclass
class Decision:
    word: str
    reason: str
    amount: int = 0
    # Everything that was missing, or stood against it, since it was first held or refused like this.
    reasons: set[str] = field(default_factory=set)
    claims: bool = False
    terms: Terms | None = None
    purse: str = ""


@dataclass
class Payment:
    certificate: int
    amount: int
    purse: str
    status: str = "READY"
    # The accounts that were tried.
    tried: list[int] = field(default_factory=list)
    # "", "OPEN", "SETTLED" or "WITHDRAWN": whether the money is asked back.
    recovery: str = ""


@dataclass
class Book:
    """Everything that ever happened, and what is decided and paid by now."""

    policies: list[Terms] = field(default_factory=list)
    fees: list[tuple[str, str, str, date, date, int]] = field(default_factory=list)
    allotted: dict[str, int] = field(default_factory=dict)
    sittings: list[Sitting] = field(default_factory=list)
    certificates: list[Certificate] = field(default_factory=list)
    merges: list[tuple[int, int]] = field(default_factory=list)
    in_question: set[int] = field(default_factory=set)
    accounts: dict[int, int] = field(default_factory=dict)
    elsewhere: list[tuple[int, str, str, int]] = field(default_factory=list)
    objected: set[int] = field(default_factory=set)
    decisions: dict[int, Decision] = field(default_factory=dict)
    payments: list[Payment] = field(default_factory=list)

    # ── Who ──
    def person(self, row: int) -> int:
        for kept, merged in self.merges:
            if merged == row:
                return self.person(kept)
        return row

    def person_of(self, certificate: int) -> int:
        return self.person(self.sitting_of(certificate).row)

    def sitting_of(self, certificate: int) -> Sitting:
        return self.sittings[self.certificates[certificate].sitting]

    def account_of(self, row: int) -> int | None:
        return self.accounts.get(self.person(row))

    def is_in_question(self, row: int) -> bool:
        return any(
            self.person(self.sittings[sitting].row) == self.person(row) for sitting in self.in_question
        )

    def first_of(self, certificate: int) -> Certificate:
        """Return the certificate that was issued first, of those that were issued in one another's place."""
        former = self.certificates[certificate].replaces
        return self.certificates[certificate] if former is None else self.first_of(former)

    def grants(self, person: int) -> list[int]:
        return [
            number
            for number, decision in self.decisions.items()
            if decision.word == "GRANTED" and self.person_of(number) == person
        ]

    # ── The decision on one certificate ──
    def terms_of(self, certificate: int) -> Terms | None:
        issued = self.first_of(certificate).issued
        return next((terms for terms in self.policies if terms.since <= issued < terms.until), None)

    def fee_of(self, sitting: Sitting) -> int | None:
        for institution, occupation, level, since, until, cents in self.fees:
            kind = (institution, occupation, level)
            if (
                kind == (sitting.institution, sitting.occupation, sitting.level)
                and since <= sitting.day < until
            ):
                return cents
        return None

    def by_policy(self, certificate: int) -> int:
        """Return the share of the fee, half a cent up, at most the ceiling."""
        terms, fee = self.terms_of(certificate), self.fee_of(self.sitting_of(certificate))
        if terms is None or fee is None:
            return 0
        return min((fee * terms.share + 5_000) // 10_000, terms.ceilings[self.sitting_of(certificate).level])

    def paid_elsewhere(self, certificate: int) -> int:
        own = self.sitting_of(certificate)
        return sum(
            cents
            for row, occupation, level, cents in self.elsewhere
            if self.person(row) == self.person(own.row) and (occupation, level) == (own.occupation, own.level)
        )

    def owed(self, certificate: int) -> int:
        terms, fee = self.terms_of(certificate), self.fee_of(self.sitting_of(certificate))
        amount = self.by_policy(certificate)
        if terms is None or fee is None or terms.stacking != "DIFFERENCE":
            return amount
        return max(0, min(amount, fee - self.paid_elsewhere(certificate)))

    def decide(self) -> None:
        """Look at every certificate that is not decided for good, one after the other."""
        for number in range(len(self.certificates)):
            former = self.decisions.get(number)
            if former is not None and is_for_good(former):
                continue
            now = self.decision_on(number)
            if former is not None and former.word == now.word:
                now.reasons |= former.reasons
            self.decisions[number] = now
            if now.word == "GRANTED":
                self.payments.append(Payment(number, now.amount, now.purse))

    def decision_on(self, certificate: int) -> Decision:
        found = list(self.obstacles(certificate))
        in_question = self.is_in_question(self.sitting_of(certificate).row)
        hangs = any(kind == NOT_WHILE_IN_QUESTION for kind, _ in found)
        against = [
            name for kind, name in found if kind == NO or (kind == NOT_WHILE_IN_QUESTION and not in_question)
        ]
        missing = [name for kind, name in found if kind == MISSING]
        if against:
            return Decision("REFUSED", against[0], reasons={against[0]})
        terms, amount = self.terms_of(certificate), self.owed(certificate)
        purse = self.purse_of(certificate, terms)
        if not missing and not self.has_room(certificate, purse, amount):
            missing = ["budget_has_room"]
        word, reason = ("HELD", missing[0]) if missing else ("GRANTED", "")
        claims = terms is not None and not hangs
        return Decision(word, reason, amount, {reason}, claims=claims, terms=terms, purse=purse)

    def obstacles(self, certificate: int) -> Iterator[tuple[str, str]]:
        """Yield everything that stands against paying, or is missing, in the order in which it is told."""
        own, terms = self.sitting_of(certificate), self.terms_of(certificate)
        if terms is None:
            yield MISSING, "policy_is_in_force"
        yield from self.against_by_what_happened(certificate)
        if not own.category:
            yield NO, "trained_in_the_programme"
        if terms is not None:
            yield from self.against_by_category_and_time(certificate, terms)
            yield from self.against_by_sittings(certificate, terms)
        # What another certificate has used up as its own policy counts is used up, whatever policy there will be.
        if any(self.uses_it_up(other, certificate, terms) for other in self.decisions):
            yield NOT_WHILE_IN_QUESTION, "is_not_claimed_already"
        if terms is not None:
            yield from self.against_by_grants(certificate, terms)
            yield from self.against_by_amount(certificate, terms)
        if self.account_of(own.row) is None:
            yield MISSING, "account_is_known"

    def against_by_what_happened(self, certificate: int) -> Iterator[tuple[str, str]]:
        paper, own = self.certificates[certificate], self.sitting_of(certificate)
        if paper.status != "VALID":
            yield NO, "certificate_is_valid"
        if own.results[-1] != "PASSED":
            yield NOT_WHILE_IN_QUESTION, "sitting_is_still_a_pass"
        if self.is_in_question(own.row):
            yield MISSING, "nothing_is_under_review"
        if paper.sitting in self.objected:
            yield NO, "no_objection_was_upheld"

    def against_by_category_and_time(self, certificate: int, terms: Terms) -> Iterator[tuple[str, str]]:
        own, first = self.sitting_of(certificate), self.first_of(certificate)
        if own.category and own.category not in terms.categories:
            yield NO, "category_is_eligible"
        if own.category == "GRADUATING_STUDENT" and not graduates_in_time(own, first.issued, terms):
            yield NO, "graduates_in_time"
        if terms.window is not None and first.recorded > first.issued + timedelta(days=terms.window):
            yield NO, "recorded_in_time"

    def against_by_sittings(self, certificate: int, terms: Terms) -> Iterator[tuple[str, str]]:
        if any(self.takes_the_first_pass(other, certificate, terms) for other in range(len(self.sittings))):
            yield NOT_WHILE_IN_QUESTION, "passes_for_the_first_time"

    def against_by_amount(self, certificate: int, terms: Terms) -> Iterator[tuple[str, str]]:
        fee, paid = self.fee_of(self.sitting_of(certificate)), self.paid_elsewhere(certificate)
        if fee is None:
            yield MISSING, "fee_is_published"
        elif self.by_policy(certificate) == 0:
            yield NO, "amount_is_positive"
        if paid and terms.stacking == "REFUSED":
            yield NO, "not_subsidized_elsewhere"
        if paid and terms.stacking == "DIFFERENCE" and fee is not None and paid >= fee:
            yield NO, "not_subsidized_elsewhere"

    def against_by_grants(self, certificate: int, terms: Terms) -> Iterator[tuple[str, str]]:
        own = self.sitting_of(certificate)
        others = [number for number in self.grants(self.person(own.row)) if number != certificate]
        for other in (self.sitting_of(number) for number in others):
            is_higher = LEVELS.index(other.level) > LEVELS.index(own.level)
            if terms.ladder == "SAME_OCCUPATION" and other.occupation != own.occupation:
                is_higher = False
            if terms.ladder != "NONE" and is_higher:
                yield NOT_WHILE_IN_QUESTION, "ladder_is_kept"
                break
        year = self.first_of(certificate).issued.year
        of_the_year = [number for number in others if self.first_of(number).issued.year == year]
        if terms.lifetime is not None and len(others) >= terms.lifetime:
            yield NOT_WHILE_IN_QUESTION, "within_lifetime_cap"
        if terms.yearly is not None and len(of_the_year) >= terms.yearly:
            yield NOT_WHILE_IN_QUESTION, "within_yearly_cap"

    def takes_the_first_pass(self, number: int, certificate: int, terms: Terms) -> bool:
        """Test whether a sitting of the person before this certificate's counts."""
        other, own = self.sittings[number], self.sitting_of(certificate)
        if self.person(other.row) != self.person(own.row) or other.results[-1] == "ABSENT":
            return False
        if terms.rule == "FIRST_CERTIFICATE" and other.results[-1] != "PASSED":
            return False
        is_before = (other.day, number) < (own.day, self.certificates[certificate].sitting)
        return is_before and is_same(terms.scope, other, own)

    def uses_it_up(self, number: int, certificate: int, terms: Terms | None) -> bool:
        """Test whether another certificate of the person has this first pass, as its policy counts or as this one's."""
        other, own = self.sitting_of(number), self.sitting_of(certificate)
        decision = self.decisions[number]
        if number == certificate or self.person(other.row) != self.person(own.row):
            return False
        if decision.word == "REFUSED" or not decision.claims:
            return False
        if decision.word == "HELD":
            is_later = (other.day, self.certificates[number].sitting) >= (
                own.day,
                self.certificates[certificate].sitting,
            )
            if is_later or self.certificates[number].status != "VALID":
                return False
        return any(is_same(each.scope, other, own) for each in (terms, decision.terms) if each is not None)

    # ── Money ──
    def purse_of(self, certificate: int, terms: Terms | None) -> str:
        own = self.sitting_of(certificate)
        if terms is None or not terms.by_district:
            return "city"
        by_training = terms.competent == "TRAINING" and own.category
        district = own.trained_in if by_training else own.institution
        return district if district in self.allotted else "city"

    def has_room(self, certificate: int, purse: str, amount: int) -> bool:
        """Test whether a purse has the money, and nobody with an earlier certificate waits for it."""
        waiting = [
            number
            for number, decision in self.decisions.items()
            if decision.reason == "budget_has_room" and decision.purse == purse and number < certificate
        ]
        return not waiting and amount <= self.left_in(purse)

    def left_in(self, purse: str) -> int:
        reserved, paid, recovered = self.figures(purse)
        return self.allotted.get(purse, 0) - reserved - paid + recovered

    def figures(self, purse: str) -> tuple[int, int, int]:
        """Return what is reserved, was paid and came back."""
        own = [payment for payment in self.payments if payment.purse == purse]
        return (
            sum(each.amount for each in own if each.status not in ("PAID", "CANCELLED")),
            sum(each.amount for each in own if each.status == "PAID"),
            sum(each.amount for each in own if each.recovery == "SETTLED"),
        )


def is_for_good(decision: Decision) -> bool:
    return decision.word == "GRANTED" or (decision.word == "REFUSED" and decision.reason in FOR_GOOD)


def is_same(scope: str, one: Sitting, other: Sitting) -> bool:
    if scope == "PERSON":
        return True
    if scope == "OCCUPATION":
        return one.occupation == other.occupation
    return one.occupation == other.occupation and one.level == other.level


def graduates_in_time(own: Sitting, issued: date, terms: Terms) -> bool:
    if own.graduated is None:
        return False
    if terms.year == "CALENDAR":
        return own.graduated.year == issued.year
    begins = issued.year if issued.month >= 9 else issued.year - 1
    return date(begins, 9, 1) <= own.graduated < date(begins + 1, 9, 1)
