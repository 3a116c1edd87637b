"""The trainees: who they are, what makes them eligible, and the accounts that they are paid to."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Final

from demo.generator import figures
from demo.generator.institutions import WORDS
from demo.generator.names import make_name
from demo.generator.planning import PlannedClass
from demo.generator.rows import AccountRow, Rows, TraineeRow
from demo.generator.scene import Scene
from demo.identifiers import (
    WORLD_REGION,
    make_card_number,
    make_cnaps,
    make_credit_code,
    make_mobile,
    make_resident_id,
)
from enrollment.queries import account_number_hash, id_number_hash
from subsidies.rules.facts import Grant
from subsidies.rules.first_pass import Sitting

SCHOOLS: Final = (
    "重庆示例大学", "重庆示例理工大学", "重庆示例师范大学", "重庆示例职业学院", "西部示例理工学院",
    "山城示例职业技术学院", "长江示例信息职业学院", "渝东示例学院",
)  # fmt: skip
TRADES: Final = ("智能科技", "云计算", "数据服务", "物联网技术", "软件", "机器人", "电子")
BRANCHES: Final = ("渝中支行", "沙坪坝支行", "万州分行", "涪陵分行", "永川支行", "江津支行", "北碚支行")
EMPLOYERS_FROM, EMPLOYER_COUNT = 30_000, 700
# Sequences of the world's cards and mobiles; those of the demo and the tests stay far below.
CARDS_FROM, MOBILES_FROM = 1_000_000_000, 10_000_000
AGES: Final = {"GRADUATING_STUDENT": (20, 26), "ENTERPRISE_EMPLOYEE": (22, 54), "EARLIER_GRADUATE": (23, 34)}
SEQUENCES_OF_A_DAY: Final = 1000


@dataclass(slots=True)
class Account:
    """One account with the time in which it was the current one."""

    id: int
    number: str
    bank_name: str
    cnaps: str
    source: str
    reason: str
    recorded_by: int
    recorded_at: datetime
    replaced_at: datetime | None = None


@dataclass(slots=True)
class Person:
    """One trainee with all that later steps ask about."""

    id: int
    name: str
    id_number: str
    id_number_hash: str
    mobile: str
    category: str
    education: str
    # Of the school or of the employer.
    evidence: dict[str, str]
    graduated_on: date | None
    # Whether the first roster names an account.
    has_account: bool
    # Whether a second class follows.
    comes_again: bool
    is_written: bool = False
    accounts: list[Account] = field(default_factory=list)
    # Of all classes so far, in order.
    sittings: list[Sitting] = field(default_factory=list)
    # What was granted: the certificate, and what it is for.
    claims: list[tuple[int, tuple[int, str]]] = field(default_factory=list)
    # The same with their places among the person's grants.
    grants: list[Grant] = field(default_factory=list)

    def account_on(self, moment: datetime) -> Account | None:
        """Return the account that was current at a moment."""
        return next((each for each in reversed(self.accounts) if each.recorded_at <= moment), None)

    def category_in(self, year: int) -> str:
        """Return the category in a class whose certificates are issued in this year: students graduate once."""
        if self.category == "GRADUATING_STUDENT" and self.graduated_on and self.graduated_on.year < year:
            return "EARLIER_GRADUATE"
        return self.category


class People:
    """Makes trainees, none of whom shares an identifier with anybody, and remembers those who come again."""

    def __init__(self, rows: Rows, scene: Scene, chance: Random, *, taken: Counter[date]) -> None:
        self.rows = rows
        self.scene = scene
        self.chance = chance
        # How many people there are of each day of birth: the sequence numbers of that day follow them.
        self.taken = taken
        # Of mobiles and cards: nobody has had more than four of them together.
        self.serial = 4 * sum(taken.values())
        self._may_return: dict[int, Person] = {}
        # By id: the accounts that no other transaction has written yet.
        self._unwritten: dict[int, tuple[int, Account]] = {}

    def person(self, place: int, planned: PlannedClass, *, returns: bool) -> Person:
        """Return the person at this place of the plan, made when their first class takes them in."""
        known = self._may_return.pop(place, None)
        if known is not None:
            return known
        person = self._new(planned, comes_again=returns)
        if returns:
            self._may_return[place] = person
        return person

    def add_account(
        self, person: Person, *, at_moment: datetime, reason: str = "", recorded_by: int
    ) -> Account:
        """Give the person an account, which replaces the one before."""
        if person.accounts:
            person.accounts[-1].replaced_at = at_moment
        self.serial += 1
        branch = self.chance.randrange(len(BRANCHES))
        account = Account(
            id=self.rows.new_id(AccountRow),
            number=make_card_number(CARDS_FROM + self.serial),
            bank_name=f"重庆示例银行{BRANCHES[branch]}",
            cnaps=make_cnaps(653 + branch),
            source="CORRECTION" if reason else "ROSTER",
            reason=reason,
            recorded_by=recorded_by,
            recorded_at=at_moment,
        )
        person.accounts.append(account)
        self._unwritten[account.id] = (person.id, account)
        return account

    def may_replace(self, account: Account) -> bool:
        """Test whether an account can still be replaced: once it is written, it stays the current one."""
        return account.id in self._unwritten

    def write_accounts(self) -> None:
        """Hand over the accounts made since the last time. Only now is it known which of them were replaced."""
        for person_id, each in self._unwritten.values():
            self.rows.add(
                AccountRow(
                    each.id, person_id, each.number, account_number_hash(each.number), each.number[-4:],
                    each.bank_name, each.cnaps, each.source, each.reason, each.recorded_by, each.recorded_at,
                    each.replaced_at,
                )
            )  # fmt: skip
        self._unwritten.clear()

    def _new(self, planned: PlannedClass, *, comes_again: bool) -> Person:
        (category,) = self.chance.choices(
            tuple(figures.CATEGORY_SHARES), tuple(figures.CATEGORY_SHARES.values())
        )
        # The certificates come a few weeks after the end of the class.
        year = (planned.ends_on + timedelta(days=24)).year
        youngest, oldest = AGES[category]
        # Most are young: the smaller of two draws.
        age = min(self.chance.randint(youngest, oldest), self.chance.randint(youngest, oldest))
        id_number = self._id_number(date(year - age, self.chance.randint(1, 12), self.chance.randint(1, 28)))
        graduated_on, evidence = self._evidence(category, year, age)
        self.serial += 1
        return Person(
            id=self.rows.new_id(TraineeRow),
            name=make_name(self.chance, sex="man" if int(id_number[16]) % 2 else "woman"),
            id_number=id_number,
            id_number_hash=id_number_hash(id_number),
            mobile=make_mobile(MOBILES_FROM + self.serial),
            category=category,
            education=self._education(category),
            evidence=evidence,
            graduated_on=graduated_on,
            has_account=self.chance.random() >= figures.WITHOUT_ACCOUNT,
            comes_again=comes_again,
        )

    def _id_number(self, born_on: date) -> str:
        while self.taken[born_on] >= SEQUENCES_OF_A_DAY:
            born_on += timedelta(days=1)
        sequence = self.taken[born_on]
        self.taken[born_on] += 1
        return make_resident_id(born_on=born_on, sequence=sequence, region=WORLD_REGION)

    def _education(self, category: str) -> str:
        if category == "ENTERPRISE_EMPLOYEE" and self.chance.random() < figures.EMPLOYEES_BELOW_ASSOCIATE:
            return "BELOW_ASSOCIATE"
        shares = figures.EDUCATION_SHARES
        return self.chance.choices(tuple(shares), tuple(shares.values()))[0]

    def _evidence(self, category: str, year: int, age: int) -> tuple[date | None, dict[str, str]]:
        """Return the day of graduation, and the columns that show the category."""
        if category == "ENTERPRISE_EMPLOYEE":
            place = self.chance.randrange(EMPLOYER_COUNT)
            name = (
                f"重庆示例{WORDS[place % len(WORDS)][0]}{TRADES[place // len(WORDS) % len(TRADES)]}有限公司"
            )
            code = make_credit_code(EMPLOYERS_FROM + place)
            return None, {"employer_name": name, "employer_credit_code": code}
        years_ago = 0 if category == "GRADUATING_STUDENT" else self.chance.randint(1, max(1, age - 22))
        graduated_on = date(year - years_ago, 6, 30)
        columns = {"school": self.chance.choice(SCHOOLS), "graduated_on": graduated_on.isoformat()}
        if category == "GRADUATING_STUDENT":
            columns["student_number"] = f"{year - 4}{self.chance.randrange(10**6):06}"
        return graduated_on, columns
