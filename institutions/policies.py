from chongqing_dte.foundation.errors import NotPermitted
from institutions.enums import Role
from institutions.models import User


def can_set_calendar(user: User) -> bool:
    """Test whether this person says which days are worked. Deadlines follow from it."""
    return user.role == Role.MUNICIPAL_ADMINISTRATOR


def check_can_set_calendar(user: User) -> None:
    """Raise NotPermitted unless this person says which days are worked."""
    if not can_set_calendar(user):
        raise NotPermitted


def can_set_quota(user: User) -> bool:
    """Test whether this person says how many seats of an institution the fund pays for."""
    return user.role == Role.MUNICIPAL_ADMINISTRATOR


def check_can_set_quota(user: User) -> None:
    """Raise NotPermitted unless this person says how many seats of an institution the fund pays for."""
    if not can_set_quota(user):
        raise NotPermitted


def can_accredit(user: User) -> bool:
    """Test whether this person grants and ends accreditations."""
    return user.role == Role.MUNICIPAL_ADMINISTRATOR


def check_can_accredit(user: User) -> None:
    """Raise NotPermitted unless this person grants and ends accreditations."""
    if not can_accredit(user):
        raise NotPermitted


def can_suspend(user: User) -> bool:
    """Test whether this person suspends institutions and lifts it.

    The reviewer judges what came to light, and the administrator acts when no reviewer is there: a suspension must
    not wait for one person. It only stops what is new and takes nothing away, so one person is enough.
    """
    return user.role in (Role.MUNICIPAL_REVIEWER, Role.MUNICIPAL_ADMINISTRATOR)


def check_can_suspend(user: User) -> None:
    """Raise NotPermitted unless this person suspends institutions and lifts it."""
    if not can_suspend(user):
        raise NotPermitted
