"""Identifiers that are valid and belong to nobody, for the demo, the generated world and the tests.

Resident IDs and credit codes name a place that has never existed, cards a bank that issues none, mobile numbers a
range that no operator has. None of these promises depends on luck, so they hold for a million numbers as for one.
"""

from datetime import date

from enrollment.rules.identifiers import (
    CREDIT_CODE_ALPHABET,
    credit_code_check_character,
    luhn_check_digit,
    resident_id_check_character,
)

# Codes of Chongqing's range that were never given to a county: those of 1997 end with 500243.
UNASSIGNED_REGION = "500299"
# The generated world's own, so that it can stand beside the people of the demo and the tests.
WORLD_REGION = "500298"


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
    """Return a mobile number. The Ministry has given 154 to no operator; send no message there all the same."""
    return f"154{sequence:08d}"


def make_cnaps(sequence: int) -> str:
    """Return a bank code of Chongqing (6530) under a bank number that is not in use."""
    return f"9996530{sequence:05d}"
