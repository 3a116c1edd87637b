"""A class's people with whole numbers, as an .xlsx file in which every cell is text."""

import io
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Final

import xlsxwriter

from chongqing_dte.foundation.tabular_writing import SAFE_STRINGS
from enrollment.models import BankAccount, Enrollment

HEADINGS: Final = (
    ("姓名 Name", 14),
    ("身份证号 ID number", 24),
    ("手机号 Mobile", 16),
    ("学员类别 Participant category", 22),
    ("学历 Education", 16),
    ("银行账号 Account", 26),
    ("开户行 Bank", 24),
    ("联行号 CNAPS code", 18),
    ("状态 Status", 16),
)


@dataclass(frozen=True)
class PersonLine:
    """One person of the list, cell by cell."""

    name: str
    id_number: str
    mobile: str
    category: str
    education: str
    account: str
    bank_name: str
    cnaps: str
    status: str

    @classmethod
    def of(cls, enrollment: Enrollment, account: BankAccount | None) -> "PersonLine":
        """Return the line of one enrolled person, paid to this account, if any."""
        return cls(
            name=enrollment.trainee.name,
            id_number=enrollment.trainee.id_number,
            mobile=enrollment.trainee.mobile,
            category=str(enrollment.get_category_display()),
            education=str(enrollment.get_education_display()),
            account=account.number if account else "",
            bank_name=account.bank_name if account else "",
            cnaps=account.cnaps if account else "",
            status=str(enrollment.get_status_display()),
        )


def people_list(reference: str, lines: Sequence[PersonLine]) -> bytes:
    """Return the list of a class as the bytes of an .xlsx file."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, dict(SAFE_STRINGS)) as workbook:
        workbook.set_properties({"title": reference})
        sheet = workbook.add_worksheet("学员 People")
        as_text, bold = workbook.add_format({"num_format": "@"}), workbook.add_format({"bold": True})
        for place, (heading, width) in enumerate(HEADINGS):
            sheet.set_column(place, place, width, as_text)
            sheet.write_string(0, place, heading, bold)
        for row_index, line in enumerate(lines, start=1):
            for place, text in enumerate(astuple(line)):
                sheet.write_string(row_index, place, text)
        sheet.freeze_panes(1, 1)
    return target.getvalue()
