"""What every service of rosters asks first. Steps of services that have opened the transaction."""

from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.sentences import gettext as _
from enrollment.enums import ClassStatus
from enrollment.models import TrainingClass

TAKES_ROSTERS = frozenset({ClassStatus.CONFIRMED, ClassStatus.RUNNING})


def check_takes_rosters(training_class: TrainingClass) -> None:
    """Raise DomainError unless rosters of the class may come in."""
    if training_class.status not in TAKES_ROSTERS:
        raise DomainError(
            _("The class is %(status)s; a roster can come in from its confirmation until its completion.")
            % {"status": training_class.get_status_display()},
            code="class_takes_no_rosters",
        )


def check_roster_is_open(training_class: TrainingClass) -> None:
    """Raise DomainError if the class's roster is locked, after which it changes by acts only."""
    if training_class.is_roster_locked:
        raise DomainError(
            _("The roster of the class is locked. From now on it changes by withdrawals and transfers only."),
            code="roster_locked",
        )
