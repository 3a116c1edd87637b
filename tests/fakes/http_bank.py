"""The way to the bank of tests/chaos, which is asked and answers over HTTP."""

import http.client
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

from subsidies.bank.channel import BankUnavailable, ReceivedFile

TIMEOUT_SECONDS = 10
PATIENCE_SECONDS = 60


class HttpBankChannel:
    """Keeps the promises of a channel over a bank that forgets requests and answers."""

    def __init__(self, port: int) -> None:
        self.port = port

    def knows(self, name: str) -> bool:
        """Ask for a list by its name."""
        return self._ask("GET", f"/lists/{name}", expected=(200, 404))[0] == 200

    def deliver(self, name: str, content: bytes) -> None:
        """Hand in a list. The bank refuses one that it has, which is as good."""
        self._ask("PUT", f"/lists/{name}", content, expected=(201, 409))

    def results(self) -> Iterator[ReceivedFile]:
        """Return what lies there. A file that arrives in part is none: it comes again."""
        for name in json.loads(self._ask("GET", "/results")[1]):
            yield ReceivedFile(name, self._ask("GET", f"/results/{name}")[1], name)

    def put_away(self, key: str) -> None:
        """Have the bank take a file away."""
        self._ask("DELETE", f"/results/{key}", expected=(204,))

    def _ask(
        self, method: str, path: str, content: bytes | None = None, *, expected: tuple[int, ...] = (200,)
    ) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT_SECONDS)
        try:
            connection.request(method, path, content)
            answer = connection.getresponse()
            said = answer.read()
        except (OSError, http.client.HTTPException) as problem:
            raise BankUnavailable from problem
        finally:
            connection.close()
        if answer.status not in expected:
            raise BankUnavailable(f"The bank said {answer.status}.")
        return answer.status, said


def wait_for_file(path: Path) -> str:
    """Return what the bank writes into a file once it is there."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not path.exists():
        if time.monotonic() > deadline:
            raise AssertionError(f"{path.name} was never written.")
        time.sleep(0.05)
    return path.read_text()


def from_environment() -> HttpBankChannel:
    """Return the channel to the bank whose port stands in CHAOS_BANK_PORT."""
    return HttpBankChannel(int(os.environ["CHAOS_BANK_PORT"]))
