"""The columns of a list of candidates who are added by name: what an evaluation institution fills in."""

from typing import Final

from chongqing_dte.foundation.tabular import Column
from enrollment.rules.identifiers import normalize_identifier, normalize_name

# Printed in each template; raise it when a column is added, renamed or removed.
CANDIDATES_VERSION: Final = "candidates-1"

# Identifiers may be longer here than they are: a check of their own says what length is right.
CANDIDATE_COLUMNS: Final = (
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
        notes=(
            "与身份证一致，少数民族姓名中间用“·”。",
            "As on the ID card; write the dot in a minority name as “·”.",
        ),
    ),
    Column(
        "mobile",
        "手机号",
        "Mobile number",
        "identifier",
        max_length=40,
        normalize=normalize_identifier,
        notes=(
            "11 位；系统中没有登记过的人员必填。",
            "11 digits; required for whoever is not on record yet.",
        ),
    ),
)
