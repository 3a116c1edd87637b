"""What every register promises, however it is reached."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from enrollment.enums import RegisterReason, RegisterVerdict

# A register's own reference may be shown and stays for ever. What could be somebody's number is not kept.
REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}")
LONG_NUMBER = re.compile(r"[0-9]{11}")


@dataclass(frozen=True)
class RegisterQuestion:
    """Whether one person was insured, or a student, on one day. What is personal is not printed.

    `reference` is ours, says nothing about the person, and occurs once among the questions asked together.
    """

    reference: str
    as_of: date
    id_number: str = field(repr=False)
    name: str = field(repr=False)
    employer_credit_code: str = field(default="", repr=False)
    school: str = field(default="", repr=False)
    student_number: str = field(default="", repr=False)


@dataclass(frozen=True)
class RegisterReply:
    """A register's word on one question. `reference` is its own, or a RegisterReason."""

    verdict: RegisterVerdict
    reference: str = ""


class Register(Protocol):
    """The promises that every way to a register, real or simulated, has to keep."""

    @property
    def adapter(self) -> str:
        """Return what an answer is recorded with: how it was asked for."""

    def ask(self, questions: Sequence[RegisterQuestion]) -> list[RegisterReply]:
        """Return one reply to each question, in their order.

        Never raises: a register that is away, late or incomprehensible is UNREACHABLE, and never NO or NOT_FOUND.
        """


def unreachable(questions: Sequence[RegisterQuestion], why: RegisterReason) -> list[RegisterReply]:
    """Return the replies of a register that could not be asked."""
    return [RegisterReply(RegisterVerdict.UNREACHABLE, why) for _question in questions]


def fit_reference(text: object) -> str:
    """Return a register's own reference, or nothing where it could be somebody's number or is no reference."""
    if not isinstance(text, str) or not REFERENCE.fullmatch(text) or LONG_NUMBER.search(text):
        return ""
    return text
