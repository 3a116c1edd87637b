"""The journal by fund, district and month."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Case, CharField, F, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce, ExtractYear

from institutions.enums import DISTRICT_ROLES, MUNICIPAL_ROLES
from institutions.models import District, User
from institutions.queries import AnsweredForBy
from subsidies.models import JournalEntry, JournalLine
from subsidies.rules.statements import NOTHING, Posted

# A journal line of a decision that belongs to no district, in an address.
WITHOUT_DISTRICT: Final = "none"
_DISTRICT: Final = "payment__district"
_FUND: Final = "payment__budget__kind"


@dataclass(frozen=True)
class Extract:
    """Which part of the journal a statement is about. Without a fund or district it is all of them."""

    since: datetime
    before: datetime
    fund: str = ""
    district: str = ""


def journal_lines_visible_to(user: User) -> QuerySet[JournalLine]:
    """Return the lines of the journal: the city sees all of them, a district those of its own decisions.

    A district that took over from another one answers for what was decided there.
    """
    if user.role in MUNICIPAL_ROLES:
        return JournalLine.objects.all()
    if user.role in DISTRICT_ROLES and user.district_id is not None:
        return JournalLine.objects.filter(AnsweredForBy(_DISTRICT, user.district_id))
    return JournalLine.objects.none()


def posted_in(lines: QuerySet[JournalLine], extract: Extract) -> list[Posted]:
    """Return what was posted before and in the extract's time, by district, account and kind of entry."""
    rows = (
        _of(lines, extract)
        .filter(entry__recorded_at__lt=extract.before)
        .order_by()
        .annotate(
            moved_by=Case(
                When(entry__recorded_at__gte=extract.since, then=F("entry__kind")),
                default=Value(""),
                output_field=CharField(),
            )
        )
        .values_list(_DISTRICT, "account", "moved_by")
        .annotate(
            debit=Coalesce(Sum("amount", filter=Q(amount__gt=0)), NOTHING),
            credit=Coalesce(Sum("amount", filter=Q(amount__lt=0)), NOTHING),
        )
    )
    return [
        Posted(district_id, account, kind, debit, -credit)
        for district_id, account, kind, debit, credit in rows
    ]


def lines_in(lines: QuerySet[JournalLine], extract: Extract) -> QuerySet[JournalLine]:
    """Return the lines of an extract, each with its entry and what it was posted for."""
    return (
        _of(lines, extract)
        .filter(entry__recorded_at__gte=extract.since, entry__recorded_at__lt=extract.before)
        .select_related(
            "entry",
            "payment__entitlement__certificate",
            "payment__payee",
            "payment__claim",
            "payment__institution",
            "payment__district",
        )
        .defer("payment__entitlement__checks", "payment__payee__id_number", "payment__payee__mobile")
    )


def years_in_the_journal() -> list[int]:
    """Return the years in which anything was posted, latest first."""
    years = JournalEntry.objects.order_by().annotate(year=ExtractYear("recorded_at")).values_list("year")
    return sorted((year for (year,) in years.distinct()), reverse=True)


def districts_by_id() -> dict[int, District]:
    """Return every district, past ones too, by id."""
    return District.objects.in_bulk()


def districts_with_statements(user: User) -> Sequence[District]:
    """Return the districts whose statements this person may ask for: a district's office first its own."""
    if user.role in MUNICIPAL_ROLES:
        return list(District.objects.order_by("code"))
    if user.district is None:
        return []
    answered_for = District.objects.filter(AnsweredForBy("pk", user.district.pk))
    return [user.district, *answered_for.exclude(pk=user.district.pk).order_by("code")]


def _of(lines: QuerySet[JournalLine], extract: Extract) -> QuerySet[JournalLine]:
    if extract.fund:
        lines = lines.filter(**{_FUND: extract.fund})
    if extract.district == WITHOUT_DISTRICT:
        return lines.filter(**{f"{_DISTRICT}__isnull": True})
    if extract.district:
        return lines.filter(**{f"{_DISTRICT}__code": extract.district})
    return lines
