from typing import Protocol


class GatewayUnavailable(Exception):
    """The gateway did not take the message. Its text names no mobile and nothing of the message."""


class SmsGateway(Protocol):
    """The promises that every way to a mobile, real or simulated, has to keep."""

    def send(self, mobile: str, text: str, reference: str) -> None:
        """Hand over one message, whole or not at all. Raises GatewayUnavailable.

        `reference` is ours and names the message: the same reference again is the same message, which a gateway
        that can tell sends once.
        """
