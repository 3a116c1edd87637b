"""Rosters cell by cell, as they lie in a file."""

import io
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import xlsxwriter

from demo.identifiers import make_card_number, make_cnaps, make_credit_code, make_mobile, make_resident_id
from enrollment.roster.columns import ROSTER_COLUMNS

HEADER = [column.zh for column in ROSTER_COLUMNS]


class Formula(NamedTuple):
    """A cell with a formula and its last result."""

    text: str
    result: str | float = ""


def student(number: int, **changes: Any) -> dict[str, Any]:
    """Return the cells of a graduating student without a fault; the number makes them somebody else."""
    return {
        "name": "张三",
        "id_number": make_resident_id(born_on=date(2003, 5, 1), sequence=number),
        "mobile": make_mobile(number),
        "category": "毕业年度高校毕业生",
        "education": "本科",
        "school": "重庆大学",
        "student_number": f"2022{number:04d}",
        "graduated_on": "2026-06-30",
        "bank_account": make_card_number(number),
        "bank_name": "重庆银行渝中支行",
        "bank_cnaps": make_cnaps(1),
        **changes,
    }


def employee(number: int, **changes: Any) -> dict[str, Any]:
    """Return the cells of an enterprise's employee without a fault."""
    changed = {
        "category": "企业职工",
        "education": "大专以下",
        "school": "",
        "student_number": "",
        "graduated_on": "",
        "employer_name": "示例公司",
        "employer_credit_code": make_credit_code(1),
        **changes,
    }
    return student(number, **changed)


def graduate(number: int, **changes: Any) -> dict[str, Any]:
    """Return the cells of an earlier graduate without a fault."""
    return student(number, **{"category": "往届毕业生", "graduated_on": "2024-06-30", **changes})


def cells_of(person: Mapping[str, Any]) -> list[Any]:
    """Return a person's cells in the order of the template."""
    return [person.get(column.key, "") for column in ROSTER_COLUMNS]


def workbook(people: Sequence[Mapping[str, Any]]) -> bytes:
    """Return an .xlsx with these people under the header, every cell in its own type."""
    target = io.BytesIO()
    options = {"in_memory": True, "default_date_format": "yyyy-mm-dd", "strings_to_formulas": False}
    with xlsxwriter.Workbook(target, options) as book:
        sheet = book.add_worksheet("学员花名册")
        sheet.write_row(0, 0, HEADER)
        for row_index, person in enumerate(people, start=1):
            for place, cell in enumerate(cells_of(person)):
                if isinstance(cell, Formula):
                    sheet.write_formula(row_index, place, cell.text, None, cell.result)
                else:
                    sheet.write(row_index, place, cell)
    return target.getvalue()


def text_file(people: Sequence[Mapping[str, Any]], *, header: Sequence[str] = HEADER, encoding: str) -> bytes:
    """Return a CSV file with these people."""
    lines = [header, *(cells_of(person) for person in people)]
    return "\r\n".join(",".join(map(str, line)) for line in lines).encode(encoding)
