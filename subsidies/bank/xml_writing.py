"""What every XML file for a bank has in common. The same batch gives the same bytes, always."""

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from html import escape
from typing import Final

from subsidies.bank.files import BatchLine

DECLARATION: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
CURRENCY: Final = "CNY"
# Controls and what XML 1.0 has no place for.
NOT_WRITABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")


def element(name: str, content: str) -> str:
    """Return an element around what is XML already."""
    return f"<{name}>{content}</{name}>"


def text(name: str, value: object) -> str:
    """Return an element around a text."""
    return f"<{name}>{escape(str(value), quote=False)}</{name}>"


def amount(name: str, value: Decimal) -> str:
    """Return an element with a sum in yuan."""
    return f'<{name} Ccy="{CURRENCY}">{value:.2f}</{name}>'


def start_of(day: date) -> str:
    """Return the first moment of a day in Chongqing: no clock goes into the bytes."""
    return f"{day.isoformat()}T00:00:00+08:00"


def document(namespace: str, name: str, parts: Iterable[str]) -> bytes:
    """Return the whole file, one part to a line."""
    body = "\n".join(parts)
    return f'{DECLARATION}<Document xmlns="{namespace}"><{name}>\n{body}\n</{name}></Document>\n'.encode()


def unwritable_in_xml(line: BatchLine, *, longest_name: int) -> str:
    """Return why the line cannot be written, or "" if it can."""
    if NOT_WRITABLE.search(line.payee_name) or NOT_WRITABLE.search(line.bank_name):
        return "character_not_writable"
    if len(line.payee_name) > longest_name or len(line.bank_name) > longest_name:
        return "name_too_long"
    return "" if line.payee_name.strip() else "name_missing"
