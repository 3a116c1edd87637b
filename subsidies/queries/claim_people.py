"""The people of classes, with their attendance, in two queries."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Count, Exists, OuterRef, Q, Subquery, Sum
from django.utils import timezone

from chongqing_dte.foundation.lookups import Among
from enrollment.enums import Presence
from enrollment.models import AttendanceMark, BankAccount, Enrollment, Trainee
from enrollment.queries import person_of
from enrollment.rules.attendance import ZERO
from subsidies.enums import CLAIM_ENDED
from subsidies.models import LineReview


class EnrolledRow(NamedTuple):
    """One enrollment as it is read."""

    class_id: int
    enrollment_id: int
    person_id: int
    status: str
    category: str
    graduated_on: date | None
    locked_at: datetime | None
    enrolled_at: datetime
    left_at: datetime | None
    transferred_from_id: int | None
    has_other_rows: bool
    # Of the account that they name now.
    account_hash: str | None
    # The code of the district's latest word on the line; empty for one that it accepted.
    refused_in_review: str | None


class Attended(NamedTuple):
    """Hours that were reported of somebody, of these the attended ones, and marks on lessons that were cancelled."""

    reported_hours: Decimal = ZERO
    present_hours: Decimal = ZERO
    astray_count: int = 0


@dataclass(frozen=True)
class ClassPerson:
    """One person of a class: their enrollment and what was reported of them."""

    row: EnrolledRow
    attended: Attended

    @property
    def came_on(self) -> date | None:
        """The day on which they came over from another class, if they did."""
        return timezone.localdate(self.row.enrolled_at) if self.row.transferred_from_id else None

    @property
    def left_on(self) -> date | None:
        """The day on which they left, if they did."""
        return timezone.localdate(self.row.left_at) if self.row.left_at else None


def people_of_classes(class_ids: Collection[int]) -> dict[int, list[ClassPerson]]:
    """Return everybody who is or was in these classes, by class, in the order of their enrollments."""
    rows = _enrolled(class_ids)
    attended = _attended([row.enrollment_id for row in rows])
    found: dict[int, list[ClassPerson]] = defaultdict(list)
    for row in rows:
        found[row.class_id].append(ClassPerson(row, attended.get(row.enrollment_id, Attended())))
    return found


def _enrolled(class_ids: Collection[int]) -> list[EnrolledRow]:
    accounts = BankAccount.objects.filter(trainee=OuterRef("trainee_id"), replaced_at__isnull=True)
    said = (
        LineReview.objects.filter(enrollment=OuterRef("pk"))
        .exclude(claim__status__in=CLAIM_ENDED)
        .order_by("-pk")
    )
    rows = (
        Enrollment.objects.filter(Among("training_class_id", class_ids))
        .annotate(person=person_of("trainee"))
        .annotate(
            has_other_rows=Exists(Trainee.objects.filter(merged_into=OuterRef("person"))),
            account=Subquery(accounts.values("number_hash")[:1]),
            said=Subquery(said.values("reason_code")[:1]),
        )
        .order_by("pk")
        .values_list(
            "training_class_id",
            "pk",
            "person",
            "status",
            "category",
            "graduated_on",
            "locked_at",
            "enrolled_at",
            "left_at",
            "transferred_from_id",
            "has_other_rows",
            "account",
            "said",
        )
    )
    return [EnrolledRow(*row) for row in rows]


def _attended(enrollment_ids: Collection[int]) -> dict[int, Attended]:
    took_place = Q(lesson__cancelled_at__isnull=True)
    was_there = Q(presence=Presence.PRESENT)
    lines = (
        AttendanceMark.objects.filter(Among("enrollment_id", enrollment_ids), superseded_at__isnull=True)
        .order_by()
        .values_list("enrollment_id")
        .annotate(
            reported=Sum("lesson__hours", filter=took_place),
            present=Sum("lesson__hours", filter=took_place & was_there),
            astray=Count("pk", filter=~took_place & was_there),
        )
    )
    return {
        enrollment_id: Attended(reported or ZERO, present or ZERO, astray)
        for enrollment_id, reported, present, astray in lines
    }
