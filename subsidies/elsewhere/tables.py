"""The list as a file: read, written as a template, and typed into a form as its only row."""

from collections.abc import Mapping

from chongqing_dte.foundation.tabular import clean_cell
from chongqing_dte.foundation.tabular_reading import read_table
from chongqing_dte.foundation.tabular_writing import TableTexts, write_table
from subsidies.elsewhere.columns import OTHER_SUBSIDY_COLUMNS, VERSION, OtherSubsidyRow


def read_other_subsidies(content: bytes) -> list[OtherSubsidyRow]:
    """Return the rows of an uploaded list as clean text, unchecked.

    Raises UnreadableWorkbook, WrongColumns or NoRows.
    """
    return read_table(content, OTHER_SUBSIDY_COLUMNS, OtherSubsidyRow).rows


def other_subsidies_template() -> bytes:
    """Return an empty list (.xlsx), which `read_other_subsidies` reads back."""
    texts = TableTexts("其他补贴", "其他补贴情况表　Subsidies of other programmes", VERSION)
    return write_table(OTHER_SUBSIDY_COLUMNS, texts)


def row_of(typed: Mapping[str, str]) -> OtherSubsidyRow:
    """Return what was typed into a form, by column, as the only row of a list."""
    texts = (clean_cell(typed[column.key], column).text for column in OTHER_SUBSIDY_COLUMNS)
    return OtherSubsidyRow(1, frozenset(), frozenset(), *texts)
