"""The gateway of a house that has none yet: each message becomes a line of a file that only the portal can read."""

import json
import os
from pathlib import Path

from django.conf import settings

from subsidies.gateways.interface import GatewayUnavailable

FILE_NAME = "messages.jsonl"


class FileGateway:
    """Writes each message as one line of JSON. Whoever stands at the machine reads it there, and nobody else."""

    def __init__(self, outbox: Path) -> None:
        self.outbox = outbox

    def send(self, mobile: str, text: str, reference: str) -> None:
        """Append one line in one write, so that two processes never mix theirs."""
        line = json.dumps({"reference": reference, "mobile": mobile, "text": text}, ensure_ascii=False)
        try:
            self.outbox.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(self.outbox / FILE_NAME, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(handle, "wb", buffering=0) as file:
                file.write(f"{line}\n".encode())
        except OSError as problem:
            # Only what kind of problem: the original's text may name the message.
            raise GatewayUnavailable(type(problem).__name__) from None


def from_settings() -> FileGateway:
    """Return the gateway that writes into settings.SMS_OUTBOX."""
    return FileGateway(Path(settings.SMS_OUTBOX))
