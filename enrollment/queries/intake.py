from datetime import date

from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import QuerySet

from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.sentences import gettext_lazy as _
from enrollment.models import IntakePolicy
from institutions.enums import MUNICIPAL_ROLES
from institutions.models import User


class IntakePolicyMissing(DomainError):
    """No approved intake policy covers the day, so nobody can say what may be filed."""

    code = "intake_policy_missing"

    def __init__(self) -> None:
        super().__init__(
            _("No intake policy is in force on this day. The municipal bureau has to approve one.")
        )


def intake_policy_on(day: date) -> IntakePolicy:
    """Return the approved intake policy of a day. Raises IntakePolicyMissing."""
    policy = IntakePolicy.objects.filter(in_force__contains=day, approved_at__isnull=False).first()
    if policy is None:
        raise IntakePolicyMissing
    return policy


def intake_policies_visible_to(user: User) -> QuerySet[IntakePolicy]:
    """Return every version for the municipal bureau, and for others those that are approved: they work by them."""
    if user.role in MUNICIPAL_ROLES:
        return IntakePolicy.objects.all()
    return IntakePolicy.objects.filter(approved_at__isnull=False)


def lock_intake_policy(version_id: int) -> IntakePolicy:
    """Return one version that no other transaction can change until this one ends."""
    return IntakePolicy.objects.select_for_update(of=("self",)).get(pk=version_id)


def lock_approved_intake_policies_over(days: DateRange) -> list[IntakePolicy]:
    """Return the approved versions of these days, which no other transaction can change until this one ends."""
    versions = IntakePolicy.objects.select_for_update(of=("self",))
    return list(versions.filter(approved_at__isnull=False, in_force__overlap=days).order_by("pk"))
