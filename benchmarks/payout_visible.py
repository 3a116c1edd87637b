"""How long it takes from the answer that certificates are recorded until their entitlements are visible to others.

Small sessions are recorded through the portal's own API, as its WSGI application answers it, middleware and all, in
this process; a worker with the production's settings is nudged by what that commits. Another connection looks every few
milliseconds for what has become visible. Beside it, empty tasks go through the same worker.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from threading import Event, Thread
from typing import Any, Final

import psycopg2

from benchmarks.payout_people import Certified, fill_candidates, scene, settle_down
from benchmarks.payout_processes import address, seconds_of_empty_task, worker

A_SECOND: Final = 50
SITTING: Final = 5
LOOK_EVERY_SECONDS: Final = 0.002
EMPTY_EVERY_SECONDS: Final = 0.05
PATIENCE_SECONDS: Final = 60.0


@dataclass
class Seen:
    """When what became visible, by the number of its certificate, and how long empty tasks took meanwhile."""

    visible: dict[str, float] = field(default_factory=dict)
    empty: list[float] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)


def measure_visible(folder: Path, *, seconds: int) -> dict[str, float]:
    """Return percentiles in seconds, of entitlements under load, and of empty tasks under load and before it."""
    count = seconds * A_SECOND
    people = fill_candidates(count, sitting=SITTING)
    settle_down()
    with worker(folder, processes=2):
        idle = [seconds_of_empty_task() for _ in range(50)]
        # The first request compiles and imports.
        warm_up, sessions = _sessions(people)[:3], _sessions(people)[3:]
        client = _signed_in()
        for session in warm_up:
            _record(client, session)
        answered, seen = _under_load(client, sessions)
    waited = [seen.visible[number] - answered[number] for number in answered]
    return {
        "visible_p50_s": percentile(waited, 50),
        "visible_p99_s": percentile(waited, 99),
        "empty_task_p50_s": percentile(seen.empty, 50),
        "empty_task_p99_s": percentile(seen.empty, 99),
        "empty_task_idle_p50_s": percentile(idle, 50),
        "recorded_per_second": len(answered) / (max(answered.values()) - min(answered.values())),
    }


def percentile(values: Sequence[float], percent: int) -> float:
    """Return a percentile of measured values."""
    return quantiles(values, n=100, method="inclusive")[percent - 1]


def _under_load(client: Any, sessions: Sequence[Mapping[str, Any]]) -> tuple[dict[str, float], Seen]:
    answered: dict[str, float] = {}
    seen, is_over = Seen(), Event()
    numbers = {entry["certificate_number"] for session in sessions for entry in session["results"]}
    threads = [
        Thread(target=_watch, args=(seen, numbers, is_over, address())),
        Thread(target=_send_empty_tasks, args=(seen, is_over)),
    ]
    for thread in threads:
        thread.start()
    started = time.perf_counter()
    try:
        for place, session in enumerate(sessions):
            time.sleep(max(0.0, started + place * SITTING / A_SECOND - time.perf_counter()))
            _record(client, session)
            now = time.perf_counter()
            answered |= {entry["certificate_number"]: now for entry in session["results"]}
        deadline = time.perf_counter() + PATIENCE_SECONDS
        while len(seen.visible) < len(numbers) and time.perf_counter() < deadline and not seen.failures:
            time.sleep(0.01)
    finally:
        is_over.set()
        for thread in threads:
            thread.join()
    if seen.failures or len(seen.visible) < len(numbers):
        raise RuntimeError(f"{len(seen.visible)} of {len(numbers)} became visible; {seen.failures}.")
    return answered, seen


def _watch(seen: Seen, numbers: set[str], is_over: Event, database: str) -> None:
    try:
        with psycopg2.connect(database) as connection, connection.cursor() as cursor:
            connection.autocommit = True
            highest = 0
            while not is_over.is_set():
                cursor.execute(
                    "SELECT entitlement.id, certificate.number FROM subsidies_entitlement entitlement"
                    " JOIN assessment_levelcertificate certificate ON certificate.id = entitlement.certificate_id"
                    " WHERE entitlement.id > %s",
                    [highest],
                )
                now = time.perf_counter()
                for entitlement_id, number in cursor.fetchall():
                    # Ids are given before rows are visible: two workers' sets may come in the other order.
                    if number in numbers and number not in seen.visible:
                        seen.visible[number] = now
                    highest = max(highest, entitlement_id - 4 * A_SECOND)
                time.sleep(LOOK_EVERY_SECONDS)
    except Exception as problem:
        seen.failures.append(problem)


def _send_empty_tasks(seen: Seen, is_over: Event) -> None:
    try:
        while not is_over.wait(EMPTY_EVERY_SECONDS):
            seen.empty.append(seconds_of_empty_task())
    except Exception as problem:
        seen.failures.append(problem)


def _signed_in() -> Any:
    """Return a client of the WSGI application, signed in as the institution's operator."""
    from django.test import Client

    from institutions.models import User

    operator, _ = User.objects.get_or_create(
        username="bench-payout",
        defaults={"role": "EVALUATION_OPERATOR", "institution_id": scene()["institution_id"]},
    )
    client = Client(SERVER_NAME="localhost")
    client.force_login(operator)
    return client


def _record(client: Any, session: Mapping[str, Any]) -> None:
    response = client.post(
        f"/api/sessions/{session['public_id']}/results/",
        data={"results": session["results"]},
        content_type="application/json",
    )
    if response.status_code != 201:
        raise RuntimeError(f"{response.status_code}: {response.content[:500]!r}")


def _sessions(people: Certified) -> list[dict[str, Any]]:
    from assessment.models import AssessmentSession

    issued_on = scene()["issued_on"].isoformat()
    known = AssessmentSession.objects.filter(reference__startswith="SMALL-").values_list("pk", "public_id")
    public_ids = dict(known)
    return [
        {
            "public_id": public_ids[first // SITTING],
            "results": [
                {
                    "admission_number": f"SMALL-{number}",
                    "name": f"张{number}",
                    "outcome": "PASSED",
                    "theory_score": "80",
                    "practice_score": "75",
                    "certificate_number": f"CQ{number:012d}",
                    "certificate_issued_on": issued_on,
                }
                for number in range(first, first + SITTING)
            ],
        }
        for first in range(people.first, people.last + 1, SITTING)
    ]
