"""The forty people of the demo's class, and three rows that must not get in. None of them exists."""

from datetime import date

from demo.identifiers import make_card_number, make_cnaps, make_credit_code, make_mobile, make_resident_id

SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗"
GIVEN_NAMES = (
    "子涵", "浩然", "欣怡", "宇轩", "梓萱", "俊杰", "诗琪", "博文", "雨桐", "志远",
    "佳宁", "明哲", "思源", "晓燕", "建国", "丽华", "文博", "雅静", "天佑", "若曦",
)  # fmt: skip
SCHOOLS = ("重庆示例大学", "重庆示例职业学院", "西部示例理工学院")
EMPLOYERS = ("重庆示例智能科技有限公司", "重庆示例云计算有限公司")

GRADUATING_COUNT, EMPLOYEE_COUNT, EARLIER_COUNT = 22, 14, 4
# By position in the roster.
WITHOUT_ACCOUNT = 5
ACCOUNT_NOT_ACTIVATED = 9
FAILS_THEN_PASSES = 12
ABSENT = 17
PASSES_TWICE = 2
FALSELY_CERTIFIED = 20


def roster(year: int) -> list[dict[str, str]]:
    """Return forty people of all three participant categories, who graduate or graduated around this year."""
    return [_person(position, year) for position in range(GRADUATING_COUNT + EMPLOYEE_COUNT + EARLIER_COUNT)]


def bad_rows(year: int) -> list[dict[str, str]]:
    """Return three rows that are refused, each for a reason of its own."""
    mistyped = _person(40, year)
    mistyped["id_number"] = mistyped["id_number"][:-1] + ("1" if mistyped["id_number"][-1] != "1" else "2")
    uneducated = _person(41, year) | {"education": "BELOW_ASSOCIATE"}
    incomplete = _person(42, year) | {
        "category": "ENTERPRISE_EMPLOYEE",
        "employer_name": "",
        "employer_credit_code": "",
    }
    return [mistyped, uneducated, incomplete]


def account_of(position: int) -> str:
    """Return the bank account of the person at this position."""
    return make_card_number(1000 + position)


def corrected_account_of(position: int) -> str:
    """Return the account that this person has after the correction."""
    return make_card_number(5000 + position)


def _person(position: int, year: int) -> dict[str, str]:
    born_on = date(year - 23 - position % 9, 1 + position % 12, 1 + position % 28)
    person = {
        "name": SURNAMES[position % 20] + GIVEN_NAMES[(position * 7 + position // 20) % 20],
        "id_number": make_resident_id(born_on=born_on, sequence=100 + position),
        "mobile": make_mobile(200 + position),
        "education": ("ASSOCIATE", "BACHELOR", "MASTER")[position % 3],
        "bank_account": account_of(position),
        "bank_name": "重庆示例银行",
        "bank_cnaps": make_cnaps(653),
    }
    if position == WITHOUT_ACCOUNT:
        person |= {"bank_account": "", "bank_name": "", "bank_cnaps": ""}
    return person | _evidence(position, year)


def _evidence(position: int, year: int) -> dict[str, str]:
    school = SCHOOLS[position % len(SCHOOLS)]
    if GRADUATING_COUNT <= position < GRADUATING_COUNT + EMPLOYEE_COUNT:
        return {
            "category": "ENTERPRISE_EMPLOYEE",
            "employer_name": EMPLOYERS[position % len(EMPLOYERS)],
            "employer_credit_code": make_credit_code(700 + position % len(EMPLOYERS)),
        }
    if position < GRADUATING_COUNT or position >= GRADUATING_COUNT + EMPLOYEE_COUNT + EARLIER_COUNT:
        return {
            "category": "GRADUATING_STUDENT",
            "school": school,
            "student_number": f"{year - 4}{position:04}",
            "graduated_on": f"{year}-06-30",
        }
    return {"category": "EARLIER_GRADUATE", "school": school, "graduated_on": f"{year - 3}-06-30"}
