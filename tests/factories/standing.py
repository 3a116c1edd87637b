from datetime import date, timedelta

import factory
from django.db.backends.postgresql.psycopg_any import DateRange
from factory.django import DjangoModelFactory

from institutions.models import CalendarDay, Suspension
from institutions.services.calendar import load_calendar_year
from institutions.state_council import published_days
from tests.clock import NOW
from tests.factories.institutions import InstitutionFactory, UserFactory


class SuspensionFactory(DjangoModelFactory):
    """A suspension without an end; lifted=True is later."""

    class Meta:
        model = Suspension

    class Params:
        lifted = factory.Trait(
            lifted_by=factory.SubFactory(UserFactory, municipal_reviewer=True),
            lifted_at=NOW - timedelta(days=10),
            lift_reason="The records were handed in.",
        )

    institution = factory.SubFactory(InstitutionFactory)
    in_force = DateRange(date(2026, 9, 1), None)
    reason = "Attendance records were not handed in."
    imposed_by = factory.SubFactory(UserFactory, municipal_reviewer=True)
    imposed_at = NOW - timedelta(days=50)


class CalendarDayFactory(DjangoModelFactory):
    """A working day of a week without holidays."""

    class Meta:
        model = CalendarDay

    day = factory.Sequence(lambda n: date(2029, 1, 1) + timedelta(days=n))
    is_working = True
    source = "Example"


def known_years(*years: int) -> None:
    """Load the working-day calendar of these years as it was published."""
    for year in years:
        load_calendar_year(year=year, now=NOW, loader=published_days)
