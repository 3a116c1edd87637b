"""People whom a register knows, and questions about them."""

from datetime import date, timedelta

from demo.identifiers import make_credit_code, make_resident_id
from enrollment.enums import RegisterName
from enrollment.registers.file_register import FileRegister
from enrollment.registers.http_register import HttpRegister, Patience
from enrollment.registers.interface import RegisterQuestion
from tests.fakes.registers import Known

TODAY = date(2026, 10, 20)
START = date(2026, 3, 9)
TOKEN = "a-token-of-the-register"
# Long enough for a busy machine to answer in, short enough to wait for one that never does.
QUICK = Patience(connect=timedelta(seconds=2), total=timedelta(seconds=3))
STUDENTS, INSURED = RegisterName.STUDENT_STATUS, RegisterName.EMPLOYMENT_INSURANCE
PLACES = {STUDENTS: "示范大学", INSURED: make_credit_code(1)}
IDS = [make_resident_id(born_on=date(2001, 1, 1), sequence=n) for n in range(5)]


def known(register, number, **changes):
    facts = {
        "id_number": IDS[number],
        "name": f"张{'甲乙丙丁戊'[number]}",
        "place": PLACES[register],
        "begins_on": date(2022, 9, 1),
        "reference": f"R-{number}",
    }
    return Known(**{**facts, **changes})


def people_of(register):
    """Return who a register knows: two with a yes, one whose time is over, one of another place."""
    return [
        known(register, 0),
        known(register, 1, ends_on=START),
        known(register, 2, ends_on=START - timedelta(days=1)),
        known(register, 3, place="别处"),
    ]


def asked(register, number, **changes):
    facts = {
        "reference": f"question-{number}",
        "as_of": START,
        "id_number": IDS[number],
        "name": f"张{'甲乙丙丁戊'[number]}",
        "school" if register == STUDENTS else "employer_credit_code": PLACES[register],
    }
    return RegisterQuestion(**{**facts, **changes})


def file_register(register, folder):
    return FileRegister(folder=folder, register=register, today=TODAY, longest_age=timedelta(days=7))


def http_register(server, **changes):
    facts = {"register": server.register, "url": server.url, "token": TOKEN, "patience": QUICK}
    return HttpRegister(**{**facts, **changes})


def verdicts(replies):
    return [reply.verdict.value for reply in replies]
