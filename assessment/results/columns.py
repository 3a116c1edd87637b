"""The columns of a result list: what an evaluation institution fills in, and under which names."""

from typing import Final

from chongqing_dte.foundation.tabular import Choice, Column
from enrollment.rules.identifiers import normalize_identifier, normalize_name

# Printed in each template; raise it when a column is added, renamed or removed.
RESULTS_VERSION: Final = "results-2"

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
CERTIFICATE_NOTES = (
    "由评价机构编号的，合格必填，其他不填；由平台编号的，一律不填。",
    "Where the institution numbers the certificates: required when passed, otherwise empty. Where the portal does: "
    "always empty.",
)

RESULT_COLUMNS: Final = (
    Column(
        "admission_number",
        "准考证号",
        "Admission number",
        "identifier",
        max_length=40,
        normalize=normalize_identifier,
        notes=(
            "模板已预填。准考证号与身份证号至少填写一项；两项都填的，须为同一人。",
            "Filled in by the template. At least one of admission number and ID number; both have to be one person's.",
        ),
    ),
    Column("name", "姓名", "Name", required=True, max_length=60, normalize=normalize_name),
    Column(
        "id_number",
        "身份证号",
        "ID number",
        "identifier",
        max_length=18,
        normalize=normalize_identifier,
        notes=(
            "已有准考证号的可不填。18 位，单元格须为文本格式。",
            "May stay empty beside an admission number. 18 characters, in a cell formatted as text.",
        ),
    ),
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
