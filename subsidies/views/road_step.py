"""What one step of a road is."""

from dataclasses import dataclass, field
from datetime import datetime

Facts = list[tuple[str, object]]

TONES = {
    "PASSED": "good",
    "GRANTED": "good",
    "PAID": "good",
    "FAILED": "bad",
    "ABSENT": "bad",
    "MISCONDUCT": "bad",
    "REFUSED": "bad",
    "RETURNED": "bad",
    "CANCELLED": "bad",
    "REVOKED": "bad",
    "UPHELD": "bad",
    "SENT": "good",
    "SETTLED": "good",
    "TO_RECOVER": "bad",
}


@dataclass(frozen=True)
class Step:
    """One row on the road."""

    title: str
    at: datetime | None
    before: str
    facts: Facts = field(default_factory=list)
    status: str = ""
    label: str = ""
    # The page of the row itself, and what the link to it says.
    url: str = ""
    url_text: str = ""

    @property
    def tone(self) -> str:
        """What the mark beside the step looks like."""
        return TONES.get(self.status, "wait") if self.status else "done"
