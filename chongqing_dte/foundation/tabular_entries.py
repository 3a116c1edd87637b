"""Lists that a machine reports as rows, instead of a person in a file. Pure."""

import json
from collections.abc import Callable, Mapping, Sequence

from chongqing_dte.foundation.tabular import Column, Row, clean_cell

# One row: text by the key of the column. A column that is left out is empty.
Entry = Mapping[str, str]


def entries_as_content(entries: Sequence[Entry]) -> bytes:
    """Return what a machine reported in the one form in which it is kept, so that the same is the same."""
    return json.dumps([dict(entry) for entry in entries], ensure_ascii=False, sort_keys=True).encode()


def read_entries(content: bytes, columns: Sequence[Column], row_type: Callable[..., Row]) -> list[Row]:
    """Return what a machine reported as rows, numbered from 1, cleaned as the cells of a list are."""
    return [
        row_type(
            number,
            frozenset(),
            frozenset(),
            *(clean_cell(entry.get(column.key, ""), column).text for column in columns),
        )
        for number, entry in enumerate(json.loads(content), start=1)
    ]
