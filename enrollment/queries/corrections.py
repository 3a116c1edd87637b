"""Corrections of who people are, and of what made them eligible: what exists, for whom, and the locks on it."""

from typing import TypeVar

from django.db.models import Q, QuerySet

from enrollment.enums import IdentityField, RequestStatus
from enrollment.models import Enrollment, EvidenceCorrection, IdentityCorrection, Trainee
from enrollment.queries.classes import classes_visible_to
from institutions.models import User

Correction = TypeVar("Correction", IdentityCorrection, EvidenceCorrection)


# ── Of either kind ───────────────────────────────────────────────────────────────────────────────────────
def corrections_visible_to(kind: type[Correction], user: User) -> QuerySet[Correction]:
    """Return the corrections for the people of the classes that this person may see, without the scans."""
    return (
        kind.objects.filter(enrollment__training_class__in=classes_visible_to(user))
        .select_related(
            "enrollment__training_class__institution",
            "enrollment__training_class__district",
            "enrollment__trainee",
            "proposed_by",
            "decided_by",
        )
        .defer("evidence")
    )


def corrections_of(kind: type[Correction], enrollment: Enrollment) -> QuerySet[Correction]:
    """Return what was proposed about one enrolled person, newest first, without the scans."""
    proposed = kind.objects.filter(enrollment=enrollment)
    return proposed.select_related("proposed_by", "decided_by").defer("evidence")


def lock_correction(kind: type[Correction], correction_id: int) -> Correction:
    """Return one correction with its class, locked."""
    locked = kind.objects.select_for_update(of=("self",))
    return locked.select_related("enrollment__training_class").defer("evidence").get(pk=correction_id)


def scan_of(kind: type[Correction], correction_id: int) -> bytes:
    """Return the scan that belongs to a correction."""
    return bytes(kind.objects.values_list("evidence", flat=True).get(pk=correction_id))


# ── Of one kind ──────────────────────────────────────────────────────────────────────────────────────────
def names_of_person(person_id: int) -> list[str]:
    """Return every name that the rows of one person bear, or bore before an approved correction.

    Whoever does not exist has no name, and finding that out takes the same queries.
    """
    rows = Trainee.objects.filter(Q(pk=person_id) | Q(merged_into=person_id))
    corrections = IdentityCorrection.objects.filter(
        Q(enrollment__trainee=person_id) | Q(enrollment__trainee__merged_into=person_id),
        field=IdentityField.NAME,
        status=RequestStatus.APPROVED,
    ).order_by()
    return [*rows.values_list("name", flat=True), *corrections.values_list("former_value", flat=True)]


def approved_evidence_corrections_of(enrollment_id: int) -> list[EvidenceCorrection]:
    """Return what was corrected of one enrollment, in the order in which it was, without the scans."""
    approved = EvidenceCorrection.objects.filter(enrollment=enrollment_id, status=RequestStatus.APPROVED)
    return list(approved.select_related("decided_by").defer("evidence").order_by("pk"))


def enrollment_id_of_correction(correction_id: int) -> int:
    """Return whose evidence it corrects. That never changes, so that the enrollment can be locked before it."""
    return EvidenceCorrection.objects.values_list("enrollment_id", flat=True).get(pk=correction_id)
