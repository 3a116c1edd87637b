from collections.abc import Sequence
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chongqing_dte.foundation.constraints import implies, known_value
from enrollment.enums import Education, ParticipantCategory

EVIDENCE_FIELDS = (
    "category",
    "education",
    "school",
    "student_number",
    "graduated_on",
    "employer_name",
    "employer_credit_code",
)


class CategoryEvidence(models.Model):
    """Who a person is to the programme, and what they named for it."""

    category = models.CharField(_("Participant category"), max_length=20, choices=ParticipantCategory)
    education = models.CharField(_("Education"), max_length=16, choices=Education)
    school = models.CharField(_("School"), max_length=128, blank=True)
    student_number = models.CharField(_("Student number"), max_length=40, blank=True)
    graduated_on = models.DateField(_("Graduation date"), null=True, blank=True)
    employer_name = models.CharField(_("Employer"), max_length=128, blank=True)
    employer_credit_code = models.CharField(_("Employer's credit code"), max_length=18, blank=True)

    class Meta:
        abstract = True


def evidence_constraints(prefix: str) -> Sequence[Any]:
    """Return what holds for the evidence wherever it stands, named after the rows that it stands in."""
    is_employee = Q(category=ParticipantCategory.ENTERPRISE_EMPLOYEE)
    return [
        known_value("category", ParticipantCategory, name=f"{prefix}_category_known"),
        known_value("education", Education, name=f"{prefix}_education_known"),
        # Plan: college graduates with an associate degree or higher, and enterprise employees, may train.
        models.CheckConstraint(
            name=f"{prefix}_open_to_this_person",
            condition=~Q(education=Education.BELOW_ASSOCIATE) | is_employee,
        ),
        implies(
            is_employee,
            ~Q(employer_name="") & ~Q(employer_credit_code=""),
            name=f"{prefix}_employee_has_employer",
        ),
        implies(
            ~is_employee,
            ~Q(school="") & Q(graduated_on__isnull=False),
            name=f"{prefix}_graduate_has_school",
        ),
    ]
