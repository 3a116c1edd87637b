"""Corrections of what made people eligible: what exists, for whom, and the locks on it."""

from django.db.models import QuerySet

from enrollment.enums import RequestStatus
from enrollment.models import Enrollment, EvidenceCorrection
from enrollment.queries.classes import classes_visible_to
from institutions.models import User


def evidence_corrections_visible_to(user: User) -> QuerySet[EvidenceCorrection]:
    """Return the corrections for the people of the classes that this person may see, without the scans."""
    return (
        EvidenceCorrection.objects.filter(enrollment__training_class__in=classes_visible_to(user))
        .select_related(
            "enrollment__training_class__institution",
            "enrollment__training_class__district",
            "enrollment__trainee",
            "proposed_by",
            "decided_by",
        )
        .defer("evidence")
    )


def evidence_corrections_of(enrollment: Enrollment) -> QuerySet[EvidenceCorrection]:
    """Return what was proposed about one enrollment, newest first, without the scans."""
    return (
        EvidenceCorrection.objects.filter(enrollment=enrollment)
        .select_related("proposed_by", "decided_by")
        .defer("evidence")
    )


def approved_evidence_corrections_of(enrollment_id: int) -> list[EvidenceCorrection]:
    """Return what was corrected of one enrollment, in the order in which it was, without the scans."""
    approved = EvidenceCorrection.objects.filter(enrollment=enrollment_id, status=RequestStatus.APPROVED)
    return list(approved.select_related("decided_by").defer("evidence").order_by("pk"))


def enrollment_id_of_correction(correction_id: int) -> int:
    """Return whose evidence it corrects. That never changes, so that the enrollment can be locked before it."""
    return EvidenceCorrection.objects.values_list("enrollment_id", flat=True).get(pk=correction_id)


def lock_evidence_correction(correction_id: int) -> EvidenceCorrection:
    """Return one correction with its class, locked."""
    return (
        EvidenceCorrection.objects.select_for_update(of=("self",))
        .select_related("enrollment__training_class")
        .defer("evidence")
        .get(pk=correction_id)
    )


def scan_of_evidence_correction(correction_id: int) -> bytes:
    """Return the scan that belongs to a correction."""
    return bytes(EvidenceCorrection.objects.values_list("evidence", flat=True).get(pk=correction_id))
