from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import QuerySet

from institutions.enums import MUNICIPAL_ROLES
from institutions.models import User
from subsidies.models import PolicyVersion
from subsidies.policies import can_see_decisions


def policy_versions_visible_to(user: User) -> QuerySet[PolicyVersion]:
    """Return every version for the municipal bureau, and for the districts those that they decide by."""
    if not can_see_decisions(user):
        return PolicyVersion.objects.none()
    versions = PolicyVersion.objects.all()
    return versions if user.role in MUNICIPAL_ROLES else versions.filter(approved_at__isnull=False)


def approved_policies() -> list[PolicyVersion]:
    """Return the policy versions that decide."""
    return list(PolicyVersion.objects.filter(approved_at__isnull=False))


def lock_policy_version(version_id: int) -> PolicyVersion:
    """Return one version that no other transaction can change until this one ends."""
    return PolicyVersion.objects.select_for_update(of=("self",)).get(pk=version_id)


def lock_approved_policy_versions_over(days: DateRange) -> list[PolicyVersion]:
    """Return the approved versions of these days, which no other transaction can change until this one ends."""
    versions = PolicyVersion.objects.select_for_update(of=("self",))
    return list(versions.filter(approved_at__isnull=False, in_force__overlap=days).order_by("pk"))
