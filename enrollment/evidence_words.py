"""What made somebody eligible in words, as it stands and as a correction changed it."""

import json
from collections.abc import Mapping
from typing import Any

from enrollment.enums import Education, ParticipantCategory
from enrollment.models import EVIDENCE_FIELDS, Enrollment, EvidenceCorrection
from enrollment.models.evidence import CategoryEvidence

CHOICES = {"category": ParticipantCategory, "education": Education}


def evidence_values(evidence: CategoryEvidence) -> dict[str, str]:
    """Return the evidence as texts by field; what is not named is empty."""
    return {field: str(getattr(evidence, field) or "") for field in EVIDENCE_FIELDS}


def former_values(correction: EvidenceCorrection) -> dict[str, str]:
    """Return all that stood there before a correction, as texts by field."""
    values: dict[str, str] = json.loads(correction.former_values)
    return values


def evidence_label(field: str) -> str:
    """Return what one kind of evidence is called."""
    column: Any = Enrollment._meta.get_field(field)
    return str(column.verbose_name)


def evidence_text(field: str, value: str) -> str:
    """Return one value as a page shows it."""
    return str(CHOICES[field](value).label) if value and field in CHOICES else value


def evidence_facts(values: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the evidence that there is, each with its label."""
    return [
        (evidence_label(field), evidence_text(field, values[field]))
        for field in EVIDENCE_FIELDS
        if values[field]
    ]


def corrected_facts(correction: EvidenceCorrection) -> list[tuple[str, str, str]]:
    """Return what a correction changes: the label, what stood there, and what comes in its place."""
    former, corrected = former_values(correction), evidence_values(correction)
    return [
        (evidence_label(field), evidence_text(field, former[field]), evidence_text(field, corrected[field]))
        for field in EVIDENCE_FIELDS
        if former[field] != corrected[field]
    ]
