from chongqing_dte.foundation.errors import NotPermitted
from institutions.enums import MUNICIPAL_ROLES, Role
from institutions.models import User


def can_see_other_subsidies(user: User) -> bool:
    """Test whether this person's office looks into what other programmes paid."""
    return user.role in MUNICIPAL_ROLES


def can_record_other_subsidies(user: User) -> bool:
    """Test whether this person writes down what other programmes paid."""
    return user.role == Role.MUNICIPAL_OPERATOR


def check_can_record_other_subsidies(user: User) -> None:
    """Raise NotPermitted unless this person writes down what other programmes paid."""
    if not can_record_other_subsidies(user):
        raise NotPermitted


def can_withdraw_other_subsidies(user: User) -> bool:
    """Test whether this person takes back what was recorded by mistake: never who records."""
    return user.role == Role.MUNICIPAL_REVIEWER


def check_can_withdraw_other_subsidies(user: User) -> None:
    """Raise NotPermitted unless this person takes back what was recorded by mistake."""
    if not can_withdraw_other_subsidies(user):
        raise NotPermitted
