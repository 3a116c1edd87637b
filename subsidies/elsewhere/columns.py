"""The columns of a list of what other programmes paid."""

import re
from dataclasses import dataclass
from typing import Final

from chongqing_dte.foundation.tabular import Choice, Column, TableRow
from enrollment.rules.identifiers import normalize_identifier, normalize_name

# Printed in each template; raise it when a column is added, renamed or removed.
VERSION: Final = "other-subsidies-1"
GROUPED: Final = re.compile(r"[,，\s¥￥]")


def normalize_sum(text: str) -> str:
    """Return a sum without the marks that a spreadsheet shows around it."""
    return GROUPED.sub("", text).removesuffix("元")


OTHER_SUBSIDY_COLUMNS: Final = (
    Column(
        "id_number",
        "身份证号",
        "ID number",
        "identifier",
        required=True,
        max_length=40,
        normalize=normalize_identifier,
        notes=("18 位，单元格须为文本格式。", "18 characters, in a cell formatted as text."),
    ),
    Column(
        "name",
        "姓名",
        "Name",
        required=True,
        max_length=60,
        normalize=normalize_name,
        notes=("与身份证一致。", "As on the ID card."),
    ),
    Column(
        "occupation",
        "职业编码",
        "Occupation code",
        "identifier",
        required=True,
        max_length=12,
        normalize=str.strip,
        notes=(
            "现行编码或原编码，单元格须为文本格式。",
            "The code or the former code, in a cell formatted as text.",
        ),
    ),
    Column(
        "level",
        "等级",
        "Level",
        "choice",
        required=True,
        choices=(
            Choice("JUNIOR", "初级", "Junior"),
            Choice("INTERMEDIATE", "中级", "Intermediate"),
            Choice("SENIOR", "高级", "Senior"),
        ),
    ),
    Column(
        "programme",
        "补贴项目",
        "Programme",
        required=True,
        max_length=128,
        notes=("发放该补贴的项目名称。", "The name of the programme that paid."),
    ),
    Column(
        "amount",
        "金额（元）",
        "Amount in yuan",
        required=True,
        max_length=15,
        normalize=normalize_sum,
        notes=("大于 0，最多两位小数。", "More than 0, with two decimals at most."),
    ),
    Column("paid_on", "发放日期", "Paid on", "date", required=True),
    Column(
        "source",
        "数据来源",
        "Source",
        required=True,
        max_length=500,
        notes=("数据从哪里来，如来函文号。", "Where this is known from, such as the number of a letter."),
    ),
)


@dataclass(slots=True)
class OtherSubsidyRow(TableRow):
    """One subsidy of another programme. Identifiers are normalized; empty is ""."""

    id_number: str = ""
    name: str = ""
    occupation: str = ""
    level: str = ""
    programme: str = ""
    amount: str = ""
    paid_on: str = ""
    source: str = ""
