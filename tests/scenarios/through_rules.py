"""A history through the product's pure rules, compared after every sweep with the reference."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from subsidies.rules.eligibility import MAY_TURN_ROUND, CertificateFacts, PolicyValues, PublishedFee
from subsidies.rules.facts import OtherPaid
from subsidies.rules.first_pass import Sitting
from subsidies.rules.reservations import Purse, Reservations
from subsidies.rules.sequence import Decided, decide_in_order
from tests.scenarios.generated import INSTITUTIONS, OCCUPATIONS
from tests.scenarios.happenings import Event, Happenings, untouched
from tests.scenarios.reference import Book, Terms

DISTRICTS: dict[str, int | None] = {"city": None, "North": 1, "South": 2, "Academy": 3, "Institute": 4}
NOTHING = Decimal("0.00")


class Disagreement(AssertionError):
    """The rules and the reference say two things."""


def yuan(cents: int) -> Decimal:
    return Decimal(cents) / 100


@dataclass
class Rules:
    """What the rules have decided, which they see of each other only through this."""

    book: Book
    decided: dict[int, Decided] = field(default_factory=dict)
    voided: dict[int, str] = field(default_factory=dict)
    spent: dict[int | None, Decimal] = field(default_factory=lambda: defaultdict(lambda: NOTHING))

    def forget_what_ended(self) -> None:
        """Grants that were cancelled or paid back are refusals from now on, and their money is free again."""
        for number, decision in self.book.decisions.items():
            known = self.decided.get(number)
            if decision.word == "REFUSED" and known is not None and known.grant is not None:
                self.spent[self.purse_of(number)] -= known.ruling.amount
                del self.decided[number]
                self.voided[number] = decision.reason

    def purse_of(self, number: int) -> int | None:
        payments = [each for each in self.book.payments if each.certificate == number]
        return DISTRICTS[payments[-1].purse]

    def decide(self) -> None:
        deciding = [number for number in range(len(self.book.certificates)) if self.is_open(number)]
        reservations = Reservations(
            {
                DISTRICTS[purse]: Purse(index + 1, yuan(cents) - self.spent[DISTRICTS[purse]])
                for index, (purse, cents) in enumerate(self.book.allotted.items())
            }
        )
        districts = [DISTRICTS[purse] for purse in self.book.allotted]
        results = decide_in_order([self.facts(number) for number in deciding], reservations.reserve)
        for number, result in zip(deciding, results, strict=True):
            self.decided[number] = result
            self.voided.pop(number, None)
            if result.grant is not None:
                whose = districts[reservations.budget_ids[number + 1] - 1]
                self.spent[whose] += result.ruling.amount

    def is_open(self, number: int) -> bool:
        if number in self.voided:
            return self.voided[number] in MAY_TURN_ROUND
        known = self.decided.get(number)
        if known is None or known.ruling.decision == "HELD":
            return True
        return known.ruling.decision == "REFUSED" and known.ruling.reason in MAY_TURN_ROUND

    # ── What they are told ──
    def facts(self, number: int) -> CertificateFacts:
        book = self.book
        certificate, own, first = (
            book.certificates[number],
            book.sitting_of(number),
            book.first_of(number),
        )
        person = book.person(own.row)
        chain = [
            self.sitting(index) for index, each in enumerate(book.sittings) if book.person(each.row) == person
        ]
        others = [(index, each) for index, each in self.decided.items() if book.person_of(index) == person]
        fee = book.fee_of(own)
        return CertificateFacts(
            certificate_id=number + 1,
            is_valid=certificate.status == "VALID",
            issued_on=first.issued,
            person_id=person,
            is_under_review=book.is_in_question(own.row),
            category=own.category or None,
            graduated_on=own.graduated,
            sitting=self.sitting(certificate.sitting),
            other_sittings=tuple(each for each in chain if each.sitting_id != certificate.sitting + 1),
            policy=self.values(book.terms_of(number)),
            fee=PublishedFee(1, yuan(fee)) if fee is not None else None,
            bank_account_id=book.account_of(own.row),
            claimed_by_certificate_id=None,
            recorded_on=first.recorded,
            grants=tuple(each.grant for index, each in others if each.grant is not None and index != number),
            claims=tuple(
                each.claim
                for index, each in others
                if each.claim is not None
                and (not each.claim.is_held or book.certificates[index].status == "VALID")
            ),
            other_subsidies=tuple(
                OtherPaid(index + 1, yuan(cents))
                for index, (row, occupation, level, cents) in enumerate(book.elsewhere)
                if book.person(row) == person and (occupation, level) == (own.occupation, own.level)
            ),
            upheld_objection_id=1 if certificate.sitting in book.objected else None,
            training_district_id=DISTRICTS[own.trained_in] if own.category else None,
            evaluation_district_id=DISTRICTS[own.institution],
        )

    def sitting(self, index: int) -> Sitting:
        each = self.book.sittings[index]
        return Sitting(
            sitting_id=index + 1,
            attempt_id=index + 1 + 100 * (len(each.results) - 1),
            held_on=each.day,
            institution_id=INSTITUTIONS.index(each.institution),
            occupation_id=OCCUPATIONS.index(each.occupation),
            level=each.level,
            outcome=each.results[-1],
        )

    def values(self, terms: Terms | None) -> PolicyValues | None:
        if terms is None:
            return None
        return PolicyValues(
            version_id=1 + self.book.policies.index(terms),
            first_pass_scope=terms.scope,
            first_pass_rule=terms.rule,
            eligible_categories=frozenset(terms.categories),
            graduation_year_rule=terms.year,
            fee_share=Decimal(terms.share) / 10_000,
            ceilings={level: yuan(cents) for level, cents in terms.ceilings.items()},
            lifetime_cap=terms.lifetime,
            yearly_cap=terms.yearly,
            ladder_rule=terms.ladder,
            stacking_rule=terms.stacking,
            recording_window_days=terms.window,
            competent_district_rule=terms.competent,
            budget_by_district=terms.by_district,
        )

    def said(self, number: int) -> tuple[str, str, Decimal]:
        if number in self.voided:
            return ("REFUSED", self.voided[number], NOTHING)
        ruling = self.decided[number].ruling
        return (ruling.decision, ruling.reason, ruling.amount)


def live(events: Sequence[Event], allotted: dict[str, int]) -> Rules:
    """Tell a history to both, and compare after every sweep."""
    happenings = Happenings(Book(allotted=dict(allotted)))
    rules = Rules(happenings.book)
    for event in map(untouched, events):
        if event[0] != "sweep":
            happenings.tell(event)
            continue
        happenings.follow()
        rules.forget_what_ended()
        rules.decide()
        happenings.book.decide()
        compare(rules)
    return rules


def compare(rules: Rules) -> None:
    for number, decision in rules.book.decisions.items():
        expected = (decision.word, decision.reason, yuan(decision.amount))
        if rules.said(number) != expected:
            raise Disagreement(
                f"certificate {number}: the rules say {rules.said(number)}, the reference {expected}"
            )
    for purse in rules.book.allotted:
        reserved, paid, recovered = rules.book.figures(purse)
        if rules.spent[DISTRICTS[purse]] != yuan(reserved + paid - recovered):
            raise Disagreement(f"{purse}: the rules have spent {rules.spent[DISTRICTS[purse]]}")


def disagrees(events: Sequence[Event], allotted: dict[str, int]) -> bool:
    try:
        live(events, allotted)
    except Disagreement:
        return True
    return False
