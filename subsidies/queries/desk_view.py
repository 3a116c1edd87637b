"""What a desk is looked at with: who looks, when, and what is overdue by the calendar of the bureaus."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Final

from django.utils import timezone

from institutions.models import CalendarDay, User
from subsidies.enums import BatchStatus
from subsidies.queries.notices import calendar_reaches
from subsidies.queries.open_books import books_agree
from subsidies.queries.policies import approved_policies
from subsidies.queries.visible import batches_visible_to
from subsidies.rules.desk import ANSWERED_WITHIN_WORKING_DAYS, last_batch_day, working_days_ago

# Two working days ago is never further away: the longest holiday has eight days.
DAYS_LOOKED_BACK: Final = 20


@dataclass(frozen=True)
class Desk:
    """One look of one person at what is stuck. What it is held against is asked for once, and only if it is needed."""

    user: User
    now: datetime

    @property
    def today(self) -> date:
        """The day in the programme's time."""
        return timezone.localdate(self.now)

    @cached_property
    def batches_before(self) -> datetime:
        """What waited for a batch before this moment should have got into one."""
        policies = [policy for policy in approved_policies() if self.today in policy.in_force]
        weekdays = policies[0].batch_weekdays if policies else []
        return _beginning_of(last_batch_day(self.today, weekdays))

    @cached_property
    def answers_before(self) -> datetime:
        """What was with the bank before this moment should have been answered."""
        calendar = working_calendar(self.today - timedelta(days=DAYS_LOOKED_BACK), self.today)
        return _beginning_of(working_days_ago(self.today, ANSWERED_WITHIN_WORKING_DAYS, calendar))

    @cached_property
    def calendar_is_missing(self) -> bool:
        """Whether no notice can be published, as nobody has said which days are worked."""
        return not calendar_reaches(self.today)

    @cached_property
    def books_differ(self) -> bool:
        """Whether a batch waits that the books keep from being released. Without one nobody has to look."""
        waiting = batches_visible_to(self.user).filter(status=BatchStatus.ASSEMBLED)
        batches = list(waiting.values_list("pk", flat=True))
        return bool(batches) and not books_agree(now=self.now, batches=batches)


def working_calendar(first: date, last: date) -> Mapping[date, bool]:
    """Return what is known of these days: whether the bureaus work on them."""
    days = CalendarDay.objects.filter(day__gte=first, day__lte=last)
    return dict(days.values_list("day", "is_working"))


def _beginning_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
