"""Three payments that nobody is owed, to show what a file of a format looks like."""

import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Final

from chongqing_dte.foundation.workbooks import read_workbook
from subsidies.bank.files import BatchFile, BatchLine, FormatSpec
from subsidies.bank.formats import file_name, write_batch

REFERENCE: Final = "20260105-EXAMPLE001"
NAMES: Final = ("张三", "李四", "欧阳示例")
AMOUNTS: Final = (Decimal("800.00"), Decimal("1200.00"), Decimal("650.50"))
SHOWN_AS: Final = {"UTF-8": "utf-8", "UTF-8-BOM": "utf-8-sig", "GBK": "gb18030", "GB18030": "gb18030"}


def example_name(spec: FormatSpec) -> str:
    """Return the name that the example is downloaded under."""
    return file_name(spec, REFERENCE)


def example_file(spec: FormatSpec) -> bytes:
    """Return the file of three example payments. The payer's account stands in it as nothing but nines."""
    lines = [
        BatchLine(
            line_number=number,
            reference=f"EXAMPLE{number:019d}",
            payee_name=name,
            account=f"62200000000000000{number:02d}",
            bank_name="示例银行",
            cnaps=f"99965300000{number}",
            amount=amount,
        )
        for number, (name, amount) in enumerate(zip(NAMES, AMOUNTS, strict=True), start=1)
    ]
    shown = replace(spec, payer_account="9" * len(spec.payer_account))
    return write_batch(shown, BatchFile(reference=REFERENCE, made_on=date(2026, 1, 5), lines=lines))


def example_text(spec: FormatSpec) -> str:
    """Return the example as a person reads it: the text of the file, or a workbook's cells with tabs between."""
    content = example_file(spec)
    if example_name(spec).endswith(".xlsx"):
        return _tabbed([[str(cell) for cell in row.cells] for row in read_workbook(content).rows])
    encoding = SHOWN_AS.get(str(spec.layout.get("encoding", "UTF-8")), "utf-8")
    return content.decode(encoding)


def _tabbed(rows: Sequence[Sequence[str]]) -> str:
    sheet = io.StringIO()
    csv.writer(sheet, delimiter="\t", lineterminator="\n").writerows(rows)
    return sheet.getvalue()
