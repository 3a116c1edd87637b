from chongqing_dte.foundation.errors import NotPermitted
from institutions.enums import Role
from institutions.models import User
from subsidies.models import RecoverySettlement


def can_ask_back(user: User) -> bool:
    """Test whether this person asks for money back, and puts down what became of it."""
    return user.role == Role.MUNICIPAL_FINANCE


def check_can_ask_back(user: User) -> None:
    """Raise NotPermitted unless this person asks for money back."""
    if not can_ask_back(user):
        raise NotPermitted


def can_decide_settlement(user: User, settlement: RecoverySettlement) -> bool:
    """Test whether this person decides what somebody else put down."""
    return can_ask_back(user) and settlement.proposed_by_id != user.pk


def check_can_decide_settlement(user: User, settlement: RecoverySettlement) -> None:
    """Raise NotPermitted unless this person decides what somebody else put down."""
    if not can_decide_settlement(user, settlement):
        raise NotPermitted
