from chongqing_dte.foundation.errors import NotPermitted
from enrollment.models import RosterUpload, TrainingClass
from institutions.enums import DISTRICT_ROLES, TRAINING_ROLES, Role
from institutions.models import User


def works_for(user: User, training_class: TrainingClass) -> bool:
    """Test whether this person works for the institution that runs the class."""
    return user.role in TRAINING_ROLES and user.institution_id == training_class.institution_id


def can_confirm_class(user: User, training_class: TrainingClass) -> bool:
    """Test whether this person answers class filings in the class's district."""
    return user.role in DISTRICT_ROLES and user.district_id == training_class.district_id


def check_can_confirm_class(user: User, training_class: TrainingClass) -> None:
    """Raise NotPermitted unless this person answers class filings in the class's district."""
    if not can_confirm_class(user, training_class):
        raise NotPermitted


def can_upload_roster(user: User, training_class: TrainingClass) -> bool:
    """Test whether this person submits rosters for the class."""
    return works_for(user, training_class)


def check_can_upload_roster(user: User, training_class: TrainingClass) -> None:
    """Raise NotPermitted unless this person submits rosters for the class."""
    if not can_upload_roster(user, training_class):
        raise NotPermitted


def can_confirm_roster(user: User, upload: RosterUpload) -> bool:
    """Test whether this person may put the good rows of the roster in."""
    return works_for(user, upload.training_class)


def check_can_confirm_roster(user: User, upload: RosterUpload) -> None:
    """Raise NotPermitted unless this person may put the good rows of the roster in."""
    if not can_confirm_roster(user, upload):
        raise NotPermitted


def can_complete_class(user: User, training_class: TrainingClass) -> bool:
    """Test whether this person reports the class as completed."""
    return works_for(user, training_class)


def check_can_complete_class(user: User, training_class: TrainingClass) -> None:
    """Raise NotPermitted unless this person reports the class as completed."""
    if not can_complete_class(user, training_class):
        raise NotPermitted


def can_correct_bank_account(user: User) -> bool:
    """Test whether this person records a corrected account. Whoever releases money never does."""
    return user.role == Role.MUNICIPAL_OPERATOR


def check_can_correct_bank_account(user: User) -> None:
    """Raise NotPermitted unless this person records corrected accounts."""
    if not can_correct_bank_account(user):
        raise NotPermitted
