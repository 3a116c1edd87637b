from typing import Final

from chongqing_dte.foundation.transitions import Transitions
from enrollment.enums import ClassStatus, EnrollmentStatus, RequestStatus, RosterStatus

# Every status is a key, so a status with no way out is a decision and not an omission.
CLASS_TRANSITIONS: Final[Transitions[ClassStatus]] = {
    ClassStatus.DRAFT: frozenset({ClassStatus.FILED, ClassStatus.CANCELLED}),
    ClassStatus.FILED: frozenset({ClassStatus.CONFIRMED, ClassStatus.RETURNED, ClassStatus.CANCELLED}),
    ClassStatus.RETURNED: frozenset({ClassStatus.FILED, ClassStatus.CANCELLED}),
    ClassStatus.CONFIRMED: frozenset({ClassStatus.RUNNING, ClassStatus.CANCELLED}),
    ClassStatus.RUNNING: frozenset({ClassStatus.COMPLETED, ClassStatus.CANCELLED}),
    ClassStatus.COMPLETED: frozenset(),
    ClassStatus.CANCELLED: frozenset(),
}

ROSTER_TRANSITIONS: Final[Transitions[RosterStatus]] = {
    RosterStatus.RECEIVED: frozenset({RosterStatus.CHECKING, RosterStatus.FAILED, RosterStatus.REJECTED}),
    # A worker that dies leaves the roster checking; then it is as it was received, and the next one begins.
    RosterStatus.CHECKING: frozenset(
        {RosterStatus.RECEIVED, RosterStatus.READY, RosterStatus.REJECTED, RosterStatus.FAILED}
    ),
    RosterStatus.READY: frozenset(
        {RosterStatus.CONFIRMED, RosterStatus.PARTLY_CONFIRMED, RosterStatus.REJECTED}
    ),
    RosterStatus.CONFIRMED: frozenset(),
    RosterStatus.PARTLY_CONFIRMED: frozenset(),
    RosterStatus.REJECTED: frozenset(),
    RosterStatus.FAILED: frozenset(),
}

ENROLLMENT_TRANSITIONS: Final[Transitions[EnrollmentStatus]] = {
    EnrollmentStatus.ENROLLED: frozenset(
        {
            EnrollmentStatus.COMPLETED,
            EnrollmentStatus.NOT_COMPLETED,
            EnrollmentStatus.WITHDRAWN,
            EnrollmentStatus.TRANSFERRED,
        }
    ),
    EnrollmentStatus.COMPLETED: frozenset(),
    EnrollmentStatus.NOT_COMPLETED: frozenset(),
    EnrollmentStatus.WITHDRAWN: frozenset(),
    EnrollmentStatus.TRANSFERRED: frozenset(),
}

REQUEST_TRANSITIONS: Final[Transitions[RequestStatus]] = {
    RequestStatus.PROPOSED: frozenset({RequestStatus.APPROVED, RequestStatus.REFUSED}),
    RequestStatus.APPROVED: frozenset(),
    RequestStatus.REFUSED: frozenset(),
}
