"""Identifiers that are valid and belong to nobody, for the demo and the tests."""

from datetime import date

from enrollment.rules.identifiers import (
    CREDIT_CODE_ALPHABET,
    credit_code_check_character,
    luhn_check_digit,
    resident_id_check_character,
)

# A code of Chongqing's range that was never given to a county.
UNASSIGNED_REGION = "500299"


def make_resident_id(*, born_on: date, sequence: int, region: str = UNASSIGNED_REGION) -> str:
    """Return a resident ID. `sequence` is 0 to 999; an odd one is a man's."""
    first_seventeen = f"{region}{born_on:%Y%m%d}{sequence:03d}"
    return first_seventeen + resident_id_check_character(first_seventeen)


def make_credit_code(sequence: int, *, region: str = UNASSIGNED_REGION) -> str:
    """Return a company's credit code; its organization part has its own check character, as in real ones."""
    body = f"{sequence:08d}"
    total = sum(
        CREDIT_CODE_ALPHABET.index(character) * weight
        for character, weight in zip(body, (3, 7, 9, 10, 5, 8, 4, 2), strict=True)
    )
    first_seventeen = f"91{region}{body}{'0123456789X'[-total % 11]}"
    return first_seventeen + credit_code_check_character(first_seventeen)


def make_card_number(sequence: int) -> str:
    """Return a 19-digit card number. No bank issues cards that begin with 690000."""
    digits = f"690000{sequence:012d}"
    return digits + luhn_check_digit(digits)


def make_mobile(sequence: int) -> str:
    """Return a mobile number. No range is reserved for fiction, so never send a message to one."""
    return f"199{sequence:08d}"


def make_cnaps(sequence: int) -> str:
    """Return a bank code of Chongqing (6530) under a bank number that is not in use."""
    return f"9996530{sequence:05d}"
