"""The shape of a bank account, whoever holds it. Pure.

Every check takes a text without white space, in half-width characters.
"""

import re
from typing import Final

CNAPS: Final = re.compile(r"[0-9]{12}")
ACCOUNT: Final = re.compile(r"[0-9]{8,32}")


def is_account_shape(text: str) -> bool:
    """Test that an account number is 8 to 32 digits."""
    return ACCOUNT.fullmatch(text) is not None


def cnaps_is_valid(text: str) -> bool:
    """Test the form of a bank's 12-digit code in the interbank payment system."""
    return CNAPS.fullmatch(text) is not None
