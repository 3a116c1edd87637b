"""Whoever dies at whatever statement: everybody is paid once, and the books agree to the cent."""

import random
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial

import pytest
from django.db import connection

from tests.chaos.road import Act, Road, do_each, do_what_is_left
from tests.chaos.statements import MOMENTS, Kill, run_and_kill, statements_in

pytestmark = [pytest.mark.chaos, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

# So many die at one station in one turn, so that what they leave is found in many ways.
MOST_AT_A_STATION = 20
# A statement that was over before its process died in it is tried again, and so is one that was not come to because
# somebody had died behind a commit.
MOST_TURNS = 30
# Once every statement was the last of one process, two go at once.
AT_ONCE = 2
PATIENCE_SECONDS = 30.0
SOMEBODY_IS_LEFT = """
    SELECT EXISTS (
        SELECT FROM pg_stat_activity
        WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
    )
"""


@dataclass(frozen=True)
class Point:
    """Where a process dies: at which statement of which service, and when in it."""

    service: str
    statement: str
    moment: str


@dataclass
class Walk:
    """Turns of the road, at whose stations processes die."""

    road: Road
    chance: random.Random
    # What each station executes, in order, and how many seconds each statement takes there.
    stations: list[dict[str, float]] = field(default_factory=list)
    points: list[Point] = field(default_factory=list)
    kill_count: int = 0
    _tries: Counter[Point] = field(default_factory=Counter)

    def look(self) -> None:
        """Walk one turn in which nobody dies, and note every statement."""
        points: dict[Point, None] = {}
        self.road.begin_turn()
        for service, acts in self.road.stations():
            self.stations.append(statements_in(partial(do_each, acts())))
            points |= {
                Point(service, words, moment): None for words in self.stations[-1] for moment in MOMENTS
            }
        self.points = list(points)
        self.road.assert_everybody_was_paid_once()

    def walk_and_die(self, chosen: Iterable[Point], *, at_once: int = 1) -> set[Point]:
        """Walk one turn in which processes die at these points as far as they come by. Return where they died."""
        waiting, struck = list(chosen), set()
        self.road.begin_turn()
        for (service, acts), seen in zip(self.road.stations(), self.stations, strict=True):
            here = [point for point in waiting if point.service == service and point.statement in seen]
            # Whoever dies before a commit leaves everything to the next one, so that those die first.
            order = {words: place for place, words in enumerate(seen)}
            dying = sorted(
                self.chance.sample(here, min(len(here), MOST_AT_A_STATION)),
                key=lambda point: (order[point.statement], MOMENTS.index(point.moment)),
            )
            for first in range(0, len(dying), at_once):
                struck |= self._die_at(dying[first : first + at_once], acts(), seen)
            waiting = [point for point in waiting if point not in struck]
            # At once, while the server still holds what the last one had, and then without anybody.
            do_what_is_left(acts())
            wait_until_alone()
            do_what_is_left(acts())
        self.road.assert_everybody_was_paid_once()
        self.kill_count += len(struck)
        return struck

    def _die_at(self, points: Sequence[Point], acts: Sequence[Act], seen: dict[str, float]) -> set[Point]:
        if not acts:
            return set()
        wait_until_alone()
        kills = {}
        for point in points:
            self._tries[point] += 1
            seconds = self.chance.uniform(0.0, seen[point.statement]) / self._tries[point]
            kills[Kill(point.statement, point.moment, seconds)] = point
        return {kills[kill] for kill in run_and_kill(partial(do_what_is_left, acts), *kills)}


def wait_until_alone() -> None:
    """Wait until the server has seen every death, and has let go of what the dead had."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    with connection.cursor() as cursor:
        while True:
            cursor.execute(SOMEBODY_IS_LEFT)
            if not cursor.fetchone()[0]:
                return
            assert time.monotonic() < deadline
            time.sleep(0.001)


def test_everybody_is_paid_once_whatever_statement_is_the_last(tmp_path, chaos_seed, statement_kills):
    walk = Walk(Road(tmp_path), random.Random(chaos_seed))
    walk.look()
    count = min(statement_kills, len(walk.points))
    left = set(walk.chance.sample(walk.points, count))
    sys.stdout.write(
        f"seed {chaos_seed}: {count} of {len(walk.points)} pairs of a statement and a moment,"
        f" of {len({(point.service, point.statement) for point in walk.points})} statements\n"
    )

    for _ in range(MOST_TURNS):
        if left:
            left -= walk.walk_and_die(point for point in walk.points if point in left)
    assert left == set()

    while walk.kill_count < statement_kills:
        walk.walk_and_die(walk.points, at_once=AT_ONCE)
