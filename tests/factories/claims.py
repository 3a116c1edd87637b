"""Training policies, claims with their rows, and classes whose people have sat the level assessment."""

import hashlib
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import factory
from django.db.backends.postgresql.psycopg_any import DateRange
from factory.django import DjangoModelFactory

from enrollment.enums import EnrollmentStatus, ParticipantCategory
from enrollment.models import TrainingClass
from institutions.models import User
from subsidies.enums import (
    AdvanceBasis,
    ClaimLineRule,
    ClaimStatus,
    EvidenceKind,
    GraduationYearRule,
    LineRefusal,
    LineVerdict,
    PassRateDenominator,
    PassRule,
    ReckoningCause,
    ScanStatus,
    StandardRule,
)
from subsidies.models import (
    Advance,
    ClaimEvidence,
    ClaimLine,
    ClaimQuery,
    ClaimReckoning,
    LineReview,
    SubsidyClaim,
    TrainingPolicyVersion,
    TrainingStandard,
    TrainingSubsidy,
)
from subsidies.services.claims import open_claim
from tests.clock import NOW
from tests.factories.enrollment import EnrollmentFactory, TrainingClassFactory
from tests.factories.institutions import (
    AccreditationFactory,
    InstitutionAccountFactory,
    UserFactory,
)
from tests.factories.sittings import enroll, session_for, sit

STANDARD = Decimal("800.00")
LAST_DAY = date(2026, 12, 19)


# ── Single rows ──────────────────────────────────────────────────────────────────────────────────────────
class TrainingPolicyVersionFactory(DjangoModelFactory):
    """A draft over 2026; approved=True decides. The published fee, times the pass rate over the frozen roster."""

    class Meta:
        model = TrainingPolicyVersion

    class Params:
        approved = factory.Trait(
            approved_by=factory.SubFactory(UserFactory, municipal_reviewer=True),
            approved_at=NOW - timedelta(days=280),
        )

    name = factory.Sequence(lambda n: f"Training policy {n}")
    in_force = DateRange(date(2026, 1, 1), date(2027, 1, 1))
    eligible_categories = factory.LazyFunction(
        lambda: [ParticipantCategory.GRADUATING_STUDENT, ParticipantCategory.ENTERPRISE_EMPLOYEE]
    )
    graduation_year_rule = GraduationYearRule.CALENDAR
    line_rule = ClaimLineRule.COMPLETED
    least_attendance = Decimal("0.0000")
    standard_rule = StandardRule.FEE
    fee_share = Decimal("1.0000")
    denominator = PassRateDenominator.ROSTER
    pass_rule = PassRule.ANY_ATTEMPT
    cut_off_days = 90
    curve_points = factory.LazyFunction(lambda: [["0", "0"], ["1", "1"]])
    factor_floor = Decimal("0.0000")
    factor_cap = Decimal("1.0000")
    claim_window_days = 60
    district_working_days = 10
    municipal_working_days = 10
    answer_working_days = 5
    one_signature_limit = Decimal("50000.00")
    source = "An example for the tests."
    drafted_by = factory.SubFactory(UserFactory, municipal_administrator=True)
    drafted_at = NOW - timedelta(days=290)


class TrainingStandardFactory(DjangoModelFactory):
    """An entry of a draft's table."""

    class Meta:
        model = TrainingStandard

    policy_version = factory.SubFactory(TrainingPolicyVersionFactory, standard_rule=StandardRule.TABLE)
    occupation = factory.SubFactory("tests.factories.institutions.OccupationFactory")
    level = "JUNIOR"
    amount = Decimal("600.00")


class SubsidyClaimFactory(DjangoModelFactory):
    """An open claim without a reckoning; submitted=True and what follows have one of nothing, or the given one."""

    class Meta:
        model = SubsidyClaim

    class Params:
        submitted = factory.Trait(
            status=ClaimStatus.SUBMITTED,
            submitted_by=factory.SubFactory(
                UserFactory, training_manager=True, institution=factory.SelfAttribute("..institution")
            ),
            submitted_at=NOW - timedelta(days=10),
        )
        returned = factory.Trait(
            submitted=True, status=ClaimStatus.RETURNED, status_reason="The receipts cannot be read."
        )
        recommended = factory.Trait(
            submitted=True,
            status=ClaimStatus.RECOMMENDED,
            recommended_by=factory.SubFactory(
                UserFactory, district_reviewer=True, district=factory.SelfAttribute("..district")
            ),
            recommended_at=NOW - timedelta(days=5),
        )
        confirmed = factory.Trait(
            recommended=True,
            status=ClaimStatus.CONFIRMED,
            first_confirmed_by=factory.SubFactory(UserFactory, municipal_reviewer=True),
            first_confirmed_at=NOW - timedelta(days=2),
        )
        refused = factory.Trait(
            submitted=True, status=ClaimStatus.REFUSED, status_reason="The class was not held."
        )
        withdrawn = factory.Trait(status=ClaimStatus.WITHDRAWN, status_reason="Opened by mistake.")
        lapsed = factory.Trait(status=ClaimStatus.LAPSED)

    training_class = factory.SubFactory(TrainingClassFactory, completed=True)
    institution = factory.SelfAttribute("training_class.institution")
    district = factory.SelfAttribute("training_class.district")
    reference = factory.LazyAttributeSequence(lambda claim, n: f"{claim.training_class.reference}-{n + 1}")
    opened_at = NOW - timedelta(days=20)
    submit_until = LAST_DAY

    @classmethod
    def _create(cls, model_class: type[SubsidyClaim], *args: object, **kwargs: Any) -> SubsidyClaim:
        """Write the claim as an open one first: a reckoning belongs to a claim that stands."""
        status = kwargs.pop("status", ClaimStatus.OPEN)
        reckoning = kwargs.pop("reckoning", None)
        later = ("submitted", "recommended", "first_confirmed", "second_confirmed")
        signed = {key: kwargs.pop(key) for key in list(kwargs) if key.rpartition("_")[0] in later}
        reason = kwargs.pop("status_reason", "")
        payment_due = kwargs.pop("payment_due", False)
        claim: SubsidyClaim = super()._create(model_class, *args, **kwargs)
        if status == ClaimStatus.OPEN and reckoning is None and not signed and not payment_due:
            return claim
        if "submitted_at" in signed:
            reckoning = reckoning or ClaimReckoningFactory(claim=claim)
        claim.status, claim.reckoning, claim.status_reason = status, reckoning, reason
        claim.payment_due = payment_due
        for key, value in signed.items():
            setattr(claim, key, value)
        claim.save()
        return claim


class ClaimReckoningFactory(DjangoModelFactory):
    """A reckoning that comes to nothing and has no lines."""

    class Meta:
        model = ClaimReckoning

    claim = factory.SubFactory(SubsidyClaimFactory)
    number = factory.LazyAttribute(lambda reckoning: reckoning.claim.reckonings.count() + 1)
    cause = ReckoningCause.OPENED
    policy_version = factory.LazyFunction(
        lambda: TrainingPolicyVersion.objects.first() or TrainingPolicyVersionFactory(approved=True)
    )
    pass_count = rate_count = counted_count = 0
    factor = Decimal("1.0000")
    standard_total = amount = Decimal("0.00")
    is_complete = True
    facts_sha256 = factory.Sequence(lambda n: hashlib.sha256(str(n).encode()).hexdigest())
    reckoned_at = NOW - timedelta(days=20)


class ClaimLineFactory(DjangoModelFactory):
    """The one line of a reckoning of its own, which counts with its whole standard; out=True does not."""

    class Meta:
        model = ClaimLine

    class Params:
        out = factory.Trait(counts=False, is_pass=False, reason="training_completed", amount=Decimal("0.00"))

    reckoning = factory.SubFactory(
        ClaimReckoningFactory,
        pass_count=factory.SelfAttribute("..is_pass"),
        rate_count=factory.SelfAttribute("..in_rate"),
        counted_count=factory.SelfAttribute("..counts"),
        standard_total=factory.LazyAttribute(
            lambda own: own.factory_parent.counts * own.factory_parent.standard
        ),
        amount=factory.SelfAttribute("..amount"),
    )
    line_number = factory.LazyAttribute(lambda line: line.reckoning.lines.count() + 1)
    enrollment = factory.SubFactory(
        EnrollmentFactory,
        training_class=factory.SelfAttribute("..reckoning.claim.training_class"),
        status=EnrollmentStatus.COMPLETED,
        completed_at=NOW - timedelta(days=100),
        locked_at=NOW - timedelta(days=210),
    )
    in_rate = True
    is_pass = True
    counts = True
    reason = ""
    standard = STANDARD
    amount = factory.SelfAttribute("standard")


class TrainingSubsidyFactory(DjangoModelFactory):
    """What is paid for one person, once per class; voided=True leaves room for another."""

    class Meta:
        model = TrainingSubsidy

    class Params:
        voided = factory.Trait(voided_at=NOW)

    line = factory.SubFactory(ClaimLineFactory)
    claim = factory.SelfAttribute("line.reckoning.claim")
    enrollment = factory.SelfAttribute("line.enrollment")
    subsidy_key = factory.LazyAttribute(lambda subsidy: f"enrollment:{subsidy.enrollment.pk}")
    amount = factory.SelfAttribute("line.amount")
    granted_at = NOW


class AdvanceFactory(DjangoModelFactory):
    """A class that cost 40,000 yuan; per_trainee=True says what one person cost."""

    class Meta:
        model = Advance

    class Params:
        per_trainee = factory.Trait(
            basis=AdvanceBasis.PER_TRAINEE, unit_cost=Decimal("1000.00"), unit_count=40
        )
        withdrawn = factory.Trait(
            withdrawn_by=factory.SelfAttribute("recorded_by"),
            withdrawn_at=NOW - timedelta(days=10),
            withdrawal_reason="A receipt was counted twice.",
        )

    training_class = factory.SubFactory(TrainingClassFactory, completed=True)
    basis = AdvanceBasis.PER_CLASS
    unit_cost = Decimal("40000.00")
    unit_count = 1
    amount = factory.LazyAttribute(lambda advance: advance.unit_cost * advance.unit_count)
    spent_on = date(2026, 6, 26)
    recorded_by = factory.SelfAttribute("training_class.drafted_by")
    recorded_at = NOW - timedelta(days=20)


class ClaimEvidenceFactory(DjangoModelFactory):
    """A receipt that no scanner has looked at, because none is connected; waiting=True, clean=True, infected=True."""

    class Meta:
        model = ClaimEvidence

    class Params:
        waiting = factory.Trait(scan_status=ScanStatus.WAITING)
        clean = factory.Trait(scan_status=ScanStatus.CLEAN, scanned_at=NOW)
        infected = factory.Trait(scan_status=ScanStatus.INFECTED, scanned_at=NOW)
        withdrawn = factory.Trait(
            withdrawn_by=factory.SelfAttribute("uploaded_by"), withdrawn_at=NOW - timedelta(days=1)
        )

    training_class = factory.SubFactory(TrainingClassFactory, completed=True)
    kind = EvidenceKind.RECEIPT
    file_name = "receipt.pdf"
    media_type = "application/pdf"
    content = factory.Sequence(lambda n: f"%PDF-1.7 receipt {n}".encode())
    size = factory.LazyAttribute(lambda evidence: len(evidence.content))
    sha256 = factory.LazyAttribute(lambda evidence: hashlib.sha256(evidence.content).hexdigest())
    uploaded_by = factory.SelfAttribute("training_class.drafted_by")
    uploaded_at = NOW - timedelta(days=20)
    scan_status = ScanStatus.NOT_SCANNED


class LineReviewFactory(DjangoModelFactory):
    """A line that the district accepts; refused=True names its code."""

    class Meta:
        model = LineReview

    class Params:
        refused = factory.Trait(verdict=LineVerdict.REFUSED, reason_code=LineRefusal.CHARGED_TO_THE_TRAINEE)

    line = factory.SubFactory(ClaimLineFactory)
    claim = factory.SelfAttribute("line.reckoning.claim")
    enrollment = factory.SelfAttribute("line.enrollment")
    verdict = LineVerdict.ACCEPTED
    reviewed_by = factory.SubFactory(
        UserFactory, district_reviewer=True, district=factory.SelfAttribute("..claim.district")
    )
    reviewed_at = NOW - timedelta(days=6)


class ClaimQueryFactory(DjangoModelFactory):
    """A question about a whole claim; answered=True has its answer."""

    class Meta:
        model = ClaimQuery

    class Params:
        answered = factory.Trait(
            answer="The trainer was paid in July.",
            answered_by=factory.SelfAttribute("claim.submitted_by"),
            answered_at=NOW - timedelta(days=3),
        )

    claim = factory.SubFactory(SubsidyClaimFactory, submitted=True)
    question = "What was paid to the trainer, and when?"
    asked_by = factory.SubFactory(
        UserFactory, district_reviewer=True, district=factory.SelfAttribute("..claim.district")
    )
    asked_at = NOW - timedelta(days=6)


# ── A class that has been through it, as the services find it ────────────────────────────────────────────
def open_training(**values: object) -> TrainingPolicyVersion:
    """Put an approved training policy in force over 2026."""
    return TrainingPolicyVersionFactory(approved=True, **values)


def class_with_results(*passes: bool, **values: object) -> TrainingClass:
    """Return a completed class of whose people each has sat once, and passed or failed."""
    training_class = TrainingClassFactory(**{"completed": True, "locked_count": len(passes), **values})
    AccreditationFactory(
        institution=training_class.institution,
        occupation=training_class.occupation,
        level=training_class.level,
    )
    session = session_for(training_class)
    for passed in passes:
        sit(enroll(training_class), session, passed=passed)
    return training_class


def institution_user(training_class: TrainingClass, **values: object) -> User:
    """Return the manager of the institution that runs the class, or with another role somebody else of it."""
    return UserFactory(**{"training_manager": True, "institution": training_class.institution, **values})


def ready_to_submit(passes: Sequence[bool] = (True, True), **values: object) -> SubsidyClaim:
    """Return an open claim of which nothing is missing: advance, receipt and account stand."""
    training_class = class_with_results(*passes, **values)
    AdvanceFactory(training_class=training_class)
    ClaimEvidenceFactory(training_class=training_class)
    InstitutionAccountFactory(institution=training_class.institution, approved=True)
    return open_claim(
        class_id=training_class.pk, opener=institution_user(training_class), now=NOW - timedelta(days=20)
    )
