"""Who takes down what somebody says against a decision, and who decides it."""

from collections.abc import Collection

from chongqing_dte.foundation.errors import NotPermitted
from institutions.enums import DISTRICT_ROLES, Role
from institutions.models import User
from subsidies.models import Entitlement, Objection

MUNICIPAL_CLERKS = (Role.MUNICIPAL_OPERATOR, Role.MUNICIPAL_REVIEWER)


def can_record_objections(user: User) -> bool:
    """Test whether this person takes down objections for their office."""
    return user.role in (*MUNICIPAL_CLERKS, *DISTRICT_ROLES)


def check_can_record_objections(user: User) -> None:
    """Raise NotPermitted unless this person takes down objections for their office."""
    if not can_record_objections(user):
        raise NotPermitted


def can_record_objection(user: User, entitlement: Entitlement, districts: Collection[int]) -> bool:
    """Test whether this person's office objects to this decision; `districts` are those that it answers for."""
    return user.role in MUNICIPAL_CLERKS or _is_competent(user, entitlement, districts)


def check_can_record_objection(user: User, entitlement: Entitlement, districts: Collection[int]) -> None:
    """Raise NotPermitted unless this person's office objects to this decision."""
    if not can_record_objection(user, entitlement, districts):
        raise NotPermitted


def can_decide_objection(user: User, objection: Objection, districts: Collection[int]) -> bool:
    """Test whether this person decides an objection: the competent district or the bureau, and not who recorded it."""
    if user.pk == objection.raised_by_id:
        return False
    return user.role == Role.MUNICIPAL_REVIEWER or _is_competent(user, objection.entitlement, districts)


def check_can_decide_objection(user: User, objection: Objection, districts: Collection[int]) -> None:
    """Raise NotPermitted unless this person decides the objection."""
    if not can_decide_objection(user, objection, districts):
        raise NotPermitted


def can_read_objection(user: User, objection: Objection, districts: Collection[int]) -> bool:
    """Test whether this person reads what was said and by whom: the office that decides, and the auditor."""
    if user.role in (Role.MUNICIPAL_REVIEWER, Role.MUNICIPAL_AUDITOR):
        return True
    return user.pk == objection.raised_by_id or _is_competent(user, objection.entitlement, districts)


def _is_competent(user: User, entitlement: Entitlement, districts: Collection[int]) -> bool:
    return user.role in DISTRICT_ROLES and entitlement.district_id in districts
