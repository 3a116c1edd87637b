"""A register that answers over HTTPS: one POST with a list of questions, one list of answers."""

import asyncio
import json
import ssl
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import httpx
import structlog

from enrollment.enums import RegisterName, RegisterReason, RegisterVerdict
from enrollment.registers.interface import RegisterQuestion, RegisterReply, fit_reference, unreachable

log = structlog.get_logger(__name__)

# With these a register refuses what it was asked, and perhaps because of a single question.
ABOUT_THE_QUESTIONS: Final = frozenset(
    {HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNPROCESSABLE_ENTITY}
)
MOST_REQUESTS: Final = 32
LARGEST_ANSWER: Final = 1024 * 1024


@dataclass(frozen=True)
class Patience:
    """How long a register gets to take the call, and to answer everything it is asked at once."""

    connect: timedelta = timedelta(seconds=3)
    total: timedelta = timedelta(seconds=10)


class AskedInVain(Exception):
    """There is no answer, for a reason that is fit to record."""

    def __init__(self, reason: RegisterReason) -> None:
        super().__init__(reason)
        self.reason = reason


class QuestionsRefused(AskedInVain):
    """The register is there and refuses these questions."""


@dataclass(frozen=True)
class HttpRegister:
    """Asks over HTTPS with a bearer token. Personal data is in the body and nowhere else.

    Follows no redirect and takes no proxy from the environment. With `ca_file` it trusts that authority alone.
    """

    register: RegisterName
    url: str
    token: str = field(repr=False)
    ca_file: Path | None = None
    patience: Patience = Patience()
    adapter: str = "http"

    def ask(self, questions: Sequence[RegisterQuestion]) -> list[RegisterReply]:
        """Ask everything at once, and answer within the patience whatever the register does."""
        if not self.token:
            self._note(RegisterReason.NO_TOKEN)
            return unreachable(questions, RegisterReason.NO_TOKEN)
        if not questions:
            return []
        # In a thread of its own, because the caller's may have an event loop already.
        with ThreadPoolExecutor(max_workers=1) as thread:
            return thread.submit(copy_context().run, asyncio.run, self._ask_in_time(questions)).result()

    async def _ask_in_time(self, questions: Sequence[RegisterQuestion]) -> list[RegisterReply]:
        replies: dict[str, RegisterReply] = {}
        reason = RegisterReason.TOO_SLOW
        try:
            # The time-outs of the client are for one step each; a register that drips would outlast them all.
            async with asyncio.timeout(self.patience.total.total_seconds()), self._client() as client:
                await self._ask_in_parts(client, questions, replies)
        except AskedInVain as problem:
            reason = problem.reason
        except TimeoutError:
            pass
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as problem:
            reason = _reason_of(problem)
        rest = RegisterReply(RegisterVerdict.UNREACHABLE, reason)
        if any(question.reference not in replies for question in questions):
            self._note(reason)
        return [replies.get(question.reference, rest) for question in questions]

    async def _ask_in_parts(
        self,
        client: httpx.AsyncClient,
        questions: Sequence[RegisterQuestion],
        replies: dict[str, RegisterReply],
    ) -> None:
        """Ask everything, and where the register refuses it, halve until only the refused question is left.

        So one question that the register cannot take keeps nobody else waiting.
        """
        parts = deque([questions])
        for _request in range(MOST_REQUESTS):
            if not parts:
                return
            part = parts.popleft()
            try:
                found = await self._post(client, part)
            except QuestionsRefused as refusal:
                if len(part) > 1:
                    parts += [part[: len(part) // 2], part[len(part) // 2 :]]
                    continue
                found = unreachable(part, refusal.reason)
            replies.update(zip((question.reference for question in part), found, strict=True))
        if parts:
            raise AskedInVain(RegisterReason.REFUSED)

    async def _post(
        self, client: httpx.AsyncClient, questions: Sequence[RegisterQuestion]
    ) -> list[RegisterReply]:
        body = {"register": self.register.value, "questions": [_written(question) for question in questions]}
        async with client.stream("POST", self.url, json=body) as response:
            _check_status(response.status_code)
            content = bytearray()
            async for chunk in response.aiter_raw():
                content += chunk
                if len(content) > LARGEST_ANSWER:
                    raise AskedInVain(RegisterReason.BAD_ANSWER)
        return _read(bytes(content), questions)

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            # The machine's own list of authorities, unless one is named.
            verify=ssl.create_default_context(cafile=self.ca_file),
            timeout=httpx.Timeout(
                self.patience.total.total_seconds(), connect=self.patience.connect.total_seconds()
            ),
            follow_redirects=False,
            trust_env=False,
            headers={
                "Authorization": f"Bearer {self.token}",
                "Accept": "application/json",
                "Accept-Encoding": "identity",
            },
        )

    def _note(self, reason: RegisterReason) -> None:
        log.warning("register_unreachable", register=self.register.value, reason=reason.value)


def _reason_of(problem: Exception) -> RegisterReason:
    if isinstance(problem, httpx.TimeoutException):
        return RegisterReason.TOO_SLOW
    # What the register sent was no HTTP, or broke off.
    if isinstance(problem, httpx.RemoteProtocolError | httpx.ReadError):
        return RegisterReason.BAD_ANSWER
    return RegisterReason.NO_CONNECTION


def _check_status(status: int) -> None:
    if status in ABOUT_THE_QUESTIONS:
        raise QuestionsRefused(RegisterReason.REFUSED)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise AskedInVain(RegisterReason.SERVER_FAILED)
    if status >= HTTPStatus.BAD_REQUEST:
        raise AskedInVain(RegisterReason.REFUSED)
    if status != HTTPStatus.OK:
        raise AskedInVain(RegisterReason.BAD_ANSWER)


def _written(question: RegisterQuestion) -> dict[str, str]:
    written = {
        "reference": question.reference,
        "as_of": question.as_of.isoformat(),
        "id_number": question.id_number,
        "name": question.name,
        "employer_credit_code": question.employer_credit_code,
        "school": question.school,
        "student_number": question.student_number,
    }
    return {key: value for key, value in written.items() if value}


def _read(content: bytes, questions: Sequence[RegisterQuestion]) -> list[RegisterReply]:
    """Return the answers, which must be as many as the questions, in their order and under their references."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as problem:
        raise AskedInVain(RegisterReason.BAD_ANSWER) from problem
    answers = document.get("answers") if isinstance(document, dict) else None
    if not isinstance(answers, list) or not all(isinstance(answer, dict) for answer in answers):
        raise AskedInVain(RegisterReason.BAD_ANSWER)
    if [answer.get("reference") for answer in answers] != [question.reference for question in questions]:
        raise AskedInVain(RegisterReason.BAD_ANSWER)
    return [_reply(answer) for answer in answers]


def _reply(answer: dict[str, Any]) -> RegisterReply:
    verdict = answer.get("verdict")
    if verdict not in RegisterVerdict.values:
        return RegisterReply(RegisterVerdict.UNREACHABLE, RegisterReason.BAD_ANSWER)
    return RegisterReply(RegisterVerdict(verdict), fit_reference(answer.get("register_reference", "")))
