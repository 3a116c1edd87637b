"""The rows that a scenario speaks of by name, and the day on which it is."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateRange

from assessment.enums import CertificateStatus, Outcome
from assessment.models import Attempt, LevelCertificate
from enrollment.models import Trainee
from institutions.enums import Role
from institutions.models import District, FeeSchedule, Institution, Occupation, User
from subsidies.enums import SubsidyKind
from subsidies.models import Budget, Entitlement, Payment, PaymentBatch, PolicyVersion, Recovery
from tests.clock import NOW
from tests.factories.assessment import (
    AssessmentPolicyFactory,
    AssessmentSessionFactory,
    AttemptFactory,
    LevelCertificateFactory,
)
from tests.factories.enrollment import BankAccountFactory, EnrollmentFactory, TraineeFactory
from tests.factories.institutions import (
    WHOLE_PLAN,
    DistrictFactory,
    FeeScheduleFactory,
    InstitutionFactory,
    OccupationFactory,
    UserFactory,
)
from tests.factories.subsidies import BudgetFactory, PolicyVersionFactory
from tests.fakes.bank import FakeBank
from tests.subsidies.histories import SCORES

CITY = "city"


@dataclass(frozen=True)
class Sat:
    """One sitting, and the training before it. A category of "" is somebody who trained elsewhere."""

    person: str
    on: str = "2026-07-11"
    at: str = "Academy"
    occupation: str = "AI"
    direction: str = ""
    level: str = "JUNIOR"
    outcome: str = "PASSED"
    category: str = "ENTERPRISE_EMPLOYEE"
    graduated: str | None = None
    trained_in: str = "North"
    # The published fee of the sitting, in yuan, unless one of its kind is published already; "" publishes none.
    fee: str = "800.00"


@dataclass
class World:
    """Everything of one scenario. What is named for the first time comes into being."""

    now: datetime = NOW
    bank: FakeBank = field(default_factory=FakeBank)
    people: dict[str, Trainee] = field(default_factory=dict)
    certificates: dict[str, LevelCertificate] = field(default_factory=dict)
    sittings: dict[str, Attempt] = field(default_factory=dict)
    batches: list[PaymentBatch] = field(default_factory=list)
    # What somebody opened or said and nobody has decided, by what it is about.
    waiting: dict[str, Any] = field(default_factory=dict)
    _named: dict[tuple[type, str], Any] = field(default_factory=dict)
    _staff: dict[tuple[Role, int], User] = field(default_factory=dict)

    # ── Who and where ──
    def someone(self, role: Role, which: int = 0) -> User:
        """Return the first, second … person with this role."""
        if (role, which) not in self._staff:
            self._staff[role, which] = UserFactory(**{role.lower(): True})
        return self._staff[role, which]

    def person(self, name: str, *, account: bool = True) -> Trainee:
        if name not in self.people:
            self.people[name] = TraineeFactory()
            if account:
                BankAccountFactory(trainee=self.people[name])
        return self.people[name]

    def district(self, name: str) -> District:
        return self._once(District, name, DistrictFactory)

    def occupation(self, name: str) -> Occupation:
        return self._once(Occupation, name, OccupationFactory)

    def institution(self, name: str) -> Institution:
        """Return who examines. Its district bears its name."""
        return self._once(Institution, name, lambda: InstitutionFactory(district=self.district(name)))

    def _once(self, kind: type, name: str, make: Callable[[], Any]) -> Any:
        if (kind, name) not in self._named:
            self._named[kind, name] = make()
        return self._named[kind, name]

    def name_of(self, row: Any) -> str:
        """Return what a district, an institution or an occupation is called in the scenario."""
        return next(name for (_kind, name), named in self._named.items() if named == row)

    # ── What is in force ──
    def open_policy(self, since: str, until: str, values: dict[str, object]) -> PolicyVersion:
        days = DateRange(date.fromisoformat(since), date.fromisoformat(until))
        return PolicyVersionFactory(approved=True, in_force=days, **values)

    def open_budget(self, whose: str, allotted: str) -> Budget:
        district = None if whose == CITY else self.district(whose)
        return BudgetFactory(allotted=Decimal(allotted), district=district)

    def budget(self, whose: str) -> Budget:
        district = None if whose == CITY else self.district(whose)
        return Budget.objects.get(kind=SubsidyKind.ASSESSMENT, district=district)

    def publish_fee(self, sat: Sat, since: str | None = None, until: str | None = None) -> FeeSchedule:
        days = DateRange(
            date.fromisoformat(since) if since else WHOLE_PLAN.lower,
            date.fromisoformat(until) if until else WHOLE_PLAN.upper,
        )
        return FeeScheduleFactory(
            **self._kind(sat),
            direction=sat.direction,
            theory_fee=Decimal(sat.fee),
            practice_fee=Decimal("0.00"),
            in_force=days,
        )

    def _kind(self, sat: Sat) -> dict[str, object]:
        return {
            "institution": self.institution(sat.at),
            "occupation": self.occupation(sat.occupation),
            "level": sat.level,
        }

    # ── Sittings and certificates ──
    def sit(self, label: str, sat: Sat) -> Attempt:
        """Record a result under this label."""
        held_on = date.fromisoformat(sat.on)
        session = AssessmentSessionFactory(
            recorded=True,
            held_on=held_on,
            filed_by=self._who_files(self.institution(sat.at)),
            direction=sat.direction,
            policy=self._once(AssessmentPolicyFactory, "", AssessmentPolicyFactory),
            **self._kind(sat),
        )
        theory_score, practice_score = SCORES[Outcome(sat.outcome)]
        self.sittings[label] = AttemptFactory(
            session=session,
            trainee=self.person(sat.person),
            enrollment=self._enrollment(sat, held_on) if sat.category else None,
            outcome=sat.outcome,
            theory_score=theory_score,
            practice_score=practice_score,
        )
        return self.sittings[label]

    def certify(self, label: str, sat: Sat, issued: str, recorded: str | None) -> LevelCertificate:
        """Record a pass and its certificate under this label."""
        if sat.fee and not FeeSchedule.objects.filter(**self._kind(sat)).exists():
            self.publish_fee(Sat(**{**vars(sat), "direction": ""}))
        recorded_at = at_ten(recorded) if recorded else NOW - timedelta(days=90)
        self.certificates[label] = LevelCertificateFactory(
            attempt=self.sit(label, sat), issued_on=date.fromisoformat(issued), recorded_at=recorded_at
        )
        return self.certificates[label]

    def _who_files(self, institution: Institution) -> User:
        return self._once(
            User,
            f"at {institution.pk}",
            lambda: UserFactory(evaluation_operator=True, institution=institution),
        )

    def _enrollment(self, sat: Sat, held_on: date) -> Any:
        is_employee = sat.category == "ENTERPRISE_EMPLOYEE"
        graduated_on = date.fromisoformat(sat.graduated) if sat.graduated else None
        studies = {} if is_employee else {"category": sat.category, "graduated_on": graduated_on}
        district = self.district(sat.trained_in)
        school = self._once(
            Institution, f"school in {sat.trained_in}", lambda: InstitutionFactory(district=district)
        )
        return EnrollmentFactory(
            completed=True,
            employee=is_employee,
            trainee=self.person(sat.person),
            training_class__institution=school,
            training_class__drafted_by=self._once(
                User, f"of {school.pk}", lambda: UserFactory(training_operator=True, institution=school)
            ),
            training_class__confirmed_by=self._once(
                User, sat.trained_in, lambda: UserFactory(district_reviewer=True, district=district)
            ),
            training_class__occupation=self.occupation(sat.occupation),
            training_class__level=sat.level,
            training_class__starts_on=held_on - timedelta(days=45),
            training_class__ends_on=held_on - timedelta(days=15),
            **studies,
        )

    # ── What became of it ──
    def certificate(self, label: str) -> LevelCertificate:
        self.certificates[label].refresh_from_db()
        return self.certificates[label]

    def decision(self, label: str) -> Entitlement:
        return Entitlement.objects.get(certificate=self.certificates[label], superseded_at__isnull=True)

    def payment(self, label: str) -> Payment:
        """Return the last payment of a certificate."""
        return Payment.objects.filter(entitlement__certificate=self.certificates[label]).latest("pk")

    def recovery(self, label: str) -> Recovery:
        """Return the last recovery of a certificate's payment."""
        return Recovery.objects.filter(payment__entitlement__certificate=self.certificates[label]).latest(
            "pk"
        )

    def batch(self, number: int = 0) -> PaymentBatch:
        """Return a batch by its number, the last one for 0."""
        batch = self.batches[number - 1]
        batch.refresh_from_db()
        return batch

    def new_certificate_of(self, label: str) -> LevelCertificate:
        """Return the valid certificate of a sitting by now."""
        sitting = self.sittings[label]
        return LevelCertificate.objects.get(
            trainee=sitting.trainee, attempt__session=sitting.session, status=CertificateStatus.VALID
        )


def at_ten(day: str) -> datetime:
    """Return ten o'clock in Chongqing on a day."""
    return datetime.combine(date.fromisoformat(day), time(10), tzinfo=NOW.tzinfo)
