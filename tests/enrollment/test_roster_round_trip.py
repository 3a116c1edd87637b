"""The rows to correct come back as they went out: uncorrected with the same problems, corrected as good rows."""

import io
import json
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import openpyxl
import pytest

from enrollment.enums import RosterStatus
from enrollment.models import Enrollment, RosterRow, RosterUpload
from enrollment.roster.columns import ROSTER_COLUMNS
from enrollment.services.roster_uploads import UploadedFile, hand_out_problem_rows
from tests.clock import NOW
from tests.enrollment.roster_corpus.people import Formula, student, workbook
from tests.enrollment.roster_corpus.rows import row_cases
from tests.enrollment.rosters import check, confirm, nobody_is_enrolled, received, sent

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

ODD_ROWS = [
    student(901, mobile=date(2026, 5, 1)),
    student(902, student_number=2.02200000000001e16),
    student(903, school=Formula('="x"', '=cmd|"/C calc"!A0')),
    student(904, school=Formula('="x"', "大" * 200)),
    student(905, mobile=Formula("=1", 19900000905)),
    student(906, remarks='=HYPERLINK("http://example.com")', mobile="1"),
    student(907, remarks="a_x0041_b", mobile="1"),
    student(908, graduated_on=Formula("=TODAY()", 46203)),
    student(909, category=Formula("=A1", "企业职工"), mobile="1"),
]
GOOD = student(999)


def sent_workbook(content: bytes, training_class: Any = None) -> RosterUpload:
    return check(sent(training_class, file=UploadedFile("roster.xlsx", content)))


def rows_to_correct(upload: RosterUpload) -> bytes:
    return hand_out_problem_rows(upload_id=upload.pk, reader=upload.uploaded_by, now=NOW)


def said_of(rows: Iterable[RosterRow]) -> dict[int, list[tuple[str, str, str]]]:
    return {row.number: [(p["column"], p["code"], p["severity"]) for p in row.problems] for row in rows}


def original_numbers(content: bytes) -> list[int]:
    sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    return [int(str(line[0])) for line in sheet.iter_rows(min_row=3, max_col=1, values_only=True)]


def corrected(content: bytes, people: Iterable[Mapping[str, Any]]) -> bytes:
    """Return the workbook with the cells of these people typed over those that are there."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    for line, person in enumerate(people, start=3):
        for place, column in enumerate(ROSTER_COLUMNS, start=3):
            book.worksheets[0].cell(line, place).value = person.get(column.key) or None
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def test_uncorrected_rows_come_back_with_the_same_problems_and_touch_nothing_else():
    people = [person for case in row_cases() for person in case.people]
    upload = sent_workbook(workbook([GOOD, *people, *ODD_ROWS]))
    before = said_of(upload.rows.all())
    content = rows_to_correct(upload)

    again = sent_workbook(content, upload.training_class)

    numbers = original_numbers(content)
    came_back = {numbers[number - 3]: problems for number, problems in said_of(again.rows.all()).items()}
    assert came_back == {number: problems for number, problems in before.items() if problems}
    assert len(numbers) >= len(people)
    cells = {row.number: json.loads(row.cells) for row in upload.rows.all()}
    for row in again.rows.all():
        assert json.loads(row.cells) == cells[numbers[row.number - 3]]
    assert nobody_is_enrolled()


def test_corrected_rows_go_in_and_nobody_else():
    upload = sent_workbook(workbook([GOOD, *ODD_ROWS]))
    confirm(upload, takes_warned_rows=False)
    content = rows_to_correct(upload)
    people = [student(901 + place) for place in range(len(ODD_ROWS))]

    again = sent_workbook(corrected(content, people), upload.training_class)
    assert (again.status, again.new_count, again.refused_count) == (RosterStatus.READY, len(ODD_ROWS), 0)
    confirm(again)

    enrolled = Enrollment.objects.select_related("trainee")
    assert {one.trainee.id_number for one in enrolled} == {one["id_number"] for one in [GOOD, *people]}


def test_formula_in_the_rows_to_correct_says_its_text_and_does_nothing():
    upload = received(None, content=workbook([GOOD, ODD_ROWS[2]]))

    sheet = openpyxl.load_workbook(io.BytesIO(rows_to_correct(upload))).worksheets[0]

    formulas = [cell.value for line in sheet.iter_rows() for cell in line if cell.data_type == "f"]
    assert formulas == ['="=cmd|""/C calc""!A0"']
