"""Who says what an institution has spent on a class, and with which files."""

from chongqing_dte.foundation.errors import NotPermitted
from enrollment.models import TrainingClass
from institutions.enums import TRAINING_ROLES
from institutions.models import User


def can_record_advance(user: User, training_class: TrainingClass) -> bool:
    """Test whether this person says what a class has cost, and takes it back: they work for who ran it."""
    return user.role in TRAINING_ROLES and user.institution_id == training_class.institution_id


def check_can_record_advance(user: User, training_class: TrainingClass) -> None:
    """Raise NotPermitted unless this person says what a class has cost."""
    if not can_record_advance(user, training_class):
        raise NotPermitted


def can_hand_in_evidence(user: User, training_class: TrainingClass) -> bool:
    """Test whether this person adds files to a class's claim, and takes them back."""
    return can_record_advance(user, training_class)


def check_can_hand_in_evidence(user: User, training_class: TrainingClass) -> None:
    """Raise NotPermitted unless this person adds files to a class's claim."""
    if not can_hand_in_evidence(user, training_class):
        raise NotPermitted
