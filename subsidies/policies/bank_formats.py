from chongqing_dte.foundation.errors import NotPermitted
from institutions.enums import Role
from institutions.models import User
from subsidies.models import BankFormat


def can_draft_bank_format(user: User) -> bool:
    """Test whether this person sets up how files for a bank are written."""
    return user.role == Role.MUNICIPAL_ADMINISTRATOR


def check_can_draft_bank_format(user: User) -> None:
    """Raise NotPermitted unless this person sets up how files for a bank are written."""
    if not can_draft_bank_format(user):
        raise NotPermitted


def can_approve_bank_format(user: User, bank_format: BankFormat) -> bool:
    """Test whether this person lets files be written by a format: finance, and never who set it up."""
    return user.role == Role.MUNICIPAL_FINANCE and bank_format.drafted_by_id != user.pk


def check_can_approve_bank_format(user: User, bank_format: BankFormat) -> None:
    """Raise NotPermitted unless this person lets files be written by this format."""
    if not can_approve_bank_format(user, bank_format):
        raise NotPermitted


def can_close_bank_format(user: User) -> bool:
    """Test whether this person ends the use of a format."""
    return user.role == Role.MUNICIPAL_FINANCE


def check_can_close_bank_format(user: User) -> None:
    """Raise NotPermitted unless this person ends the use of a format."""
    if not can_close_bank_format(user):
        raise NotPermitted
