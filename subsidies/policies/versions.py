from chongqing_dte.foundation.errors import NotPermitted
from chongqing_dte.foundation.versions import Version
from institutions.enums import MUNICIPAL_ROLES, Role
from institutions.models import User
from subsidies.policies.money import can_see_decisions


def check_can_see_policies(user: User) -> None:
    """Raise NotPermitted unless this person's office decides by the policy versions."""
    if not can_see_decisions(user):
        raise NotPermitted


def can_simulate_policies(user: User) -> bool:
    """Test whether this person may try a version on past certificates: those who see the drafts."""
    return user.role in MUNICIPAL_ROLES


def check_can_simulate_policies(user: User) -> None:
    """Raise NotPermitted unless this person may try a version on past certificates."""
    if not can_simulate_policies(user):
        raise NotPermitted


def can_draft_policy(user: User) -> bool:
    """Test whether this person drafts policy versions and budgets."""
    return user.role == Role.MUNICIPAL_ADMINISTRATOR


def check_can_draft_policy(user: User) -> None:
    """Raise NotPermitted unless this person drafts policy versions and budgets."""
    if not can_draft_policy(user):
        raise NotPermitted


def can_approve_policy(user: User, version: Version) -> bool:
    """Test whether this person approves this draft: a reviewer, and never its author."""
    return user.role == Role.MUNICIPAL_REVIEWER and version.drafted_by_id != user.pk


def check_can_approve_policy(user: User, version: Version) -> None:
    """Raise NotPermitted unless this person approves this draft."""
    if not can_approve_policy(user, version):
        raise NotPermitted


def can_end_policies(user: User) -> bool:
    """Test whether this person lets an approved version end earlier: those who approve."""
    return user.role == Role.MUNICIPAL_REVIEWER


def check_can_end_policies(user: User) -> None:
    """Raise NotPermitted unless this person lets an approved version end earlier."""
    if not can_end_policies(user):
        raise NotPermitted
