from typing import Final

from assessment.enums import CertificateStatus, SessionStatus
from chongqing_dte.foundation.transitions import Transitions

# Every status is a key, so a status with no way out is a decision and not an omission.
SESSION_TRANSITIONS: Final[Transitions[SessionStatus]] = {
    SessionStatus.FILED: frozenset({SessionStatus.RECORDED}),
    SessionStatus.RECORDED: frozenset(),
}

CERTIFICATE_TRANSITIONS: Final[Transitions[CertificateStatus]] = {
    CertificateStatus.VALID: frozenset({CertificateStatus.SUPERSEDED, CertificateStatus.REVOKED}),
    CertificateStatus.SUPERSEDED: frozenset({CertificateStatus.REVOKED}),
    CertificateStatus.REVOKED: frozenset(),
}
