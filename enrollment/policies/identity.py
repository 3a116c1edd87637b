"""Who corrects, merges and sees whole what identifies a person."""

from chongqing_dte.foundation.errors import NotPermitted
from enrollment.models import (
    Enrollment,
    EvidenceCorrection,
    Export,
    IdentityCorrection,
    TraineeMerge,
    TrainingClass,
)
from enrollment.policies.classes import works_for
from institutions.enums import DISTRICT_ROLES, MUNICIPAL_ROLES, Role
from institutions.models import User

# Whose work needs a whole number now and then. Whoever administers the portal needs none.
MUNICIPAL_READERS = (
    Role.MUNICIPAL_OPERATOR,
    Role.MUNICIPAL_REVIEWER,
    Role.MUNICIPAL_FINANCE,
    Role.MUNICIPAL_AUDITOR,
)
MERGE_DECIDERS = (Role.MUNICIPAL_REVIEWER, Role.MUNICIPAL_ADMINISTRATOR)


def can_propose_identity_correction(user: User, enrollment: Enrollment) -> bool:
    """Test whether this person proposes corrections for the people of the class."""
    return works_for(user, enrollment.training_class)


def check_can_propose_identity_correction(user: User, enrollment: Enrollment) -> None:
    """Raise NotPermitted unless this person proposes corrections for the people of the class."""
    if not can_propose_identity_correction(user, enrollment):
        raise NotPermitted


def can_decide_identity_correction(user: User, correction: IdentityCorrection) -> bool:
    """Test whether this person decides corrections in the class's district, and did not propose this one."""
    return _decides(user, correction)


def check_can_decide_identity_correction(user: User, correction: IdentityCorrection) -> None:
    """Raise NotPermitted unless this person decides corrections in the class's district."""
    if not can_decide_identity_correction(user, correction):
        raise NotPermitted


def can_propose_evidence_correction(user: User, enrollment: Enrollment) -> bool:
    """Test whether this person proposes what the class's people should be to the programme."""
    return works_for(user, enrollment.training_class)


def check_can_propose_evidence_correction(user: User, enrollment: Enrollment) -> None:
    """Raise NotPermitted unless this person proposes what the class's people should be to the programme."""
    if not can_propose_evidence_correction(user, enrollment):
        raise NotPermitted


def can_decide_evidence_correction(user: User, correction: EvidenceCorrection) -> bool:
    """Test whether this person decides corrections in the class's district, and did not propose this one."""
    return _decides(user, correction)


def check_can_decide_evidence_correction(user: User, correction: EvidenceCorrection) -> None:
    """Raise NotPermitted unless this person decides corrections in the class's district."""
    if not can_decide_evidence_correction(user, correction):
        raise NotPermitted


def can_open_evidence(user: User, correction: IdentityCorrection | EvidenceCorrection) -> bool:
    """Test whether this person looks at the evidence of a correction."""
    return can_reveal(user, correction.enrollment.training_class)


def check_can_open_evidence(user: User, correction: IdentityCorrection | EvidenceCorrection) -> None:
    """Raise NotPermitted unless this person looks at the evidence of a correction."""
    if not can_open_evidence(user, correction):
        raise NotPermitted


def can_see_merges(user: User) -> bool:
    """Test whether this person sees which rows were said to be one person."""
    return user.role in MUNICIPAL_ROLES


def check_can_see_merges(user: User) -> None:
    """Raise NotPermitted unless this person sees which rows were said to be one person."""
    if not can_see_merges(user):
        raise NotPermitted


def can_propose_merge(user: User) -> bool:
    """Test whether this person proposes that two rows are one person."""
    return user.role == Role.MUNICIPAL_OPERATOR


def check_can_propose_merge(user: User) -> None:
    """Raise NotPermitted unless this person proposes that two rows are one person."""
    if not can_propose_merge(user):
        raise NotPermitted


def can_decide_merge(user: User, merge: TraineeMerge) -> bool:
    """Test whether this person decides merges, and did not propose this one."""
    return user.role in MERGE_DECIDERS and user.pk != merge.proposed_by_id


def check_can_decide_merge(user: User, merge: TraineeMerge) -> None:
    """Raise NotPermitted unless this person decides merges, and did not propose this one."""
    if not can_decide_merge(user, merge):
        raise NotPermitted


def can_reveal(user: User, training_class: TrainingClass) -> bool:
    """Test whether this person may see whole numbers of the class's people, each time with a reason."""
    in_district = user.role in DISTRICT_ROLES and user.district_id == training_class.district_id
    return works_for(user, training_class) or in_district or user.role in MUNICIPAL_READERS


def check_can_reveal(user: User, training_class: TrainingClass) -> None:
    """Raise NotPermitted unless this person may see whole numbers of the class's people."""
    if not can_reveal(user, training_class):
        raise NotPermitted


def can_export(user: User, training_class: TrainingClass) -> bool:
    """Test whether this person may make a list of the class's people with whole numbers."""
    return can_reveal(user, training_class)


def check_can_export(user: User, training_class: TrainingClass) -> None:
    """Raise NotPermitted unless this person may make a list of the class's people with whole numbers."""
    if not can_export(user, training_class):
        raise NotPermitted


def can_download_export(user: User, export: Export) -> bool:
    """Test whether the list was made for this person, who may still see what is in it."""
    return user.pk == export.requested_by_id and can_export(user, export.training_class)


def check_can_download_export(user: User, export: Export) -> None:
    """Raise NotPermitted unless the list was made for this person."""
    if not can_download_export(user, export):
        raise NotPermitted


def _decides(user: User, correction: IdentityCorrection | EvidenceCorrection) -> bool:
    training_class = correction.enrollment.training_class
    in_district = user.role in DISTRICT_ROLES and user.district_id == training_class.district_id
    return in_district and user.pk != correction.proposed_by_id
