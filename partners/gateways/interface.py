from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Protocol

from partners.enums import DeliveryProblem


@dataclass(frozen=True)
class Answer:
    """What came of one try: a status code, if there was an answer, and why it counts as none, if it does."""

    status: int | None = None
    problem: DeliveryProblem | None = None
    # As it came: seconds or a date.
    retry_after: str = ""

    @property
    def has_arrived(self) -> bool:
        """Whether the receiver took the message."""
        return self.problem is None


class WebhookSender(Protocol):
    """The promises that every way to a partner's system, real or simulated, has to keep."""

    def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Hand over one message, and answer within seconds whatever the receiver does. Never raises."""


def answer_of(status: int, retry_after: str = "") -> Answer:
    """Return what a status code means. Only 2xx is an arrival: a message follows nobody elsewhere."""
    if status == HTTPStatus.GONE:
        return Answer(status, DeliveryProblem.GONE)
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return Answer(status)
    if status < HTTPStatus.BAD_REQUEST:
        return Answer(status, DeliveryProblem.REDIRECTED)
    if status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return Answer(status, DeliveryProblem.REFUSED, retry_after)
    return Answer(status, DeliveryProblem.SERVER_FAILED, retry_after)
