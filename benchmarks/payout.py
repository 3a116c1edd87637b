"""The assessment subsidy decided, reserved, paid and journaled, beside the least and the most that it could cost.

The least is a hand-written chain of INSERT ... SELECT that writes the same rows; the most is one Celery task for each
certificate with ordinary ORM calls. Then: what a certificate costs when very many were decided before, how soon an
entitlement is visible, and a large result file of the bank.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from typing import Final

from benchmarks.measuring import Bench, Result, Target, ratio, seconds_of
from benchmarks.payout_chain import check_same_rows, counts, decide_by_chain
from benchmarks.payout_databases import copy_database, in_database
from benchmarks.payout_people import (
    Certified,
    as_replica,
    fill_certificates,
    next_free_id,
    prepare_scene,
    settle_down,
)
from benchmarks.payout_processes import task_per_certificate
from benchmarks.payout_results import result_of_a_sent_batch, seconds_of_bare_work, seconds_to_settle
from benchmarks.payout_visible import measure_visible

TARGETS: Final = {
    "vs_one_statement": Target(at_most=2),
    "speedup_vs_task_per_certificate": Target(at_least=60),
    "cost_growth_1m_vs_10k": Target(at_most=1.2),
    "visible_vs_empty_task": Target(at_most=3),
    "visible_p99_s": Target(at_most=1),
    "result_vs_bare": Target(at_most=3),
}
# As a copy of the scene before anybody is in it, for what is measured beside a running worker.
EMPTY: Final = "bench_payout_empty"
MILLION: Final = "bench_payout_million"
# Filled at a time: so many rows wait in the server's memory.
PART: Final = 50_000


def run(bench: Bench) -> Result:
    """Measure, and return what was found."""
    bench.say("making institutions, a policy and budgets")
    prepare_scene()
    copy_database(EMPTY)
    visible = _visible(bench)
    growth = _growth(bench)
    per_certificate, vs_one_statement = _beside_the_chain(bench)
    per_task = _task_per_certificate(bench)
    settling, result_vs_bare = _results(bench)
    return Result(
        figures={
            "certificate_us": 1_000_000 * per_certificate,
            "task_us": 1_000_000 * per_task,
            "settle_s": settling,
            **visible,
        },
        ratios={
            "vs_one_statement": vs_one_statement,
            "speedup_vs_task_per_certificate": ratio(per_task, per_certificate),
            "cost_growth_1m_vs_10k": growth,
            "visible_vs_empty_task": ratio(visible["visible_p99_s"], visible["empty_task_p99_s"]),
            "result_vs_bare": result_vs_bare,
        },
        targets=TARGETS,
    )


def _visible(bench: Bench) -> dict[str, float]:
    seconds = bench.rows(24, quick=2)
    bench.say(f"recording 50 certificates a second for {seconds} s, with a worker")
    with in_database(EMPTY):
        return measure_visible(bench.folder, seconds=seconds)


def _growth(bench: Bench) -> float:
    """Return what a certificate costs beside a million decided ones, against beside ten thousand."""
    few, many = bench.rows(10_000, quick=200), bench.rows(1_000_000, quick=400)
    bench.say(f"filling in {few:,} decided certificates")
    _fill_decided(few)
    copy_database(MILLION)
    with in_database(MILLION):
        bench.say(f"filling in {many - few:,} more beside them")
        _fill_many_decided(many - few, bench)
        settle_down()
    settle_down()
    count = bench.rows(2_000, quick=50)
    beside_few: list[float] = []
    beside_many: list[float] = []
    for repeat in range(bench.repeats(7)):
        bench.say(f"{count:,} certificates beside {few:,} and beside {many:,}, {repeat + 1}")
        beside_few.append(_seconds_of_worker(count))
        with in_database(MILLION):
            beside_many.append(_seconds_of_worker(count))
    # The first of each reads from the disk.
    return ratio(median(beside_many[-6:]), median(beside_few[-6:]))


def _fill_many_decided(count: int, bench: Bench) -> None:
    """Add very many, on two connections at once. What one of them has not committed, the other does not decide."""
    start = next_free_id()
    parts = [(start + done, min(PART, count - done)) for done in range(0, count, PART)]

    def fill_part(part: tuple[int, int]) -> None:
        try:
            first, size = part
            _fill_decided(size, first=first)
            bench.say(f"  {size:,} from {first:,} on")
        finally:
            connections.close_all()

    from django.db import connections

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(fill_part, parts))


def _fill_decided(count: int, *, first: int | None = None) -> None:
    """Add certificates, decided by the chain without triggers and foreign keys."""
    with as_replica():
        fill_certificates(count, first=first)
        decide_by_chain(_set_size())


def _beside_the_chain(bench: Bench) -> tuple[float, float]:
    """Return the seconds for each certificate, and the ratio: one pair of 100,000 between two of 25,000."""
    sizes = [25_000, 100_000, 25_000] if not bench.is_quick else [200]
    seconds, ratios = [], []
    for size in sizes:
        bench.say(f"{size:,} certificates by a worker, and {size:,} by the chain")
        before = counts()
        by_worker, ours = _filled_and_timed(size, _decide_by_worker)
        between = counts()
        by_chain, theirs = _filled_and_timed(size, lambda: decide_by_chain(_set_size()))
        written = [now - then for now, then in zip(between, before, strict=True)]
        if written != [now - then for now, then in zip(counts(), between, strict=True)]:
            raise RuntimeError("The worker and the chain wrote different numbers of rows.")
        check_same_rows(ours, theirs, sample=min(1_000, size - 12))
        seconds.append(by_worker / size)
        ratios.append(ratio(by_worker, by_chain))
        bench.say(f"  worker {by_worker:.1f} s, chain {by_chain:.1f} s")
    return median(seconds), median(ratios)


def _task_per_certificate(bench: Bench) -> float:
    count = bench.rows(1_000, quick=20)
    bench.say(f"{count:,} certificates by a task each")
    filled = fill_certificates(count)
    settle_down()
    return task_per_certificate(bench.folder, range(filled.first, filled.last + 1)) / count


def _results(bench: Bench) -> tuple[float, float]:
    """Return the seconds of a large file, and the ratio, over the payments of the certificates decided before."""
    count = bench.rows(30_000, quick=100)
    settling, bare = [], []
    for repeat in range(bench.repeats(3)):
        bench.say(f"result {repeat + 1} of {count:,} lines")
        settling.append(seconds_to_settle(result_of_a_sent_batch(count)))
        bare.append(seconds_of_bare_work(result_of_a_sent_batch(count)))
        bench.say(f"  settled {settling[-1]:.1f} s, bare {bare[-1]:.1f} s")
    return median(settling), median(ratio(*pair) for pair in zip(settling, bare, strict=True))


def _seconds_of_worker(count: int) -> float:
    return _filled_and_timed(count, _decide_by_worker)[0]


def _filled_and_timed(count: int, decide: Callable[[], int]) -> tuple[float, Certified]:
    filled = fill_certificates(count)
    settle_down()
    decided: list[int] = []
    seconds = seconds_of(lambda: decided.append(decide()))
    if decided != [count]:
        raise RuntimeError(f"{decided} certificates were decided instead of {count}.")
    return seconds, filled


def _decide_by_worker() -> int:
    from django.utils import timezone

    from subsidies.services.decisions import decide_due_certificates

    return decide_due_certificates(now=timezone.now())


def _set_size() -> int:
    from subsidies.services.decisions import BATCH_SIZE

    return BATCH_SIZE
