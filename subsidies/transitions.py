from typing import Final

from chongqing_dte.foundation.transitions import Transitions
from subsidies.enums import AttemptStatus, BatchStatus, PaymentStatus

# Every status is a key, so a status with no way out is a decision and not an omission.
PAYMENT_TRANSITIONS: Final[Transitions[PaymentStatus]] = {
    PaymentStatus.READY: frozenset({PaymentStatus.INSTRUCTED, PaymentStatus.CANCELLED}),
    # Ready again, if its batch was withdrawn before it was released.
    PaymentStatus.INSTRUCTED: frozenset({PaymentStatus.PAID, PaymentStatus.RETURNED, PaymentStatus.READY}),
    # A returned payment is instructed again once its payee has another account.
    PaymentStatus.RETURNED: frozenset({PaymentStatus.READY, PaymentStatus.CANCELLED}),
    PaymentStatus.PAID: frozenset(),
    PaymentStatus.CANCELLED: frozenset(),
}

ATTEMPT_TRANSITIONS: Final[Transitions[AttemptStatus]] = {
    AttemptStatus.OPEN: frozenset(
        {AttemptStatus.UNKNOWN, AttemptStatus.PAID, AttemptStatus.RETURNED, AttemptStatus.WITHDRAWN}
    ),
    AttemptStatus.UNKNOWN: frozenset({AttemptStatus.PAID, AttemptStatus.RETURNED}),
    AttemptStatus.PAID: frozenset(),
    AttemptStatus.RETURNED: frozenset(),
    AttemptStatus.WITHDRAWN: frozenset(),
}

BATCH_TRANSITIONS: Final[Transitions[BatchStatus]] = {
    BatchStatus.ASSEMBLED: frozenset({BatchStatus.RELEASED, BatchStatus.WITHDRAWN}),
    BatchStatus.WITHDRAWN: frozenset(),
    BatchStatus.RELEASED: frozenset({BatchStatus.SENDING}),
    # A quick bank's answer can be applied before our own note that the file was delivered.
    BatchStatus.SENDING: frozenset({BatchStatus.DELIVERED, BatchStatus.SETTLED}),
    BatchStatus.DELIVERED: frozenset({BatchStatus.SETTLED}),
    # A later word of the bank against an earlier one waits for a person, and opens the batch again until then.
    BatchStatus.SETTLED: frozenset({BatchStatus.DELIVERED}),
}
