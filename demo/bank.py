"""A simulated agent bank: a separate program with a book of its own, for the demo and the tests only.

It takes payment lists from one folder, books each reference once, and puts a result list into another. It shares
no code with the portal: what it reads and writes is the format that both have agreed on.

    python demo/bank.py --payments FOLDER --results FOLDER --book FILE [--not-activated ACCOUNT]... [--once]
"""

import argparse
import csv
import io
import json
import os
import time
from decimal import Decimal
from pathlib import Path


class Book:
    """What the bank has booked, by reference. A reference that comes again gets the answer it got before."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.answers: dict[str, dict[str, str]] = json.loads(path.read_text()) if path.exists() else {}

    def answer(
        self, reference: str, account: str, amount: str, *, not_activated: frozenset[str]
    ) -> dict[str, str]:
        """Book one instruction, unless it was booked before, and return what became of it."""
        if reference not in self.answers:
            returned = account in not_activated
            self.answers[reference] = {
                "account": account,
                "amount": amount,
                "answer": "RETURNED" if returned else "PAID",
                "code": "ACCOUNT_NOT_ACTIVATED" if returned else "",
            }
        return self.answers[reference]

    def save(self) -> None:
        """Put the book down before any answer leaves the bank."""
        write_whole(self.path, json.dumps(self.answers, indent=1).encode())


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that is never seen half written."""
    half = path.with_name(f".{path.name}.part")
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    half.rename(path)


def result_list(payment_list: bytes, book: Book, *, not_activated: frozenset[str]) -> bytes:
    """Book every instruction of one payment list and return the result list."""
    header, *details, trailer = list(csv.reader(io.StringIO(payment_list.decode(), newline="")))
    if header[0] != "H" or trailer[0] != "T" or int(trailer[1]) != len(details):
        raise ValueError("This is not a payment list.")
    sheet = io.StringIO()
    writer = csv.writer(sheet, lineterminator="\r\n")
    writer.writerow(["H", "1", header[2], len(details)])
    paid = Decimal("0.00")
    for _, line, reference, _name, account, _bank, _cnaps, amount in details:
        booked = book.answer(reference, account, amount, not_activated=not_activated)
        paid += Decimal(booked["amount"]) if booked["answer"] == "PAID" else Decimal("0.00")
        writer.writerow(["D", line, reference, booked["amount"], booked["answer"], booked["code"]])
    writer.writerow(["T", len(details), paid])
    return sheet.getvalue().encode()


def serve_once(payments: Path, results: Path, book: Book, *, not_activated: frozenset[str]) -> int:
    """Answer every payment list that lies there, and return how many there were."""
    taken = payments / "taken"
    taken.mkdir(parents=True, exist_ok=True)
    results.mkdir(parents=True, exist_ok=True)
    lists = sorted(payments.glob("PAY-*.csv"))
    for path in lists:
        answer = result_list(path.read_bytes(), book, not_activated=not_activated)
        book.save()
        write_whole(results / path.name.replace("PAY-", "RESULT-"), answer)
        path.rename(taken / path.name)
    return len(lists)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--payments", type=Path, required=True)
    parser.add_argument("--results", type=Path, required=True)
    parser.add_argument("--book", type=Path, required=True)
    parser.add_argument("--not-activated", action="append", default=[])
    parser.add_argument("--once", action="store_true")
    arguments = parser.parse_args()
    book = Book(arguments.book)
    not_activated = frozenset(arguments.not_activated)
    while True:
        serve_once(arguments.payments, arguments.results, book, not_activated=not_activated)
        if arguments.once:
            return
        time.sleep(0.5)


if __name__ == "__main__":
    main()
