"""The offices as the changes of rows name them: which one sees a row, and whose changes somebody may read.

A body that both trains and assesses has people of both kinds, who see different rows.
"""

from collections.abc import Iterable
from typing import Final

from institutions.enums import DISTRICT_ROLES, EVALUATION_ROLES, MUNICIPAL_ROLES, TRAINING_ROLES
from institutions.models import User
from institutions.queries import districts_answered_for

PUBLIC: Final = "public"
BUREAU: Final = "bureau"


def district_office(district_id: int) -> str:
    """Return the people of one district. Those of one that took over from it read its changes, too."""
    return f"district:{district_id}"


def institution_office(institution_id: int) -> str:
    """Return all people of one institution."""
    return f"institution:{institution_id}"


def trainer_office(institution_id: int) -> str:
    """Return the people of one institution who train."""
    return f"trainer:{institution_id}"


def evaluator_office(institution_id: int) -> str:
    """Return the people of one institution who assess."""
    return f"evaluator:{institution_id}"


def role_office(role: str) -> str:
    """Return all people of one role."""
    return f"role:{role}"


def offices_of(user: User) -> frozenset[str]:
    """Return the offices whose changes this person may read."""
    return frozenset({PUBLIC, role_office(user.role), *_workplaces(user)}) if user.is_active else frozenset()


def _workplaces(user: User) -> Iterable[str]:
    if user.role in MUNICIPAL_ROLES:
        yield BUREAU
    if user.role in DISTRICT_ROLES:
        yield from map(district_office, districts_answered_for(user))
    if user.institution_id is not None:
        yield institution_office(user.institution_id)
    if user.role in TRAINING_ROLES and user.institution_id is not None:
        yield trainer_office(user.institution_id)
    if user.role in EVALUATION_ROLES and user.institution_id is not None:
        yield evaluator_office(user.institution_id)
