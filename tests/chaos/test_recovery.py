"""How long a certificate waits for its decision after one fault. Measured by option: --recoveries N.

Without it a few faults, any, come between sweeps that are more frequent than in production: that work goes on is seen
then, and not how long people wait.
"""

import random
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest
import redis
from django.conf import settings

from assessment.models import AssessmentSession, LevelCertificate
from chongqing_dte.foundation.clock import database_now
from enrollment.models import TrainingClass
from subsidies.models import Entitlement
from tests.chaos.servers import Servers, database_url
from tests.chaos.workers import Crew, environment_of_workers
from tests.factories.assessment import AssessmentSessionFactory
from tests.factories.enrollment import TrainingClassFactory
from tests.factories.subsidies import due_certificate, open_programme

pytestmark = [pytest.mark.chaos, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

NOTHING = "nothing"
FEW = 3
LONGEST_WAIT_SECONDS = 90.0
PATIENCE_SECONDS = 300.0


@dataclass(frozen=True)
class Extent:
    """How much is measured: every fault so often or a few once, and certificates before and after each."""

    recoveries: int
    sweep_seconds: float
    before: int
    afterwards: int

    def names_of(self, known: Sequence[str], chance: random.Random) -> list[str]:
        """Return which faults come, in order."""
        return [*known] * self.recoveries or chance.sample([name for name in known if name != NOTHING], FEW)


A_FEW = Extent(recoveries=0, sweep_seconds=2.0, before=1, afterwards=2)


class Watch:
    """Records certificates around a fault, and sees how long each waits. No nudge reaches the workers: all are lost."""

    def __init__(self, crew: Crew, chance: random.Random, extent: Extent) -> None:
        self.crew = crew
        self.chance = chance
        self.extent = extent
        self.session: AssessmentSession = AssessmentSessionFactory(recorded=True)
        self.training_class: TrainingClass = TrainingClassFactory(
            completed=True, occupation=self.session.occupation
        )

    def waits_around(self, fault: Callable[[], None]) -> list[float]:
        """Return how many seconds each of some certificates waited that were recorded before and after the fault."""
        # A fault may come at any moment between two sweeps.
        time.sleep(self.chance.uniform(0.0, self.extent.sweep_seconds))
        recorded = {self._record(): database_now() for _ in range(self.extent.before)}
        fault()
        recorded |= {self._record(): database_now() for _ in range(self.extent.afterwards)}
        self._wait_until_all_are_decided()
        decided = dict(Entitlement.objects.values_list("certificate_id", "decided_at"))
        return [max((decided[pk] - at).total_seconds(), 0.0) for pk, at in recorded.items()]

    def _record(self) -> int:
        self.crew.start_the_dead()
        time.sleep(1.0)
        return due_certificate(
            attempt__session=self.session, attempt__enrollment__training_class=self.training_class
        ).pk

    def _wait_until_all_are_decided(self) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while LevelCertificate.objects.filter(decision_due=True).exists():
            assert time.monotonic() < deadline, self.crew.logs()
            self.crew.start_the_dead()
            time.sleep(0.2)


@pytest.fixture
def extent(request: pytest.FixtureRequest) -> Extent:
    """Return how much is measured: a few faults, unless it is said how often each."""
    count = int(request.config.getoption("--recoveries"))
    # As in production, not faster.
    return Extent(count, settings.SWEEP_SECONDS, before=4, afterwards=8) if count else A_FEW


def faults(crew: Crew, servers: Servers, chance: random.Random) -> dict[str, Callable[[], None]]:
    def forget_every_message() -> None:
        with redis.Redis.from_url(servers.valkey.url) as broker:
            broker.flushall()

    return {
        NOTHING: lambda: None,
        "a child is killed": lambda: crew.kill_a_child(chance),
        "a parent is killed": lambda: crew.kill_a_parent(chance),
        "a child and its parent": lambda: crew.kill_a_child_and_then_its_parent(chance),
        "beat is killed": lambda: crew.kill_a_beat(chance),
        "Valkey is flushed": forget_every_message,
        "Valkey is restarted": servers.restart_valkey,
        "PostgreSQL is restarted": servers.restart_postgres,
    }


def test_no_certificate_waits_long_after_any_single_fault(servers, tmp_path, chaos_seed, extent):
    chance = random.Random(chaos_seed)
    open_programme(allotted="10000000.00")
    environment = {
        **environment_of_workers(tmp_path),
        "DATABASE_URL": database_url(),
        "REDIS_URL": servers.valkey.url,
        "SWEEP_SECONDS": str(extent.sweep_seconds),
    }
    waits: dict[str, list[float]] = {}

    with Crew(tmp_path, environment) as crew:
        crew.wait_for_children()
        watch = Watch(crew, chance, extent)
        known = faults(crew, servers, chance)
        for name in extent.names_of([*known], chance):
            waits.setdefault(name, []).extend(watch.waits_around(known[name]))

    for name, seconds in [*waits.items(), ("all", [wait for each in waits.values() for wait in each])]:
        sys.stdout.write(
            f"{name:24} n={len(seconds):4} p50={statistics.median(seconds):6.1f} s"
            f" p99={percentile(seconds):6.1f} s max={max(seconds):6.1f} s\n"
        )
    assert all(percentile(seconds) < LONGEST_WAIT_SECONDS for seconds in waits.values())


def percentile(seconds: list[float]) -> float:
    """Return the 99th percentile; of a few it is the largest."""
    return sorted(seconds)[min(int(len(seconds) * 0.99), len(seconds) - 1)]
