"""A register that delivers extracts: one CSV file a day in a folder, `2026-10-20.csv`."""

import csv
import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import structlog

from chongqing_dte.foundation.tabular import SCIENTIFIC, parse_date
from enrollment.enums import RegisterName, RegisterReason, RegisterVerdict
from enrollment.registers.interface import RegisterQuestion, RegisterReply, fit_reference, unreachable
from enrollment.rules.identifiers import RESIDENT_ID, normalize_identifier, normalize_name

log = structlog.get_logger(__name__)

PLACE_COLUMN: Final = {
    RegisterName.EMPLOYMENT_INSURANCE: "employer_credit_code",
    RegisterName.STUDENT_STATUS: "school",
}
ELSEWHERE: Final = {
    RegisterName.EMPLOYMENT_INSURANCE: RegisterReason.OTHER_EMPLOYER,
    RegisterName.STUDENT_STATUS: RegisterReason.OTHER_SCHOOL,
}
HEADERS: Final = {
    "id_number": ("身份证号码", "id_number"),
    "name": ("姓名", "name"),
    "employer_credit_code": ("统一社会信用代码", "employer_credit_code"),
    "school": ("学校", "school"),
    "from": ("开始日期", "from"),
    "to": ("结束日期", "to"),
    "reference": ("记录编号", "reference"),
}
# The last line, with the number of records: without it nobody could tell half a file from a whole one.
END: Final = "END"
ENCODINGS: Final = ("utf-8-sig", "gb18030")


class UnusableExtract(Exception):
    """The extract says nothing about anybody, for a reason that is fit to record."""

    def __init__(self, reason: RegisterReason) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Record:
    """One period of one person. `is_damaged` where its dates cannot be read; without `to` it lasts."""

    name: str
    place: str
    begins_on: date | None
    ends_on: date | None
    reference: str
    is_damaged: bool

    def covers(self, day: date) -> bool:
        """Test whether the day is in the period, both ends included."""
        return (
            self.begins_on is not None
            and self.begins_on <= day
            and (self.ends_on is None or day <= self.ends_on)
        )


class FileRegister:
    """Answers from the newest extract in a folder, which is read from end to end before anything is answered.

    A person is found by ID number and name together. An extract that is missing, older than `longest_age`, without
    its last line or in any other way unusable is a register that is away; so is one from before the day in question.
    """

    adapter = "file"

    def __init__(self, *, folder: Path, register: RegisterName, today: date, longest_age: timedelta) -> None:
        self.folder = folder
        self.register = register
        self.today = today
        self.longest_age = longest_age

    def ask(self, questions: Sequence[RegisterQuestion]) -> list[RegisterReply]:
        """Read the newest extract once for all questions."""
        try:
            made_on, path = self._newest()
            records = self._records_of({question.id_number for question in questions}, path)
        except UnusableExtract as problem:
            reason = problem.reason
        except OSError:
            reason = RegisterReason.NO_EXTRACT
        else:
            return [self._reply(question, records, made_on) for question in questions]
        log.warning("register_unreachable", register=self.register.value, reason=reason.value)
        return unreachable(questions, reason)

    def _newest(self) -> tuple[date, Path]:
        # A file of a day to come is a mistake, and must not count as the newest until that day.
        dated = {day: path for path in self.folder.iterdir() if (day := _day_of(path)) and day <= self.today}
        if not dated:
            raise UnusableExtract(RegisterReason.NO_EXTRACT)
        newest = max(dated)
        if self.today - newest > self.longest_age:
            raise UnusableExtract(RegisterReason.EXTRACT_OLD)
        return newest, dated[newest]

    def _records_of(self, id_numbers: Collection[str], path: Path) -> dict[str, list[Record]]:
        for encoding in ENCODINGS:
            try:
                with path.open(encoding=encoding, newline="") as file:
                    lines = csv.reader(file, strict=True)
                    header = next(lines, [])
                    # Damaged UTF-8 reads as GB18030 with other names in it. A Chinese header proves which it is.
                    if encoding == "gb18030" and "".join(header).isascii():
                        break
                    return self._read(header, lines, id_numbers)
            except UnicodeDecodeError:
                continue
            except (csv.Error, ValueError) as problem:
                raise UnusableExtract(RegisterReason.EXTRACT_DAMAGED) from problem
        raise UnusableExtract(RegisterReason.EXTRACT_DAMAGED)

    def _read(
        self, header: Sequence[str], lines: Iterator[list[str]], id_numbers: Collection[str]
    ) -> dict[str, list[Record]]:
        places = self._places(header)
        found: dict[str, list[Record]] = defaultdict(list)
        for count, line in enumerate(lines):
            if line[:1] == [END]:
                _check_end(line, count, rest=lines)
                return found
            if len(line) != len(header):
                raise UnusableExtract(RegisterReason.EXTRACT_DAMAGED)
            id_number = _id_number(line[places["id_number"]])
            if id_number in id_numbers:
                found[id_number].append(self._record(line, places))
        raise UnusableExtract(RegisterReason.EXTRACT_DAMAGED)

    def _places(self, header: Sequence[str]) -> dict[str, int]:
        """Return where each column stands, whatever their order. Columns that are not asked for are left alone."""
        titles = [title.strip() for title in header]
        wanted = ["id_number", "name", PLACE_COLUMN[self.register], "from", "to"]
        places = {key: titles.index(title) for key in HEADERS for title in HEADERS[key] if title in titles}
        if any(key not in places for key in wanted):
            raise UnusableExtract(RegisterReason.EXTRACT_DAMAGED)
        return places

    def _record(self, line: Sequence[str], places: dict[str, int]) -> Record:
        begins, ends = line[places["from"]].strip(), line[places["to"]].strip()
        begins_on, ends_on = parse_date(begins), parse_date(ends)
        return Record(
            name=normalize_name(line[places["name"]]),
            place=_folded(line[places[PLACE_COLUMN[self.register]]]),
            begins_on=begins_on,
            ends_on=ends_on,
            reference=fit_reference(line[places["reference"]].strip()) if "reference" in places else "",
            is_damaged=begins_on is None or (ends != "" and ends_on is None),
        )

    def _reply(
        self, question: RegisterQuestion, records: dict[str, list[Record]], made_on: date
    ) -> RegisterReply:
        if question.as_of > made_on:
            return RegisterReply(RegisterVerdict.UNREACHABLE, RegisterReason.EXTRACT_BEFORE_DAY)
        known = records.get(question.id_number, [])
        own = [record for record in known if record.name == normalize_name(question.name)]
        if not own:
            return RegisterReply(RegisterVerdict.NOT_FOUND, RegisterReason.NAME_DIFFERS if known else "")
        if any(record.is_damaged for record in own):
            return RegisterReply(RegisterVerdict.UNREACHABLE, RegisterReason.EXTRACT_DAMAGED)
        there = [record for record in own if record.place == self._place_asked_for(question)]
        if not there:
            return RegisterReply(RegisterVerdict.NO, ELSEWHERE[self.register])
        covering = next((record for record in there if record.covers(question.as_of)), None)
        if covering is None:
            return RegisterReply(RegisterVerdict.NO, RegisterReason.OUTSIDE_PERIOD)
        return RegisterReply(RegisterVerdict.YES, covering.reference)

    def _place_asked_for(self, question: RegisterQuestion) -> str:
        return _folded(str(getattr(question, PLACE_COLUMN[self.register])))


def _day_of(path: Path) -> date | None:
    if path.suffix != ".csv" or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", path.stem):
        return None
    return parse_date(path.stem)


def _check_end(line: Sequence[str], count: int, *, rest: Iterator[list[str]]) -> None:
    """Raise UnusableExtract unless the last line names the number of records and nothing follows.

    No register is empty: an extract without a single record is one that failed.
    """
    written = next((cell.strip() for cell in line[1:] if cell.strip()), "")
    if count == 0 or written != str(count) or any(any(cells) for cells in rest):
        raise UnusableExtract(RegisterReason.EXTRACT_DAMAGED)


def _id_number(cell: str) -> str:
    """Return the ID number in its usual form. One that a spreadsheet has shortened spoils the whole extract."""
    text = cell.strip()
    if RESIDENT_ID.fullmatch(text):
        return text
    if SCIENTIFIC.fullmatch(text):
        raise UnusableExtract(RegisterReason.EXTRACT_DAMAGED)
    return normalize_identifier(text)


def _folded(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).upper().split())
