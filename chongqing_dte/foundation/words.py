"""What people write in free text, as a service keeps it."""

import unicodedata

from chongqing_dte.foundation.tabular import clean_text

# Controls, zero-width characters and halves of a character, which no database takes or no reader sees.
UNSEEN = frozenset({"Cc", "Cf", "Cs"})
# Letters and signs by their category, and blank all the same.
BLANK = str.maketrans(dict.fromkeys("\u115f\u1160\u2800\u3164\uffa0", " "))


def stated(text: str) -> str:
    """Return a text of some lines without what nobody can see; empty if there is nothing else in it."""
    seen = (c for c in text if c in "\n\t" or unicodedata.category(c) not in UNSEEN)
    return "".join(seen).translate(BLANK).strip()


def one_line(text: str) -> str:
    """Return a text as one line, with single spaces between its words."""
    return clean_text(stated(text))


def one_code(text: str) -> str:
    """Return a number or reference as one line in which full-width letters and digits are ordinary ones."""
    return one_line(unicodedata.normalize("NFKC", text))
