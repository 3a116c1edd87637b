"""The claims of the training subsidy: what a simulation of very many costs, and how many queries the pages take.

A month of classes is recomputed under the policy in force and under another one; beside it the same statements are
sent by hand, and their rows are fetched and thrown away. Then the queries of one claim, and of a district's queue.
"""

from statistics import median
from typing import Final

from benchmarks.claims_classes import IN_A_CLASS, fill_classes, prepare_claims
from benchmarks.claims_pages import queries_of_a_claim, queries_of_a_queue
from benchmarks.claims_reading import check_same_sums, simulate_and_read
from benchmarks.measuring import Bench, Result, Target, ratio

TARGETS: Final = {
    "simulation_vs_read": Target(at_most=3),
    "claim_queries": Target(at_most=12),
    "queue_queries": Target(at_most=15),
}
# People of the one claim whose queries are counted.
PEOPLE: Final = 45


def run(bench: Bench) -> Result:
    """Measure, and return what was found."""
    bench.say("making institutions, fees and policies")
    prepare_claims()
    count = bench.rows(2_000, quick=20)
    bench.say(f"filling in {count:,} classes of {IN_A_CLASS} people")
    month = fill_classes(count)
    check_same_sums(month, sample=min(count, 50))
    measured = []
    for repeat in range(bench.repeats(5)):
        measured.append(simulate_and_read(month))
        bench.say(
            f"{repeat + 1}: simulated in {measured[-1].simulated:.1f} s, read in {measured[-1].read:.1f} s"
        )
    seconds = median(each.simulated for each in measured)
    bench.say(f"one claim of {PEOPLE} people")
    of_claim = queries_of_a_claim(PEOPLE)
    queued = bench.rows(10_000, quick=50)
    bench.say(f"a queue of {queued:,} claims")
    of_queue = queries_of_a_queue(queued, bench.repeats(5))
    return Result(
        figures={
            "simulation_s": seconds,
            "read_s": median(each.read for each in measured),
            "line_us": 1_000_000 * seconds / (count * IN_A_CLASS),
            **of_claim,
            **of_queue,
        },
        ratios={"simulation_vs_read": median(ratio(each.simulated, each.read) for each in measured)},
        targets=TARGETS,
    )
