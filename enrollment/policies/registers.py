from chongqing_dte.foundation.errors import NotPermitted
from enrollment.models import TrainingClass
from institutions.enums import DISTRICT_ROLES, Role
from institutions.models import User

ASKS_REGISTERS = (Role.MUNICIPAL_OPERATOR, Role.MUNICIPAL_REVIEWER)


def can_ask_registers(user: User, training_class: TrainingClass) -> bool:
    """Test whether this person has the registers asked again: the class's district, or the municipal bureau."""
    is_own_district = user.role in DISTRICT_ROLES and user.district_id == training_class.district_id
    return is_own_district or user.role in ASKS_REGISTERS


def check_can_ask_registers(user: User, training_class: TrainingClass) -> None:
    """Raise NotPermitted unless this person has the registers asked again."""
    if not can_ask_registers(user, training_class):
        raise NotPermitted
