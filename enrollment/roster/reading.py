from chongqing_dte.foundation.tabular_reading import read_table
from enrollment.roster.columns import ROSTER_COLUMNS
from enrollment.roster.rows import RosterRow


def read_roster(content: bytes) -> list[RosterRow]:
    """Return the people of an uploaded roster as clean text, unchecked.

    Raises UnreadableWorkbook, WrongColumns or NoRows.
    """
    return [
        RosterRow(number=row.number, damaged=row.damaged, **row.texts)
        for row in read_table(content, ROSTER_COLUMNS)
    ]
