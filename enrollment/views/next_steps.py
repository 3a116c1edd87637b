"""What the institution does next for a class, so that the overview is never the end of the road."""

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from enrollment import policies
from enrollment.enums import ClassStatus
from enrollment.models import TrainingClass
from institutions.models import User

OPEN_TO_ROSTERS = (ClassStatus.CONFIRMED, ClassStatus.RUNNING)


@dataclass(frozen=True)
class NextStep:
    """One act that is due, and the page where it is done."""

    text: str
    label: str
    route: str


def next_step_of(user: User, training_class: TrainingClass, today: date) -> NextStep | None:
    """Return what this person does next for the class, or None where nothing is theirs to do."""
    is_running = training_class.status == ClassStatus.RUNNING
    if is_running and training_class.ends_on <= today and policies.can_complete_class(user, training_class):
        return NextStep(
            _("The last day has come. Say who completed the training; the others get a reason."),
            _("Complete the class"),
            "class-complete",
        )
    takes_rosters = training_class.status in OPEN_TO_ROSTERS and not training_class.is_roster_locked
    if takes_rosters and policies.can_upload_roster(user, training_class):
        return NextStep(
            _("The class takes rosters: download the template, fill it in and upload it."),
            _("Upload a roster"),
            "class-rosters",
        )
    if is_running and policies.can_report_attendance(user, training_class):
        return NextStep(
            _("The roster is locked and the class is running: report the attendance of its lessons."),
            _("Report attendance"),
            "class-attendance",
        )
    if training_class.status == ClassStatus.COMPLETED:
        return NextStep(
            _("The class is completed, and its training certificates are issued."),
            _("Training certificates"),
            "class-certificates",
        )
    return None
