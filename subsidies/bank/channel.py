"""How files reach the bank and come back."""

import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from django.conf import settings

# What result files end with. Anything else in the inbox is nobody's word.
RESULT_ENDINGS = (".csv", ".xml", ".xlsx", ".txt")


class BankUnavailable(Exception):
    """The bank could not be reached, so nothing is known about what was asked of it."""


@dataclass(frozen=True)
class ReceivedFile:
    """One result file that the bank has put down for us. `key` is what puts away this very file and no other."""

    name: str
    content: bytes
    key: str


class BankChannel(Protocol):
    """The promises that every way to a bank, real or simulated, has to keep."""

    def knows(self, name: str) -> bool:
        """Test whether the bank has this file already. Raises BankUnavailable when that cannot be found out."""

    def deliver(self, name: str, content: bytes) -> None:
        """Hand over a file, whole or not at all. The same file again changes nothing. Raises BankUnavailable."""

    def results(self) -> Iterator[ReceivedFile]:
        """Return every result file that was not put away yet, oldest name first."""

    def put_away(self, key: str) -> None:
        """Take a result file off the list once its content is safely stored. Safe to repeat."""


def is_result_file(name: str) -> bool:
    """Test whether this is the name of a result file. One that starts with a dot is still being written."""
    return not name.startswith(".") and name.lower().endswith(RESULT_ENDINGS)


class FolderChannel:
    """Exchanges files with the bank over two folders. The bank moves what it took to `taken` beside them.

    A folder that is missing is a bank that is away, never made: it may be one that somebody forgot to mount.
    """

    def __init__(self, *, outbox: Path, inbox: Path) -> None:
        self.outbox = outbox
        self.inbox = inbox

    def knows(self, name: str) -> bool:
        """Test whether the file lies in the outbox or was taken from it."""
        try:
            if not self.outbox.is_dir():
                raise BankUnavailable(f"There is no folder {self.outbox}.")
            return (self.outbox / name).exists() or (self.outbox / "taken" / name).exists()
        except OSError as problem:
            raise BankUnavailable from problem

    def deliver(self, name: str, content: bytes) -> None:
        """Write the file beside its place and then move it there, so that nobody ever sees half of it."""
        if self.knows(name):
            return
        half = self.outbox / f".{name}.{uuid.uuid4().hex}.part"
        try:
            with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            half.rename(self.outbox / name)
            self._keep_names(self.outbox)
        except OSError as problem:
            raise BankUnavailable from problem

    def results(self) -> Iterator[ReceivedFile]:
        """Take every file out of the inbox under a name of its own, so that the bank cannot replace what is read.

        Files whose names start with a dot are still being written. What a crash left half way comes again.
        """
        try:
            if not self.inbox.is_dir():
                raise BankUnavailable(f"There is no folder {self.inbox}.")
            reading = self.inbox / "reading"
            reading.mkdir(exist_ok=True)
            for path in sorted(self.inbox.iterdir()):
                if path.is_file() and is_result_file(path.name):
                    path.rename(reading / f"{path.name}.{uuid.uuid4().hex}")
            claimed = sorted(reading.iterdir())
        except OSError as problem:
            raise BankUnavailable from problem
        for path in claimed:
            name = path.name.rpartition(".")[0]
            # A bank may write its names in another encoding; they are shown as well as can be.
            shown = os.fsencode(name).decode("utf-8", "backslashreplace")
            yield ReceivedFile(shown, path.read_bytes(), path.name)

    def put_away(self, key: str) -> None:
        """Move the file to `done`, where it lies under a name that no other file has."""
        done = self.inbox / "done"
        done.mkdir(exist_ok=True)
        if (self.inbox / "reading" / key).exists():
            (self.inbox / "reading" / key).rename(done / key)

    @staticmethod
    def _keep_names(folder: Path) -> None:
        """See that a new name survives a power cut."""
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def from_settings() -> FolderChannel:
    """Return the channel over settings.BANK_OUTBOX and settings.BANK_INBOX."""
    return FolderChannel(outbox=settings.BANK_OUTBOX, inbox=settings.BANK_INBOX)
