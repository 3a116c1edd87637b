"""Corrections, merges, reveals and exports."""

import json
import uuid
from datetime import timedelta

import factory
from factory.django import DjangoModelFactory

from demo.identifiers import make_credit_code
from enrollment.enums import IdentityField, ParticipantCategory, RequestStatus, RevealedField
from enrollment.evidence_words import evidence_values
from enrollment.models import (
    ChangedTraineeId,
    Enrollment,
    EvidenceCorrection,
    Export,
    ExportDownload,
    IdentityCorrection,
    Reveal,
    TraineeMerge,
)
from enrollment.services.evidence_corrections import (
    CorrectedEvidence,
    Evidence,
    approve_evidence_correction,
    propose_evidence_correction,
)
from tests.clock import NOW
from tests.factories.enrollment import EnrollmentFactory, TraineeFactory, TrainingClassFactory
from tests.factories.institutions import UserFactory

JPEG = b"\xff\xd8\xff\xe0" + b"an ID card" * 20
PNG = b"\x89PNG\r\n\x1a\n" + b"an ID card" * 20
PDF = b"%PDF-1.7\n" + b"an ID card" * 20


class IdentityCorrectionFactory(DjangoModelFactory):
    """A name that waits for the district; approved=True or refused=True is later."""

    class Meta:
        model = IdentityCorrection

    class Params:
        approved = factory.Trait(
            status=RequestStatus.APPROVED,
            decided_by=factory.SubFactory(UserFactory, district_reviewer=True),
            decided_at=NOW,
        )
        refused = factory.Trait(approved=True, status=RequestStatus.REFUSED, decision_reason="Unreadable.")

    enrollment = factory.SubFactory(EnrollmentFactory)
    field = IdentityField.NAME
    former_value = factory.SelfAttribute("enrollment.trainee.name")
    corrected_value = "欧阳更正"
    reason = "Mistyped in the roster."
    evidence = JPEG
    evidence_name = "id-card.jpg"
    proposed_by = factory.SelfAttribute("enrollment.training_class.drafted_by")
    proposed_at = NOW - timedelta(days=2)


class EvidenceCorrectionFactory(DjangoModelFactory):
    """An employee who was enrolled as a student, and waits for the district; approved=True or refused=True is later.

    An approved one turns the enrollment round not by itself.
    """

    class Meta:
        model = EvidenceCorrection

    class Params:
        approved = factory.Trait(
            status=RequestStatus.APPROVED,
            decided_by=factory.SubFactory(UserFactory, district_reviewer=True),
            decided_at=NOW,
        )
        refused = factory.Trait(approved=True, status=RequestStatus.REFUSED, decision_reason="Unreadable.")

    enrollment = factory.SubFactory(EnrollmentFactory, completed=True)
    category = ParticipantCategory.ENTERPRISE_EMPLOYEE
    education = factory.SelfAttribute("enrollment.education")
    school = factory.SelfAttribute("enrollment.school")
    student_number = factory.SelfAttribute("enrollment.student_number")
    graduated_on = factory.SelfAttribute("enrollment.graduated_on")
    employer_name = "示范数字科技有限公司"
    employer_credit_code = make_credit_code(1)
    former_values = factory.LazyAttribute(
        lambda correction: json.dumps(evidence_values(correction.enrollment), ensure_ascii=False)
    )
    reason = "The institution ticked the wrong box."
    evidence = PDF
    evidence_name = "contract.pdf"
    proposed_by = factory.SelfAttribute("enrollment.training_class.drafted_by")
    proposed_at = NOW - timedelta(days=2)


def evidence_is_corrected(enrollment: Enrollment, **evidence: object) -> EvidenceCorrection:
    """Let two people correct what an enrollment says of the category, through the services."""
    now = evidence.pop("now", NOW)
    values = {**evidence_values(enrollment), **evidence}
    if values["category"] == ParticipantCategory.GRADUATING_STUDENT:
        values["student_number"] = values["student_number"] or "20220101"
    proposed = propose_evidence_correction(
        enrollment_id=enrollment.pk,
        correction=CorrectedEvidence(values, "The institution ticked the wrong box."),
        evidence=Evidence("contract.pdf", PDF),
        proposer=enrollment.training_class.drafted_by,
        now=now,
    )
    return approve_evidence_correction(
        correction_id=proposed.pk,
        decider=UserFactory(district_reviewer=True, district=enrollment.training_class.district),
        reason="As on the contract.",
        now=now,
    )


class TraineeMergeFactory(DjangoModelFactory):
    """Two rows that wait for a decision; approved=True is later, and turns no row round by itself."""

    class Meta:
        model = TraineeMerge

    class Params:
        approved = factory.Trait(
            status=RequestStatus.APPROVED,
            decided_by=factory.SubFactory(UserFactory, municipal_reviewer=True),
            decided_at=NOW,
        )

    kept = factory.SubFactory(TraineeFactory)
    merged = factory.SubFactory(TraineeFactory)
    reason = "The same ID card, mistyped once."
    proposed_by = factory.SubFactory(UserFactory, municipal_operator=True)
    proposed_at = NOW - timedelta(days=2)


class ChangedTraineeIdFactory(DjangoModelFactory):
    class Meta:
        model = ChangedTraineeId

    former_public_id = factory.LazyFunction(uuid.uuid4)
    public_id = factory.LazyFunction(uuid.uuid4)
    changed_at = NOW


class RevealFactory(DjangoModelFactory):
    class Meta:
        model = Reveal

    trainee = factory.SubFactory(TraineeFactory)
    field = RevealedField.ID_NUMBER
    reason = "The bank asked for it."
    revealed_to = factory.SubFactory(UserFactory, municipal_operator=True)
    revealed_at = NOW


class ExportFactory(DjangoModelFactory):
    """A list that can be downloaded; expired=True is over and not emptied yet."""

    class Meta:
        model = Export

    class Params:
        expired = factory.Trait(requested_at=NOW - timedelta(hours=30), expires_at=NOW - timedelta(hours=6))

    training_class = factory.SubFactory(TrainingClassFactory, confirmed=True)
    reason = "For the insurance of the class."
    row_count = 1
    content = b"a workbook"
    requested_by = factory.SelfAttribute("training_class.drafted_by")
    requested_at = NOW - timedelta(hours=1)
    expires_at = NOW + timedelta(hours=23)


class ExportDownloadFactory(DjangoModelFactory):
    class Meta:
        model = ExportDownload

    export = factory.SubFactory(ExportFactory)
    downloaded_by = factory.SelfAttribute("export.requested_by")
    downloaded_at = NOW
