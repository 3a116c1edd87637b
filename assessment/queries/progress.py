from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Max, Q, Sum

from assessment.models import ProgressCount
from institutions.models import District, Field, ProgrammeYear


@dataclass(frozen=True)
class ProgressLine:
    """The people of one field or one district in one year."""

    code: str
    name: str
    enrolled: int
    completed: int
    certified: int


@dataclass(frozen=True)
class ProgrammeProgress:
    """How far the year's target is reached. Three denominators, kept apart."""

    year: int
    target: int
    enrolled: int
    completed: int
    certified: int
    by_field: list[ProgressLine]
    by_district: list[ProgressLine]
    refreshed_at: datetime | None


def programme_progress(year: int) -> ProgrammeProgress:
    """Return the public figures of one year from the summary, in a constant number of queries."""
    counts = ProgressCount.objects.filter(year=year)
    sums = {
        "enrolled": Sum("enrolled_count"),
        "completed": Sum("completed_count"),
        "certified": Sum("certified_count"),
    }
    total = counts.aggregate(refreshed_at=Max("refreshed_at"), **sums)
    by_field = {line["field_id"]: dict(line) for line in counts.values("field_id").annotate(**sums)}
    by_district = {line["district_id"]: dict(line) for line in counts.values("district_id").annotate(**sums)}
    target = ProgrammeYear.objects.filter(year=year).values_list("target", flat=True).first()
    return ProgrammeProgress(
        year=year,
        target=target or 0,
        enrolled=total["enrolled"] or 0,
        completed=total["completed"] or 0,
        certified=total["certified"] or 0,
        by_field=[
            _line(field.code, field.name, by_field.get(field.pk, {}))
            for field in Field.objects.all()
            if field.is_key or field.pk in by_field
        ],
        by_district=[
            _line(district.code, district.name, by_district.get(district.pk, {}))
            for district in District.objects.filter(
                Q(in_force__contains=date(year, 12, 31)) | Q(pk__in=by_district)
            )
        ],
        refreshed_at=total["refreshed_at"],
    )


def _line(code: str, name: str, counts: Mapping[str, Any]) -> ProgressLine:
    return ProgressLine(
        code=code,
        name=name,
        enrolled=counts.get("enrolled", 0),
        completed=counts.get("completed", 0),
        certified=counts.get("certified", 0),
    )
