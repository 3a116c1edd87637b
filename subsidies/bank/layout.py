"""What a bank's own template may say, as JSON, and what is wrong with one that says something else. Pure.

{
  "kind": "TXT",                    CSV, TXT or XLSX
  "encoding": "GBK",                UTF-8, UTF-8-BOM, GBK or GB18030; not of XLSX
  "delimiter": "|",                 one to three signs; of CSV , ; | or a tab
  "line_end": "CRLF",               CRLF or LF
  "head": [cell, ...],              a line before the columns, for totals
  "header_row": true,               whether the columns' headers are written
  "columns": [cell, ...],           one line for each payment
  "trailer": [cell, ...],           a line after them
  "results": {
    "kind", "encoding", "delimiter"   as above; what is left out is as in the file that is written
    "skip_first": 1, "skip_last": 1   lines before and after the payments
    "columns": {"reference": 2, "amount": 5, "status": 6, "reason": 7, "batch": 1}
                                      where each stands: its number from 1, or its header in the last skipped line
    "number": "YUAN",
    "words": {"paid": ["成功"], "returned": ["失败"], "unknown": ["处理中"]},
    "trailer": {"count": 2, "paid_total": 3}
  }
}

A cell is {"header": "户名", "field": "payee_name"} or {"header": "用途", "value": "补贴"}; `as` says how an
amount (YUAN, FEN) or a day (YYYYMMDD, YYYY-MM-DD) is written. Where the bank has no column for our reference, it
names our line number instead, together with the batch.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.sentences import gettext as _

KINDS: Final = ("CSV", "TXT", "XLSX")
# As they are named here, and as Python names them.
ENCODINGS: Final = {"UTF-8": "utf-8", "UTF-8-BOM": "utf-8-sig", "GBK": "gbk", "GB18030": "gb18030"}
CSV_DELIMITERS: Final = (",", ";", "|", "\t")
LINE_ENDS: Final = {"CRLF": "\r\n", "LF": "\n"}
NUMBERS: Final = ("YUAN", "FEN")
DAYS: Final = ("YYYYMMDD", "YYYY-MM-DD")
SUMS: Final = ("amount", "total")
OF_THE_BATCH: Final = (
    "batch",
    "made_on",
    "count",
    "total",
    "payer_name",
    "payer_account",
    "payer_cnaps",
)
OF_A_LINE: Final = ("line_number", "reference", "payee_name", "account", "bank_name", "cnaps", "amount")
RESULT_COLUMNS: Final = ("reference", "line_number", "batch", "amount", "status", "reason")
ANSWERS: Final = {"paid": "PAID", "returned": "RETURNED", "unknown": "UNKNOWN"}
MOST_CELLS: Final = 60
LONGEST_TEXT: Final = 60
MOST_SKIPPED: Final = 20


class LayoutWrong(DomainError):
    """A layout that cannot be worked by. The text names the place and what is wrong there."""

    code = "layout"


@dataclass(frozen=True)
class LayoutCell:
    """One cell: a field of the batch or of a line, or, without a field, a constant text."""

    header: str
    field: str
    value: str
    written_as: str


@dataclass(frozen=True)
class ResultLayout:
    kind: str
    encoding: str
    delimiter: str
    skip_first: int
    skip_last: int
    columns: Mapping[str, int | str]
    number: str
    words: Mapping[str, str]
    trailer: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Layout:
    kind: str
    encoding: str
    delimiter: str
    line_end: str
    head: Sequence[LayoutCell]
    header_row: bool
    columns: Sequence[LayoutCell]
    trailer: Sequence[LayoutCell]
    results: ResultLayout


def read_layout(data: object) -> Layout:
    """Return the layout that this JSON describes. Raises LayoutWrong."""
    top = _object(data, "layout")
    _known_keys(
        top,
        "layout",
        ("kind", "encoding", "delimiter", "line_end", "head", "header_row", "columns", "trailer", "results"),
    )
    kind, encoding, delimiter = _shape(top, "layout", {})
    columns = _cells(top, "columns", (*OF_A_LINE, *OF_THE_BATCH))
    written = {cell.field for cell in columns}
    for needed in ("payee_name", "account", "amount"):
        if needed not in written:
            raise LayoutWrong(_("columns: the field %(field)s is missing.") % {"field": needed})
    layout = Layout(
        kind=kind,
        encoding=encoding,
        delimiter=delimiter,
        line_end=_choice(top, "layout", "line_end", tuple(LINE_ENDS), "CRLF"),
        head=_cells(top, "head", OF_THE_BATCH),
        header_row=_flag(top, "header_row"),
        columns=columns,
        trailer=_cells(top, "trailer", OF_THE_BATCH),
        results=_results(_object(top.get("results"), "results"), top),
    )
    key = "reference" if "reference" in layout.results.columns else "line_number"
    if key not in written:
        raise LayoutWrong(
            _("results.columns: the bank cannot name the %(field)s, which no column of the file tells it.")
            % {"field": key}
        )
    return layout


def _results(data: Mapping[str, Any], top: Mapping[str, Any]) -> ResultLayout:
    _known_keys(
        data,
        "results",
        (
            "kind",
            "encoding",
            "delimiter",
            "skip_first",
            "skip_last",
            "columns",
            "number",
            "words",
            "trailer",
        ),
    )
    kind, encoding, delimiter = _shape(data, "results", top)
    skip_first = _number(data.get("skip_first", 0), "results.skip_first", least=0, most=MOST_SKIPPED)
    skip_last = _number(data.get("skip_last", 0), "results.skip_last", least=0, most=MOST_SKIPPED)
    trailer = _object(data.get("trailer", {}), "results.trailer")
    _known_keys(trailer, "results.trailer", ("count", "paid_total"))
    if trailer and not skip_last:
        raise LayoutWrong(_("results.trailer: skip_last has to leave out the line with the totals."))
    return ResultLayout(
        kind=kind,
        encoding=encoding,
        delimiter=delimiter,
        skip_first=skip_first,
        skip_last=skip_last,
        columns=_result_columns(_object(data.get("columns"), "results.columns"), skip_first),
        number=_choice(data, "results", "number", NUMBERS, "YUAN"),
        words=_words(_object(data.get("words"), "results.words")),
        trailer={
            name: _number(place, f"results.trailer.{name}", least=1, most=MOST_CELLS)
            for name, place in trailer.items()
        },
    )


def _result_columns(data: Mapping[str, Any], skip_first: int) -> Mapping[str, int | str]:
    _known_keys(data, "results.columns", RESULT_COLUMNS)
    for needed in ("amount", "status"):
        if needed not in data:
            raise LayoutWrong(_("results.columns: %(field)s is missing.") % {"field": needed})
    if "reference" not in data and not {"line_number", "batch"} <= data.keys():
        raise LayoutWrong(
            _(
                "results.columns: either the reference has to be there, or the line_number together with the batch."
            )
        )
    places: dict[str, int | str] = {}
    for name, place in data.items():
        where = f"results.columns.{name}"
        if isinstance(place, str) and not skip_first:
            raise LayoutWrong(
                _("%(place)s: a header needs a line before the payments, and skip_first is 0.")
                % {"place": where}
            )
        is_header = isinstance(place, str)
        places[name] = _text(place, where) if is_header else _number(place, where, least=1, most=MOST_CELLS)
    if len(set(places.values())) != len(places):
        raise LayoutWrong(_("results.columns: two of them stand at the same place."))
    return places


def _words(data: Mapping[str, Any]) -> Mapping[str, str]:
    """Return what each word of the bank means."""
    _known_keys(data, "results.words", tuple(ANSWERS))
    meanings: dict[str, str] = {}
    for name, words in data.items():
        for word in _list(words, f"results.words.{name}"):
            said = _text(word, f"results.words.{name}")
            if said in meanings:
                raise LayoutWrong(_("results.words: %(word)s stands there twice.") % {"word": said})
            meanings[said] = ANSWERS[name]
    if not {"PAID", "RETURNED"} <= set(meanings.values()):
        raise LayoutWrong(_("results.words: there has to be a word for paid and one for returned."))
    return meanings


def _shape(data: Mapping[str, Any], place: str, otherwise: Mapping[str, Any]) -> tuple[str, str, str]:
    """Return kind, encoding and delimiter."""
    kind = _choice(data, place, "kind", KINDS, otherwise.get("kind"))
    encoding = _choice(data, place, "encoding", tuple(ENCODINGS), otherwise.get("encoding", "UTF-8"))
    delimiter = data.get("delimiter", otherwise.get("delimiter", "," if kind == "CSV" else "|"))
    if kind == "CSV" and delimiter not in CSV_DELIMITERS:
        raise LayoutWrong(
            _("%(place)s.delimiter: a CSV file is separated by a comma, a semicolon, | or a tab.")
            % {"place": place}
        )
    if not isinstance(delimiter, str) or not 1 <= len(delimiter) <= 3 or not _separates(delimiter):
        raise LayoutWrong(
            _("%(place)s.delimiter: one to three signs that no name or number holds.") % {"place": place}
        )
    return kind, encoding, delimiter


def _separates(delimiter: str) -> bool:
    return not any(sign.isalnum() or sign in " .-\r\n\"'" or ord(sign) > 126 for sign in delimiter)


def _cells(top: Mapping[str, Any], name: str, fields: Sequence[str]) -> list[LayoutCell]:
    cells = _list(top.get(name, []), name)
    if len(cells) > MOST_CELLS:
        raise LayoutWrong(_("%(place)s: these are too many.") % {"place": name})
    return [_cell(cell, f"{name}[{number}]", fields) for number, cell in enumerate(cells, start=1)]


def _cell(data: object, place: str, fields: Sequence[str]) -> LayoutCell:
    cell = _object(data, place)
    _known_keys(cell, place, ("header", "field", "value", "as"))
    if ("field" in cell) == ("value" in cell):
        raise LayoutWrong(_("%(place)s: either a field or a value, not both.") % {"place": place})
    named = cell.get("field", "")
    if "field" in cell and named not in fields:
        raise LayoutWrong(
            _("%(place)s: there is no field %(field)s here. There are: %(fields)s.")
            % {"place": place, "field": named, "fields": ", ".join(fields)}
        )
    ways = NUMBERS if named in SUMS else DAYS if named == "made_on" else ()
    if "as" in cell and cell["as"] not in ways:
        raise LayoutWrong(
            _("%(place)s: as can be %(ways)s here.") % {"place": place, "ways": ", ".join(ways) or "-"}
        )
    return LayoutCell(
        header=_text(cell.get("header", ""), f"{place}.header", may_be_empty=True),
        field=str(named),
        value=_text(cell.get("value", ""), f"{place}.value", may_be_empty=True),
        written_as=cell.get("as", ways[0] if ways else ""),
    )


def _known_keys(data: Mapping[str, Any], place: str, keys: Sequence[str]) -> None:
    if unknown := sorted(set(data) - set(keys)):
        raise LayoutWrong(
            _("%(place)s: %(keys)s means nothing here. What can stand here: %(known)s.")
            % {"place": place, "keys": ", ".join(unknown), "known": ", ".join(keys)}
        )


def _object(data: object, place: str) -> Mapping[str, Any]:
    if not isinstance(data, dict):
        raise LayoutWrong(_("%(place)s: this has to be an object in braces.") % {"place": place})
    return data


def _list(data: object, place: str) -> list[Any]:
    if not isinstance(data, list):
        raise LayoutWrong(_("%(place)s: this has to be a list in brackets.") % {"place": place})
    return data


def _choice(data: Mapping[str, Any], place: str, name: str, known: Sequence[str], otherwise: object) -> str:
    chosen = data.get(name, otherwise)
    if not isinstance(chosen, str) or chosen not in known:
        raise LayoutWrong(
            _("%(place)s.%(name)s: one of %(known)s.")
            % {"place": place, "name": name, "known": ", ".join(known)}
        )
    return chosen


def _flag(data: Mapping[str, Any], name: str) -> bool:
    flag = data.get(name, False)
    if not isinstance(flag, bool):
        raise LayoutWrong(_("%(place)s: true or false.") % {"place": name})
    return flag


def _number(data: object, place: str, *, least: int, most: int) -> int:
    if not isinstance(data, int) or isinstance(data, bool) or not least <= data <= most:
        raise LayoutWrong(
            _("%(place)s: a number from %(least)s to %(most)s.")
            % {"place": place, "least": least, "most": most}
        )
    return data


def _text(data: object, place: str, *, may_be_empty: bool = False) -> str:
    fits = isinstance(data, str) and len(data) <= LONGEST_TEXT and data == data.strip()
    if not isinstance(data, str) or not fits or not (data or may_be_empty) or not data.isprintable():
        raise LayoutWrong(
            _("%(place)s: a text of at most %(longest)s signs, without space around it.")
            % {"place": place, "longest": LONGEST_TEXT}
        )
    return data
