"""Puts the parts of the generator together, in pieces that fit into memory and into one transaction each."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count
from django.utils import timezone

from assessment.models import AssessmentSession, LevelCertificate
from assessment.services.progress import refresh_progress
from demo.generator.assessment import Assessments
from demo.generator.attendance import Attendance
from demo.generator.bank import Bank
from demo.generator.classes import Classes
from demo.generator.institutions import ADMINISTRATOR, open_offices
from demo.generator.money import Books, Decisions
from demo.generator.people import People
from demo.generator.planning import PlannedClass, class_count_for, plan_classes, second_timers
from demo.generator.rosters import Rosters
from demo.generator.rows import TABLES, Rows
from demo.generator.scene import SHANGHAI, Scene
from demo.generator.terms import agree_on_terms
from enrollment.models import Trainee, TrainingClass
from institutions.models import User

# About 3,700 people; their rows wait in memory until they are written together.
CLASSES_AT_ONCE = 100
# A world that begins with the year needs some days before it for its first classes to be over.
SHORTEST = timedelta(days=150)


class NotHere(Exception):
    """These settings are not for made-up people."""


@dataclass(frozen=True)
class Made:
    """What was made."""

    trainees: int
    classes: int
    rows: int


def check_may_make_up_people() -> None:
    """Raise NotHere unless the settings say that no real person is in this database."""
    if not getattr(settings, "MADE_UP_PEOPLE_ALLOWED", False):
        raise NotHere("Made-up people are for development and tests: MADE_UP_PEOPLE_ALLOWED is not set.")


def is_made() -> bool:
    """Test whether there is a generated world in this database."""
    return User.objects.filter(username=ADMINISTRATOR).exists()


def make_world(
    *,
    trainees: int,
    years: int,
    seed: int,
    now: datetime,
    leaves_open_ends: bool = True,
    say: Callable[[str], None] = lambda _text: None,
) -> Made:
    """Make so many trainees with everything that has happened to them in the last years, up to now.

    The same seed in the same database gives the same world. What is there stays, and is taken as it is: districts
    and occupations have to be there. With leaves_open_ends=False every decision, batch and answer is through.
    """
    return _World(trainees, years, seed, now, leaves_open_ends=leaves_open_ends).make(say, is_whole=True)


def make_trainees(count: int, seed: int, *, now: datetime | None = None) -> Made:
    """Make so many trainees with their accounts, classes, rosters and enrollments over two years, and nothing else."""
    world = _World(count, 2, seed, now or timezone.now(), leaves_open_ends=True)
    return world.make(lambda _text: None, is_whole=False)


class _World:
    def __init__(
        self, trainees: int, years: int, seed: int, now: datetime, *, leaves_open_ends: bool
    ) -> None:
        check_may_make_up_people()
        self.trainees = trainees
        today = now.astimezone(SHANGHAI).date()
        first_day = min(date(today.year - years + 1, 2, 10), today - SHORTEST)
        taken: Counter[date] = Counter(
            dict(Trainee.objects.values_list("birth_date").annotate(Count("id")).order_by())
        )
        # A second world in the same database must not repeat the first one's public numbers.
        self.seed = f"{seed}/{sum(taken.values())}"
        self.scene = self._set(now, first_day, leaves_open_ends=leaves_open_ends)
        self.rows = rows = Rows(self._chance("public numbers"))
        self.people = People(rows, self.scene, self._chance("people"), taken=taken)
        self.classes = Classes(
            rows, self.scene, self._chance("classes"), first_number=TrainingClass.objects.count() + 1
        )
        self.rosters = Rosters(rows, self.scene, self.people, self._chance("rosters"))
        self.attendance = Attendance(rows, self.scene, self._chance("attendance"))
        self.assessments = Assessments(
            rows,
            self.scene,
            self._chance("assessment"),
            sessions=AssessmentSession.objects.count(),
            certificates=LevelCertificate.objects.count(),
        )
        self.books = Books(rows)
        self.decisions = Decisions(rows, self.scene, self.people, self.books, self._chance("decisions"))
        self.bank = Bank(rows, self.scene, self.people, self.books, self._chance("bank"))

    def make(self, say: Callable[[str], None], *, is_whole: bool) -> Made:
        planned = plan_classes(self.trainees, self.scene, self._chance("plan"))
        returning = second_timers(planned)
        row_count = 0
        for first in range(0, len(planned), CLASSES_AT_ONCE):
            part = planned[first : first + CLASSES_AT_ONCE]
            row_count += self._make_part(part, returning, is_whole=is_whole)
            say(f"{first + len(part)} of {len(planned)} classes, {row_count} rows")
        _analyze()
        if is_whole:
            for year in self.scene.terms.budgets:
                refresh_progress(year=year, now=self.scene.now)
        return Made(self.trainees, len(planned), row_count)

    def _make_part(self, part: Sequence[PlannedClass], returning: set[int], *, is_whole: bool) -> int:
        owed = []
        for planned in part:
            held = self.classes.hold(planned)
            if not planned.members:
                continue
            enrolled = self.rosters.enroll(held, returning)
            if is_whole:
                self.attendance.record(held, enrolled)
                owed += self.decisions.decide(self.assessments.assess(held, enrolled))
        self.bank.pay(owed)
        self.people.write_accounts()
        return self.rows.write(self.classes.write_quotas, self.books.write_budgets)

    @transaction.atomic(durable=True)
    def _set(self, now: datetime, first_day: date, *, leaves_open_ends: bool) -> Scene:
        offices = open_offices(
            class_count_for(self.trainees), since=first_day, chance=self._chance("institutions")
        )
        terms = agree_on_terms(self.trainees, since=first_day, until=now.date(), staff=offices.staff)
        return Scene(
            now=now, first_day=first_day, offices=offices, terms=terms, leaves_open_ends=leaves_open_ends
        )

    def _chance(self, part: str) -> Random:
        """Return a source of chance for one part, so that a change in one does not shift the others."""
        return Random(f"{self.seed}/{part}")


def _analyze() -> None:
    """Tell the planner what there is now. Otherwise it finds out in its own time."""
    tables = ", ".join(connection.ops.quote_name(model._meta.db_table) for model in TABLES.values())
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {tables}")
