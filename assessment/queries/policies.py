from datetime import date

from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import QuerySet

from assessment.models import AssessmentPolicy
from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.sentences import gettext_lazy as _
from institutions.enums import MUNICIPAL_ROLES
from institutions.models import User


class AssessmentPolicyMissing(DomainError):
    """No approved assessment policy covers the day, so nobody can say what counts as a pass."""

    code = "assessment_policy_missing"

    def __init__(self) -> None:
        super().__init__(
            _("No assessment policy is in force on this day. The municipal bureau has to approve one.")
        )


def assessment_policy_on(day: date) -> AssessmentPolicy:
    """Return the approved assessment policy of a day. Raises AssessmentPolicyMissing."""
    policy = AssessmentPolicy.objects.filter(in_force__contains=day, approved_at__isnull=False).first()
    if policy is None:
        raise AssessmentPolicyMissing
    return policy


def assessment_policies_visible_to(user: User) -> QuerySet[AssessmentPolicy]:
    """Return every version for the municipal bureau, and for others those that are approved: they work by them."""
    if user.role in MUNICIPAL_ROLES:
        return AssessmentPolicy.objects.all()
    return AssessmentPolicy.objects.filter(approved_at__isnull=False)


def lock_assessment_policy(version_id: int) -> AssessmentPolicy:
    """Return one version that no other transaction can change until this one ends."""
    return AssessmentPolicy.objects.select_for_update(of=("self",)).get(pk=version_id)


def lock_approved_assessment_policies_over(days: DateRange) -> list[AssessmentPolicy]:
    """Return the approved versions of these days, which no other transaction can change until this one ends."""
    versions = AssessmentPolicy.objects.select_for_update(of=("self",))
    return list(versions.filter(approved_at__isnull=False, in_force__overlap=days).order_by("pk"))
