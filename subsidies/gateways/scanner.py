"""Who looks for malware in files that are handed in. Which scanner does it stands in settings.VIRUS_SCANNER."""

import re
import socket
import struct
from typing import Final, Protocol

from django.conf import settings
from django.utils.module_loading import import_string

# So much goes over at once; clamd takes more.
CHUNK: Final = 64 * 1024
SECONDS: Final = 30
# An answer is one short line.
LONGEST_ANSWER: Final = 4096
CLEAN: Final = "stream: OK"
FOUND: Final = re.compile(r"stream: .+ FOUND")


class ScannerUnavailable(Exception):
    """The scanner did not say anything about the file, so that nobody knows. Its text names nothing of the file."""


class VirusScanner(Protocol):
    """The promises that every scanner, real or simulated, has to keep."""

    def finds_malware(self, content: bytes) -> bool:
        """Look at one file and say whether it is malware. Raises ScannerUnavailable; no answer is never a clean one."""


class Clamd:
    """A clamd behind a socket: "unix:/run/clamav/clamd.sock" or "host:port". It sees the bytes and no name."""

    def __init__(self, address: str, *, seconds: int = SECONDS) -> None:
        self.address = address
        self.seconds = seconds

    def finds_malware(self, content: bytes) -> bool:
        """Send the file in chunks, each behind its length, and read the one line of the answer."""
        try:
            with self._connected() as connection:
                connection.sendall(b"zINSTREAM\0")
                for start in range(0, len(content), CHUNK):
                    chunk = content[start : start + CHUNK]
                    connection.sendall(struct.pack("!I", len(chunk)) + chunk)
                connection.sendall(struct.pack("!I", 0))
                answer = _answer(connection)
        except (OSError, ValueError) as problem:
            raise ScannerUnavailable(type(problem).__name__) from None
        return _says_malware(answer)

    def _connected(self) -> socket.socket:
        kind, _colon, path = self.address.partition(":")
        if kind != "unix":
            host, _colon, port = self.address.rpartition(":")
            return socket.create_connection((host, int(port)), timeout=self.seconds)
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(self.seconds)
        try:
            connection.connect(path)
        except OSError:
            connection.close()
            raise
        return connection


def from_settings() -> Clamd | None:
    """Return the clamd of settings.CLAMD_ADDRESS, or None where there is none."""
    return Clamd(settings.CLAMD_ADDRESS) if settings.CLAMD_ADDRESS else None


def virus_scanner() -> VirusScanner | None:
    """Return the scanner that is connected, or None: what settings.VIRUS_SCANNER names makes it, with no argument."""
    scanner: VirusScanner | None = import_string(settings.VIRUS_SCANNER)()
    return scanner


def _answer(connection: socket.socket) -> str:
    answer = b""
    while not answer.endswith(b"\0") and len(answer) < LONGEST_ANSWER:
        part = connection.recv(LONGEST_ANSWER)
        if not part:
            break
        answer += part
    return answer.rstrip(b"\0\n").decode("utf-8", errors="replace")


def _says_malware(answer: str) -> bool:
    if answer == CLEAN:
        return False
    if FOUND.fullmatch(answer):
        return True
    # Too large for it, or no answer of clamd's at all.
    raise ScannerUnavailable("answer")
