"""Real workers and beats as processes of their own, and the ways in which they are killed."""

import os
import random
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import libfaketime
import psutil
from django.conf import settings

from tests.chaos.servers import database_url

ROOT = Path(__file__).resolve().parents[2]
SHARED_MEMORY = Path("/dev", "shm")


def environment_of_workers(folder: Path) -> dict[str, str]:
    """Return where workers find what the tests' own process has before it. The database is the one of the tests."""
    return {
        "DATABASE_URL": database_url(),
        "REDIS_URL": settings.REDIS_URL,
        "DJANGO_SETTINGS_MODULE": "chongqing_dte.settings.test",
        "SWEEP_SECONDS": "1",
        "BANK_OUTBOX": str(folder / "outbox"),
        "BANK_INBOX": str(folder / "inbox"),
        "SMS_OUTBOX": str(folder / "sms"),
    }


def wrong_clock(shift: Path) -> dict[str, str]:
    """Return what makes a process go by another time: shifted by what stands in the file, such as `+400d`."""
    _, preloaded = libfaketime.get_reload_information()
    return {**preloaded, "FAKETIME_TIMESTAMP_FILE": str(shift)}


@dataclass(frozen=True)
class Started:
    """What is run, and started again when it is dead: the arguments of Python, and what its environment has on top."""

    arguments: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)


def worker(
    name: str,
    *options: str,
    app: str = "chongqing_dte",
    queues: str = "money,heavy",
    environment: Mapping[str, str] | None = None,
) -> Started:
    """Return a worker with a pool of two processes."""
    pool = ["-Q", queues, "-c", "2", "--pool", "prefork", "-n", f"{name}@%h", "-l", "WARNING"]
    return Started(["-m", "celery", "-A", app, "worker", *pool, *options], environment or {})


def beat(schedule: Path, environment: Mapping[str, str] | None = None) -> Started:
    """Return a beat that remembers in this file what it has sent."""
    places = ["-s", str(schedule), "--pidfile", "", "-l", "WARNING"]
    return Started(["-m", "celery", "-A", "chongqing_dte", "beat", *places], environment or {})


class Crew:
    """Workers and beats under one supervisor. Whatever was started is dead once the block ends."""

    def __init__(
        self,
        folder: Path,
        environment: Mapping[str, str],
        *,
        workers: Mapping[str, Started] | None = None,
        beats: Mapping[str, Started] | None = None,
    ) -> None:
        self.folder = folder
        self.environment = {**os.environ, **environment}
        self.workers = workers or {name: worker(name) for name in ("worker-1", "worker-2")}
        self.beats = beats or {"beat": beat(folder / "beat")}
        self.running: dict[str, psutil.Popen] = {}
        self.kills: list[str] = []
        self._everybody: set[psutil.Process] = set()

    def __enter__(self) -> Self:
        self.start_the_dead()
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        """Kill everything that was started."""
        # Children that outlived their parents too: a killed parent takes nobody with it.
        everybody = self._everybody | self._living()
        for process in everybody:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(list(everybody), timeout=20)
        for process in everybody:
            # A killed process does not tidy up its wrong clock.
            for name in (f"faketime_shm_{process.pid}", f"sem.faketime_sem_{process.pid}"):
                (SHARED_MEMORY / name).unlink(missing_ok=True)

    def run(self, name: str, arguments: Sequence[str]) -> psutil.Popen:
        """Start something that is not started again."""
        return self._start(name, Started(arguments))

    def kill_a_child(self, chance: random.Random) -> None:
        """Kill one process of a worker's pool; its parent replaces it."""
        children = {name: found for name in self.workers if (found := self._children(name))}
        if children:
            name = chance.choice(list(children))
            self._kill(f"child of {name}", chance.choice(children[name]))

    def kill_every_child(self) -> None:
        """Kill whoever may be at work; the parents replace them."""
        for name in self.workers:
            for child in self._children(name):
                self._kill(f"child of {name}", child)

    def kill_a_parent(self, chance: random.Random) -> None:
        """Kill one worker's main process, which leaves its pool behind."""
        name = chance.choice(list(self.workers))
        self._everybody.update(self._children(name))
        self._kill(name, self.running[name])

    def kill_a_child_and_then_its_parent(self, chance: random.Random) -> None:
        """Kill a parent as soon as it has replaced a child: the new one holds its connections to the broker."""
        children = {name: found for name in self.workers if (found := self._children(name))}
        if not children:
            return
        name = chance.choice(list(children))
        before = children[name]
        self._kill(f"child of {name}", before[0])
        deadline = time.monotonic() + 3.0
        while time.monotonic() < deadline and not set(self._children(name)) - set(before):
            time.sleep(0.02)
        self._everybody.update(self._children(name))
        self._kill(name, self.running[name])

    def kill_a_beat(self, chance: random.Random) -> None:
        """Kill a beat, perhaps in the middle of a message."""
        name = chance.choice(list(self.beats))
        self._kill(name, self.running[name])

    def start_the_dead(self) -> None:
        """Start every worker and beat that is not there, as whatever supervises them would."""
        for name, started in {**self.workers, **self.beats}.items():
            if name not in self.running or self.running[name].poll() is not None:
                self._start(name, started)

    def wait_for_children(self, seconds: float = 60.0) -> None:
        """Wait until every worker has a pool: on a busy machine one takes long to start."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not all(self._children(name) for name in self.workers):
            time.sleep(0.1)

    def logs(self) -> str:
        """Return the end of what each process wrote, for the message of a failed test."""
        return "\n".join(f"{path.name}: {path.read_text()[-1500:]}" for path in self.folder.glob("*.log"))

    def _start(self, name: str, started: Started) -> psutil.Popen:
        environment = {**self.environment, **started.environment}
        with (self.folder / f"{name}.log").open("ab") as log:
            process = psutil.Popen(
                [sys.executable, *started.arguments], cwd=ROOT, env=environment, stdout=log, stderr=log
            )
        self.running[name] = process
        self._everybody.add(process)
        return process

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
