"""Why a claim went back or ended, in the reader's language."""

from typing import Final

from django.utils.translation import gettext as _

# Parts the portal's own sentence, which is kept in English, from what somebody wrote.
LINE: Final = "\n"


def claim_reason(reason: str) -> str:
    """Return a kept reason: the portal's own sentence as the reader reads it, and a person's words as they are."""
    own, line, words = reason.partition(LINE)
    return f"{_(own)}{line}{words}" if own else reason
