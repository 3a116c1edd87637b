from typing import Final

from chongqing_dte.foundation.proposals import RequestStatus
from chongqing_dte.foundation.transitions import Transitions

# Every status is a key, so a status with no way out is a decision and not an omission.
ACCOUNT_TRANSITIONS: Final[Transitions[RequestStatus]] = {
    RequestStatus.PROPOSED: frozenset({RequestStatus.APPROVED, RequestStatus.REFUSED}),
    RequestStatus.APPROVED: frozenset(),
    RequestStatus.REFUSED: frozenset(),
}
