"""Decisions by the portal's own rules, with their payments, and the books that follow."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from django.db.models import F

from demo.generator import figures
from demo.generator.assessment import Certified
from demo.generator.people import People, Person
from demo.generator.rows import EntitlementRow, EntryRow, LineRow, PaymentRow, Rows
from demo.generator.scene import SHANGHAI, Money, Scene
from subsidies.models import Budget
from subsidies.rules.eligibility import (
    CertificateFacts,
    Check,
    PublishedFee,
    first_pass_key,
)
from subsidies.rules.first_pass import is_same_first_pass
from subsidies.rules.limits import competent_district
from subsidies.rules.sequence import Decided, decide_in_order

# What the portal's worker takes at the most from a recorded certificate to its decision.
DECIDED_AFTER = timedelta(seconds=20)
ARRIVAL_REASON = "学员补交社会保障卡银行账号。"


@dataclass(slots=True)
class Owed:
    """One payment on its way."""

    id: int
    person: Person
    certified: Certified
    amount: Decimal
    district_id: int | None
    budget_id: int
    entitlement_id: int
    opened_at: datetime
    status: str = "READY"
    paid_at: datetime | None = None


class Books:
    """The journal and the budgets: every movement is written where it happens."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self.money: dict[int, Money] = defaultdict(Money)

    def record(
        self, kind: str, key: str, moment: datetime, postings: Iterable[tuple[Owed, str, str, str]]
    ) -> None:
        """Write one entry: for each payment what is debited, what is credited, and what that records of it."""
        entry_id = self.rows.new_id(EntryRow)
        self.rows.add(EntryRow(entry_id, key, kind, moment))
        for owed, debit, credit, fact in postings:
            self.rows.add(LineRow(entry_id, debit, owed.amount, owed.id, fact))
            self.rows.add(LineRow(entry_id, credit, -owed.amount, owed.id, fact))

    def write_budgets(self) -> None:
        """Add what has moved since the last time."""
        for budget_id, moved in sorted(self.money.items()):
            Budget.objects.filter(pk=budget_id).update(
                reserved=F("reserved") + moved.reserved, paid=F("paid") + moved.paid
            )
        self.money.clear()


class Decisions:
    """Decides certificates as the portal does, and opens the payments."""

    def __init__(self, rows: Rows, scene: Scene, people: People, books: Books, chance: Random) -> None:
        self.rows = rows
        self.scene = scene
        self.people = people
        self.books = books
        self.chance = chance

    def decide(self, certified: Sequence[Certified]) -> list[Owed]:
        """Write the decisions on the certificates of one class, and return what is owed."""
        by_time: dict[datetime, list[Certified]] = defaultdict(list)
        for each in certified:
            by_time[each.recorded_at + DECIDED_AFTER].append(each)
        owed: list[Owed] = []
        for moment, together in sorted(by_time.items()):
            granted = [
                found for each in together if (found := self._decide_one(each, self.scene.by_now(moment)))
            ]
            self._record_grants(granted)
            owed += granted
        return owed

    def _decide_one(self, each: Certified, moment: datetime) -> Owed | None:
        """Write the decision on one certificate, and the second one if a missing account has arrived since."""
        arrival = self._arrival(each, moment)
        decided = self._decided(each, moment)
        held_id = None
        if decided.ruling.decision == "HELD":
            held_id = self.rows.new_id(EntitlementRow)
            waits_no_longer = arrival if decided.ruling.reason == "account_is_known" else None
            self._add_entitlement(held_id, decided, moment, superseded_at=waits_no_longer, supersedes_id=None)
            if waits_no_longer is None:
                return None
            moment = waits_no_longer
            decided = self._decided(each, moment)
        entitlement_id = self.rows.new_id(EntitlementRow)
        self._add_entitlement(entitlement_id, decided, moment, superseded_at=None, supersedes_id=held_id)
        if decided.grant is None:
            return None
        person = each.enrolled.person
        person.grants.append(decided.grant)
        person.claims.append((each.id, (each.sitting.occupation_id, each.sitting.level)))
        return Owed(
            id=self.rows.new_id(PaymentRow),
            person=person,
            certified=each,
            amount=decided.ruling.amount,
            district_id=competent_district(decided.facts),
            budget_id=self._budget(moment),
            entitlement_id=entitlement_id,
            opened_at=moment,
        )

    def _arrival(self, each: Certified, moment: datetime) -> datetime | None:
        """Give an account to some of those who had none at the decision, and return when it came."""
        person = each.enrolled.person
        if person.account_on(moment) or person.accounts or self.chance.random() > figures.ACCOUNT_ARRIVES:
            return None
        arrived_at = moment + timedelta(days=self.chance.randint(3, 40), hours=2)
        if arrived_at > self.scene.now:
            return None
        self.people.add_account(
            person,
            at_moment=arrived_at,
            reason=ARRIVAL_REASON,
            recorded_by=self.scene.offices.staff.operator,
        )
        return arrived_at

    def _decided(self, each: Certified, moment: datetime) -> Decided:
        return decide_in_order([self._facts(each, moment)])[0]

    def _facts(self, each: Certified, moment: datetime) -> CertificateFacts:
        planned, person = each.held.planned, each.enrolled.person
        terms = self.scene.terms
        policy = terms.policy if each.issued_on in terms.policy_in_force else None
        fee = planned.assessor.fee_on(planned.subject, each.sitting.held_on)
        account = person.account_on(moment)
        own = (each.sitting.occupation_id, each.sitting.level)
        scope = terms.policy.first_pass_scope
        claimed = [claim for claim, other in person.claims if is_same_first_pass(scope, own, other)]
        return CertificateFacts(
            certificate_id=each.id,
            is_valid=True,
            issued_on=each.issued_on,
            person_id=person.id,
            is_under_review=False,
            category=each.enrolled.category,
            graduated_on=person.graduated_on,
            sitting=each.sitting,
            other_sittings=each.earlier,
            policy=policy,
            fee=PublishedFee(fee.schedule_id, fee.total) if fee else None,
            bank_account_id=account.id if account else None,
            claimed_by_certificate_id=claimed[0] if claimed else None,
            recorded_on=each.recorded_at.astimezone(SHANGHAI).date(),
            grants=tuple(person.grants),
            training_district_id=each.held.district_id,
        )

    def _add_entitlement(
        self,
        entitlement_id: int,
        decided: Decided,
        moment: datetime,
        *,
        superseded_at: datetime | None,
        supersedes_id: int | None,
    ) -> None:
        facts, ruling, grant = decided.facts, decided.ruling, decided.grant
        is_granted = ruling.decision == "GRANTED"
        budget_id = self._budget(moment) if is_granted else None
        checks = [*ruling.checks]
        if is_granted:
            checks.append(Check("budget_has_room", "PASSED", {"budget": budget_id}))
        self.rows.add(
            EntitlementRow(
                id=entitlement_id,
                public_id=self.rows.new_public_id(),
                certificate_id=facts.certificate_id,
                person_id=facts.person_id,
                district_id=competent_district(facts),
                decision=ruling.decision,
                reason=ruling.reason,
                first_pass_key=first_pass_key(facts),
                amount=ruling.amount,
                policy_version_id=facts.policy.version_id if facts.policy else None,
                fee_schedule_id=facts.fee.schedule_id if facts.fee else None,
                budget_id=budget_id,
                bank_account_id=facts.bank_account_id,
                lifetime_slot=grant.lifetime_slot if grant else None,
                yearly_slot=grant.yearly_slot if grant else None,
                slot_year=grant.year if grant else None,
                checks=[
                    {"name": check.name, "outcome": check.outcome, "facts": check.facts} for check in checks
                ],
                decided_at=moment,
                held_since=moment if ruling.decision == "HELD" else None,
                # Whoever lived through this world was told then.
                announced_at=moment,
                supersedes_id=supersedes_id,
                superseded_at=superseded_at,
            )
        )
        if ruling.decision != "HELD":
            said = {"amount": str(ruling.amount)} if is_granted else {"reason": ruling.reason}
            self.rows.add_message(
                ruling.decision,
                entitlement_id,
                moment,
                person_id=facts.person_id,
                entitlement_id=entitlement_id,
                **said,
            )

    def _budget(self, moment: datetime) -> int:
        return self.scene.terms.budgets[moment.astimezone(SHANGHAI).year]

    def _record_grants(self, granted: Sequence[Owed]) -> None:
        """Write one entry for what was granted at the same moment."""
        together: dict[datetime, list[Owed]] = defaultdict(list)
        for owed in granted:
            together[owed.opened_at].append(owed)
            self.books.money[owed.budget_id].reserved += owed.amount
        for moment, some in together.items():
            self.books.record(
                "GRANT",
                f"grant:{self.rows.new_public_id()}",
                moment,
                [(owed, "SUBSIDY_EXPENSE", "SUBSIDIES_PAYABLE", "granted") for owed in some],
            )
