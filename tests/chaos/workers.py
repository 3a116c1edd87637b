"""Real workers, beat and bank as processes of their own, and the ways in which they are killed."""

import os
import random
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Self

import psutil
from django.conf import settings
from django.db import connection

ROOT = Path(__file__).resolve().parents[2]
WORKER = [
    "-m",
    "celery",
    "-A",
    "chongqing_dte",
    "worker",
    "-Q",
    "money,heavy",
    "-c",
    "2",
    "--pool",
    "prefork",
]
WORKERS = ("worker-1", "worker-2")
BEAT = ["-m", "celery", "-A", "chongqing_dte", "beat"]


def environment_of_workers(folder: Path) -> dict[str, str]:
    # The server is the one that the environment names, the database the one that was made for the tests.
    server, _, _ = os.environ["DATABASE_URL"].rpartition("/")
    return {
        "DATABASE_URL": f"{server}/{connection.settings_dict['NAME']}",
        "REDIS_URL": settings.REDIS_URL,
        "DJANGO_SETTINGS_MODULE": "chongqing_dte.settings.test",
        "SWEEP_SECONDS": "1",
        "BANK_OUTBOX": str(folder / "outbox"),
        "BANK_INBOX": str(folder / "inbox"),
    }


class Crew:
    """Two workers, one beat and the simulated bank. Whatever was started is dead once the block ends."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self.environment = {**os.environ, **environment}
        self.running: dict[str, psutil.Popen] = {}
        self.kills: list[str] = []
        self._everybody: set[psutil.Process] = set()

    def __enter__(self) -> Self:
        self.start_the_dead()
        self._start("beat", [*BEAT, "-s", str(self.folder / "beat"), "--pidfile", "", "-l", "WARNING"])
        places = ["--payments", self.environment["BANK_OUTBOX"], "--results", self.environment["BANK_INBOX"]]
        self._start("bank", ["demo/bank.py", *places, "--book", str(self.folder / "book.json")])
        return self

    def __exit__(self, *_: object) -> None:
        # Children that outlived their parents too: a killed parent takes nobody with it.
        for process in self._everybody | self._living():
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(list(self._everybody), timeout=20)

    def kill_a_child(self, chance: random.Random) -> None:
        """Kill one process of a worker's pool; its parent replaces it."""
        name = chance.choice(WORKERS)
        children = self._children(name)
        if children:
            self._kill(f"child of {name}", chance.choice(children))

    def kill_every_child(self) -> None:
        """Kill whoever may be at work; the parents replace them."""
        for name in WORKERS:
            for child in self._children(name):
                self._kill(f"child of {name}", child)

    def kill_a_parent(self, chance: random.Random) -> None:
        """Kill one worker's main process, which leaves its pool behind."""
        name = chance.choice(WORKERS)
        self._everybody.update(self._children(name))
        self._kill(name, self.running[name])

    def start_the_dead(self) -> None:
        """Start every worker that is not there, as whatever supervises them would."""
        for name in WORKERS:
            if name not in self.running or self.running[name].poll() is not None:
                self._start(name, [*WORKER, "-n", f"{name}@%h", "-l", "WARNING"])

    def wait_for_children(self, seconds: float = 30.0) -> None:
        """Wait until there is somebody to kill: on a busy machine a worker takes long to start."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not all(self._children(name) for name in WORKERS):
            time.sleep(0.1)

    def logs(self) -> str:
        """Return the end of what each process wrote, for the message of a failed test."""
        return "\n".join(f"{path.name}: {path.read_text()[-1500:]}" for path in self.folder.glob("*.log"))

    def _start(self, name: str, arguments: list[str]) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            started = psutil.Popen(
                [sys.executable, *arguments], cwd=ROOT, env=self.environment, stdout=log, stderr=log
            )
        self.running[name] = started
        self._everybody.add(started)

    def _children(self, name: str) -> list[psutil.Process]:
        with suppress(psutil.NoSuchProcess):
            return self.running[name].children(recursive=True)
        return []

    def _kill(self, name: str, process: psutil.Process) -> None:
        with suppress(psutil.NoSuchProcess):
            process.kill()
            process.wait(10)
            self.kills.append(name)

    def _living(self) -> set[psutil.Process]:
        return {child for name in self.running for child in self._children(name)}
