"""The classes, people and claims that a scenario of the training subsidy speaks of by name."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.backends.postgresql.psycopg_any import DateRange

from assessment.enums import Outcome
from assessment.models import AssessmentSession
from enrollment.enums import EnrollmentStatus, Presence
from enrollment.models import Enrollment, TrainingClass
from institutions.enums import Role
from institutions.models import District, Institution, User
from subsidies.enums import SubsidyKind
from subsidies.models import (
    Budget,
    ClaimLine,
    Payment,
    Recovery,
    SubsidyClaim,
    TrainingPolicyVersion,
)
from tests.clock import NOW
from tests.factories.assessment import (
    AssessmentPolicyFactory,
    AssessmentSessionFactory,
    AttemptFactory,
    LevelCertificateFactory,
)
from tests.factories.claims import TrainingPolicyVersionFactory, TrainingStandardFactory
from tests.factories.enrollment import EnrollmentFactory, TrainingClassFactory
from tests.factories.institutions import AccreditationFactory, InstitutionFactory, UserFactory
from tests.factories.subsidies import BudgetFactory
from tests.factories.training import AttendanceDeliveryFactory, AttendanceMarkFactory, LessonFactory
from tests.scenarios.world import CITY, Sat, World
from tests.subsidies.histories import SCORES

# On which day somebody sits for the first, second time, if nothing else is said.
SITTINGS = ("2026-07-11", "2026-09-05")
# A pass of which nobody has recorded the certificate yet.
NO_CERTIFICATE = "NO_CERTIFICATE"
HOURS = Decimal("4.0")


@dataclass(frozen=True)
class Who:
    """One person of a class, and how they sat: "PASSED", "FAILED 2026-09-05", "PASSED 2026-07-11 Institute".

    `status` is what became of them in the class; whoever is not `locked` was not in it at its roster lock. Of so many
    lessons they `attended` some; None where nobody reported them.
    """

    name: str
    sat: tuple[str, ...] = ("PASSED",)
    category: str = "ENTERPRISE_EMPLOYEE"
    graduated: str | None = None
    status: str = "COMPLETED"
    locked: bool = True
    attended: int | None = None


@dataclass(frozen=True)
class Cohort:
    """What a class is like."""

    starts: str = "2026-03-09"
    ends: str = "2026-06-26"
    at: str = "School"
    district: str = "North"
    evaluator: str = "Academy"
    occupation: str = "AI"
    direction: str = ""
    level: str = "JUNIOR"
    # The evaluator's published fee, in yuan, unless it is published already; "" publishes none.
    fee: str = "800.00"
    venue: str = ""
    lessons: int = 0
    is_accredited: bool = True


@dataclass
class ClassWorld(World):
    """Everything of one scenario of the training subsidy. People are named as in other scenarios."""

    # What becomes of results and certificates happens an hour later.
    now: datetime = NOW - timedelta(hours=1)
    classes: dict[str, TrainingClass] = field(default_factory=dict)
    enrollments: dict[str, Enrollment] = field(default_factory=dict)

    # ── What is in force ──
    def open_training(
        self, since: str, until: str, table: dict[str, str], values: dict[str, object]
    ) -> TrainingPolicyVersion:
        """Put a training policy in force; a table names yuan by occupation and level: {"AI JUNIOR": "600.00"}."""
        days = DateRange(date.fromisoformat(since), date.fromisoformat(until))
        policy = TrainingPolicyVersionFactory(in_force=days, **values)
        for kind, amount in table.items():
            occupation, level = kind.split()
            TrainingStandardFactory(
                policy_version=policy,
                occupation=self.occupation(occupation),
                level=level,
                amount=Decimal(amount),
            )
        policy.approved_by = self.someone(Role.MUNICIPAL_REVIEWER, 7)
        policy.approved_at = NOW - timedelta(days=280)
        policy.save()
        return policy

    def open_budget(self, whose: str, allotted: str) -> Budget:
        district = None if whose == CITY else self.district(whose)
        return BudgetFactory(kind=SubsidyKind.TRAINING, allotted=Decimal(allotted), district=district)

    def budget(self, whose: str) -> Budget:
        district = None if whose == CITY else self.district(whose)
        return Budget.objects.get(kind=SubsidyKind.TRAINING, district=district)

    # ── Classes ──
    def school(self, cohort: Cohort) -> Institution:
        """Return who trains."""
        return self._once(
            Institution,
            f"school {cohort.at}",
            lambda: InstitutionFactory(district=self.district(cohort.district)),
        )

    def of_school(self, school: Institution, role: str = "training_manager") -> User:
        """Return somebody of a training institution, always the same one."""
        return self._once(
            User, f"{role} of {school.pk}", lambda: UserFactory(**{role: True, "institution": school})
        )

    def of_district(self, district: District, which: int = 0) -> User:
        """Return the first, second … reviewer of a district."""
        return self._once(
            User,
            f"reviewer {which} of {district.pk}",
            lambda: UserFactory(district_reviewer=True, district=district),
        )

    def train(self, label: str, cohort: Cohort, people: tuple[Who, ...]) -> TrainingClass:
        """Hold a class to its end, with whatever its people came to."""
        school = self.school(cohort)
        self.classes[label] = TrainingClassFactory(
            completed=True,
            institution=school,
            drafted_by=self.of_school(school, "training_operator"),
            confirmed_by=self.of_district(school.district),
            occupation=self.occupation(cohort.occupation),
            direction=cohort.direction,
            level=cohort.level,
            venue=cohort.venue,
            starts_on=date.fromisoformat(cohort.starts),
            ends_on=date.fromisoformat(cohort.ends),
            intended_evaluator=self.institution(cohort.evaluator),
            locked_count=sum(who.locked for who in people),
        )
        if cohort.is_accredited:
            self._once(
                AccreditationFactory,
                f"{cohort.at} {cohort.occupation} {cohort.level}",
                lambda: AccreditationFactory(
                    institution=school, occupation=self.occupation(cohort.occupation), level=cohort.level
                ),
            )
        if cohort.fee:
            self._once(
                FEE,
                f"{cohort.evaluator} {cohort.occupation} {cohort.level}",
                lambda: self.publish_fee(self._sitting(cohort, cohort.evaluator)),
            )
        for number, who in enumerate(people, start=1):
            self._take_part(label, cohort, who, number)
        self._teach(label, cohort, people)
        return self.classes[label]

    def _sitting(self, cohort: Cohort, at: str) -> Sat:
        return Sat("", at=at, occupation=cohort.occupation, level=cohort.level, fee=cohort.fee)

    def label_of(self, who: Who, class_label: str, number: int = 1) -> str:
        """Return the label of somebody's place in a class: their name, and the class if they are in another one too."""
        name = who.name or f"{class_label}{number}"
        return name if name not in self.enrollments else f"{name} {class_label}"

    def _take_part(self, class_label: str, cohort: Cohort, who: Who, number: int) -> None:
        label = self.label_of(who, class_label, number)
        has_left = who.status in ("WITHDRAWN", "TRANSFERRED")
        studies = {} if who.category == "ENTERPRISE_EMPLOYEE" else {"category": who.category}
        if studies:
            studies["graduated_on"] = date.fromisoformat(who.graduated) if who.graduated else None
        self.enrollments[label] = EnrollmentFactory(
            training_class=self.classes[class_label],
            trainee=self.person(who.name or label),
            employee=not studies,
            status=EnrollmentStatus(who.status),
            completed_at=NOW - timedelta(days=100) if who.status == "COMPLETED" else None,
            left_at=NOW - timedelta(days=150) if has_left else None,
            locked_at=NOW - timedelta(days=210) if who.locked else None,
            **studies,
        )
        for sitting, usual in zip(who.sat, SITTINGS, strict=False):
            self._sit(label, cohort, sitting.split(), usual)

    def sit_again(self, label: str, cohort: Cohort, what: str) -> None:
        """Let somebody sit once more."""
        self._sit(label, cohort, what.split(), SITTINGS[1])

    def _sit(self, label: str, cohort: Cohort, said: list[str], usual: str) -> None:
        outcome, day = said[0], said[1] if len(said) > 1 else usual
        at = said[2] if len(said) > 2 else cohort.evaluator
        result = Outcome.PASSED if outcome == NO_CERTIFICATE else Outcome(outcome)
        theory_score, practice_score = SCORES[result]
        attempt = AttemptFactory(
            session=self._session(cohort, day, at),
            enrollment=self.enrollments[label],
            outcome=result,
            theory_score=theory_score,
            practice_score=practice_score,
        )
        times = sum(key == label or key.startswith(f"{label} #") for key in self.sittings)
        key = f"{label} #{times + 1}" if times else label
        self.sittings[key] = attempt
        if outcome == "PASSED":
            self.certificates[key] = LevelCertificateFactory(
                attempt=attempt, issued_on=date.fromisoformat(day) + timedelta(days=9)
            )

    def _session(self, cohort: Cohort, day: str, at: str) -> AssessmentSession:
        return self._once(
            AssessmentSession,
            f"{at} {cohort.occupation} {cohort.level} {cohort.direction} {day}",
            lambda: AssessmentSessionFactory(
                recorded=True,
                institution=self.institution(at),
                occupation=self.occupation(cohort.occupation),
                level=cohort.level,
                direction=cohort.direction,
                held_on=date.fromisoformat(day),
                filed_by=self._who_files(self.institution(at)),
                policy=self._once(AssessmentPolicyFactory, "", AssessmentPolicyFactory),
            ),
        )

    def _teach(self, class_label: str, cohort: Cohort, people: tuple[Who, ...]) -> None:
        training_class = self.classes[class_label]
        lessons = [
            LessonFactory(
                training_class=training_class,
                held_on=training_class.starts_on + timedelta(days=day),
                hours=HOURS,
            )
            for day in range(cohort.lessons)
        ]
        reported = [(number, who) for number, who in enumerate(people, start=1) if who.attended is not None]
        if not reported:
            return
        delivery = AttendanceDeliveryFactory(training_class=training_class)
        for number, who in reported:
            enrollment = self._enrollment_in(class_label, who, number)
            for taught, lesson in enumerate(lessons, start=1):
                presence = Presence.PRESENT if taught <= (who.attended or 0) else Presence.ABSENT
                AttendanceMarkFactory(
                    enrollment=enrollment, lesson=lesson, presence=presence, delivery=delivery
                )

    def _enrollment_in(self, class_label: str, who: Who, number: int) -> Enrollment:
        return Enrollment.objects.get(
            training_class=self.classes[class_label],
            trainee=self.person(who.name or f"{class_label}{number}"),
        )

    # ── What became of it ──
    def claim(self, label: str) -> SubsidyClaim:
        """Return the last claim of a class."""
        return SubsidyClaim.objects.select_related("reckoning", "district", "training_class").get(
            pk=SubsidyClaim.objects.filter(training_class=self.classes[label]).latest("pk").pk
        )

    def line(self, label: str) -> ClaimLine:
        """Return somebody's line in what the last claim of their class comes to by now."""
        enrollment = self.enrollments[label]
        claim = SubsidyClaim.objects.filter(training_class=enrollment.training_class_id).latest("pk")
        return ClaimLine.objects.get(reckoning=claim.reckoning_id, enrollment=enrollment)

    def payment(self, label: str) -> Payment:
        return Payment.objects.filter(claim__training_class=self.classes[label]).latest("pk")

    def recovery(self, label: str) -> Recovery:
        return Recovery.objects.filter(payment__claim__training_class=self.classes[label]).latest("pk")


class FEE:
    """The kind of what is published once for each evaluator, occupation and level."""
