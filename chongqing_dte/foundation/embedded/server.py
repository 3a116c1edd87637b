import fcntl
import os
import secrets
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, ClassVar, Literal, Self

from chongqing_dte.foundation.embedded.account import ServerNotStarted, last_lines, spawn

if TYPE_CHECKING:
    import psutil

StopMode = Literal["fast", "immediate"]

HOST = "127.0.0.1"
START_SECONDS = 60
STOP_SECONDS = 60
# Reasons that pass by themselves: the last processes of a killed server are still ending.
PASSING_REASONS = ("pre-existing shared memory block", "Address already in use")


class FolderInUse(ServerNotStarted):
    """Another running process has its server in this folder."""


class EmbeddedServer(ABC):
    """One server in one folder, on a free port of this machine alone, behind a random password."""

    name: ClassVar[str]
    program: ClassVar[str]
    signals: ClassVar[dict[StopMode, signal.Signals]]
    needs_account: ClassVar[bool] = False

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: IO[str] | None = None
        self._log = self.folder / f"{self.name}.log"
        self._log_start = 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    @abstractmethod
    def url(self) -> str:
        """Return the address with the password, as Django and Celery read it."""

    @property
    def pid(self) -> int | None:
        """Return the number of the server's main process, if it was started."""
        return self._process.pid if self._process else None

    @property
    def is_running(self) -> bool:
        """Test whether the server's main process lives."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start the server and wait until it answers. A second start keeps the port of the first.

        Raises FolderInUse if another process runs one here, and ServerNotStarted with the end of its log.
        """
        if self.is_running:
            return
        try:
            self._claim_folder()
            self.port = self.port or _free_port()
            self._prepare()
            self._launch()
        except BaseException:
            self.stop("immediate")
            raise

    def stop(self, mode: StopMode = "fast") -> None:
        """Stop the server, ending its connections; "immediate" leaves the recovery to the next start."""
        if self._process is not None and self.is_running:
            self._process.send_signal(self.signals[mode])
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def restart(self, mode: StopMode = "fast") -> None:
        """Stop the server and start it again on the same port."""
        self.stop(mode)
        self.start()

    def kill(self) -> None:
        """Kill the server's main process outright. The folder stays claimed until it is stopped."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    @abstractmethod
    def _prepare(self) -> None: ...

    @abstractmethod
    def _command(self) -> list[str]: ...

    @abstractmethod
    def _answers(self) -> bool: ...

    def _claim_folder(self) -> None:
        if self._lock is not None:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            lock = (self.folder / f"{self.name}.lock").open("a")
        except PermissionError:
            raise ServerNotStarted(
                f"{self.folder} belongs to another user. Run as that user, or delete the folder."
            ) from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            raise FolderInUse(
                f"{self.folder} is in use: another running process has its {self.name} there. "
                "Stop that one first, or choose another folder."
            ) from None
        self._lock = lock

    def _launch(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            with self._log.open("ab") as log:
                self._log_start = log.tell()
                self._process = spawn(self._command(), output=log, as_account=self.needs_account)
            while self.is_running and time.monotonic() < deadline:
                if self._answers():
                    return
                time.sleep(0.02)
            if not any(reason in self._log_end() for reason in PASSING_REASONS):
                break
            time.sleep(0.2)
        raise ServerNotStarted(
            f"{self.name} did not start in {self.folder}. Its log ends:\n{self._log_end()}"
        )

    def _log_end(self) -> str:
        with self._log.open("rb") as log:
            log.seek(self._log_start)
            return last_lines(log.read().decode(errors="replace"))

    def _password(self) -> str:
        path = self.folder / f"{self.name}.password"
        if not path.exists():
            write_private(path, secrets.token_urlsafe(24))
        return path.read_text()

    def _stop_leftover(self, place: Path) -> None:
        """Stop the server that a killed run left behind, known by its program and by the place it names."""
        import psutil

        leftovers = [
            process
            for process in psutil.process_iter(["name", "cmdline"])
            if process.info["name"] == self.program and str(place) in (process.info["cmdline"] or [])
        ]
        for process in leftovers:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(self.signals["fast"])
        kill_after(STOP_SECONDS, leftovers)


def kill_after(seconds: float, processes: "list[psutil.Process]") -> None:
    """Wait for processes that are ending, and kill those that have not ended by then."""
    import psutil

    deadline = time.monotonic() + seconds
    while (alive := [process for process in processes if _lives(process)]) and time.monotonic() < deadline:
        time.sleep(0.02)
    for process in alive:
        with suppress(psutil.NoSuchProcess):
            process.kill()


def _lives(process: "psutil.Process") -> bool:
    import psutil

    # In a container nobody may be there to collect an ended process.
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner ever can read, whole or not at all."""
    unfinished = path.with_name(f"{path.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as private_file:
        private_file.write(text)
    unfinished.rename(path)


def _free_port() -> int:
    # Below the range for outgoing connections: a client that keeps calling its stopped server could be given
    # that server's port from it, and would then be connected to itself.
    while True:
        port = 15_000 + secrets.randbelow(15_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind((HOST, port))
            return port
