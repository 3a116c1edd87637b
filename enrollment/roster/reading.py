from collections.abc import Mapping
from dataclasses import dataclass

from chongqing_dte.foundation.tabular_entries import read_entries
from chongqing_dte.foundation.tabular_reading import read_table
from chongqing_dte.foundation.workbooks import FileRefused
from enrollment.enums import RosterSource
from enrollment.roster.columns import CLASS_REFERENCE, INFO_SHEET, ROSTER_COLUMNS, ROSTER_VERSION, VERSION
from enrollment.roster.messages import failure_text
from enrollment.roster.rows import RosterRow


class OtherClass(FileRefused):
    """The template was made for another class."""

    code = "other_class"

    def __init__(self, *, found: str, expected: str) -> None:
        parameters = {"found": found, "expected": expected}
        super().__init__(failure_text(self.code, parameters), parameters=parameters)


class OtherVersion(FileRefused):
    """The template has the columns of another time."""

    code = "other_version"

    def __init__(self, *, found: str) -> None:
        parameters = {"found": found, "expected": ROSTER_VERSION}
        super().__init__(failure_text(self.code, parameters), parameters=parameters)


@dataclass(frozen=True)
class RosterFile:
    """One roster as it was read. A list that was not made from a template names neither class nor version."""

    rows: list[RosterRow]
    class_reference: str = ""
    template_version: str = ""


def read_again(source: str, content: bytes, *, class_reference: str) -> list[RosterRow]:
    """Return the people of what was kept of a submission. Raises as read_roster does."""
    if source == RosterSource.API:
        return read_entries(content, ROSTER_COLUMNS, RosterRow)
    return read_roster(content, class_reference=class_reference).rows


def read_roster(content: bytes, *, class_reference: str = "") -> RosterFile:
    """Return the people of an uploaded roster as clean text, unchecked.

    Raises FileRefused: UnreadableWorkbook, WrongColumns or NoRows, OtherVersion for a template with other columns,
    and OtherClass if a class is given and the template was made for another one.
    """

    def check_info(info: Mapping[str, str]) -> None:
        if info.get(VERSION, ROSTER_VERSION) != ROSTER_VERSION:
            raise OtherVersion(found=info[VERSION][:40])
        found = info.get(CLASS_REFERENCE) or class_reference
        if class_reference and found != class_reference:
            raise OtherClass(found=found[:40], expected=class_reference)

    table = read_table(content, ROSTER_COLUMNS, RosterRow, info_sheet=INFO_SHEET, check_info=check_info)
    return RosterFile(table.rows, table.info.get(CLASS_REFERENCE, ""), table.info.get(VERSION, ""))
