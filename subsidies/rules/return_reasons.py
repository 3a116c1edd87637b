"""What a bank's return code means and what has to be done: codes of ISO 20022, of CNAPS2 and words of banks' own. Pure.

Each code leads to a cause, and each cause to a sentence for the person in `explanations.py`.
"""

import unicodedata
from typing import Final

ACCOUNT_UNKNOWN: Final = "ACCOUNT_UNKNOWN"
ACCOUNT_CLOSED: Final = "ACCOUNT_CLOSED"
ACCOUNT_BLOCKED: Final = "ACCOUNT_BLOCKED"
ACCOUNT_NOT_ACTIVATED: Final = "ACCOUNT_NOT_ACTIVATED"
NAME_MISMATCH: Final = "NAME_MISMATCH"
WRONG_KIND: Final = "WRONG_KIND"
BANK_UNKNOWN: Final = "BANK_UNKNOWN"
AMOUNT_REFUSED: Final = "AMOUNT_REFUSED"
OUR_FUNDS: Final = "OUR_FUNDS"
REPEATED: Final = "REPEATED"
REGULATION: Final = "REGULATION"
BY_REQUEST: Final = "BY_REQUEST"
TECHNICAL: Final = "TECHNICAL"
OTHER: Final = "OTHER"

CAUSES: Final = (
    ACCOUNT_UNKNOWN,
    ACCOUNT_CLOSED,
    ACCOUNT_BLOCKED,
    ACCOUNT_NOT_ACTIVATED,
    NAME_MISMATCH,
    WRONG_KIND,
    BANK_UNKNOWN,
    AMOUNT_REFUSED,
    OUR_FUNDS,
    REPEATED,
    REGULATION,
    BY_REQUEST,
    TECHNICAL,
    OTHER,
)
# Whoever is asked for another account can do something about these, and nobody can about the rest.
MENDED_BY_ANOTHER_ACCOUNT: Final = frozenset(
    {
        ACCOUNT_UNKNOWN,
        ACCOUNT_CLOSED,
        ACCOUNT_BLOCKED,
        ACCOUNT_NOT_ACTIVATED,
        NAME_MISMATCH,
        WRONG_KIND,
        BANK_UNKNOWN,
    }
)

CODES: Final[dict[str, str]] = {
    **{cause: cause for cause in CAUSES},
    # ISO 20022, external status reason codes.
    "AC01": ACCOUNT_UNKNOWN,
    "AC02": OTHER,
    "AC03": ACCOUNT_UNKNOWN,
    "AC04": ACCOUNT_CLOSED,
    "AC05": ACCOUNT_CLOSED,
    "AC06": ACCOUNT_BLOCKED,
    "AC07": ACCOUNT_CLOSED,
    "AC08": BANK_UNKNOWN,
    "AC13": WRONG_KIND,
    "AC14": WRONG_KIND,
    "AG01": WRONG_KIND,
    "AG02": TECHNICAL,
    "AG03": WRONG_KIND,
    "AM01": AMOUNT_REFUSED,
    "AM02": AMOUNT_REFUSED,
    "AM03": AMOUNT_REFUSED,
    "AM04": OUR_FUNDS,
    "AM05": REPEATED,
    "AM09": AMOUNT_REFUSED,
    "AM10": AMOUNT_REFUSED,
    "AM12": AMOUNT_REFUSED,
    "AM14": AMOUNT_REFUSED,
    "AM21": AMOUNT_REFUSED,
    "BE01": NAME_MISMATCH,
    "BE04": OTHER,
    "BE06": ACCOUNT_UNKNOWN,
    "BE22": NAME_MISMATCH,
    "CNOR": BANK_UNKNOWN,
    "CUST": BY_REQUEST,
    "DS02": BY_REQUEST,
    "DUPL": REPEATED,
    "DU01": REPEATED,
    "DU02": REPEATED,
    "DU03": REPEATED,
    "DU04": REPEATED,
    "ED05": TECHNICAL,
    "FF01": TECHNICAL,
    "FOCR": BY_REQUEST,
    "MD07": ACCOUNT_CLOSED,
    "MS02": OTHER,
    "MS03": OTHER,
    "NARR": OTHER,
    "RC01": BANK_UNKNOWN,
    "RC04": BANK_UNKNOWN,
    "RR01": REGULATION,
    "RR02": REGULATION,
    "RR03": REGULATION,
    "RR04": REGULATION,
    "TECH": TECHNICAL,
    "TM01": TECHNICAL,
    "UPAY": OTHER,
    # Refused without a reason.
    "RJCT": OTHER,
    "CANC": BY_REQUEST,
    "PR09": OTHER,
}

# Words that banks write in their own lists, the telling part of each. The first that is found decides.
WORDS: Final[tuple[tuple[str, str], ...]] = (
    ("未激活", ACCOUNT_NOT_ACTIVATED),
    ("未启用", ACCOUNT_NOT_ACTIVATED),
    ("未开通", ACCOUNT_NOT_ACTIVATED),
    ("户名不符", NAME_MISMATCH),
    ("户名不一致", NAME_MISMATCH),
    ("账号户名不", NAME_MISMATCH),
    ("账户名不", NAME_MISMATCH),
    ("姓名不符", NAME_MISMATCH),
    ("姓名不一致", NAME_MISMATCH),
    ("户名错", NAME_MISMATCH),
    ("名称不符", NAME_MISMATCH),
    ("销户", ACCOUNT_CLOSED),
    ("注销", ACCOUNT_CLOSED),
    ("已关闭", ACCOUNT_CLOSED),
    ("冻结", ACCOUNT_BLOCKED),
    ("止付", ACCOUNT_BLOCKED),
    ("挂失", ACCOUNT_BLOCKED),
    ("久悬", ACCOUNT_BLOCKED),
    ("睡眠", ACCOUNT_BLOCKED),
    ("不收不付", ACCOUNT_BLOCKED),
    ("只付不收", ACCOUNT_BLOCKED),
    ("状态异常", ACCOUNT_BLOCKED),
    ("状态不正常", ACCOUNT_BLOCKED),
    ("不存在", ACCOUNT_UNKNOWN),
    ("账号错", ACCOUNT_UNKNOWN),
    ("账号有误", ACCOUNT_UNKNOWN),
    ("卡号错", ACCOUNT_UNKNOWN),
    ("无此账", ACCOUNT_UNKNOWN),
    ("无此卡", ACCOUNT_UNKNOWN),
    ("无此户", ACCOUNT_UNKNOWN),
    ("账户类型", WRONG_KIND),
    ("二类", WRONG_KIND),
    ("三类", WRONG_KIND),
    ("行号", BANK_UNKNOWN),
    ("开户行", BANK_UNKNOWN),
    ("余额不足", OUR_FUNDS),
    ("重复", REPEATED),
    ("限额", AMOUNT_REFUSED),
    ("超限", AMOUNT_REFUSED),
    ("撤销", BY_REQUEST),
    ("超时", TECHNICAL),
    ("通讯", TECHNICAL),
    ("系统", TECHNICAL),
)


def cause_of(code: str) -> str:
    """Return the cause that a bank's return code or word stands for; OTHER for one that nobody has explained."""
    said = unicodedata.normalize("NFKC", code).strip()
    if (known := CODES.get(said.upper())) is not None:
        return known
    plain = said.replace("帐", "账").replace(" ", "")
    return next((cause for word, cause in WORDS if word in plain), OTHER)


def is_known(code: str) -> bool:
    """Test whether a code stands for a cause that is more than its own words."""
    return cause_of(code) != OTHER
