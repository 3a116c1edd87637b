"""What the database itself refuses of corrections of the evidence, and of evidence that was corrected."""

from datetime import date

import pytest
from django.db import IntegrityError, InternalError, connection

from enrollment.models import EVIDENCE_FIELDS, Enrollment, EvidenceCorrection
from tests.clock import NOW
from tests.factories.identity import EvidenceCorrectionFactory
from tests.factories.institutions import UserFactory

pytestmark = pytest.mark.django_db

STAYS = "enrollment_evidence_stays_after_the_lock"
# Something else for each of the columns, that would be right by itself.
OTHERWISE = {
    "category": "EARLIER_GRADUATE",
    "education": "MASTER",
    "school": "另一大学",
    "student_number": "20220999",
    "graduated_on": date(2025, 6, 30),
    "employer_name": "另一公司",
    "employer_credit_code": "91500000MA5U000017",
}


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"category": "PENSIONER"}, "evidence_correction_category_known"),
        ({"education": "NONE"}, "evidence_correction_education_known"),
        (
            {"category": "EARLIER_GRADUATE", "education": "BELOW_ASSOCIATE"},
            "evidence_correction_open_to_this_person",
        ),
        ({"employer_name": ""}, "evidence_correction_employee_has_employer"),
        ({"employer_credit_code": ""}, "evidence_correction_employee_has_employer"),
        ({"category": "EARLIER_GRADUATE", "school": ""}, "evidence_correction_graduate_has_school"),
        ({"category": "EARLIER_GRADUATE", "graduated_on": None}, "evidence_correction_graduate_has_school"),
        ({"approved": True, "status": "LOST"}, "evidence_correction_status_known"),
        ({"reason": ""}, "evidence_correction_has_reason"),
        ({"decided_at": NOW}, "evidence_correction_decision_complete"),
        ({"status": "APPROVED"}, "evidence_correction_decided_by_somebody"),
    ],
)
def test_row_is_refused_by(fields, constraint):
    with pytest.raises(IntegrityError, match=constraint):
        EvidenceCorrectionFactory(**fields)


def test_one_correction_of_an_enrollment_is_open_at_a_time():
    first = EvidenceCorrectionFactory(refused=True)
    EvidenceCorrectionFactory(enrollment=first.enrollment)

    with pytest.raises(IntegrityError, match="evidence_correction_one_open_per_enrollment"):
        EvidenceCorrectionFactory(enrollment=first.enrollment)


def test_nobody_decides_their_own_evidence_correction():
    user = UserFactory()

    with pytest.raises(IntegrityError, match="evidence_correction_decided_by_someone_else"):
        EvidenceCorrectionFactory(approved=True, proposed_by=user, decided_by=user)


@pytest.mark.parametrize(
    ("changed", "trigger"),
    [
        *(({field: value}, "frozen_facts") for field, value in OTHERWISE.items()),
        ({"reason": "Another."}, "frozen_facts"),
        ({"evidence_name": "x.jpg"}, "frozen_facts"),
        ({"proposed_at": NOW}, "frozen_facts"),
        ({"evidence": b"another"}, "frozen_secrets"),
        ({"former_values": "another"}, "frozen_secrets"),
    ],
    ids=lambda part: next(iter(part)) if isinstance(part, dict) else "",
)
def test_what_was_proposed_stays(changed, trigger):
    correction = EvidenceCorrectionFactory()

    with pytest.raises(InternalError, match=trigger):
        EvidenceCorrection.objects.filter(pk=correction.pk).update(**changed)


@pytest.mark.parametrize(
    "changed",
    [{"status": "REFUSED"}, {"decision_reason": "Another."}, {"decided_at": NOW.replace(year=2025)}],
)
def test_what_was_decided_stays_decided(changed):
    correction = EvidenceCorrectionFactory(approved=True)

    with pytest.raises(InternalError, match="evidence_correction_stays_decided"):
        EvidenceCorrection.objects.filter(pk=correction.pk).update(**changed)


def test_no_evidence_correction_is_deleted():
    EvidenceCorrectionFactory()

    with pytest.raises(InternalError, match="no_delete"):
        EvidenceCorrection.objects.all()._raw_delete("default")


def test_scans_of_two_corrections_are_not_exchanged_under_one_key():
    one, other = EvidenceCorrectionFactory(), EvidenceCorrectionFactory()

    with pytest.raises(InternalError, match="frozen_secrets"), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE enrollment_evidencecorrection row SET evidence = other.evidence"
            " FROM enrollment_evidencecorrection other WHERE row.id = %s AND other.id = %s",
            [one.pk, other.pk],
        )


# ── What the enrollment says after the lock ──────────────────────────────────────────────────────────────
def take_over(correction: EvidenceCorrection, **otherwise: object) -> int:
    """Have the enrollment say what a correction says, or something else of a column."""
    said = {field: getattr(correction, field) for field in EVIDENCE_FIELDS}
    return Enrollment.objects.filter(pk=correction.enrollment_id).update(**{**said, **otherwise})


def test_evidence_becomes_what_was_approved():
    assert take_over(EvidenceCorrectionFactory(approved=True)) == 1


@pytest.mark.parametrize("state", [{}, {"refused": True}])
def test_evidence_does_not_become_what_nobody_approved(state):
    correction = EvidenceCorrectionFactory(**state)

    with pytest.raises(InternalError, match=STAYS):
        take_over(correction)


@pytest.mark.parametrize("field", EVIDENCE_FIELDS)
def test_evidence_becomes_nothing_but_what_was_approved(field):
    correction = EvidenceCorrectionFactory(approved=True)

    with pytest.raises(InternalError, match=STAYS):
        take_over(correction, **{field: OTHERWISE[field]})


def test_what_was_approved_of_one_person_changes_no_other():
    approved, other = EvidenceCorrectionFactory(approved=True), EvidenceCorrectionFactory()

    with pytest.raises(InternalError, match=STAYS):
        Enrollment.objects.filter(pk=other.enrollment_id).update(
            **{field: getattr(approved, field) for field in EVIDENCE_FIELDS}
        )


def test_evidence_does_not_go_back_to_what_was_approved_before():
    first = EvidenceCorrectionFactory(approved=True)
    take_over(first)
    second = EvidenceCorrectionFactory(enrollment=first.enrollment, approved=True, education="MASTER")
    take_over(second)

    with pytest.raises(InternalError, match=STAYS):
        take_over(first)
