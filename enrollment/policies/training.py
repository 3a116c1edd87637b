from collections.abc import Collection

from chongqing_dte.foundation.errors import NotPermitted
from enrollment.models import Enrollment, TrainingClass
from enrollment.policies.classes import is_competent, works_for
from institutions.models import User


def can_withdraw_enrollment(user: User, enrollment: Enrollment) -> bool:
    """Test whether this person records that somebody has left the class."""
    return works_for(user, enrollment.training_class)


def check_can_withdraw_enrollment(user: User, enrollment: Enrollment) -> None:
    """Raise NotPermitted unless this person records that somebody has left the class."""
    if not can_withdraw_enrollment(user, enrollment):
        raise NotPermitted


def may_move_people_of(user: User, training_class: TrainingClass, districts: Collection[int]) -> bool:
    """Test whether this person moves people of the class to any other class."""
    return works_for(user, training_class) or is_competent(user, training_class, districts)


def can_transfer_enrollment(
    user: User, enrollment: Enrollment, to_class: TrainingClass, districts: Collection[int]
) -> bool:
    """Test whether this person moves somebody to that class.

    Within an institution it does so itself. From one institution to another the bureau of the district that they
    leave does: neither institution can give a trainee away or take one.
    """
    from_class = enrollment.training_class
    if from_class.institution_id == to_class.institution_id:
        return works_for(user, from_class)
    return is_competent(user, from_class, districts)


def check_can_transfer_enrollment(
    user: User, enrollment: Enrollment, to_class: TrainingClass, districts: Collection[int]
) -> None:
    """Raise NotPermitted unless this person moves somebody to that class."""
    if not can_transfer_enrollment(user, enrollment, to_class, districts):
        raise NotPermitted


def can_report_attendance(user: User, training_class: TrainingClass) -> bool:
    """Test whether this person writes down the lessons of the class and who was there."""
    return works_for(user, training_class)


def check_can_report_attendance(user: User, training_class: TrainingClass) -> None:
    """Raise NotPermitted unless this person writes down the lessons of the class and who was there."""
    if not can_report_attendance(user, training_class):
        raise NotPermitted
