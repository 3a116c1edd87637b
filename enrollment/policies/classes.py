from collections.abc import Collection

from chongqing_dte.foundation.errors import NotPermitted
from enrollment.enums import ClassStatus
from enrollment.models import TrainingClass
from institutions.enums import DISTRICT_ROLES, TRAINING_ROLES, Role
from institutions.models import User


def works_for(user: User, training_class: TrainingClass) -> bool:
    """Test whether this person works for the institution that runs the class."""
    return user.role in TRAINING_ROLES and user.institution_id == training_class.institution_id


def is_competent(user: User, training_class: TrainingClass, districts: Collection[int]) -> bool:
    """Test whether this person works for the class's district; `districts` are those that theirs answers for."""
    return user.role in DISTRICT_ROLES and training_class.district_id in districts


def can_draft_class(user: User) -> bool:
    """Test whether this person plans classes, for the institution that they work for."""
    return user.role in TRAINING_ROLES and user.institution_id is not None


def check_can_draft_class(user: User) -> None:
    """Raise NotPermitted unless this person plans classes."""
    if not can_draft_class(user):
        raise NotPermitted


def can_file_class(user: User, training_class: TrainingClass) -> bool:
    """Test whether this person writes and files the plan of the class."""
    return works_for(user, training_class)


def check_can_file_class(user: User, training_class: TrainingClass) -> None:
    """Raise NotPermitted unless this person writes and files the plan of the class."""
    if not can_file_class(user, training_class):
        raise NotPermitted


def can_answer_filing(user: User, training_class: TrainingClass, districts: Collection[int]) -> bool:
    """Test whether this person answers the filing: the class's district, and once it is late the municipality too."""
    if user.role == Role.MUNICIPAL_REVIEWER:
        return training_class.escalated_at is not None
    return is_competent(user, training_class, districts)


def check_can_answer_filing(user: User, training_class: TrainingClass, districts: Collection[int]) -> None:
    """Raise NotPermitted unless this person answers the filing."""
    if not can_answer_filing(user, training_class, districts):
        raise NotPermitted


def can_cancel_class(user: User, training_class: TrainingClass, districts: Collection[int]) -> bool:
    """Test whether this person cancels the class: its institution, and once it runs only its district."""
    if training_class.status == ClassStatus.RUNNING:
        return is_competent(user, training_class, districts)
    return works_for(user, training_class)


def check_can_cancel_class(user: User, training_class: TrainingClass, districts: Collection[int]) -> None:
    """Raise NotPermitted unless this person cancels the class."""
    if not can_cancel_class(user, training_class, districts):
        raise NotPermitted


def can_complete_class(user: User, training_class: TrainingClass) -> bool:
    """Test whether this person reports the class as completed."""
    return works_for(user, training_class)


def check_can_complete_class(user: User, training_class: TrainingClass) -> None:
    """Raise NotPermitted unless this person reports the class as completed."""
    if not can_complete_class(user, training_class):
        raise NotPermitted
