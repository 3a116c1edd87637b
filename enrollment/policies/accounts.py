from chongqing_dte.foundation.errors import NotPermitted
from institutions.enums import Role
from institutions.models import User


def can_correct_bank_account(user: User) -> bool:
    """Test whether this person records a corrected account. Whoever releases money never does."""
    return user.role == Role.MUNICIPAL_OPERATOR


def check_can_correct_bank_account(user: User) -> None:
    """Raise NotPermitted unless this person records corrected accounts."""
    if not can_correct_bank_account(user):
        raise NotPermitted
