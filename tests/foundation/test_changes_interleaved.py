"""Readers turn pages while writers commit in any order: in the end each reader knows every row as it stands."""

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from itertools import count

import pytest
from django.db import OperationalError, connection

from chongqing_dte.foundation.change_steps import stamp_waiting_changes
from tests.foundation.change_designs import Naive, Stamped

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

PLAYS, STEPS, WRITERS = 15, 150, 4
codes = count(1)


@dataclass
class Writer:
    """One connection, which is in a transaction whenever it has written something."""

    design: Stamped | Naive
    connection: object = field(default_factory=connection.copy)
    touched: set[int] = field(default_factory=set)

    def begin(self):
        self.connection.set_autocommit(False)

    def write(self, row_id, value):
        with self.connection.cursor() as cursor:
            if row_id is None:
                cursor.execute(self.design.insert, {"code": f"play-{next(codes)}", "value": value})
                (row_id,) = cursor.fetchone()
            else:
                cursor.execute(self.design.update, {"id": row_id, "value": value})
        self.touched.add(row_id)

    def end(self, *, commit=True):
        getattr(self.connection, "commit" if commit else "rollback")()
        self.touched.clear()


@dataclass
class Reader:
    """Somebody who follows from the beginning, page by page, and remembers what each row said last."""

    design: Stamped | Naive
    limit: int
    known: dict[int, str] = field(default_factory=dict)

    def __post_init__(self):
        self.position = self.design.beginning

    def turn(self):
        rows, positions, reached = self.design.page(self.position, self.limit)
        assert [self.position, *positions] == sorted({self.position, *positions})
        self.known.update(rows)
        self.position = reached
        return bool(positions)


def play(design, seed):
    """Interleave transactions of any length with pages, and return what the readers have wrong in the end."""
    chance = random.Random(seed)
    writers = [Writer(design) for _ in range(WRITERS)]
    readers = [Reader(design, limit) for limit in (1, 3, 50)]
    for writer in writers:
        writer.begin()
    for step in range(STEPS):
        if chance.random() < 0.3:
            chance.choice(readers).turn()
            continue
        writer = chance.choice(writers)
        if writer.touched and chance.random() < 0.3:
            writer.end(commit=chance.random() < 0.9)
            continue
        free = set(design.rows()) - {row for other in writers for row in other.touched}
        wanted = chance.choice(sorted(free)) if free and chance.random() < 0.7 else None
        writer.write(wanted, f"{seed}-{step}")
    for writer in chance.sample(writers, WRITERS):
        writer.end()
        writer.connection.close()
    for reader in readers:
        while reader.turn():
            pass
    return [reader.limit for reader in readers if reader.known != design.rows()]


def test_whoever_follows_knows_every_row_as_it_stands():
    assert {seed: wrong for seed in range(PLAYS) if (wrong := play(Stamped(), seed))} == {}


def test_times_of_the_writers_lose_rows():
    with connection.cursor() as cursor:
        cursor.execute(Naive.table)
    try:
        assert any(play(Naive(), seed) for seed in range(PLAYS))
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE naive_row")


def test_no_page_waits_for_a_transaction_that_stays_open():
    design, writer = Stamped(), Writer(Stamped())
    writer.begin()
    writer.write(None, "of the long one")
    other = Writer(design)
    other.begin()
    other.write(None, "of the short one")
    other.end()
    reader = Reader(design, 10)

    try:
        begun = time.monotonic()
        reader.turn()
        assert time.monotonic() - begun < 5
        assert list(reader.known.values()) == ["of the short one"]
    finally:
        writer.end()
    while reader.turn():
        pass
    writer.connection.close()
    other.connection.close()

    assert reader.known == design.rows()


@pytest.fixture
def fields():
    """Return the rows that a storm is about."""
    writer = Writer(Stamped())
    writer.begin()
    for _ in range(40):
        writer.write(None, "first")
    written = sorted(writer.touched)
    writer.end()
    writer.connection.close()
    return written


def write_until(over, fields, seed):
    chance, writer = random.Random(seed), Writer(Stamped())
    writer.begin()
    while not over.is_set():
        # In the order of the ids, so that nobody waits in a ring.
        for row_id in sorted(chance.sample(fields, chance.randint(1, 5))):
            writer.write(row_id, f"{seed}-{next(codes)}")
            time.sleep(chance.random() / 100)
        writer.end(commit=chance.random() < 0.9)
    writer.connection.close()


def stamp_until(over):
    while not over.is_set():
        stamp_waiting_changes()
    connection.close()


def read_until(over, limit):
    reader = Reader(Stamped(), limit)
    while not over.is_set():
        reader.turn()
    while reader.turn():
        pass
    connection.close()
    return reader.known


def test_storm_of_writers_readers_and_stampers_loses_nothing(fields):
    over, written = threading.Event(), threading.Event()

    with ThreadPoolExecutor(9) as pool:
        readers = [pool.submit(read_until, written, limit) for limit in (1, 7, 100)]
        writers = [pool.submit(write_until, over, fields, seed) for seed in range(4)]
        stampers = [pool.submit(stamp_until, over) for _ in range(2)]
        time.sleep(4)
        over.set()
        wait([*writers, *stampers])
        written.set()

    assert [each.result() for each in (*writers, *stampers)] == [None] * 6
    assert [reader.result() for reader in readers] == [Stamped().rows()] * 3


def test_stamper_that_is_killed_at_any_statement_loses_nothing(fields):
    reader, killed = Reader(Stamped(), 100), 0
    while reader.turn():
        pass
    for last in range(1, 100):
        write_until_committed(fields[last % 40], f"round {last}")
        try:
            with connection.execute_wrapper(KilledAt(last)):
                stamp_waiting_changes()
        except OperationalError:
            killed += 1
            connection.close()
        else:
            break

    while reader.turn():
        pass
    assert killed > 5
    assert reader.known == Stamped().rows()


def write_until_committed(row_id, value):
    writer = Writer(Stamped())
    writer.begin()
    writer.write(row_id, value)
    writer.end()
    writer.connection.close()


class KilledAt:
    """Ends the connection's own server process in place of one of its statements."""

    def __init__(self, last):
        self.left = last

    def __call__(self, execute, statement, parameters, many, context):
        self.left -= 1
        if self.left:
            return execute(statement, parameters, many, context)
        return execute("SELECT pg_terminate_backend(pg_backend_pid())", [], False, context)
