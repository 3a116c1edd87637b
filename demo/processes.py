"""Starts the portal's processes, and stops every one that it started."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
WEB = ("gunicorn", "chongqing_dte.wsgi", "--workers", "2", "--access-logfile", "/dev/null")
WORKER = ("celery", "-A", "chongqing_dte", "worker", "--queues", "money", "--concurrency", "2")
# Reads whole files and asks other offices: never in the way of the money.
HEAVY = (
    *("celery", "-A", "chongqing_dte", "worker", "--queues", "heavy", "--concurrency", "1"),
    *("--hostname", "heavy@%h"),
)
BEAT = ("celery", "-A", "chongqing_dte", "beat")


class ProcessEnded(Exception):
    """A process that should run has ended by itself."""


class JourneyFailed(Exception):
    """A step of the main job did not go as it should."""


class Processes:
    """The processes of one run, each with a log file of its own in the folder."""

    def __init__(self, folder: Path, environment: Mapping[str, str], say: Callable[[str], None]) -> None:
        self.folder = folder
        # Not a copy: where the portal is reached is known only once the processes of an earlier run have stopped.
        self.environment = environment
        self.say = say
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.commands: dict[str, Sequence[str]] = {}
        self._stop_left_over()

    def start(self, name: str, command: Sequence[str]) -> None:
        """Start a process; the first word is a program of this environment, or a path to a Python file."""
        program = Path(sys.executable).parent / command[0]
        words = [sys.executable, "-m", *command] if program.exists() else [sys.executable, *command]
        with (self.folder / f"{name}.log").open("ab") as log:
            # A session of its own: Ctrl-C is for us alone, and we stop the others in order.
            self.running[name] = subprocess.Popen(
                words, cwd=ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )
        self.commands[name] = command
        self._note()

    def kill(self, name: str) -> None:
        """Kill a process and everything that it started, at once, as a power cut would."""
        process = self.running.pop(name)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self._note()

    def stop(self, name: str) -> None:
        """Ask a process to end, and kill it if it has not ended after twenty seconds."""
        process = self.running.pop(name)
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self._note()

    def stop_all(self) -> None:
        """Stop whatever runs, the last started first."""
        for name in reversed(list(self.running)):
            self.stop(name)

    def check(self) -> None:
        """Start again what somebody killed. Raises ProcessEnded, with its log's end, if one ended by itself."""
        for name, process in list(self.running.items()):
            if (process.poll() or 0) < 0:
                self.kill(name)
                self.say(f"the {name} was killed; it starts again")
                self.start(name, self.commands[name])
            elif process.returncode is not None:
                lines = (self.folder / f"{name}.log").read_text(errors="replace").splitlines()[-15:]
                raise ProcessEnded(f"{name} ended with {process.returncode}:\n" + "\n".join(lines))

    def _note(self) -> None:
        started = {name: process.pid for name, process in self.running.items()}
        (self.folder / "processes.json").write_text(json.dumps(started))

    def _stop_left_over(self) -> None:
        """Stop what an earlier run had to leave behind because it was killed itself."""
        noted = self.folder / "processes.json"
        if not noted.exists():
            return
        for pid in json.loads(noted.read_text()).values():
            with suppress(psutil.Error):
                left_over = psutil.Process(pid)
                if left_over.cwd() == str(ROOT) and left_over.pid == os.getpgid(pid):
                    os.killpg(pid, signal.SIGKILL)
                    left_over.wait(timeout=10)
        noted.unlink()


@contextmanager
def processes(
    folder: Path, environment: Mapping[str, str], say: Callable[[str], None]
) -> Iterator[Processes]:
    """Yield a set of processes, all of which are stopped at the end, whatever happens."""
    started = Processes(folder, environment, say)
    try:
        yield started
    finally:
        started.stop_all()


def wait_until(what: str, is_true: Callable[[], bool], *, started: Processes, seconds: float = 90) -> None:
    """Wait until a function says yes. Raises TimeoutError naming what was waited for, or ProcessEnded."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        started.check()
        if is_true():
            return
        time.sleep(0.2)
    raise TimeoutError(f"Waited {seconds:.0f} seconds in vain: {what}.")
