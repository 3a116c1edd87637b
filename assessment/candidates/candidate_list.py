"""A session's candidates with their admission numbers, as an .xlsx file in which every cell is text."""

import io
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import time
from typing import Final

import xlsxwriter

from assessment.models import AssessmentSession, SessionCandidate
from chongqing_dte.foundation.tabular_writing import SAFE_STRINGS
from enrollment.rules.identifiers import mask_id_number

HEADINGS: Final = (
    ("准考证号 Admission number", 26),
    ("姓名 Name", 14),
    ("身份证号 ID number", 24),
    ("班级编号 Class reference", 22),
    ("日期 Date", 14),
    ("理论考试 Theory", 14),
    ("实操考核 Practice", 14),
    ("考核站点 Site", 28),
    ("地址 Address", 36),
    ("签到 Signature", 20),
)


@dataclass(frozen=True)
class CandidateLine:
    """One candidate of the list, cell by cell; where and when follows from the session."""

    admission_number: str
    name: str
    id_number: str
    class_reference: str

    @classmethod
    def of(cls, candidate: SessionCandidate) -> "CandidateLine":
        """Return the line of one candidate, the ID number masked."""
        enrollment = candidate.enrollment
        return cls(
            admission_number=candidate.admission_number or "",
            name=candidate.trainee.name,
            id_number=mask_id_number(candidate.trainee.id_number),
            class_reference=enrollment.training_class.reference if enrollment else "",
        )


def shown_time(moment: time | None) -> str:
    """Return a time of the day to the minute, or nothing."""
    return f"{moment:%H:%M}" if moment else ""


def candidate_list(session: AssessmentSession, lines: Sequence[CandidateLine]) -> bytes:
    """Return the list of a session as the bytes of an .xlsx file."""
    place = (
        session.held_on.isoformat(),
        shown_time(session.theory_time),
        shown_time(session.practice_time),
        session.site.name if session.site else "",
        session.site.address if session.site else "",
        "",
    )
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, dict(SAFE_STRINGS)) as workbook:
        workbook.set_properties({"title": session.reference})
        sheet = workbook.add_worksheet("考生名单 Candidates")
        as_text, bold = workbook.add_format({"num_format": "@"}), workbook.add_format({"bold": True})
        for column, (heading, width) in enumerate(HEADINGS):
            sheet.set_column(column, column, width, as_text)
            sheet.write_string(0, column, heading, bold)
        for row, line in enumerate(lines, start=1):
            for column, text in enumerate((*astuple(line), *place)):
                sheet.write_string(row, column, text)
        sheet.freeze_panes(1, 1)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
    return target.getvalue()
