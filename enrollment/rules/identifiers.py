"""Numbers that identify people, bodies and accounts: what is wrong with one, and how to show it masked.

Every check takes the text that `normalize_identifier` returns.
"""

import re
import unicodedata
from datetime import date
from functools import lru_cache
from operator import mul
from typing import Final

from institutions.rules.accounts import cnaps_is_valid as cnaps_is_valid
from institutions.rules.accounts import is_account_shape as is_account_shape

# GB/T 2260. Only the first two digits are checked: the other four belong to the place and time of the
# first card, and codes retired since then are valid in an ID number for life.
PROVINCE_CODES: Final = frozenset(
    [
        "11",
        "12",
        "13",
        "14",
        "15",
        "21",
        "22",
        "23",
        "31",
        "32",
        "33",
        "34",
        "35",
        "36",
        "37",
        "41",
        "42",
        "43",
        "44",
        "45",
        "46",
        "50",
        "51",
        "52",
        "53",
        "54",
        "61",
        "62",
        "63",
        "64",
        "65",
        "71",
        "81",
        "82",
        "83",
    ]
)
RESIDENT_ID: Final = re.compile(r"[0-9]{17}[0-9X]")
RESIDENT_ID_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
# What the weights make of the digits' codes beyond the digits.
RESIDENT_ID_OFFSET: Final = ord("0") * sum(RESIDENT_ID_WEIGHTS)
CREDIT_CODE_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CREDIT_CODE: Final = re.compile(rf"[{CREDIT_CODE_ALPHABET}]{{18}}")
CREDIT_CODE_WEIGHTS: Final = tuple(3**place % 31 for place in range(17))
MOBILE: Final = re.compile(r"1[3-9][0-9]{9}")
# A digit's code to the digit, and to its double with the two digits added up.
SINGLE: Final = bytes((code - ord("0")) % 256 for code in range(256))
DOUBLED: Final = bytes((2 * digit - 9 if digit > 4 else 2 * digit) % 256 for digit in SINGLE)
PLAIN_IDENTIFIER: Final = re.compile(r"[0-9A-Z]*")
# Bullets, katakana dots and the Greek dot stand in for the middle dot of a name, depending on the keyboard.
MIDDLE_DOTS: Final = str.maketrans(
    dict.fromkeys(
        "\u0387\u1427\u2022\u2024\u2027\u2219\u22c5\u25cf\u2e31\u2e33\u30fb\ua78f\uff0e\uff65", "\u00b7"
    )
)
FULL_STOP_BETWEEN_CHINESE: Final = re.compile(r"(?<=[\u3400-\U0010ffff])\s*\.\s*(?=[\u3400-\U0010ffff])")
BETWEEN_CHINESE: Final = re.compile(r"(?<=[\u00b7\u0300-\U0010ffff])\s+(?=[\u00b7\u0300-\U0010ffff])")


def normalize_identifier(text: str) -> str:
    """Return the text as half-width capitals, without white space, control or zero-width characters."""
    if PLAIN_IDENTIFIER.fullmatch(text):
        return text
    folded = unicodedata.normalize("NFKC", text).upper()
    visible = "".join(character for character in folded if unicodedata.category(character)[0] not in "ZC")
    # Once more, because what stood apart may now combine.
    return unicodedata.normalize("NFKC", visible)


def normalize_name(text: str) -> str:
    """Return a name with one kind of middle dot, and without the spaces that align Chinese names."""
    if text.isalpha():
        return text
    visible = "".join(character for character in text if unicodedata.category(character) not in {"Cc", "Cf"})
    dotted = FULL_STOP_BETWEEN_CHINESE.sub("\u00b7", " ".join(visible.translate(MIDDLE_DOTS).split()))
    return BETWEEN_CHINESE.sub("", dotted)


def resident_id_check_character(first_seventeen: str) -> str:
    """Return the eighteenth character of a resident ID: ISO 7064 MOD 11-2."""
    total = sum(map(mul, first_seventeen.encode("ascii"), RESIDENT_ID_WEIGHTS)) - RESIDENT_ID_OFFSET
    return "10X98765432"[total % 11]


def birth_date_of(id_number: str) -> date | None:
    """Return the date of birth inside a resident ID, or None where there is no such day."""
    return _day(id_number[6:14])


@lru_cache(maxsize=32_768)
def _day(digits: str) -> date | None:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None


def resident_id_problem(text: str, *, today: date) -> str | None:
    """Return the code of the first thing wrong with a resident ID (GB 11643), or None."""
    if not RESIDENT_ID.fullmatch(text):
        if re.fullmatch(r"[0-9]{15}", text):
            return "id_fifteen_digits"
        return "id_length" if len(text) != 18 else "id_characters"
    if text[:2] not in PROVINCE_CODES:
        return "id_region"
    born_on = birth_date_of(text)
    if born_on is None or born_on > today:
        return "id_birth_date"
    return None if resident_id_check_character(text[:17]) == text[17] else "id_check_character"


def age_on(born_on: date, day: date) -> int:
    """Return the age in full years; the birthday itself counts."""
    return day.year - born_on.year - ((day.month, day.day) < (born_on.month, born_on.day))


def credit_code_check_character(first_seventeen: str) -> str:
    """Return the eighteenth character of a unified social credit code: GB 32100, MOD 31-3."""
    values = map(CREDIT_CODE_ALPHABET.index, first_seventeen)
    total = sum(value * weight for value, weight in zip(values, CREDIT_CODE_WEIGHTS, strict=True))
    return CREDIT_CODE_ALPHABET[-total % 31]


def is_credit_code_shape(text: str) -> bool:
    """Test the length and the characters of a unified social credit code, and not its check character."""
    return CREDIT_CODE.fullmatch(text) is not None


def credit_code_is_valid(text: str) -> bool:
    """Test a unified social credit code. Some codes in real use fail, so a failure is a warning at most."""
    return is_credit_code_shape(text) and credit_code_check_character(text[:17]) == text[17]


def mobile_is_valid(text: str) -> bool:
    """Test a mainland mobile number without the country code."""
    return MOBILE.fullmatch(text) is not None


def luhn_check_digit(digits: str) -> str:
    """Return the digit that completes a card number."""
    codes = digits.encode("ascii")
    doubled, single = codes[-1::-2].translate(DOUBLED), codes[-2::-2].translate(SINGLE)
    return str(-(sum(doubled) + sum(single)) % 10)


def luhn_is_valid(text: str) -> bool:
    """Test a card number's last digit. Other accounts may fail, so a failure is a warning at most."""
    return is_account_shape(text) and luhn_check_digit(text[:-1]) == text[-1]


def mask_id_number(id_number: str) -> str:
    """Return the first three and the last four characters, the rest as asterisks."""
    return _masked(id_number, head=3, tail=4)


def mask_mobile(mobile: str) -> str:
    """Return the first three and the last four digits, the rest as asterisks."""
    return _masked(mobile, head=3, tail=4)


def mask_account(account: str) -> str:
    """Return the last four digits behind twelve asterisks, so that the length is not shown either."""
    if not account:
        return ""
    return "*" * 12 + (account[-4:] if len(account) >= 8 else "")


def mask_name(name: str) -> str:
    """Return the first character, and a full-width asterisk for each of the others."""
    return name[:1] + "＊" * (len(name) - 1) if len(name) > 1 else "＊" * len(name)


def _masked(text: str, *, head: int, tail: int) -> str:
    hidden = len(text) - head - tail
    return text[:head] + "*" * hidden + text[-tail:] if hidden > 0 else "*" * len(text)
