import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread

from subsidies.gateways.scanner import ScannerUnavailable

# What scanners are tried with, made up in two halves so that none finds it here.
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


@dataclass
class FakeScanner:
    """A scanner in memory. It keeps the real one's promises, and can be away."""

    is_away: bool = False
    seen: list[bytes] = field(default_factory=list)

    def finds_malware(self, content: bytes) -> bool:
        if self.is_away:
            raise ScannerUnavailable("FakeScanner")
        self.seen.append(content)
        return EICAR in content


@contextmanager
def clamd_at(path: Path, *, answer: bytes | None = None) -> Iterator[list[bytes]]:
    """Listen as clamd does, yield what came over, and say `answer` instead of what one would find."""
    seen: list[bytes] = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(path))
        listener.listen()
        thread = Thread(target=_serve, args=(listener, seen, answer), daemon=True)
        thread.start()
        yield seen
        # A worker that waits for somebody is let go.
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(timeout=10)


def _serve(listener: socket.socket, seen: list[bytes], answer: bytes | None) -> None:
    while True:
        try:
            connection, _address = listener.accept()
        except OSError:
            return
        with connection:
            content = _received(connection)
            seen.append(content)
            found = b"stream: Eicar-Test-Signature FOUND\0" if EICAR in content else b"stream: OK\0"
            connection.sendall(found if answer is None else answer)


def _received(connection: socket.socket) -> bytes:
    stream = connection.makefile("rb")
    if stream.read(len(b"zINSTREAM\0")) != b"zINSTREAM\0":
        raise ValueError("no command of clamd's")
    content = b""
    while size := struct.unpack("!I", stream.read(4))[0]:
        content += stream.read(size)
    return content
