from chongqing_dte.foundation.errors import NotPermitted
from enrollment.models import RosterUpload, TrainingClass
from enrollment.policies.classes import works_for
from institutions.models import User


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
