"""What stands before the first class, as the modules of the generator hand it on: dates, offices and figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db.backends.postgresql.psycopg_any import DateRange

from subsidies.rules.eligibility import PolicyValues

SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """Return a time of day in Chongqing."""
    return datetime.combine(day, time(hour, minute), SHANGHAI)


def working_day(day: date) -> date:
    """Return the day, or the Monday behind a weekend."""
    return day + timedelta(days=7 - day.weekday()) if day.weekday() > 4 else day


@dataclass(frozen=True)
class Subject:
    """What is taught and assessed: an occupation at a level."""

    occupation_id: int
    level: str


@dataclass(frozen=True)
class Trainer:
    """A training institution, its two people, and what it may teach."""

    institution_id: int
    name: str
    # The districts that were competent for it, each with the first day of its time.
    districts: Sequence[tuple[date, int]]
    operator_id: int
    manager_id: int
    subjects: Sequence[Subject]

    def district_on(self, day: date) -> int:
        """Return the district that was competent on a day."""
        return [district_id for since, district_id in self.districts if since <= day][-1]


@dataclass(frozen=True)
class Fee:
    """A published fee and from which day on it holds."""

    schedule_id: int
    since: date
    total: Decimal


@dataclass(frozen=True)
class Assessor:
    """An evaluation institution with its operator, its site, and its published fees, by what is assessed."""

    institution_id: int
    operator_id: int
    site_id: int
    fees: Mapping[Subject, Sequence[Fee]]

    def fee_on(self, subject: Subject, day: date) -> Fee | None:
        """Return the fee in force on a day, if one was published by then."""
        return next((fee for fee in reversed(self.fees[subject]) if fee.since <= day), None)


@dataclass(frozen=True)
class Staff:
    """The people of the bureaus, by user id."""

    administrator: int
    reviewer: int
    operator: int
    finance: tuple[int, int]
    # By district.
    district_reviewers: Mapping[int, int]


@dataclass(frozen=True)
class Offices:
    """Everybody who takes part, except the trainees."""

    trainers: Sequence[Trainer]
    assessors: Sequence[Assessor]
    staff: Staff
    # By occupation; an occupation without directions is not named.
    directions: Mapping[int, Sequence[str]]
    occupation_codes: Mapping[int, str]


@dataclass(frozen=True)
class PassMarks:
    """The assessment policy that the sessions go by, and its pass marks."""

    policy_id: int
    theory: Decimal
    practice: Decimal


@dataclass(frozen=True)
class Terms:
    """The policies and the budgets that the world lives under."""

    policy: PolicyValues
    policy_in_force: DateRange
    batch_line_limit: int
    filing_lead_days: int
    roster_lock_days: int
    pass_marks: PassMarks
    # By year.
    budgets: Mapping[int, int]


@dataclass
class Money:
    """What one budget has come to, in yuan, since it was last written."""

    reserved: Decimal = field(default_factory=lambda: Decimal("0.00"))
    paid: Decimal = field(default_factory=lambda: Decimal("0.00"))


@dataclass(frozen=True)
class Scene:
    """The stage: when it is, who takes part and under which terms."""

    now: datetime
    first_day: date
    offices: Offices
    terms: Terms
    # Whether the last days are left as they would be: undecided, unsigned, unanswered.
    leaves_open_ends: bool = True

    @property
    def today(self) -> date:
        """The day in Chongqing."""
        return self.now.astimezone(SHANGHAI).date()

    def by_now(self, moment: datetime) -> datetime:
        """Return a moment, and now for one that is still to come."""
        return min(moment, self.now)
