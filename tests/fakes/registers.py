"""Registers for the tests: in memory, as a delivered extract, and as a real server that can misbehave in every way."""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from enrollment.enums import RegisterName, RegisterReason, RegisterVerdict
from enrollment.registers.interface import RegisterQuestion, RegisterReply, unreachable
from enrollment.rules.identifiers import normalize_name

PLACE = {RegisterName.EMPLOYMENT_INSURANCE: "employer_credit_code", RegisterName.STUDENT_STATUS: "school"}
TITLES = {
    RegisterName.EMPLOYMENT_INSURANCE: "统一社会信用代码",
    RegisterName.STUDENT_STATUS: "学校",
}


@dataclass(frozen=True)
class Known:
    """One period of one person, as a register knows it."""

    id_number: str
    name: str
    place: str
    begins_on: date
    ends_on: date | None = None
    reference: str = ""


def answer_from(people: Sequence[Known], question: dict[str, str], register: RegisterName) -> RegisterReply:
    """Return what a register with these people says."""
    own = [
        one
        for one in people
        if one.id_number == question["id_number"] and one.name == normalize_name(question["name"])
    ]
    if not own:
        return RegisterReply(RegisterVerdict.NOT_FOUND)
    day = date.fromisoformat(question["as_of"])
    for one in own:
        is_there = one.place == question.get(PLACE[register])
        if is_there and one.begins_on <= day and (one.ends_on is None or day <= one.ends_on):
            return RegisterReply(RegisterVerdict.YES, one.reference)
    return RegisterReply(RegisterVerdict.NO)


@dataclass
class FakeRegister:
    """A register in memory. It keeps the real ones' promises, and can be away or say what it is told to."""

    register: RegisterName = RegisterName.STUDENT_STATUS
    people: list[Known] = field(default_factory=list)
    says: RegisterVerdict | None = None
    is_away: bool = False
    adapter: str = "fake"
    meanwhile: Callable[[], object] | None = None
    asked: list[RegisterQuestion] = field(default_factory=list)
    calls: int = 0

    def ask(self, questions: Sequence[RegisterQuestion]) -> list[RegisterReply]:
        self.calls += 1
        self.asked += questions
        if self.meanwhile:
            self.meanwhile()
        if self.is_away:
            return unreachable(questions, RegisterReason.NO_CONNECTION)
        if self.says:
            return [RegisterReply(self.says, "R-1") for _question in questions]
        return [
            answer_from(
                self.people,
                {
                    "id_number": question.id_number,
                    "name": question.name,
                    "as_of": question.as_of.isoformat(),
                    PLACE[self.register]: getattr(question, PLACE[self.register]),
                },
                self.register,
            )
            for question in questions
        ]


def extract_of(people: Sequence[Known], register: RegisterName, *, end: str | None = None) -> str:
    """Return the text of an extract; `end` replaces its last line."""
    lines = [f"身份证号码,姓名,{TITLES[register]},开始日期,结束日期,记录编号"]
    lines += [
        f"{one.id_number},{one.name},{one.place},{one.begins_on},{one.ends_on or ''},{one.reference}"
        for one in people
    ]
    lines.append(f"END,{len(people)},,,," if end is None else end)
    return "\n".join(lines) + "\n"


def put_down(folder: Path, day: date, text: str | bytes, *, encoding: str = "utf-8") -> Path:
    """Put an extract into the folder as a register would, and return its place."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{day:%Y-%m-%d}.csv"
    path.write_bytes(text.encode(encoding) if isinstance(text, str) else text)
    return path


Behaviour = Callable[["RegisterHandler", list[dict[str, str]]], None]


class RegisterHandler(BaseHTTPRequestHandler):
    """Answers one request as its server's behaviour says."""

    server: "RegisterServer"

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.lines.append(self.requestline)
        self.server.headers_seen.append(dict(self.headers))
        self.server.requests_seen.append(request)
        # A client that gave up is no failure of the server's.
        with suppress(ConnectionError, TimeoutError):
            self.server.behaviour(self, request["questions"])

    def right_answers(self, questions: list[dict[str, str]]) -> list[dict[str, Any]]:
        found = [answer_from(self.server.people, question, self.server.register) for question in questions]
        return [
            {
                "reference": question["reference"],
                "verdict": str(reply.verdict.value),
                "register_reference": reply.reference,
            }
            for question, reply in zip(questions, found, strict=True)
        ]

    def send(self, body: bytes, *, status: int = 200, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def send_document(self, document: object, *, status: int = 200) -> None:
        self.send(json.dumps(document).encode(), status=status)

    def log_message(self, *_: object) -> None:
        """Print nothing."""


def well_behaved(handler: RegisterHandler, questions: list[dict[str, str]]) -> None:
    handler.send_document({"answers": handler.right_answers(questions)})


class RegisterServer(ThreadingHTTPServer):
    """A register on a port of this machine. It keeps what it was asked, for the tests to look at."""

    daemon_threads = True

    def __init__(self, register: RegisterName, people: Sequence[Known] = ()) -> None:
        super().__init__(("127.0.0.1", 0), RegisterHandler)
        self.register = register
        self.people = list(people)
        self.behaviour: Behaviour = well_behaved
        self.over = threading.Event()
        self.scheme = "http"
        self.lines: list[str] = []
        self.headers_seen: list[dict[str, str]] = []
        self.requests_seen: list[dict[str, Any]] = []

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.server_port}/questions"


@contextmanager
def serving(server: RegisterServer) -> Iterator[RegisterServer]:
    """Yield the server while it runs."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        thread.join()
        server.server_close()
