from typing import Final

from assessment.enums import CertificateStatus, ResultsStatus, ReviewStatus, SessionStatus
from chongqing_dte.foundation.transitions import Transitions

# Every status is a key, so a status with no way out is a decision and not an omission.
SESSION_TRANSITIONS: Final[Transitions[SessionStatus]] = {
    SessionStatus.FILED: frozenset({SessionStatus.ADMITTED, SessionStatus.CANCELLED}),
    SessionStatus.ADMITTED: frozenset({SessionStatus.RECORDED, SessionStatus.CANCELLED}),
    SessionStatus.RECORDED: frozenset(),
    SessionStatus.CANCELLED: frozenset(),
}

RESULTS_TRANSITIONS: Final[Transitions[ResultsStatus]] = {
    ResultsStatus.REFUSED: frozenset({ResultsStatus.DISCARDED}),
    # What was good when it was checked may not be any more when it is confirmed.
    ResultsStatus.READY: frozenset({ResultsStatus.RECORDED, ResultsStatus.REFUSED, ResultsStatus.DISCARDED}),
    ResultsStatus.RECORDED: frozenset(),
    ResultsStatus.DISCARDED: frozenset(),
}

REVIEW_TRANSITIONS: Final[Transitions[ReviewStatus]] = {
    ReviewStatus.OPEN: frozenset({ReviewStatus.CLOSED}),
    ReviewStatus.CLOSED: frozenset(),
}

CERTIFICATE_TRANSITIONS: Final[Transitions[CertificateStatus]] = {
    CertificateStatus.VALID: frozenset({CertificateStatus.SUPERSEDED, CertificateStatus.REVOKED}),
    CertificateStatus.SUPERSEDED: frozenset({CertificateStatus.REVOKED}),
    CertificateStatus.REVOKED: frozenset(),
}
