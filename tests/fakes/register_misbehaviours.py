"""Every way in which a register's server and a register's extract have gone wrong. None of them is an answer."""

import gzip
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from enrollment.registers.http_register import LARGEST_ANSWER
from tests.fakes.registers import Behaviour, RegisterHandler, put_down

Questions = list[dict[str, str]]


def status(code: int, **headers: str) -> Behaviour:
    """Answer rightly, under a status that says something else."""

    def behave(handler: RegisterHandler, questions: Questions) -> None:
        body = json.dumps({"answers": handler.right_answers(questions)}).encode()
        handler.send(body, status=code, headers=headers)

    return behave


def raw(body: bytes) -> Behaviour:
    return lambda handler, _questions: handler.send(body)


def document(make: Callable[[list[dict[str, Any]]], object]) -> Behaviour:
    """Answer with what `make` makes of the right answers."""
    return lambda handler, questions: handler.send_document(make(handler.right_answers(questions)))


def each(**changes: object) -> Behaviour:
    return document(lambda right: {"answers": [{**answer, **changes} for answer in right]})


def breaks_off(handler: RegisterHandler, questions: Questions) -> None:
    body = json.dumps({"answers": handler.right_answers(questions)}).encode()
    handler.send(body, headers={"Content-Length": str(len(body) + 100)})
    handler.close_connection = True


def hangs_up(handler: RegisterHandler, _questions: Questions) -> None:
    handler.close_connection = True


def is_silent(handler: RegisterHandler, _questions: Questions) -> None:
    handler.server.over.wait(20)
    handler.close_connection = True


def drips(handler: RegisterHandler, _questions: Questions) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    while not handler.server.over.wait(0.05):
        handler.wfile.write(b" ")


def drips_headers(handler: RegisterHandler, _questions: Questions) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
    while not handler.server.over.wait(0.05):
        handler.wfile.write(b"x")


def never_ends(handler: RegisterHandler, _questions: Questions) -> None:
    handler.send_response(200)
    handler.end_headers()
    while not handler.server.over.is_set():
        handler.wfile.write(b"[" * 65536)


def is_no_http(handler: RegisterHandler, _questions: Questions) -> None:
    handler.wfile.write("220 register ready\r\n".encode("utf-16"))
    handler.close_connection = True


def zipped(handler: RegisterHandler, questions: Questions) -> None:
    body = gzip.compress(json.dumps({"answers": handler.right_answers(questions)}).encode())
    handler.send(body, headers={"Content-Encoding": "gzip"})


SERVER: dict[str, Behaviour] = {
    **{f"status {code}": status(code) for code in (201, 202, 203, 400, 401, 403, 404, 413, 422, 429)},
    **{f"status {code}": status(code) for code in (500, 502, 503, 504, 599)},
    **{f"status {code}": status(code, Location="/elsewhere") for code in (301, 302, 303, 307, 308)},
    "no content": lambda handler, _questions: handler.send(b"", status=204),
    "empty": raw(b""),
    "a web page": raw("<html>维护中</html>".encode()),
    "half of a document": raw(b'{"answers": [{"reference": "'),
    "not UTF-8": raw(b'{"answers": ["\xff\xfe"]}'),
    "too deep": raw(b"[" * 100_000),
    "a list": document(lambda right: right),
    "no list": document(lambda right: {"answers": right[0]}),
    "null": document(lambda _right: None),
    "too large": document(lambda right: {"answers": right, "padding": "x" * LARGEST_ANSWER}),
    "other key": document(lambda right: {"results": right}),
    "no answers": document(lambda _right: {"answers": []}),
    "one too few": document(lambda right: {"answers": right[:-1]}),
    "one too many": document(lambda right: {"answers": [*right, right[0]]}),
    "in another order": document(lambda right: {"answers": right[::-1]}),
    "texts": document(lambda right: {"answers": [answer["verdict"] for answer in right]}),
    "other reference": each(reference="somebody else"),
    "no reference": each(reference=None),
    "reference is a list": each(reference=["x"]),
    "unknown verdict": each(verdict="PERHAPS"),
    "small letters": each(verdict="no"),
    "no verdict": each(verdict=None),
    "verdict is a list": each(verdict=["NO"]),
    "verdict is false": each(verdict=False),
    "says that it cannot say": each(verdict="UNREACHABLE"),
    "breaks off": breaks_off,
    "hangs up": hangs_up,
    "silent": is_silent,
    "drips": drips,
    "drips headers": drips_headers,
    "never ends": never_ends,
    "no HTTP": is_no_http,
    "zipped": zipped,
}


def rewritten(change: Callable[[str], str | bytes]) -> Callable[[Path, date, str], None]:
    """Put down the extract after this change."""
    return lambda folder, day, text: put_down(folder, day, change(text)) and None


def remove(folder: Path, day: date, _text: str) -> None:
    (folder / f"{day}.csv").unlink()


def remove_folder(folder: Path, day: date, text: str) -> None:
    remove(folder, day, text)
    folder.rmdir()


def folder_is_a_file(folder: Path, day: date, text: str) -> None:
    remove_folder(folder, day, text)
    folder.write_text(text)


def is_a_folder(folder: Path, day: date, text: str) -> None:
    remove(folder, day, text)
    (folder / f"{day}.csv").mkdir()


def leads_nowhere(folder: Path, day: date, text: str) -> None:
    remove(folder, day, text)
    (folder / f"{day}.csv").symlink_to(folder / "gone.csv")


def renamed(name: str) -> Callable[[Path, date, str], None]:
    return lambda folder, day, _text: (folder / f"{day}.csv").rename(folder / name) and None


def without_end(text: str) -> str:
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith("END"))


EXTRACT: dict[str, Callable[[Path, date, str], None]] = {
    "no file": remove,
    "no folder": remove_folder,
    "the folder is a file": folder_is_a_file,
    "the file is a folder": is_a_folder,
    "the file leads nowhere": leads_nowhere,
    "still being written": renamed(".2026-10-20.csv.part"),
    "no day in its name": renamed("extract.csv"),
    "no such day": renamed("2026-02-30.csv"),
    "of a day to come": renamed("2062-10-20.csv"),
    "too old": renamed("2026-10-01.csv"),
    "empty": rewritten(lambda _text: ""),
    "only a header": rewritten(lambda text: text.splitlines()[0]),
    "no records": rewritten(lambda text: text.splitlines()[0] + "\nEND,0\n"),
    "without its end": rewritten(without_end),
    "the end without a number": rewritten(lambda text: without_end(text) + "END\n"),
    "one record missing": rewritten(lambda text: "\n".join([*text.splitlines()[:1], *text.splitlines()[2:]])),
    "something after the end": rewritten(lambda text: text + text.splitlines()[1] + "\n"),
    "half a line": rewritten(lambda text: text[: len(text) // 2]),
    "no column of names": rewritten(lambda text: text.replace("姓名", "称呼")),
    "no column of dates": rewritten(lambda text: text.replace("结束日期", "备注")),
    "a line too short": rewritten(lambda text: text.replace("END", "500299200101010010,甲\nEND")),
    "a quotation that never ends": rewritten(lambda text: text.replace("姓名", '"姓名', 1)),
    "shortened numbers": rewritten(
        lambda text: text.replace("\nEND,4", "\n5.00101E+17,甲,x,2020-01-01,,\nEND,5")
    ),
    "UTF-16": rewritten(lambda text: text.encode("utf-16")),
    "damaged UTF-8": rewritten(lambda text: text.encode().replace("示".encode(), b"\xe7\xa4")),
    "damaged UTF-8 under an English header": rewritten(
        lambda text: (
            b"id_number,name,school,from,to,reference\n"
            + "\n".join(text.splitlines()[1:]).encode()
            + b"\n\xff"
        )
    ),
    "damaged UTF-8 that reads as GB18030 under an English header": rewritten(
        lambda text: (
            b"id_number,name,school,from,to,reference\n"
            + "\n".join(text.splitlines()[1:]).encode().replace("示".encode(), b"\xce\xd2\xa4")
        )
    ),
    "a spreadsheet": rewritten(lambda _text: b"PK\x03\x04" + bytes(range(256)) * 20),
    "no dates": rewritten(lambda text: text.replace("2022-09-01", "soon")),
}
