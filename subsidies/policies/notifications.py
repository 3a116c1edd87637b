from chongqing_dte.foundation.errors import NotPermitted
from institutions.enums import DISTRICT_ROLES, MUNICIPAL_ROLES, TRAINING_ROLES, Role
from institutions.models import User


def can_have_inbox(user: User) -> bool:
    """Test whether this person's office is told things in the portal."""
    return user.role in (*MUNICIPAL_ROLES, *DISTRICT_ROLES, *TRAINING_ROLES)


def check_can_have_inbox(user: User) -> None:
    """Raise NotPermitted unless this person's office is told things in the portal."""
    if not can_have_inbox(user):
        raise NotPermitted


def can_mark_read(user: User) -> bool:
    """Test whether this person answers for what the office is told. The auditor looks, and changes nothing."""
    return can_have_inbox(user) and user.role != Role.MUNICIPAL_AUDITOR


def can_send_again(user: User) -> bool:
    """Test whether this person lets a message that could not be sent be tried again."""
    return user.role == Role.MUNICIPAL_OPERATOR


def check_can_send_again(user: User) -> None:
    """Raise NotPermitted unless this person lets a message that could not be sent be tried again."""
    if not can_send_again(user):
        raise NotPermitted


def check_can_mark_read(user: User) -> None:
    """Raise NotPermitted unless this person answers for what the office is told."""
    if not can_mark_read(user):
        raise NotPermitted
