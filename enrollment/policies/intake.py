from chongqing_dte.foundation.errors import NotPermitted
from enrollment.models import IntakePolicy
from institutions.enums import Role
from institutions.models import User


def can_draft_intake_policy(user: User) -> bool:
    """Test whether this person drafts the figures of class filing and rosters."""
    return user.role == Role.MUNICIPAL_ADMINISTRATOR


def check_can_draft_intake_policy(user: User) -> None:
    """Raise NotPermitted unless this person drafts the figures of class filing and rosters."""
    if not can_draft_intake_policy(user):
        raise NotPermitted


def can_approve_intake_policy(user: User, policy: IntakePolicy) -> bool:
    """Test whether this person approves this draft: a reviewer, and never its author."""
    return user.role == Role.MUNICIPAL_REVIEWER and policy.drafted_by_id != user.pk


def check_can_approve_intake_policy(user: User, policy: IntakePolicy) -> None:
    """Raise NotPermitted unless this person approves this draft."""
    if not can_approve_intake_policy(user, policy):
        raise NotPermitted


def can_end_intake_policies(user: User) -> bool:
    """Test whether this person lets an approved version end earlier: those who approve."""
    return user.role == Role.MUNICIPAL_REVIEWER


def check_can_end_intake_policies(user: User) -> None:
    """Raise NotPermitted unless this person lets an approved version end earlier."""
    if not can_end_intake_policies(user):
        raise NotPermitted
