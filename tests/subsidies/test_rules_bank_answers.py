"""What two people can have found out about a bank line, cause by cause."""

from decimal import Decimal

import pytest

from subsidies.rules.bank_answers import (
    AnswerLine,
    Instruction,
    PaymentStanding,
    repeated_references,
    why_not,
)

AMOUNT = Decimal("800.00")


def line(answer: str, amount: Decimal = AMOUNT) -> AnswerLine:
    return AnswerLine(1, "REFERENCE", amount, answer, "CODE" if answer == "RETURNED" else "")


def asked(status: str) -> Instruction:
    return Instruction(1, AMOUNT, status)


CASES = [
    pytest.param("NO_EFFECT", line("PAID"), None, None, "", id="nothing of ours"),
    pytest.param(
        "NO_EFFECT",
        line("PAID"),
        asked("OPEN"),
        PaymentStanding("INSTRUCTED"),
        "no_end_yet",
        id="unanswered",
    ),
    pytest.param(
        "NO_EFFECT",
        line("PAID"),
        asked("UNKNOWN"),
        PaymentStanding("INSTRUCTED"),
        "no_end_yet",
        id="the bank does not know",
    ),
    pytest.param("NO_EFFECT", line("PAID"), asked("PAID"), PaymentStanding("PAID"), "", id="paid meanwhile"),
    pytest.param(
        "FOUND_PAID",
        line("PAID", Decimal("700.00")),
        asked("OPEN"),
        PaymentStanding("INSTRUCTED"),
        "",
        id="another amount in the line, ours on the statement",
    ),
    pytest.param(
        "FOUND_RETURNED",
        line("PAID", Decimal("700.00")),
        asked("UNKNOWN"),
        PaymentStanding("INSTRUCTED"),
        "",
        id="the line says paid, and the bank's letter that it was not",
    ),
    pytest.param(
        "FOUND_PAID",
        line("PAID"),
        asked("RETURNED"),
        PaymentStanding("RETURNED"),
        "has_its_end",
        id="found paid against an earlier word",
    ),
    pytest.param(
        "FOUND_RETURNED",
        line("RETURNED"),
        asked("PAID"),
        PaymentStanding("PAID"),
        "has_its_end",
        id="found returned against an earlier word",
    ),
    pytest.param("FOUND_PAID", line("PAID"), None, None, "no_instruction", id="nothing to find paid"),
    pytest.param("TAKEN_BACK", line("RETURNED"), None, None, "no_instruction", id="nothing to take back"),
    pytest.param(
        "PAID_AFTER_ALL", line("PAID"), None, None, "no_instruction", id="nothing that was paid after all"
    ),
    pytest.param(
        "TAKEN_BACK",
        line("RETURNED", Decimal("700.00")),
        asked("PAID"),
        PaymentStanding("PAID"),
        "wrong_amount",
        id="another amount",
    ),
    pytest.param(
        "TAKEN_BACK", line("RETURNED"), asked("PAID"), PaymentStanding("PAID"), "", id="paid, then returned"
    ),
    pytest.param(
        "TAKEN_BACK",
        line("PAID"),
        asked("PAID"),
        PaymentStanding("PAID"),
        "bank_did_not_say_returned",
        id="the bank says paid",
    ),
    pytest.param(
        "TAKEN_BACK",
        line("RETURNED"),
        asked("OPEN"),
        PaymentStanding("INSTRUCTED"),
        "not_paid_before",
        id="never paid",
    ),
    pytest.param(
        "TAKEN_BACK",
        line("RETURNED"),
        asked("PAID"),
        PaymentStanding("PAID", is_asked_back=True),
        "asked_back",
        id="being asked back",
    ),
    pytest.param(
        "PAID_AFTER_ALL",
        line("PAID"),
        asked("RETURNED"),
        PaymentStanding("RETURNED"),
        "",
        id="returned, then paid",
    ),
    pytest.param(
        "PAID_AFTER_ALL",
        line("PAID"),
        asked("RETURNED"),
        PaymentStanding("READY"),
        "",
        id="returned, account corrected, then paid",
    ),
    pytest.param(
        "PAID_AFTER_ALL",
        line("RETURNED"),
        asked("RETURNED"),
        PaymentStanding("RETURNED"),
        "bank_did_not_say_paid",
        id="the bank says returned",
    ),
    pytest.param(
        "PAID_AFTER_ALL",
        line("PAID"),
        asked("UNKNOWN"),
        PaymentStanding("INSTRUCTED"),
        "not_returned_before",
        id="unknown is not returned",
    ),
    pytest.param(
        "PAID_AFTER_ALL",
        line("PAID"),
        asked("RETURNED"),
        PaymentStanding("INSTRUCTED", has_other_under_way=True),
        "another_under_way",
        id="another one is under way",
    ),
    pytest.param(
        "PAID_AFTER_ALL",
        line("PAID"),
        asked("RETURNED"),
        PaymentStanding("PAID", has_other_paid=True),
        "",
        id="another one was paid, so that this one is asked back",
    ),
    pytest.param(
        "PAID_AFTER_ALL",
        line("PAID"),
        asked("RETURNED"),
        PaymentStanding("PAID", has_other_paid=True, is_asked_back=True, is_second_asked_back=True),
        "asked_back_already",
        id="another one was paid, and the second amount is asked back",
    ),
    pytest.param(
        "PAID_AFTER_ALL",
        line("PAID"),
        asked("RETURNED"),
        PaymentStanding("PAID", has_other_paid=True, is_asked_back=True),
        "",
        id="another one was paid, and that one is asked back",
    ),
    pytest.param(
        "PAID_AFTER_ALL",
        line("PAID"),
        asked("RETURNED"),
        PaymentStanding("CANCELLED"),
        "cancelled",
        id="cancelled meanwhile",
    ),
]


@pytest.mark.parametrize(("outcome", "said", "instruction", "standing", "expected"), CASES)
def test_finding_fits_the_line(outcome, said, instruction, standing, expected):
    assert why_not(outcome, said, instruction, standing) == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        pytest.param([line("PAID")], set(), id="once"),
        pytest.param([line("PAID"), line("PAID")], set(), id="twice alike"),
        pytest.param([line("PAID"), line("RETURNED")], {"REFERENCE"}, id="paid and returned"),
        pytest.param([line("PAID"), line("PAID", Decimal("700.00"))], {"REFERENCE"}, id="two amounts"),
    ],
)
def test_what_a_file_says_twice_alike_is_said_once(said, expected):
    assert repeated_references(said) == expected
