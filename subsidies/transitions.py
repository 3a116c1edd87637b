from typing import Final

from chongqing_dte.foundation.transitions import Transitions
from subsidies.enums import (
    AttemptStatus,
    BatchStatus,
    ClaimStatus,
    NettingStatus,
    NotificationStatus,
    ObjectionStatus,
    PaymentStatus,
    RecoveryStatus,
    ResultFileStatus,
)

# Every status is a key, so a status with no way out is a decision and not an omission.
CLAIM_TRANSITIONS: Final[Transitions[ClaimStatus]] = {
    ClaimStatus.OPEN: frozenset({ClaimStatus.SUBMITTED, ClaimStatus.WITHDRAWN, ClaimStatus.LAPSED}),
    ClaimStatus.SUBMITTED: frozenset(
        {ClaimStatus.RETURNED, ClaimStatus.RECOMMENDED, ClaimStatus.REFUSED, ClaimStatus.WITHDRAWN}
    ),
    ClaimStatus.RETURNED: frozenset({ClaimStatus.SUBMITTED, ClaimStatus.WITHDRAWN, ClaimStatus.LAPSED}),
    # With the district again, if the municipal bureau sends it back or what it rests on has changed.
    ClaimStatus.RECOMMENDED: frozenset(
        {ClaimStatus.CONFIRMED, ClaimStatus.SUBMITTED, ClaimStatus.REFUSED, ClaimStatus.WITHDRAWN}
    ),
    # Its payment was cancelled before it left: what it rests on has changed, or an objection was upheld.
    ClaimStatus.CONFIRMED: frozenset({ClaimStatus.SUBMITTED, ClaimStatus.RETURNED}),
    # An ended claim stays ended; there is room for another one of the class.
    ClaimStatus.REFUSED: frozenset(),
    ClaimStatus.WITHDRAWN: frozenset(),
    ClaimStatus.LAPSED: frozenset(),
}

PAYMENT_TRANSITIONS: Final[Transitions[PaymentStatus]] = {
    # Where the policy asks for a public notice, a payment is on it before it can be instructed.
    PaymentStatus.TO_NOTICE: frozenset({PaymentStatus.ON_NOTICE, PaymentStatus.CANCELLED}),
    PaymentStatus.ON_NOTICE: frozenset({PaymentStatus.READY, PaymentStatus.CANCELLED}),
    # Paid, if an earlier instruction that was returned turns out to have been paid after all.
    PaymentStatus.READY: frozenset({PaymentStatus.INSTRUCTED, PaymentStatus.CANCELLED, PaymentStatus.PAID}),
    # Ready again, if its batch was withdrawn before it left.
    PaymentStatus.INSTRUCTED: frozenset({PaymentStatus.PAID, PaymentStatus.RETURNED, PaymentStatus.READY}),
    # A returned payment is instructed again once its payee has another account.
    # Or the bank says that it paid after all, and two people have looked at its word.
    PaymentStatus.RETURNED: frozenset({PaymentStatus.READY, PaymentStatus.CANCELLED, PaymentStatus.PAID}),
    # The bank took it back days later: two people have looked at its word.
    PaymentStatus.PAID: frozenset({PaymentStatus.RETURNED}),
    PaymentStatus.CANCELLED: frozenset(),
}

ATTEMPT_TRANSITIONS: Final[Transitions[AttemptStatus]] = {
    AttemptStatus.OPEN: frozenset(
        {AttemptStatus.UNKNOWN, AttemptStatus.PAID, AttemptStatus.RETURNED, AttemptStatus.WITHDRAWN}
    ),
    AttemptStatus.UNKNOWN: frozenset({AttemptStatus.PAID, AttemptStatus.RETURNED}),
    # Only by a resolution of two people, never by a file alone.
    AttemptStatus.PAID: frozenset({AttemptStatus.RETURNED}),
    AttemptStatus.RETURNED: frozenset({AttemptStatus.PAID}),
    AttemptStatus.WITHDRAWN: frozenset(),
}

BATCH_TRANSITIONS: Final[Transitions[BatchStatus]] = {
    BatchStatus.ASSEMBLED: frozenset({BatchStatus.RELEASED, BatchStatus.WITHDRAWN}),
    BatchStatus.WITHDRAWN: frozenset(),
    # Withdrawn, if something in it must not be paid any more and nothing of it can have left.
    BatchStatus.RELEASED: frozenset({BatchStatus.SENDING, BatchStatus.WITHDRAWN}),
    # A quick bank's answer can be applied before our own note that the file was delivered.
    BatchStatus.SENDING: frozenset({BatchStatus.DELIVERED, BatchStatus.SETTLED}),
    BatchStatus.DELIVERED: frozenset({BatchStatus.SETTLED}),
    # A later word of the bank against an earlier one waits for a person, and opens the batch again until then.
    BatchStatus.SETTLED: frozenset({BatchStatus.DELIVERED}),
}

OBJECTION_TRANSITIONS: Final[Transitions[ObjectionStatus]] = {
    ObjectionStatus.RAISED: frozenset({ObjectionStatus.UPHELD, ObjectionStatus.DISMISSED}),
    ObjectionStatus.UPHELD: frozenset(),
    ObjectionStatus.DISMISSED: frozenset(),
}

RECOVERY_TRANSITIONS: Final[Transitions[RecoveryStatus]] = {
    RecoveryStatus.OPEN: frozenset({RecoveryStatus.SETTLED, RecoveryStatus.WITHDRAWN}),
    RecoveryStatus.SETTLED: frozenset(),
    RecoveryStatus.WITHDRAWN: frozenset(),
}

NETTING_TRANSITIONS: Final[Transitions[NettingStatus]] = {
    # Set off in the moment in which the rest is paid; owed again if its instruction came back or never left.
    NettingStatus.HELD: frozenset({NettingStatus.SET_OFF, NettingStatus.RELEASED}),
    NettingStatus.SET_OFF: frozenset(),
    NettingStatus.RELEASED: frozenset(),
}

RESULT_FILE_TRANSITIONS: Final[Transitions[ResultFileStatus]] = {
    # What a person has brought waits for another one, or for the bank to put the same file down itself.
    ResultFileStatus.WAITING: frozenset(
        {ResultFileStatus.APPLIED, ResultFileStatus.QUARANTINED, ResultFileStatus.DISMISSED}
    ),
    # What could not be applied when it came is read again once what it names is there.
    ResultFileStatus.QUARANTINED: frozenset(
        {ResultFileStatus.APPLIED, ResultFileStatus.WAITING, ResultFileStatus.DISMISSED}
    ),
    ResultFileStatus.APPLIED: frozenset(),
    ResultFileStatus.DISMISSED: frozenset(),
}

NOTIFICATION_TRANSITIONS: Final[Transitions[NotificationStatus]] = {
    NotificationStatus.QUEUED: frozenset({NotificationStatus.SENT, NotificationStatus.FAILED}),
    NotificationStatus.SENT: frozenset(),
    # Somebody has looked at it, and lets it be tried again.
    NotificationStatus.FAILED: frozenset({NotificationStatus.QUEUED}),
}
