"""The columns of a roster: what an institution fills in, and under which names."""

from typing import Final

from chongqing_dte.foundation.tabular import Choice, Column
from enrollment.rules.identifiers import normalize_identifier, normalize_name

# Printed in each template; raise it when a column is added, renamed or removed.
ROSTER_VERSION: Final = "roster-2"
# The sheet that ties a template to its class, and the labels of what it says. Read back, so never translated.
INFO_SHEET: Final = "班级信息 Class"
VERSION: Final = "模板版本 Template version"
CLASS_REFERENCE: Final = "班级编号 Class reference"
INSTITUTION: Final = "培训机构 Training institution"

CATEGORIES: Final = (
    Choice("GRADUATING_STUDENT", "毕业年度高校毕业生", "Graduating student"),
    Choice("ENTERPRISE_EMPLOYEE", "企业职工", "Enterprise employee"),
    Choice("EARLIER_GRADUATE", "往届毕业生", "Earlier graduate"),
)
EDUCATION_LEVELS: Final = (
    Choice("BELOW_ASSOCIATE", "大专以下", "Below associate degree"),
    Choice("ASSOCIATE", "大专", "Associate degree"),
    Choice("BACHELOR", "本科", "Bachelor's degree"),
    Choice("MASTER", "硕士", "Master's degree"),
    Choice("DOCTOR", "博士", "Doctor's degree"),
)

# Identifiers may be longer here than they are: a check of their own says what length is right.
ROSTER_COLUMNS: Final = (
    Column(
        "name",
        "姓名",
        "Name",
        required=True,
        max_length=60,
        normalize=normalize_name,
        plain="[\u4e00-\u9fff·]*",
        notes=(
            "与身份证一致，少数民族姓名中间用“·”。",
            "As on the ID card; write the dot in a minority name as “·”.",
        ),
    ),
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
        "birth_date",
        "出生日期",
        "Date of birth",
        "date",
        notes=(
            "可不填；填写时须与身份证号中的出生日期一致，如 2003-05-01。",
            "May be left empty; when given, it must agree with the ID number, like 2003-05-01.",
        ),
    ),
    Column(
        "mobile",
        "手机号",
        "Mobile number",
        "identifier",
        required=True,
        max_length=40,
        normalize=normalize_identifier,
        notes=("11 位。", "11 digits."),
    ),
    Column("category", "学员类别", "Participant category", "choice", required=True, choices=CATEGORIES),
    Column("education", "学历", "Education", "choice", required=True, choices=EDUCATION_LEVELS),
    Column(
        "school",
        "毕业院校",
        "School",
        notes=(
            "毕业年度高校毕业生、往届毕业生必填。",
            "Required for graduating students and earlier graduates.",
        ),
    ),
    Column(
        "student_number",
        "学号",
        "Student number",
        max_length=40,
        normalize=normalize_identifier,
        plain="[0-9A-Z]*",
        notes=("毕业年度高校毕业生必填。", "Required for graduating students."),
    ),
    Column(
        "graduated_on",
        "毕业日期",
        "Graduation date",
        "date",
        notes=(
            "毕业年度高校毕业生、往届毕业生必填，如 2026-06-30；应届生填预计日期。",
            "Required for graduating students (the expected date) and earlier graduates, like 2026-06-30.",
        ),
    ),
    Column(
        "employer_name",
        "用人单位",
        "Employer",
        notes=("企业职工必填。", "Required for enterprise employees."),
    ),
    Column(
        "employer_credit_code",
        "统一社会信用代码",
        "Unified social credit code",
        "identifier",
        max_length=40,
        normalize=normalize_identifier,
        notes=(
            "用人单位的 18 位代码，企业职工必填。",
            "The employer's 18 characters; required for enterprise employees.",
        ),
    ),
    Column(
        "bank_account",
        "社会保障卡银行账号",
        "Social security card account",
        "identifier",
        max_length=60,
        normalize=normalize_identifier,
        notes=(
            "本人社会保障卡的银行账号，须已激活金融功能；暂缺可空，补贴将暂缓发放。",
            "The account on the trainee's own activated social security card. Payment waits for it.",
        ),
    ),
    Column(
        "bank_name",
        "开户银行",
        "Bank",
        notes=("填写账号时必填，具体到支行。", "Required with an account; name the branch."),
    ),
    Column(
        "bank_cnaps",
        "开户行联行号",
        "Bank code (CNAPS)",
        "identifier",
        max_length=40,
        normalize=normalize_identifier,
        notes=("填写账号时必填，12 位。", "Required with an account; 12 digits."),
    ),
    Column(
        "remarks",
        "备注",
        "Remarks",
        max_length=200,
        notes=("可不填，不作为审核依据。", "May be left empty. Nothing is decided by it."),
    ),
)
