"""The attendance sheet of a class: one row a person, one column a lesson, to download, fill in and send back."""

import io
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

import xlsxwriter

from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.sentences import gettext_lazy as _
from chongqing_dte.foundation.tabular import Cell, RowProblem, clean_text
from chongqing_dte.foundation.workbooks import SheetRow, read_workbook
from enrollment.attendance.marks import LessonKey, ReadMark
from enrollment.rules.identifiers import normalize_name

HEADER_SEARCH_ROWS: Final = 10
TITLE_ROW, HEADER_ROW, FIRST_ROW = 0, 1, 2
PERSON, NAME, ID_NUMBER = "学员编号", "姓名", "身份证号"
PERSON_COLUMNS: Final = {
    PERSON: "person",
    "personnumber": "person",
    NAME: "name",
    "name": "name",
    ID_NUMBER: "id_number",
    "idnumber": "id_number",
}
LESSON: Final = re.compile(
    r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?(?: ?[第#] ?([0-9]{1,2}) ?节?)?(?: ?\(.*)?"
)
# What a clerk ticks on paper, and the words. Both languages.
WRITTEN: Final = {
    **dict.fromkeys(("present", "出勤", "√", "✓", "✔", "到"), "PRESENT"),
    **dict.fromkeys(("absent", "缺勤", "×", "✗", "✘", "x", "旷课"), "ABSENT"),
    **dict.fromkeys(("onleave", "on_leave", "请假", "△", "事假", "病假"), "ON_LEAVE"),
}
SHOWN: Final = {"PRESENT": "出勤", "ABSENT": "缺勤", "ON_LEAVE": "请假"}


@dataclass(frozen=True)
class SheetPerson:
    """One line of the sheet to write. `presences` is by lesson."""

    number: str
    name: str
    masked_id_number: str
    presences: Mapping[LessonKey, str] = field(default_factory=dict)


@dataclass(frozen=True)
class AttendanceSheet:
    """What a sheet says: its marks, the name beside each person's number, and what its header has wrong."""

    marks: list[ReadMark]
    names: dict[int, tuple[str, str]]
    problems: list[RowProblem]


class NotAnAttendanceSheet(DomainError):
    """The file has no header with the number of a person in it."""

    code = "not_an_attendance_sheet"

    def __init__(self) -> None:
        super().__init__(
            _("The file has no column “学员编号”. Download the attendance sheet of the class and fill it in.")
        )


def lesson_heading(held_on: date, number: int) -> str:
    """Return a lesson as it heads a column; `read_sheet` reads it back."""
    return f"{held_on.isoformat()} 第{number}节"


def read_sheet(content: bytes) -> AttendanceSheet:
    """Return what an uploaded sheet says. An empty cell says nothing.

    Raises UnreadableWorkbook or NotAnAttendanceSheet.
    """
    rows = list(read_workbook(content).rows)
    header = next((row for row in rows if row.number <= HEADER_SEARCH_ROWS and _is_header(row)), None)
    if header is None:
        raise NotAnAttendanceSheet
    parts, lessons, problems = _places(header)
    sheet = AttendanceSheet([], {}, problems)
    for row in rows:
        if row.number <= header.number:
            continue
        person = _text_at(row, parts["person"]).lower()
        sheet.names[row.number] = (person, normalize_name(_text_at(row, parts.get("name"))))
        for place, (heading, lesson) in lessons.items():
            if written := _text_at(row, place):
                presence = WRITTEN.get(_folded(written), written[:20])
                sheet.marks.append(ReadMark(row.number, heading, person, lesson, presence))
    return sheet


def write_sheet(title: str, people: Sequence[SheetPerson], lessons: Sequence[tuple[date, int]]) -> bytes:
    """Return the sheet (.xlsx) of a class with what is known already."""
    target = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(target, options) as workbook:
        sheet = workbook.add_worksheet("考勤表")
        _write_header(workbook, sheet, title, lessons)
        for row_index, person in enumerate(people, start=FIRST_ROW):
            texts = (person.number, person.name, person.masked_id_number)
            marks = (SHOWN.get(person.presences.get(lesson, ""), "") for lesson in lessons)
            for place, text in enumerate((*texts, *marks)):
                if text:
                    sheet.write_string(row_index, place, text)
        if lessons and people:
            last = (FIRST_ROW + len(people) - 1, 2 + len(lessons))
            rule = {"validate": "list", "source": list(SHOWN.values())}
            sheet.data_validation(FIRST_ROW, 3, *last, rule)
    return target.getvalue()


def _write_header(workbook: Any, sheet: Any, title: str, lessons: Sequence[tuple[date, int]]) -> None:
    as_text = workbook.add_format({"num_format": "@"})
    bold = workbook.add_format({"bold": True, "font_size": 13})
    given = workbook.add_format({"bold": True, "bg_color": "#E7EEF7", "border": 1})
    asked = workbook.add_format({"bold": True, "bg_color": "#FCE4D6", "border": 1, "text_wrap": True})
    sheet.write_string(TITLE_ROW, 0, title, bold)
    sheet.set_column(0, 0, 12, as_text)
    sheet.set_column(1, 2, 20, as_text)
    for place, text in enumerate((PERSON, NAME, ID_NUMBER)):
        sheet.write_string(HEADER_ROW, place, text, given)
    for place, lesson in enumerate(lessons, start=3):
        sheet.set_column(place, place, 12, as_text)
        sheet.write_string(HEADER_ROW, place, lesson_heading(*lesson), asked)
    sheet.freeze_panes(FIRST_ROW, 3)


def _is_header(row: SheetRow) -> bool:
    return any(PERSON_COLUMNS.get(_folded(cell)) == "person" for cell in row.cells)


def _places(
    header: SheetRow,
) -> tuple[dict[str, int], dict[int, tuple[str, LessonKey]], list[RowProblem]]:
    """Return where the person stands and where each lesson, and the columns that are neither."""
    parts: dict[str, int] = {}
    lessons: dict[int, tuple[str, LessonKey]] = {}
    problems: list[RowProblem] = []
    for place, cell in enumerate(header.cells):
        folded = _folded(cell)
        if part := PERSON_COLUMNS.get(folded):
            parts.setdefault(part, place)
        elif lesson := _lesson_of(cell):
            lessons[place] = (lesson_heading(*lesson), lesson)
        elif folded:
            problems.append(RowProblem(header.number, clean_text(str(cell))[:40], "column_unknown"))
    times = Counter(lesson for _heading, lesson in lessons.values())
    for heading, repeated in dict.fromkeys(lessons.values()):
        if times[repeated] > 1:
            problems.append(RowProblem(header.number, heading, "lesson_repeated"))
    return parts, lessons, problems


def _lesson_of(cell: Cell) -> tuple[date, int] | None:
    if isinstance(cell, date):
        return (cell.date() if isinstance(cell, datetime) else cell), 1
    text = unicodedata.normalize("NFKC", str(cell)) if cell is not None else ""
    match = LESSON.fullmatch(clean_text(text))
    if match is None:
        return None
    year, month, day, number = match.groups()
    try:
        return date(int(year), int(month), int(day)), int(number or 1)
    except ValueError:
        return None


def _text_at(row: SheetRow, place: int | None) -> str:
    if place is None or place >= len(row.cells) or row.cells[place] is None:
        return ""
    return clean_text(str(row.cells[place]))


def _folded(cell: Cell) -> str:
    text = unicodedata.normalize("NFKC", str(cell)) if cell is not None else ""
    return "".join(clean_text(text).split()).rstrip("*").casefold()
