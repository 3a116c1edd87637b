"""A bank on a bad day, for tests/chaos: a program of its own with a book of its own.

It loses requests and answers; it answers late, in parts, in any order and again; it says 500 of what it has done.
It has no memory for references: whoever is named twice is paid twice. What it owes its customers it keeps: one payment
list of one name is booked once, and whoever asks afterwards is told that it is there. It takes one request after the
other, so that a list whose sender has died is booked before anybody can ask for it.

    python tests/fakes/chaos_bank.py --store FILE --port-file FILE --seed N [--calm]
"""

import argparse
import csv
import io
import json
import random
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

HELD_SECONDS = 0.3
SLOWEST_ANSWER_SECONDS = 4.0
SCHEMA = """
    CREATE TABLE IF NOT EXISTS lists (name TEXT PRIMARY KEY, content BLOB NOT NULL);
    CREATE TABLE IF NOT EXISTS repeats (name TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS book (
        reference TEXT NOT NULL, account TEXT NOT NULL, amount TEXT NOT NULL, answer TEXT NOT NULL
    );
    CREATE TABLE IF NOT EXISTS results (
        name TEXT PRIMARY KEY, content BLOB NOT NULL, due REAL NOT NULL, taken INTEGER NOT NULL DEFAULT 0
    );
"""


@dataclass(frozen=True)
class Booked:
    """One instruction of one list, and what became of it."""

    line: int
    reference: str
    account: str
    amount: str
    answer: str


class Store:
    """What the bank keeps: lists, its book, and result lists with the moment from which on they lie there."""

    def __init__(self, path: Path) -> None:
        self.rows = sqlite3.connect(path, isolation_level=None)
        self.rows.executescript(SCHEMA)

    def knows(self, name: str) -> bool:
        return self.rows.execute("SELECT 1 FROM lists WHERE name = ?", [name]).fetchone() is not None

    def results(self, now: float) -> list[str]:
        lying = "SELECT name FROM results WHERE due <= ? AND NOT taken ORDER BY name"
        return [name for (name,) in self.rows.execute(lying, [now])]

    def result(self, name: str) -> bytes:
        (content,) = self.rows.execute("SELECT content FROM results WHERE name = ?", [name]).fetchone()
        return bytes(content)

    def put_down(self, name: str, content: bytes, due: float = 0.0) -> None:
        self.rows.execute("INSERT INTO results (name, content, due) VALUES (?, ?, ?)", [name, content, due])

    def take(self, name: str) -> None:
        self.rows.execute("UPDATE results SET taken = 1 WHERE name = ?", [name])

    def repeats(self) -> list[str]:
        """Return the lists that were sent although they were there."""
        return [name for (name,) in self.rows.execute("SELECT name FROM repeats")]

    def paid(self) -> list[tuple[str, str, Decimal]]:
        """Return every movement of money: reference, account and amount in yuan."""
        moved = "SELECT reference, account, amount FROM book WHERE answer = 'PAID'"
        return [
            (reference, account, Decimal(amount)) for reference, account, amount in self.rows.execute(moved)
        ]


class Bank:
    """Books lists and says what became of them, in as inconvenient a way as a bank may."""

    def __init__(self, store: Store, chance: random.Random, *, is_calm: bool) -> None:
        self.store = store
        self.chance = chance
        self.is_calm = is_calm

    def is_unlucky(self, share: float) -> bool:
        return not self.is_calm and self.chance.random() < share

    def receive(self, name: str, content: bytes) -> bool:
        """Book a list and plan the answers to it, whole or not at all. Return False if it was there already."""
        if self.store.knows(name):
            self.store.rows.execute("INSERT INTO repeats VALUES (?)", [name])
            return False
        try:
            batch, booked = self._booked(content)
        except ValueError:
            # It lies there all the same, and says nothing.
            batch, booked = "", []
        self.store.rows.execute("BEGIN")
        self.store.rows.execute("INSERT INTO lists VALUES (?, ?)", [name, content])
        self.store.rows.executemany(
            "INSERT INTO book VALUES (?, ?, ?, ?)",
            [(each.reference, each.account, each.amount, each.answer) for each in booked],
        )
        now = time.time()
        for number, (delay, answer) in enumerate(self._answers(batch, booked)):
            self.store.put_down(f"RESULT-{batch}-{number}.csv", answer, now + delay)
        self.store.rows.execute("COMMIT")
        return True

    def _booked(self, content: bytes) -> tuple[str, list[Booked]]:
        header, *details, trailer = list(csv.reader(io.StringIO(content.decode(), newline="")))
        if header[0] != "H" or trailer[0] != "T" or int(trailer[1]) != len(details):
            raise ValueError("This is not a payment list.")
        return header[2], [
            Booked(int(row[1]), row[2], row[4], row[7], "RETURNED" if self.is_unlucky(0.15) else "PAID")
            for row in details
        ]

    def _answers(self, batch: str, booked: Sequence[Booked]) -> list[tuple[float, bytes]]:
        """Return result lists, each with the seconds until it lies there: parts, first words, last words, repeats."""
        unsure = {each.line for each in booked if self.is_unlucky(0.15)}
        cut = self.chance.randint(1, len(booked)) if self.is_unlucky(0.4) else len(booked)
        lists = [result_list(batch, part, unknown=unsure) for part in (booked[:cut], booked[cut:]) if part]
        if unsure:
            lists.append(result_list(batch, [each for each in booked if each.line in unsure], unknown=set()))
        again = [answer for answer in lists if self.is_unlucky(0.4)]
        return [(self._delay(), answer) for answer in [*lists, *again]]

    def _delay(self) -> float:
        return self.chance.uniform(0.0, SLOWEST_ANSWER_SECONDS) if self.is_unlucky(0.5) else 0.0


def result_list(batch: str, part: Sequence[Booked], *, unknown: set[int]) -> bytes:
    """Return a result list over some lines of a batch. Of those that are unknown it does not yet say more."""
    sheet = io.StringIO()
    writer = csv.writer(sheet, lineterminator="\r\n")
    writer.writerow(["H", "1", batch, len(part)])
    paid = Decimal("0.00")
    for each in part:
        answer = "UNKNOWN" if each.line in unknown else each.answer
        paid += Decimal(each.amount) if answer == "PAID" else Decimal("0.00")
        code = "ACCOUNT_CLOSED" if answer == "RETURNED" else ""
        writer.writerow(["D", each.line, each.reference, each.amount, answer, code])
    writer.writerow(["T", len(part), paid])
    return sheet.getvalue().encode()


class Counter(BaseHTTPRequestHandler):
    """The bank's counter: /lists/NAME to hand in and to ask for, /results to fetch and to take away."""

    bank: Bank
    timeout = 5

    def do_PUT(self) -> None:
        if self.bank.is_unlucky(0.1):
            # The request is lost: nobody has read it.
            self.close_connection = True
            return
        content = self.rfile.read(int(self.headers["Content-Length"]))
        if len(content) < int(self.headers["Content-Length"]):
            # Whoever was sending it has died, and half a list is none.
            return
        is_new = self.bank.receive(self._name(), content)
        if self.bank.is_unlucky(0.1):
            # Everything is done, and the answer is lost.
            return
        if self.bank.is_unlucky(0.1):
            self._say(500)
            return
        if self.bank.is_unlucky(0.2):
            time.sleep(HELD_SECONDS)
        self._say(201 if is_new else 409)

    def do_GET(self) -> None:
        if self.bank.is_unlucky(0.05):
            self._say(503)
        elif self.path.startswith("/lists/"):
            self._say(200 if self.bank.store.knows(self._name()) else 404)
        elif self.path == "/results":
            self._say(200, json.dumps(self.bank.store.results(time.time())).encode())
        else:
            self._say(200, self.bank.store.result(self._name()), is_cut=self.bank.is_unlucky(0.05))

    def do_DELETE(self) -> None:
        self.bank.store.take(self._name())
        self._say(204)

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _name(self) -> str:
        return self.path.rpartition("/")[2]

    def _say(self, status: int, content: bytes = b"", *, is_cut: bool = False) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if is_cut else content)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--port-file", type=Path, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--calm", action="store_true")
    arguments = parser.parse_args()
    Counter.bank = Bank(Store(arguments.store), random.Random(arguments.seed), is_calm=arguments.calm)
    server = HTTPServer(("127.0.0.1", 0), Counter)
    unfinished = arguments.port_file.with_suffix(".unfinished")
    unfinished.write_text(str(server.server_port))
    unfinished.rename(arguments.port_file)
    server.serve_forever()


if __name__ == "__main__":
    main()
