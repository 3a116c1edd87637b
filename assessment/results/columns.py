"""The columns of a result list: what an evaluation institution fills in, and under which names."""

from typing import Final

from chongqing_dte.foundation.tabular import Choice, Column
from enrollment.rules.identifiers import normalize_identifier, normalize_name

# Printed in each template; raise it when a column is added, renamed or removed.
RESULTS_VERSION: Final = "results-1"

OUTCOMES: Final = (
    Choice("PASSED", "合格", "Passed"),
    Choice("FAILED", "不合格", "Failed"),
    Choice("ABSENT", "缺考", "Absent"),
    Choice("MISCONDUCT", "违纪", "Misconduct"),
)

SCORE_NOTES = (
    "0 至 100，最多一位小数；缺考、违纪不填。",
    "0 to 100 with at most one decimal; empty for absence or misconduct.",
)
CERTIFICATE_NOTES = ("合格必填，其他不填。", "Required when passed, otherwise empty.")

RESULT_COLUMNS: Final = (
    Column(
        "id_number",
        "身份证号",
        "ID number",
        "identifier",
        required=True,
        max_length=18,
        normalize=normalize_identifier,
        notes=("18 位，单元格须为文本格式。", "18 characters, in a cell formatted as text."),
    ),
    Column("name", "姓名", "Name", required=True, max_length=60, normalize=normalize_name),
    Column("outcome", "考核结果", "Outcome", "choice", required=True, choices=OUTCOMES),
    Column("theory_score", "理论成绩", "Theory score", "score", notes=SCORE_NOTES),
    Column("practice_score", "实操成绩", "Practice score", "score", notes=SCORE_NOTES),
    Column(
        "certificate_number",
        "证书编号",
        "Certificate number",
        "identifier",
        max_length=40,
        normalize=normalize_identifier,
        notes=CERTIFICATE_NOTES,
    ),
    Column("certificate_issued_on", "发证日期", "Certificate issue date", "date", notes=CERTIFICATE_NOTES),
)
