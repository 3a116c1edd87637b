"""A bank's own template, as its layout describes it: CSV, TXT or XLSX out, and its result file in.

What a file cannot hold is never changed to fit. A name that the encoding does not have, that holds the delimiter or
that a spreadsheet would take for a formula keeps its own payment out of the batch, and is shown.
"""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from numbers import Real
from typing import Final

import xlsxwriter

from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.tabular import EXACT_BELOW
from chongqing_dte.foundation.workbooks import UnreadableWorkbook, read_workbook
from subsidies.bank.files import (
    LONGEST_REFERENCE,
    LONGEST_RETURN_CODE,
    BankAnswers,
    BatchFile,
    BatchLine,
    FormatSpec,
    UnreadableAnswer,
)
from subsidies.bank.layout import (
    ENCODINGS,
    LINE_ENDS,
    Layout,
    LayoutCell,
    LayoutWrong,
    ResultLayout,
    read_layout,
)
from subsidies.bank.xml_writing import NOT_WRITABLE
from subsidies.rules.bank_answers import AnswerLine

FORMULA_STARTS: Final = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
ENDINGS: Final = {"CSV": "csv", "TXT": "txt", "XLSX": "xlsx"}
YUAN: Final = re.compile(r"[0-9]{1,12}(\.[0-9]{1,2})?\Z")
FEN: Final = re.compile(r"[0-9]{1,14}\Z")
LINE_NUMBER: Final = re.compile(r"[0-9]{1,9}\Z")
# The workbook itself says when it was made: always the same, so that its bytes are.
MADE_AT: Final = datetime(2000, 1, 1, tzinfo=UTC)


def ending(spec: FormatSpec) -> str:
    """Return how the names of the files end."""
    return ENDINGS[read_layout(spec.layout).kind]


def unwritable(spec: FormatSpec, lines: Sequence[BatchLine]) -> dict[int, str]:
    """Return why lines cannot be written, by line number, without those that can."""
    layout = read_layout(spec.layout)
    if _texts_with_delimiter(spec, layout):
        return {line.line_number: "columns_would_break" for line in lines}
    encoding = "utf-8" if layout.kind == "XLSX" else ENCODINGS[layout.encoding]
    between = layout.delimiter if layout.kind == "TXT" else ""
    found = {line.line_number: _problem(line, encoding, between) for line in lines}
    return {number: problem for number, problem in found.items() if problem}


def check_texts(spec: FormatSpec) -> None:
    """Raise LayoutWrong if a text that would stand in every file holds a sign that separates its columns."""
    if texts := _texts_with_delimiter(spec, read_layout(spec.layout)):
        raise LayoutWrong(
            _("“%(text)s” holds a sign of the delimiter, so that the columns after it would be read wrongly.")
            % {"text": texts[0]}
        )


def _texts_with_delimiter(spec: FormatSpec, layout: Layout) -> list[str]:
    """Return the fixed texts of a TXT file that would break its columns. A CSV file quotes them."""
    if layout.kind != "TXT":
        return []
    cells = [*layout.head, *layout.columns, *layout.trailer]
    texts = [cell.value for cell in cells]
    if layout.header_row:
        texts += [cell.header for cell in layout.columns]
    if any(cell.field == "payer_name" for cell in cells):
        texts.append(spec.payer_name)
    return [text for text in texts if _breaks(text, layout.delimiter)]


def _breaks(text: str, delimiter: str) -> bool:
    """Test whether a text holds any sign of the delimiter: beside a longer one, a part of it shifts the columns."""
    return any(sign in text for sign in delimiter)


def _problem(line: BatchLine, encoding: str, between: str) -> str:
    if not line.payee_name.strip():
        return "name_missing"
    for text in (line.payee_name, line.bank_name):
        if text.startswith(FORMULA_STARTS):
            return "looks_like_a_formula"
        if NOT_WRITABLE.search(text) or not _can_be_encoded(text, encoding) or _breaks(text, between):
            return "character_not_writable"
    return ""


def _can_be_encoded(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


# ── Out ──────────────────────────────────────────────────────────────────────────────────────────────────
def write_template(spec: FormatSpec, batch: BatchFile) -> bytes:
    """Return the file that the layout describes."""
    layout = read_layout(spec.layout)
    facts: dict[str, object] = {
        "batch": batch.reference,
        "made_on": batch.made_on,
        "count": len(batch.lines),
        "total": batch.total,
        "payer_name": spec.payer_name,
        "payer_account": spec.payer_account,
        "payer_cnaps": spec.payer_cnaps,
    }
    rows: list[list[str | Decimal]] = []
    if layout.head:
        rows.append([_written(cell, facts) for cell in layout.head])
    if layout.header_row:
        rows.append([cell.header for cell in layout.columns])
    rows += [[_written(cell, {**facts, **vars(line)}) for cell in layout.columns] for line in batch.lines]
    if layout.trailer:
        rows.append([_written(cell, facts) for cell in layout.trailer])
    if layout.kind == "XLSX":
        return _workbook(rows)
    written = _separated([[str(cell) for cell in row] for row in rows], layout)
    return written.encode(ENCODINGS[layout.encoding])


def _written(cell: LayoutCell, facts: Mapping[str, object]) -> str | Decimal:
    """Return what stands in a cell: a sum as a number, everything else as text."""
    if not cell.field:
        return cell.value
    fact = facts[cell.field]
    if isinstance(fact, Decimal):
        return (
            (fact * 100).quantize(Decimal(1)) if cell.written_as == "FEN" else fact.quantize(Decimal("0.01"))
        )
    if isinstance(fact, date):
        return f"{fact:%Y%m%d}" if cell.written_as == "YYYYMMDD" else fact.isoformat()
    return str(fact)


def _separated(rows: Sequence[Sequence[str]], layout: Layout) -> str:
    line_end = LINE_ENDS[layout.line_end]
    if layout.kind == "TXT":
        if any(_breaks(cell, layout.delimiter) for row in rows for cell in row):
            raise ValueError(
                "No cell holds a sign of the delimiter: that is looked at before a line is taken in."
            )
        return "".join(f"{layout.delimiter.join(row)}{line_end}" for row in rows)
    sheet = io.StringIO()
    csv.writer(sheet, delimiter=layout.delimiter, lineterminator=line_end).writerows(rows)
    return sheet.getvalue()


def _workbook(rows: Sequence[Sequence[str | Decimal]]) -> bytes:
    stream = io.BytesIO()
    # In memory: what xlsxwriter puts aside in a folder for all would hold names and accounts.
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(stream, options) as workbook:
        workbook.set_properties({"created": MADE_AT})
        as_text = workbook.add_format({"num_format": "@"})
        in_yuan, in_fen = (
            workbook.add_format({"num_format": "0.00"}),
            workbook.add_format({"num_format": "0"}),
        )
        sheet = workbook.add_worksheet("1")
        for row_index, row in enumerate(rows):
            for place, cell in enumerate(row):
                if isinstance(cell, Decimal):
                    shown_as = in_yuan if cell.as_tuple().exponent else in_fen
                    sheet.write_number(row_index, place, cell, shown_as)
                else:
                    sheet.write_string(row_index, place, cell, as_text)
    return stream.getvalue()


# ── In ───────────────────────────────────────────────────────────────────────────────────────────────────
def read_template_results(spec: FormatSpec, content: bytes) -> BankAnswers:
    """Return what a result file says by this layout. Raises UnreadableAnswer."""
    layout = read_layout(spec.layout).results
    rows = _sheet_rows(content) if layout.kind == "XLSX" else _text_rows(content, layout)
    last = len(rows) - layout.skip_last
    if last <= layout.skip_first:
        raise UnreadableAnswer("no_lines" if len(rows) >= layout.skip_first else "header_wrong")
    places = _places(layout, rows[layout.skip_first - 1] if layout.skip_first else [])
    said = [_said(row, places) for row in rows[layout.skip_first : last]]
    batches = {line.get("batch", "") for line in said}
    if len(batches) != 1:
        raise UnreadableAnswer("several_batches")
    by_line = "reference" not in places
    lines = [_answer(number, line, layout, by_line=by_line) for number, line in enumerate(said, start=1)]
    if by_line and len({line.reference for line in lines}) != len(lines):
        raise UnreadableAnswer("line_repeated")
    _check_trailer(rows[-1], layout, lines)
    reference = batches.pop()
    if len(reference) > LONGEST_REFERENCE or ("batch" in places and not reference):
        raise UnreadableAnswer("line_wrong")
    return BankAnswers(batch_reference=reference, lines=lines, by_line=by_line)


def _text_rows(content: bytes, layout: ResultLayout) -> list[list[str]]:
    encoding = "utf-8-sig" if layout.encoding.startswith("UTF-8") else "gb18030"
    try:
        text = content.decode(encoding)
        if "\x00" in text:
            raise UnreadableAnswer("not_a_result_list")
        if layout.kind == "TXT":
            rows = [line.split(layout.delimiter) for line in text.splitlines()]
        else:
            rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=layout.delimiter))
    except (UnicodeDecodeError, csv.Error) as problem:
        raise UnreadableAnswer("not_a_result_list") from problem
    return [row for row in rows if any(cell.strip() for cell in row)]


def _sheet_rows(content: bytes) -> list[list[str]]:
    try:
        sheet = read_workbook(content)
    except UnreadableWorkbook as problem:
        raise UnreadableAnswer("not_a_result_list") from problem
    return [[_cell_text(cell) for cell in row.cells] for row in sheet.rows]


def _cell_text(cell: object) -> str:
    """Return a cell as text. Of a long number a spreadsheet keeps fifteen digits, so that it is none of ours."""
    if isinstance(cell, bool) or cell is None:
        return ""
    if isinstance(cell, Real):
        number = Decimal(str(cell))
        if not number.is_finite() or abs(number) >= EXACT_BELOW:
            raise UnreadableAnswer("line_wrong")
        return str(int(number)) if number == int(number) else f"{number:f}"
    return str(cell)


def _places(layout: ResultLayout, header: Sequence[str]) -> dict[str, int]:
    """Return the index of each column; the header has to name once each of those that are given by their headers."""
    names = [cell.strip() for cell in header]
    places: dict[str, int] = {}
    for name, place in layout.columns.items():
        if isinstance(place, str) and names.count(place) != 1:
            raise UnreadableAnswer("header_wrong")
        places[name] = names.index(place) if isinstance(place, str) else place - 1
    return places


def _said(row: Sequence[str], places: Mapping[str, int]) -> dict[str, str]:
    if any(place >= len(row) for name, place in places.items() if name != "reason"):
        raise UnreadableAnswer("line_wrong")
    said = {name: row[place].strip() if place < len(row) else "" for name, place in places.items()}
    if any(NOT_WRITABLE.search(text) for text in said.values()):
        raise UnreadableAnswer("line_wrong")
    return said


def _answer(number: int, said: Mapping[str, str], layout: ResultLayout, *, by_line: bool) -> AnswerLine:
    answer = layout.words.get(said["status"])
    if answer is None:
        raise UnreadableAnswer("answer_unknown")
    if by_line and not LINE_NUMBER.match(said["line_number"]):
        raise UnreadableAnswer("line_wrong")
    reference = str(int(said["line_number"])) if by_line else said["reference"]
    if not reference or len(reference) > LONGEST_REFERENCE:
        raise UnreadableAnswer("line_wrong")
    reason = said.get("reason", "") or said["status"]
    return AnswerLine(
        line_number=number,
        reference=reference,
        amount=_sum(said["amount"], layout),
        answer=answer,
        return_code=reason[:LONGEST_RETURN_CODE] if answer == "RETURNED" else "",
    )


def _sum(written: str, layout: ResultLayout) -> Decimal:
    """Return a sum in yuan."""
    if not (FEN if layout.number == "FEN" else YUAN).match(written):
        raise UnreadableAnswer("line_wrong")
    return (Decimal(written) / (100 if layout.number == "FEN" else 1)).quantize(Decimal("0.01"))


def _check_trailer(row: Sequence[str], layout: ResultLayout, lines: Sequence[AnswerLine]) -> None:
    cells = {
        name: row[place - 1].strip() if place <= len(row) else "" for name, place in layout.trailer.items()
    }
    if "count" in cells and cells["count"] != str(len(lines)):
        raise UnreadableAnswer("count_wrong")
    paid = sum((line.amount for line in lines if line.answer == "PAID"), Decimal("0.00"))
    if "paid_total" in cells and _sum(cells["paid_total"], layout) != paid:
        raise UnreadableAnswer("total_wrong")
