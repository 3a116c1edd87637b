"""How files reach the bank and come back."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


class BankUnavailable(Exception):
    """The bank could not be reached, so nothing is known about what was asked of it."""


@dataclass(frozen=True)
class ReceivedFile:
    """One result file that the bank has put down for us."""

    name: str
    content: bytes


class BankChannel(Protocol):
    """The promises that every way to a bank, real or simulated, has to keep."""

    def knows(self, name: str) -> bool:
        """Test whether the bank has this file already. Raises BankUnavailable when that cannot be found out."""

    def deliver(self, name: str, content: bytes) -> None:
        """Hand over a file, whole or not at all. The same file again changes nothing. Raises BankUnavailable."""

    def results(self) -> Iterator[ReceivedFile]:
        """Return every result file that was not put away yet, oldest name first."""

    def put_away(self, name: str) -> None:
        """Take a result file off the list once its content is safely stored. Safe to repeat."""


class FolderChannel:
    """Exchanges files with the bank over two folders. The bank moves what it took to `taken` beside them."""

    def __init__(self, *, outbox: Path, inbox: Path) -> None:
        self.outbox = outbox
        self.inbox = inbox

    def knows(self, name: str) -> bool:
        """Test whether the file lies in the outbox or was taken from it."""
        try:
            return (self.outbox / name).exists() or (self.outbox / "taken" / name).exists()
        except OSError as problem:
            raise BankUnavailable from problem

    def deliver(self, name: str, content: bytes) -> None:
        """Write the file beside its place and then move it there, so that nobody ever sees half of it."""
        if self.knows(name):
            return
        half = self.outbox / f".{name}.part"
        try:
            self.outbox.mkdir(parents=True, exist_ok=True)
            with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            half.rename(self.outbox / name)
        except OSError as problem:
            raise BankUnavailable from problem

    def results(self) -> Iterator[ReceivedFile]:
        """Read the inbox. Files whose names start with a dot are still being written."""
        for path in sorted(self.inbox.glob("[!.]*.csv")):
            yield ReceivedFile(path.name, path.read_bytes())

    def put_away(self, name: str) -> None:
        """Move the file to `done` beside it."""
        done = self.inbox / "done"
        done.mkdir(exist_ok=True)
        if (self.inbox / name).exists():
            (self.inbox / name).rename(done / name)
