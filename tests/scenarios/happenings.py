"""What can happen, one event at a time, told to the reference. What cannot happen changes nothing and is told so."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from tests.scenarios.reference import (
    LEVELS,
    UNPAID,
    Book,
    Certificate,
    Decision,
    Payment,
    Sitting,
    Terms,
    is_same,
)

# On which a corrected or re-issued certificate is issued and recorded.
ISSUED_ANEW, RECORDED_ANEW = date(2026, 10, 19), date(2026, 10, 20)
Event = tuple[object, ...]


def untouched(event: Event) -> Event:
    """Return an event that may be told: results are added to a sitting that is told."""
    if event[0] != "sit":
        return event
    name, sitting, *days = event
    return (name, replace(sitting, results=[*sitting.results]), *days)


@dataclass
class Happenings:
    """The events by name. Each method returns whether it could happen."""

    book: Book

    def tell(self, event: Event) -> bool:
        name, *words = event
        return bool(getattr(self, str(name))(*words))

    # ── Results and certificates ──
    def sit(self, sitting: Sitting, issued: date, recorded: date) -> bool:
        """A result is recorded; of a pass with its certificate. Nobody sits twice on one day."""
        same_day = [each for each in self.book.sittings if each.day == sitting.day]
        if any(self.book.person(each.row) == self.book.person(sitting.row) for each in same_day):
            return False
        if sitting.row != self.book.person(sitting.row):
            return False
        self.book.sittings.append(sitting)
        if sitting.results[-1] == "PASSED":
            self.book.certificates.append(Certificate(len(self.book.sittings) - 1, issued, recorded))
        return True

    def correct(self, number: int, outcome: str) -> bool:
        if number >= len(self.book.sittings) or self.book.sittings[number].results[-1] == outcome:
            return False
        self.book.sittings[number].results.append(outcome)
        self.book.in_question.discard(number)
        if outcome == "PASSED":
            self.book.certificates.append(Certificate(number, ISSUED_ANEW, RECORDED_ANEW))
        else:
            self._end_all(number)
        return True

    def revoke(self, number: int) -> bool:
        if not self._is_valid(number):
            return False
        self._end_all(self.book.certificates[number].sitting)
        return True

    def reissue(self, number: int) -> bool:
        if not self._is_valid(number) or self.book.is_in_question(self.book.sitting_of(number).row):
            return False
        former = self.book.certificates[number]
        former.status = "SUPERSEDED"
        self.book.certificates.append(
            Certificate(former.sitting, ISSUED_ANEW, RECORDED_ANEW, replaces=number)
        )
        return True

    def appeal(self, number: int) -> bool:
        if number >= len(self.book.sittings) or number in self.book.in_question:
            return False
        self.book.in_question.add(number)
        return True

    def dismiss(self, number: int) -> bool:
        if number not in self.book.in_question:
            return False
        self.book.in_question.discard(number)
        return True

    def objection(self, number: int) -> bool:
        """An office objects to paying for what is held, and is found right."""
        decision = self.book.decisions.get(number)
        if not self._is_valid(number) or decision is None or decision.word != "HELD":
            return False
        self.book.objected.add(self.book.certificates[number].sitting)
        return True

    def _is_valid(self, number: int) -> bool:
        return number < len(self.book.certificates) and self.book.certificates[number].status == "VALID"

    def _end_all(self, sitting: int) -> None:
        """Whoever revokes one certificate of a sitting revokes them all."""
        for certificate in self.book.certificates:
            if certificate.sitting == sitting:
                certificate.status = "REVOKED"

    # ── People ──
    def merge(self, kept: int, merged: int) -> bool:
        """The kept row has an account, and the classes of the two do not overlap."""
        if kept == merged or any(self.book.person(row) != row for row in (kept, merged)):
            return False
        days = [
            {each.day for each in self.book.sittings if self.book.person(each.row) == row and each.category}
            for row in (kept, merged)
        ]
        if days[0] & days[1] or kept not in self.book.accounts:
            return False
        self.book.merges.append((kept, merged))
        return True

    def account(self, row: int, number: int) -> bool:
        self.book.accounts[self.book.person(row)] = number
        return True

    def other_subsidy(self, row: int, occupation: str, level: str, cents: int) -> bool:
        known = [each[:3] for each in self.book.elsewhere]
        if (row, occupation, level) in known or self.book.person(row) != row:
            return False
        self.book.elsewhere.append((row, occupation, level, cents))
        return True

    # ── What is in force ──
    def policy(self, terms: object) -> bool:
        self.book.policies.append(terms)
        return True

    def fee(self, kind: tuple[str, str, str], since: date, until: date, cents: int) -> bool:
        taken = [(each[3], each[4]) for each in self.book.fees if each[:3] == kind]
        if any(since < last and first < until for first, last in taken):
            return False
        self.book.fees.append((*kind, since, until, cents))
        return True

    def top_up(self, purse: str, cents: int) -> bool:
        if purse not in self.book.allotted:
            return False
        self.book.allotted[purse] += cents
        return True

    # ── Workers ──
    def sweep(self) -> bool:
        """Money follows what ended, two grants of one person become one, and what is open is decided."""
        before = None
        while before != (before := self._standing()):
            self.follow()
            self.book.decide()
        return True

    def _standing(self) -> list[object]:
        decided = [(number, each.word, each.reason) for number, each in self.book.decisions.items()]
        return [*decided, *[(each.status, each.recovery) for each in self.book.payments]]

    def follow(self) -> None:
        for payment in self.book.payments:
            self._follow(payment)
        self._void_what_merges_brought()

    def _follow(self, payment: Payment) -> None:
        status = self.book.certificates[payment.certificate].status
        sitting = self.book.certificates[payment.certificate].sitting
        stands = any(each.sitting == sitting and each.status == "VALID" for each in self.book.certificates)
        if payment.recovery == "OPEN" and stands:
            payment.recovery = "WITHDRAWN"
        if status != "REVOKED":
            return
        if payment.status in UNPAID:
            self._void(payment, "certificate_is_valid")
        elif payment.status == "PAID" and not stands and payment.recovery in ("", "WITHDRAWN"):
            payment.recovery = "OPEN"

    def _void_what_merges_brought(self) -> None:
        """Let fall what a person of several rows was granted too often, unless it is on its way."""
        for person in {self.book.person(kept) for kept, _ in self.book.merges}:
            if self.book.is_in_question(person):
                continue
            live = [each for each in self.book.payments if self._stands_for(person, each)]
            live.sort(key=lambda each: (each.status in UNPAID, self._order(each)))
            for reason, has_fallen in (
                ("is_not_claimed_already", self._is_second),
                ("ladder_is_kept", self._is_below),
                ("within_lifetime_cap", self._is_above_the_cap_of_a_lifetime),
                ("within_yearly_cap", self._is_above_the_cap_of_a_year),
            ):
                live = self._without_fallen(live, reason, has_fallen)

    def _without_fallen(
        self,
        live: list[Payment],
        reason: str,
        has_fallen: Callable[[Payment, list[Payment], list[Payment]], bool],
    ) -> list[Payment]:
        standing: list[Payment] = []
        for payment in live:
            if payment.status in UNPAID and has_fallen(payment, standing, live):
                self._void(payment, reason)
            else:
                standing.append(payment)
        return standing

    def _stands_for(self, person: int, payment: Payment) -> bool:
        if self.book.decisions[payment.certificate].word != "GRANTED" or payment.status == "CANCELLED":
            return False
        return self.book.person_of(payment.certificate) == person

    def _order(self, payment: Payment) -> tuple[date, int]:
        return (
            self.book.sitting_of(payment.certificate).day,
            self.book.certificates[payment.certificate].sitting,
        )

    def _terms(self, payment: Payment) -> Terms:
        terms = self.book.decisions[payment.certificate].terms
        assert terms is not None
        return terms

    def _is_second(self, payment: Payment, before: list[Payment], _live: list[Payment]) -> bool:
        """Test whether another one is for the same first pass, as the policy of either counts."""
        own = self.book.sitting_of(payment.certificate)
        return any(
            is_same(terms.scope, own, self.book.sitting_of(other.certificate))
            for other in before
            for terms in (self._terms(payment), self._terms(other))
        )

    def _is_below(self, payment: Payment, _before: list[Payment], live: list[Payment]) -> bool:
        """Test whether a higher level was granted before this one was."""
        own, rule = self.book.sitting_of(payment.certificate), self._terms(payment).ladder
        earlier = self.book.payments[: self.book.payments.index(payment)]
        others = [self.book.sitting_of(each.certificate) for each in earlier if each in live]
        return rule != "NONE" and any(
            LEVELS.index(other.level) > LEVELS.index(own.level)
            and (rule == "ANY_OCCUPATION" or other.occupation == own.occupation)
            for other in others
        )

    def _is_above_the_cap_of_a_lifetime(
        self, payment: Payment, before: list[Payment], _live: list[Payment]
    ) -> bool:
        cap = self._terms(payment).lifetime
        return cap is not None and len(before) >= cap

    def _is_above_the_cap_of_a_year(
        self, payment: Payment, before: list[Payment], _live: list[Payment]
    ) -> bool:
        cap = self._terms(payment).yearly
        years = [self.book.first_of(each.certificate).issued.year for each in (payment, *before)]
        return cap is not None and years[1:].count(years[0]) >= cap

    def _void(self, payment: Payment, reason: str) -> None:
        payment.status = "CANCELLED"
        self.book.decisions[payment.certificate] = Decision("REFUSED", reason, reasons={reason})

    # ── The bank ──
    def pay_day(self, answers: tuple[str, ...]) -> bool:
        """What is ready goes to the bank, which answers one after the other."""
        self._reopen_with_new_accounts()
        ready = self.to_be_sent()
        for number, payment in enumerate(ready):
            payment.tried.append(self.book.account_of(self.book.sitting_of(payment.certificate).row) or 0)
            payment.status = "INSTRUCTED"
            self._answer(payment, answers[number % len(answers)])
        return bool(ready)

    def to_be_sent(self) -> list[Payment]:
        """Return what goes into the next batch: owed, not in question, to an account that was not tried."""
        return [
            payment
            for payment in self.book.payments
            if (payment.status == "READY" or self._has_new_account(payment))
            and not self.book.is_in_question(self.book.sitting_of(payment.certificate).row)
        ]

    def _reopen_with_new_accounts(self) -> None:
        """Let what came back wait for a batch again, once its account is another one, also while it is in question."""
        for payment in self.book.payments:
            if self._has_new_account(payment):
                payment.status = "READY"

    def _has_new_account(self, payment: Payment) -> bool:
        account = self.book.account_of(self.book.sitting_of(payment.certificate).row)
        return payment.status == "RETURNED" and account not in payment.tried

    def bank_word(self, number: int, answer: str) -> bool:
        """The bank knows by now what became of an instruction that it did not know of."""
        under_way = [each for each in self.book.payments if each.status == "INSTRUCTED"]
        if number >= len(under_way):
            return False
        self._answer(under_way[number], answer)
        return True

    def _answer(self, payment: Payment, answer: str) -> None:
        if answer != "UNKNOWN":
            payment.status = answer

    def repaid(self, number: int) -> bool:
        """All of the money that is asked back comes back: the grant stands no more."""
        open_ones = [each for each in self.book.payments if each.recovery == "OPEN"]
        if number >= len(open_ones):
            return False
        open_ones[number].recovery = "SETTLED"
        reason = "certificate_is_valid"
        self.book.decisions[open_ones[number].certificate] = Decision("REFUSED", reason, reasons={reason})
        return True
