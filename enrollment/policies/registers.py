from collections.abc import Collection

from chongqing_dte.foundation.errors import NotPermitted
from enrollment.models import TrainingClass
from enrollment.policies.classes import is_competent
from institutions.enums import Role
from institutions.models import User

ASKS_REGISTERS = (Role.MUNICIPAL_OPERATOR, Role.MUNICIPAL_REVIEWER)


def can_ask_registers(user: User, training_class: TrainingClass, districts: Collection[int]) -> bool:
    """Test whether this person has the registers asked again: the class's district, or the municipal bureau."""
    return is_competent(user, training_class, districts) or user.role in ASKS_REGISTERS


def check_can_ask_registers(user: User, training_class: TrainingClass, districts: Collection[int]) -> None:
    """Raise NotPermitted unless this person has the registers asked again."""
    if not can_ask_registers(user, training_class, districts):
        raise NotPermitted
