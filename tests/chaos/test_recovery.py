"""How long a certificate waits for its decision after one fault. Measured by option: --recoveries N."""

import random
import statistics
import sys
import time
from collections.abc import Callable

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

BEFORE, AFTERWARDS = 4, 8
LONGEST_WAIT_SECONDS = 90.0
PATIENCE_SECONDS = 300.0


class Watch:
    """Records certificates around a fault, and sees how long each waits. No nudge reaches the workers: all are lost."""

    def __init__(self, crew: Crew, chance: random.Random) -> None:
        self.crew = crew
        self.chance = chance
        self.session: AssessmentSession = AssessmentSessionFactory(recorded=True)
        self.training_class: TrainingClass = TrainingClassFactory(
            completed=True, occupation=self.session.occupation
        )

    def waits_around(self, fault: Callable[[], None]) -> list[float]:
        """Return how many seconds each of some certificates waited that were recorded before and after the fault."""
        # A fault may come at any moment between two sweeps.
        time.sleep(self.chance.uniform(0.0, settings.SWEEP_SECONDS))
        recorded = {self._record(): database_now() for _ in range(BEFORE)}
        fault()
        recorded |= {self._record(): database_now() for _ in range(AFTERWARDS)}
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
def recoveries(request: pytest.FixtureRequest) -> int:
    """Return how often the time after each fault is measured."""
    count = int(request.config.getoption("--recoveries"))
    if not count:
        pytest.skip("It is measured by option: --recoveries N.")
    return count


def faults(crew: Crew, servers: Servers, chance: random.Random) -> dict[str, Callable[[], None]]:
    def forget_every_message() -> None:
        with redis.Redis.from_url(servers.valkey.url) as broker:
            broker.flushall()

    return {
        "nothing": lambda: None,
        "a child is killed": lambda: crew.kill_a_child(chance),
        "a parent is killed": lambda: crew.kill_a_parent(chance),
        "a child and its parent": lambda: crew.kill_a_child_and_then_its_parent(chance),
        "beat is killed": lambda: crew.kill_a_beat(chance),
        "Valkey is flushed": forget_every_message,
        "Valkey is restarted": servers.restart_valkey,
        "PostgreSQL is restarted": servers.restart_postgres,
    }


def test_no_certificate_waits_long_after_any_single_fault(servers, tmp_path, chaos_seed, recoveries):
    chance = random.Random(chaos_seed)
    open_programme(allotted="10000000.00")
    environment = {
        **environment_of_workers(tmp_path),
        "DATABASE_URL": database_url(),
        "REDIS_URL": servers.valkey.url,
        # As in production, not faster.
        "SWEEP_SECONDS": str(settings.SWEEP_SECONDS),
    }
    waits: dict[str, list[float]] = {}

    with Crew(tmp_path, environment) as crew:
        crew.wait_for_children()
        watch = Watch(crew, chance)
        for _ in range(recoveries):
            for name, fault in faults(crew, servers, chance).items():
                waits.setdefault(name, []).extend(watch.waits_around(fault))

    for name, seconds in [*waits.items(), ("all", [wait for each in waits.values() for wait in each])]:
        sys.stdout.write(
            f"{name:24} n={len(seconds):4} p50={statistics.median(seconds):6.1f} s"
            f" p99={percentile(seconds):6.1f} s max={max(seconds):6.1f} s\n"
        )
    assert all(percentile(seconds) < LONGEST_WAIT_SECONDS for seconds in waits.values())


def percentile(seconds: list[float]) -> float:
    """Return the 99th percentile; of a few it is the largest."""
    return sorted(seconds)[min(int(len(seconds) * 0.99), len(seconds) - 1)]
