"""Which register knows what makes a person eligible, as of which day it is asked, and when it is asked again. Pure."""

from datetime import date, datetime, timedelta
from typing import Final

from enrollment.enums import ParticipantCategory, RegisterName

REGISTER_OF: Final[dict[ParticipantCategory, RegisterName]] = {
    ParticipantCategory.GRADUATING_STUDENT: RegisterName.STUDENT_STATUS,
    ParticipantCategory.ENTERPRISE_EMPLOYEE: RegisterName.EMPLOYMENT_INSURANCE,
    ParticipantCategory.EARLIER_GRADUATE: RegisterName.STUDENT_STATUS,
}
SHORTEST_WAIT: Final = timedelta(minutes=5)
LONGEST_WAIT: Final = timedelta(hours=24)


def register_of(category: str) -> RegisterName:
    """Return the register that knows whether somebody belongs to this category."""
    return REGISTER_OF[ParticipantCategory(category)]


def day_in_question(*, starts_on: date, graduated_on: date | None) -> date:
    """Return the day on which the person had to be insured or a student: the class's start.

    Who graduated before it was a student until the graduation, and is asked about as of that day.
    """
    return min(starts_on, graduated_on) if graduated_on else starts_on


def wait_after(misses: int) -> timedelta:
    """Return how long a register is left alone that could not be reached so many times in a row."""
    # Beyond ten doublings every wait is the longest.
    return min(SHORTEST_WAIT * 2 ** min(misses - 1, 10), LONGEST_WAIT)


def next_asking(*, misses: int, day_comes_at: datetime, now: datetime) -> datetime | None:
    """Return when to ask again, or None once the register has answered for the day in question.

    `misses` counts the times in a row that it could not be reached, this one included. An answer given before the
    day in question is an early look, and the register is asked once more when the day has come.
    """
    if misses:
        return now + wait_after(misses)
    return day_comes_at if day_comes_at > now else None
