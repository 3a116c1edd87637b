from typing import Final

from chongqing_dte.foundation.transitions import Transitions
from enrollment.enums import ClassStatus, EnrollmentStatus, RosterStatus

# Every status is a key, so a status with no way out is a decision and not an omission.
CLASS_TRANSITIONS: Final[Transitions[ClassStatus]] = {
    ClassStatus.FILED: frozenset({ClassStatus.CONFIRMED}),
    ClassStatus.CONFIRMED: frozenset({ClassStatus.COMPLETED}),
    ClassStatus.COMPLETED: frozenset(),
}

ROSTER_TRANSITIONS: Final[Transitions[RosterStatus]] = {
    RosterStatus.READY: frozenset(
        {RosterStatus.CONFIRMED, RosterStatus.PARTLY_CONFIRMED, RosterStatus.REJECTED}
    ),
    RosterStatus.CONFIRMED: frozenset(),
    RosterStatus.PARTLY_CONFIRMED: frozenset(),
    RosterStatus.REJECTED: frozenset(),
}

ENROLLMENT_TRANSITIONS: Final[Transitions[EnrollmentStatus]] = {
    EnrollmentStatus.ENROLLED: frozenset({EnrollmentStatus.COMPLETED}),
    EnrollmentStatus.COMPLETED: frozenset(),
}
