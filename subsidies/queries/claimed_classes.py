"""The classes that claims are for, with what stands around each of them, in one query."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any, Final

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import CharField, Count, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Cast, Coalesce, JSONObject

from chongqing_dte.foundation.lookups import Among
from enrollment.models import Lesson, TrainingClass
from enrollment.rules.attendance import ZERO
from institutions.enums import AccreditationKind
from institutions.models import Accreditation, Suspension
from subsidies.enums import ScanStatus
from subsidies.models import Advance, ClaimEvidence
from subsidies.queries.claim_surroundings import TaughtClass, trainers_of
from subsidies.rules.claim_checks import DaySpan

# Files that may be opened.
OPENABLE: Final = (ScanStatus.CLEAN, ScanStatus.NOT_SCANNED)
NOTHING: Final = 0


@dataclass(frozen=True)
class ClaimedClass:
    """One class as its claim looks at it. Ids, days, hours, counts and sums, and the names of its trainers."""

    class_id: int
    institution_id: int
    occupation_id: int
    level: str
    direction: str
    starts_on: date
    ends_on: date
    venue: str
    status: str
    locked_count: int | None
    intended_evaluator_id: int | None
    # None where no quota funds it.
    funded_seat_count: int | None
    # The days and hours that were taught.
    lessons: tuple[tuple[date, Decimal], ...]
    trainers: tuple[str, ...]
    advance: Decimal | None
    evidence_count: int
    waiting_evidence_count: int
    suspension_ids: tuple[int, ...]
    accreditations: tuple[DaySpan, ...]

    @cached_property
    def hours_taught(self) -> Decimal:
        """How many hours were taught."""
        return sum((hours for _day, hours in self.lessons), ZERO)

    @property
    def as_taught(self) -> TaughtClass:
        """The same class beside others."""
        return TaughtClass(
            self.class_id, self.institution_id, self.venue, self.starts_on, self.ends_on, self.trainers
        )


def claimed_classes(class_ids: Collection[int], *, today: date) -> list[ClaimedClass]:
    """Return these classes with what their claims look at. `today` is the day of the institution's standing."""
    # Text and not numbers: a number of JSON is no decimal.
    lessons = Lesson.objects.filter(
        training_class=OuterRef("pk"), cancelled_at__isnull=True, held_on__lte=today
    ).order_by("held_on", "number")
    classes = (
        TrainingClass.objects.filter(Among("pk", class_ids))
        .annotate(
            taught=ArraySubquery(
                lessons.values(
                    taught=JSONObject(held_on="held_on", hours=Cast("hours", output_field=CharField()))
                )
            ),
            trainer_names=trainers_of(OuterRef("pk")),
            advanced=advanced_for("pk"),
            evidence_count=_evidence_count(OPENABLE),
            waiting_count=_evidence_count((ScanStatus.WAITING,)),
            suspensions_now=ArraySubquery(_suspensions(today).values("pk")),
            spans=ArraySubquery(_accreditations()),
        )
        .order_by("pk")
    )
    return [_claimed(each) for each in classes]


def advanced_for(class_path: str) -> Subquery:
    """Return the expression for what was spent on a class, in yuan; empty where nobody has said so."""
    live = Advance.objects.filter(training_class=OuterRef(class_path), withdrawn_at__isnull=True)
    return Subquery(live.order_by().values("training_class").annotate(total=Sum("amount")).values("total"))


def _claimed(each: Any) -> ClaimedClass:
    return ClaimedClass(
        class_id=each.pk,
        institution_id=each.institution_id,
        occupation_id=each.occupation_id,
        level=each.level,
        direction=each.direction,
        starts_on=each.starts_on,
        ends_on=each.ends_on,
        venue=each.venue,
        status=each.status,
        locked_count=each.locked_count,
        intended_evaluator_id=each.intended_evaluator_id,
        funded_seat_count=each.reserved_seat_count if each.quota_id is not None else None,
        lessons=tuple(
            (date.fromisoformat(lesson["held_on"]), Decimal(lesson["hours"])) for lesson in each.taught
        ),
        trainers=tuple(each.trainer_names),
        advance=each.advanced,
        evidence_count=each.evidence_count,
        waiting_evidence_count=each.waiting_count,
        suspension_ids=tuple(sorted(each.suspensions_now)),
        accreditations=tuple(_span(span) for span in each.spans),
    )


def _evidence_count(statuses: Collection[str]) -> Coalesce:
    live = ClaimEvidence.objects.filter(
        training_class=OuterRef("pk"), withdrawn_at__isnull=True, scan_status__in=statuses
    )
    return Coalesce(
        Subquery(live.order_by().values("training_class").annotate(number=Count("pk")).values("number")),
        NOTHING,
    )


def _suspensions(today: date) -> QuerySet[Suspension]:
    return Suspension.objects.filter(
        Q(lifted_at__isnull=True) | Q(lifted_at__date__gt=today),
        institution=OuterRef("institution_id"),
        in_force__contains=today,
    ).order_by("pk")


def _accreditations() -> QuerySet[Accreditation, Any]:
    accreditations = Accreditation.objects.filter(
        institution=OuterRef("institution_id"),
        kind=AccreditationKind.TRAINING,
        occupation=OuterRef("occupation_id"),
        level=OuterRef("level"),
        direction__in=[OuterRef("direction"), ""],
    )
    return accreditations.order_by("pk").values(
        span=JSONObject(first="in_force__startswith", end="in_force__endswith")
    )


def _span(span: dict[str, str | None]) -> DaySpan:
    first, end = span["first"], span["end"]
    # A span of days leaves out its end; the rule takes the last day in.
    last = date.fromordinal(date.fromisoformat(end).toordinal() - 1) if end else None
    return DaySpan(date.fromisoformat(first) if first else date.min, last)
