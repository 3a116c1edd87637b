"""Who takes down what somebody says against a decision, and who decides it."""

from collections.abc import Collection

from chongqing_dte.foundation.errors import NotPermitted
from institutions.enums import DISTRICT_ROLES, Role
from institutions.models import User
from subsidies.models import Entitlement, Objection, SubsidyClaim

Subject = Entitlement | SubsidyClaim
MUNICIPAL_CLERKS = (Role.MUNICIPAL_OPERATOR, Role.MUNICIPAL_REVIEWER)


def can_record_objections(user: User) -> bool:
    """Test whether this person takes down objections for their office."""
    return user.role in (*MUNICIPAL_CLERKS, *DISTRICT_ROLES)


def check_can_record_objections(user: User) -> None:
    """Raise NotPermitted unless this person takes down objections for their office."""
    if not can_record_objections(user):
        raise NotPermitted


def can_record_objection(user: User, subject: Subject, districts: Collection[int]) -> bool:
    """Test whether this person's office objects to this decision; `districts` are those that it answers for."""
    return user.role in MUNICIPAL_CLERKS or _is_competent(user, subject, districts)


def check_can_record_objection(user: User, subject: Subject, districts: Collection[int]) -> None:
    """Raise NotPermitted unless this person's office objects to this decision."""
    if not can_record_objection(user, subject, districts):
        raise NotPermitted


def can_decide_objection(user: User, objection: Objection, districts: Collection[int]) -> bool:
    """Test whether this person decides an objection: the competent district or the bureau, and not who recorded it.

    Nor whoever has recommended or confirmed the claim that it is against: nobody judges their own signature.
    """
    if user.pk == objection.raised_by_id or _has_signed(user, objection.claim):
        return False
    return user.role == Role.MUNICIPAL_REVIEWER or _is_competent(user, objection.subject, districts)


def check_can_decide_objection(user: User, objection: Objection, districts: Collection[int]) -> None:
    """Raise NotPermitted unless this person decides the objection."""
    if not can_decide_objection(user, objection, districts):
        raise NotPermitted


def can_read_objection(user: User, objection: Objection, districts: Collection[int]) -> bool:
    """Test whether this person reads what was said and by whom: the office that decides, and the auditor."""
    if user.role in (Role.MUNICIPAL_REVIEWER, Role.MUNICIPAL_AUDITOR):
        return True
    return user.pk == objection.raised_by_id or _is_competent(user, objection.subject, districts)


def _has_signed(user: User, claim: SubsidyClaim | None) -> bool:
    if claim is None:
        return False
    return user.pk in (claim.recommended_by_id, claim.first_confirmed_by_id, claim.second_confirmed_by_id)


def _is_competent(user: User, subject: Subject, districts: Collection[int]) -> bool:
    return user.role in DISTRICT_ROLES and subject.district_id in districts
