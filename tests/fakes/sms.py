from dataclasses import dataclass, field

from subsidies.gateways import GatewayUnavailable


@dataclass
class FakeSms:
    """A gateway in memory. It keeps the real one's promises, and can be away."""

    is_away: bool = False
    # Mobile, text and reference of each message, in the order in which they were taken.
    messages: list[tuple[str, str, str]] = field(default_factory=list)

    def send(self, mobile: str, text: str, reference: str) -> None:
        if self.is_away:
            raise GatewayUnavailable("FakeSms")
        self.messages.append((mobile, text, reference))
