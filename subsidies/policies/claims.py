"""Who does what with a reimbursement claim while the institution has it."""

from chongqing_dte.foundation.errors import NotPermitted
from enrollment.models import TrainingClass
from institutions.enums import DISTRICT_ROLES, MUNICIPAL_ROLES, TRAINING_ROLES, Role
from institutions.models import User
from subsidies.models import SubsidyClaim


def can_see_claims(user: User) -> bool:
    """Test whether this person's office has to do with reimbursement claims."""
    return user.role in (*MUNICIPAL_ROLES, *DISTRICT_ROLES, *TRAINING_ROLES)


def check_can_see_claims(user: User) -> None:
    """Raise NotPermitted unless this person's office has to do with reimbursement claims."""
    if not can_see_claims(user):
        raise NotPermitted


def can_open_claim(user: User, training_class: TrainingClass) -> bool:
    """Test whether this person opens the claim of a class: they work for the institution that ran it."""
    return _works_for(user, training_class.institution_id)


def check_can_open_claim(user: User, training_class: TrainingClass) -> None:
    """Raise NotPermitted unless this person opens the claim of a class."""
    if not can_open_claim(user, training_class):
        raise NotPermitted


def can_submit_claim(user: User, claim: SubsidyClaim) -> bool:
    """Test whether this person hands in a claim: they work for the institution that is reimbursed."""
    return _works_for(user, claim.institution_id)


def check_can_submit_claim(user: User, claim: SubsidyClaim) -> None:
    """Raise NotPermitted unless this person hands in a claim."""
    if not can_submit_claim(user, claim):
        raise NotPermitted


def can_withdraw_claim(user: User, claim: SubsidyClaim) -> bool:
    """Test whether this person takes a claim back: they work for the institution that would be reimbursed."""
    return _works_for(user, claim.institution_id)


def check_can_withdraw_claim(user: User, claim: SubsidyClaim) -> None:
    """Raise NotPermitted unless this person takes a claim back."""
    if not can_withdraw_claim(user, claim):
        raise NotPermitted


def can_extend_claim_window(user: User) -> bool:
    """Test whether this person gives an institution more time to submit."""
    return user.role == Role.MUNICIPAL_REVIEWER


def check_can_extend_claim_window(user: User) -> None:
    """Raise NotPermitted unless this person gives an institution more time to submit."""
    if not can_extend_claim_window(user):
        raise NotPermitted


def _works_for(user: User, institution_id: int) -> bool:
    return user.role in TRAINING_ROLES and user.institution_id == institution_id
