"""Who corrects, merges and sees whole what identifies a person."""

from collections.abc import Collection

from chongqing_dte.foundation.errors import NotPermitted
from enrollment.models import (
    Enrollment,
    EvidenceCorrection,
    Export,
    IdentityCorrection,
    TraineeMerge,
    TrainingClass,
)
from enrollment.policies.classes import is_competent, works_for
from institutions.enums import MUNICIPAL_ROLES, Role
from institutions.models import User

Correction = IdentityCorrection | EvidenceCorrection

# Whose work needs a whole number now and then. Whoever administers the portal needs none.
MUNICIPAL_READERS = (
    Role.MUNICIPAL_OPERATOR,
    Role.MUNICIPAL_REVIEWER,
    Role.MUNICIPAL_FINANCE,
    Role.MUNICIPAL_AUDITOR,
)
MERGE_DECIDERS = (Role.MUNICIPAL_REVIEWER, Role.MUNICIPAL_ADMINISTRATOR)


def can_propose_correction(user: User, enrollment: Enrollment) -> bool:
    """Test whether this person proposes corrections for the people of the class."""
    return works_for(user, enrollment.training_class)


def check_can_propose_correction(user: User, enrollment: Enrollment) -> None:
    """Raise NotPermitted unless this person proposes corrections for the people of the class."""
    if not can_propose_correction(user, enrollment):
        raise NotPermitted


def can_decide_correction(user: User, correction: Correction, districts: Collection[int]) -> bool:
    """Test whether this person decides corrections in the class's district, and did not propose this one."""
    in_district = is_competent(user, correction.enrollment.training_class, districts)
    return in_district and user.pk != correction.proposed_by_id


def check_can_decide_correction(user: User, correction: Correction, districts: Collection[int]) -> None:
    """Raise NotPermitted unless this person decides corrections in the class's district."""
    if not can_decide_correction(user, correction, districts):
        raise NotPermitted


def can_open_evidence(user: User, correction: Correction, districts: Collection[int]) -> bool:
    """Test whether this person looks at the evidence of a correction."""
    return can_reveal(user, correction.enrollment.training_class, districts)


def check_can_open_evidence(user: User, correction: Correction, districts: Collection[int]) -> None:
    """Raise NotPermitted unless this person looks at the evidence of a correction."""
    if not can_open_evidence(user, correction, districts):
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


def can_reveal(user: User, training_class: TrainingClass, districts: Collection[int]) -> bool:
    """Test whether this person may see whole numbers of the class's people, each time with a reason."""
    is_its_office = works_for(user, training_class) or is_competent(user, training_class, districts)
    return is_its_office or user.role in MUNICIPAL_READERS


def check_can_reveal(user: User, training_class: TrainingClass, districts: Collection[int]) -> None:
    """Raise NotPermitted unless this person may see whole numbers of the class's people."""
    if not can_reveal(user, training_class, districts):
        raise NotPermitted


def can_export(user: User, training_class: TrainingClass, districts: Collection[int]) -> bool:
    """Test whether this person may make a list of the class's people with whole numbers."""
    return can_reveal(user, training_class, districts)


def check_can_export(user: User, training_class: TrainingClass, districts: Collection[int]) -> None:
    """Raise NotPermitted unless this person may make a list of the class's people with whole numbers."""
    if not can_export(user, training_class, districts):
        raise NotPermitted


def can_download_export(user: User, export: Export, districts: Collection[int]) -> bool:
    """Test whether the list was made for this person, who may still see what is in it."""
    return user.pk == export.requested_by_id and can_export(user, export.training_class, districts)


def check_can_download_export(user: User, export: Export, districts: Collection[int]) -> None:
    """Raise NotPermitted unless the list was made for this person."""
    if not can_download_export(user, export, districts):
        raise NotPermitted
