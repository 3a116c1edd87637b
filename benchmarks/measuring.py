"""What every benchmark measures with: a bench to run on, a result with its targets, medians, peaks and ratios.

A benchmark is a module of this package with `def run(bench: Bench) -> Result`. It has a fresh, migrated database with
the reference data in it, Django is set up, and child processes inherit the addresses of the servers.
"""

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# How often a child process is asked for its peak. The peak is kept by the kernel, so that only growth in the last
# hundredth of a second of its life can be missed.
ASK_EVERY_SECONDS = 0.01


@dataclass(frozen=True)
class Target:
    """What a figure or a ratio has to come to. Both bounds are included."""

    at_most: float | None = None
    at_least: float | None = None

    def is_met(self, value: float) -> bool:
        """Test a measured value."""
        return (self.at_most is None or value <= self.at_most) and (
            self.at_least is None or value >= self.at_least
        )

    def __str__(self) -> str:
        bounds = (("≤", self.at_most), ("≥", self.at_least))
        return " and ".join(f"{sign} {bound:g}" for sign, bound in bounds if bound is not None)

    def as_json(self) -> dict[str, float]:
        """Return the bounds that there are."""
        bounds = {"at_most": self.at_most, "at_least": self.at_least}
        return {name: bound for name, bound in bounds.items() if bound is not None}


@dataclass(frozen=True)
class Result:
    """What one benchmark found: absolute figures, ratios to what it was measured beside, and their targets."""

    figures: Mapping[str, float]
    ratios: Mapping[str, float] = field(default_factory=dict)
    # By the name of a figure or a ratio. One without a measured value is not met.
    targets: Mapping[str, Target] = field(default_factory=dict)

    @property
    def values(self) -> dict[str, float]:
        """The figures and the ratios."""
        return {**self.figures, **self.ratios}

    @property
    def missed(self) -> list[str]:
        """The names of the targets that are not met."""
        values = self.values
        return [
            name
            for name, target in self.targets.items()
            if name not in values or not target.is_met(values[name])
        ]

    def as_json(self, name: str) -> dict[str, Any]:
        """Return the line that a program reads."""
        return {
            "bench": name,
            "figures": {key: rounded(value) for key, value in self.figures.items()},
            "ratios": {key: rounded(value) for key, value in self.ratios.items()},
            "targets": {key: target.as_json() for key, target in self.targets.items()},
            "met": not self.missed,
        }


@dataclass(frozen=True)
class Bench:
    """Where a benchmark runs, and how thoroughly."""

    # A folder of its own to write into; empty at the start.
    folder: Path
    # Fewer rows and fewer repeats: shows that it works, and says nothing about speed.
    is_quick: bool
    say: Callable[[str], None]

    def repeats(self, usual: int = 5) -> int:
        """Return how often something is measured."""
        return 1 if self.is_quick else usual

    def rows(self, usual: int, *, quick: int) -> int:
        """Return how many rows to measure with."""
        return quick if self.is_quick else usual


@dataclass(frozen=True)
class Measured:
    """What one run of a child process took."""

    seconds: float
    peak_mb: float
    output: bytes


def median_seconds(action: Callable[[], object], *, repeats: int) -> float:
    """Return the median time of an action in seconds."""
    return statistics.median(seconds_of(action) for _ in range(repeats))


def seconds_of(action: Callable[[], object]) -> float:
    """Return how long an action took."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def ratio(measured: float, reference: float) -> float:
    """Return how many times the reference something took. Raises ValueError if nothing was measured."""
    if reference <= 0:
        raise ValueError("The reference was not measured.")
    return measured / reference


def rounded(value: float) -> float:
    """Return a measurement with four significant digits, which is more than it is worth. A count stays whole."""
    return value if isinstance(value, int) else float(f"{value:.4g}")


def peak_mb(pid: int) -> float:
    """Return the most memory that a living process has had in RAM so far, in megabytes of 10^6 bytes.

    Asked of the process itself: the figure that `wait` gives for a child begins with what its parent had.
    """
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1_000_000
    # It has ended, and nobody has waited for it yet.
    raise ProcessLookupError(pid)


def run_measured(
    command: Sequence[str], *, environment: Mapping[str, str] | None = None, folder: Path | None = None
) -> Measured:
    """Run a child process to its end and return what it took. Raises CalledProcessError if it fails."""
    started = time.perf_counter()
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, env={**os.environ, **(environment or {})}, cwd=folder
    ) as child:
        highest = 0.0
        while child.poll() is None:
            try:
                highest = max(highest, peak_mb(child.pid))
            except (ProcessLookupError, FileNotFoundError):
                break
            time.sleep(ASK_EVERY_SECONDS)
        output, _errors = child.communicate()
    seconds = time.perf_counter() - started
    if child.returncode != 0:
        raise subprocess.CalledProcessError(child.returncode, command, output)
    return Measured(seconds, highest, output)
