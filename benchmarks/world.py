"""How fast the generated world comes to be, beside a bare COPY of the same trainees into their table alone."""

from typing import Any

from benchmarks.measuring import Bench, Result, ratio, seconds_of


def run(bench: Bench) -> Result:
    """Make trainees with everything that happened to them, and copy their bare rows for comparison."""
    from django.utils import timezone

    from demo.generator import Made, make_world

    count = bench.rows(100_000, quick=2_000)
    made: list[Made] = []

    def make() -> None:
        made.append(make_world(trainees=count, years=2, seed=1, now=timezone.now(), say=bench.say))

    world_s = seconds_of(make)
    bench.say(f"{made[0].rows} rows made")
    copy_s = _seconds_of_bare_copy(bench)
    return Result(
        figures={
            "trainees": count,
            "rows": made[0].rows,
            "world_s": world_s,
            "trainees_per_second": count / world_s,
            "rows_per_second": made[0].rows / world_s,
            "bare_copy_s": copy_s,
        },
        # A trainee of the world has some twenty rows, each with its keys, checks and triggers.
        ratios={"world_vs_bare_copy": ratio(world_s, copy_s)},
    )


def _seconds_of_bare_copy(bench: Bench) -> float:
    """Return the time of COPY into a table with the same constraints and indexes, and nothing but that."""
    from django.db import connection, transaction

    file = bench.folder / "trainees.csv"
    with connection.cursor() as cursor, file.open("w") as target:
        cursor.copy_expert("COPY enrollment_trainee TO STDOUT WITH (FORMAT csv)", target)
        cursor.execute("CREATE TABLE bare_trainee (LIKE enrollment_trainee INCLUDING ALL)")

    def copy() -> None:
        with transaction.atomic(), connection.cursor() as cursor, file.open() as source:
            _copy_in(cursor, source)

    return seconds_of(copy)


def _copy_in(cursor: Any, source: Any) -> None:
    cursor.copy_expert("COPY bare_trainee FROM STDIN WITH (FORMAT csv)", source)
