from typing import Final

from chongqing_dte.foundation.transitions import Transitions
from partners.enums import DeliveryStatus, EndpointStatus

# Every status is a key, so a status with no way out is a decision and not an omission.
ENDPOINT_TRANSITIONS: Final[Transitions[EndpointStatus]] = {
    EndpointStatus.UNVERIFIED: frozenset(
        {EndpointStatus.ACTIVE, EndpointStatus.PAUSED, EndpointStatus.CLOSED}
    ),
    EndpointStatus.ACTIVE: frozenset({EndpointStatus.PAUSED, EndpointStatus.CLOSED}),
    # Unverified again, if the bureau paused it before it had ever answered.
    EndpointStatus.PAUSED: frozenset(
        {EndpointStatus.ACTIVE, EndpointStatus.UNVERIFIED, EndpointStatus.CLOSED}
    ),
    EndpointStatus.CLOSED: frozenset(),
}

DELIVERY_TRANSITIONS: Final[Transitions[DeliveryStatus]] = {
    DeliveryStatus.WAITING: frozenset(
        {DeliveryStatus.SENDING, DeliveryStatus.SUPERSEDED, DeliveryStatus.DROPPED}
    ),
    # Superseded, if it failed while a newer one was waiting for it.
    DeliveryStatus.SENDING: frozenset(
        {
            DeliveryStatus.DELIVERED,
            DeliveryStatus.WAITING,
            DeliveryStatus.SUPERSEDED,
            DeliveryStatus.FAILED,
            DeliveryStatus.DROPPED,
        }
    ),
    # The partner may ask for it again.
    DeliveryStatus.DELIVERED: frozenset({DeliveryStatus.WAITING}),
    DeliveryStatus.SUPERSEDED: frozenset({DeliveryStatus.WAITING}),
    DeliveryStatus.FAILED: frozenset({DeliveryStatus.WAITING}),
    DeliveryStatus.DROPPED: frozenset(),
}
