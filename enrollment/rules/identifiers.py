"""Numbers that identify people, bodies and accounts: what is wrong with one, and how to show it masked.

Every check takes the text that `normalize_identifier` returns.
"""

import re
import unicodedata
from datetime import date
from typing import Final

# GB/T 2260. Only the first two digits are checked: the other four belong to the place and time of the
# first card, and codes retired since then are valid in an ID number for life.
PROVINCE_CODE: Final = re.compile(r"1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]")
RESIDENT_ID: Final = re.compile(r"[0-9]{17}[0-9X]")
RESIDENT_ID_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CREDIT_CODE_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CREDIT_CODE: Final = re.compile(rf"[{CREDIT_CODE_ALPHABET}]{{18}}")
CREDIT_CODE_WEIGHTS: Final = tuple(3**place % 31 for place in range(17))
MOBILE: Final = re.compile(r"1[3-9][0-9]{9}")
CNAPS: Final = re.compile(r"[0-9]{12}")
ACCOUNT: Final = re.compile(r"[0-9]{8,32}")
# Bullets, katakana dots and the Greek dot stand in for the middle dot of a name, depending on the keyboard.
MIDDLE_DOTS: Final = str.maketrans(
    dict.fromkeys("\u0387\u2022\u2027\u2219\u22c5\u30fb\uff65\uff0e", "\u00b7")
)
BETWEEN_CHINESE: Final = re.compile(r"(?<=[\u00b7\u0300-\U0010ffff])\s+(?=[\u00b7\u0300-\U0010ffff])")


def normalize_identifier(text: str) -> str:
    """Return the text as half-width capitals, without white space, control or zero-width characters."""
    folded = unicodedata.normalize("NFKC", text).upper()
    visible = "".join(character for character in folded if unicodedata.category(character)[0] not in "ZC")
    # Once more, because what stood apart may now combine.
    return unicodedata.normalize("NFKC", visible)


def normalize_name(text: str) -> str:
    """Return a name with one kind of middle dot, and without the spaces that align Chinese names."""
    visible = "".join(character for character in text if unicodedata.category(character) not in {"Cc", "Cf"})
    return BETWEEN_CHINESE.sub("", " ".join(visible.translate(MIDDLE_DOTS).split()))


def resident_id_check_character(first_seventeen: str) -> str:
    """Return the eighteenth character of a resident ID: ISO 7064 MOD 11-2."""
    total = sum(
        int(digit) * weight for digit, weight in zip(first_seventeen, RESIDENT_ID_WEIGHTS, strict=True)
    )
    return "10X98765432"[total % 11]


def birth_date_of(id_number: str) -> date | None:
    """Return the date of birth inside a resident ID, or None where there is no such day."""
    try:
        return date(int(id_number[6:10]), int(id_number[10:12]), int(id_number[12:14]))
    except ValueError:
        return None


def resident_id_problem(text: str, *, today: date) -> str | None:
    """Return the code of the first thing wrong with a resident ID (GB 11643), or None."""
    if re.fullmatch(r"[0-9]{15}", text):
        return "id_fifteen_digits"
    if len(text) != 18:
        return "id_length"
    if not RESIDENT_ID.fullmatch(text):
        return "id_characters"
    if not PROVINCE_CODE.match(text):
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
    doubled = (
        int(digit) * 2 if place % 2 == 0 else int(digit) for place, digit in enumerate(reversed(digits))
    )
    return str(-sum(value - 9 if value > 9 else value for value in doubled) % 10)


def is_account_shape(text: str) -> bool:
    """Test that an account number is 8 to 32 digits."""
    return ACCOUNT.fullmatch(text) is not None


def luhn_is_valid(text: str) -> bool:
    """Test a card number's last digit. Other accounts may fail, so a failure is a warning at most."""
    return is_account_shape(text) and luhn_check_digit(text[:-1]) == text[-1]


def cnaps_is_valid(text: str) -> bool:
    """Test the form of a bank's 12-digit code in the interbank payment system."""
    return CNAPS.fullmatch(text) is not None


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
