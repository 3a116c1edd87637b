from calendar import isleap
from collections.abc import Collection
from datetime import date, timedelta

from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import BooleanField, Count, Exists, Func, OuterRef, Q, QuerySet
from django.db.models.functions import ExtractYear

from chongqing_dte.foundation.crypto import keyed_hash
from chongqing_dte.foundation.proposals import RequestStatus
from institutions.enums import DISTRICT_ROLES, MUNICIPAL_ROLES, TRAINING_ROLES, AccreditationKind, Role
from institutions.models import (
    Accreditation,
    AssessmentSite,
    CalendarDay,
    District,
    FeeSchedule,
    Field,
    FundedQuota,
    Institution,
    InstitutionAccount,
    Occupation,
    ProgrammeYear,
    Suspension,
    User,
)
from institutions.rules import working_days
from institutions.rules.coverage import first_uncovered_day

# The longest run of days without work is far shorter than the days that are read beside those asked for.
HOLIDAYS_BESIDE = 30


class AnsweredForBy(Func):
    """`filter(AnsweredForBy("district_id", own))`: rows of the district `own`, and of those it took over from.

    The other way round, `AnsweredForBy(gone, "district_id")` are the rows of whoever does the work of the district
    `gone`. No query of its own, so that a page of many lists asks for the succession only where it reads.
    """

    template = (
        "%(expressions)s::bigint UNION SELECT former.predecessor_id FROM institutions_districtsuccession former "
        "JOIN answered_for ON former.successor_id = answered_for.id) SELECT id FROM answered_for))"
    )
    arg_joiner = " = ANY (ARRAY(WITH RECURSIVE answered_for (id) AS (SELECT "
    output_field = BooleanField()

    def __init__(self, district: str | int, own: str | int) -> None:
        # A text names a column, a number is the district itself.
        super().__init__(district, own)


def districts_answered_for(user: User) -> frozenset[int]:
    """Return whose work a district's people do: their own district's, and of those it took over from."""
    if user.role not in DISTRICT_ROLES or user.district_id is None:
        return frozenset()
    answered_for = District.objects.filter(AnsweredForBy("pk", user.district_id))
    return frozenset(answered_for.values_list("pk", flat=True))


def districts_visible_to(user: User) -> QuerySet[District]:
    """Return every district, past ones too: reference data that all offices share."""
    return District.objects.all() if user.is_active else District.objects.none()


def fields_visible_to(user: User) -> QuerySet[Field]:
    """Return every field of the Plan: reference data that all offices share."""
    return Field.objects.all() if user.is_active else Field.objects.none()


def occupations_visible_to(user: User) -> QuerySet[Occupation]:
    """Return every occupation: reference data that all offices share."""
    return Occupation.objects.all() if user.is_active else Occupation.objects.none()


def programme_years_visible_to(user: User) -> QuerySet[ProgrammeYear]:
    """Return every programme year: reference data that all offices share."""
    return ProgrammeYear.objects.all() if user.is_active else ProgrammeYear.objects.none()


def institutions_visible_to(user: User) -> QuerySet[Institution]:
    """Return every institution for the municipal bureau, for a district those it answers for, and one's own."""
    if user.role in MUNICIPAL_ROLES:
        return Institution.objects.all()
    if user.role in DISTRICT_ROLES and user.district_id is not None:
        return Institution.objects.filter(AnsweredForBy("district_id", user.district_id))
    if user.institution_id is None:
        return Institution.objects.none()
    return Institution.objects.filter(pk=user.institution_id)


def accreditations_visible_to(user: User) -> QuerySet[Accreditation]:
    """Return the accreditations of the institutions that this person may see."""
    return Accreditation.objects.filter(institution__in=institutions_visible_to(user))


def fee_schedules_visible_to(user: User) -> QuerySet[FeeSchedule]:
    """Return the fee schedules of the institutions that this person may see."""
    return FeeSchedule.objects.filter(institution__in=institutions_visible_to(user))


def sites_visible_to(user: User) -> QuerySet[AssessmentSite]:
    """Return the assessment sites, closed ones too, of the institutions that this person may see."""
    sites = AssessmentSite.objects.filter(institution__in=institutions_visible_to(user))
    return sites.select_related("institution", "district")


def open_sites_of(institution_id: int) -> QuerySet[AssessmentSite]:
    """Return the sites at which an evaluation institution can assess now."""
    return AssessmentSite.objects.filter(institution_id=institution_id, closed_at__isnull=True)


def quotas_visible_to(user: User) -> QuerySet[FundedQuota]:
    """Return the funded quotas of the institutions that this person may see."""
    return FundedQuota.objects.filter(institution__in=institutions_visible_to(user))


def suspensions_visible_to(user: User) -> QuerySet[Suspension]:
    """Return the suspensions, lifted ones too, of the institutions that this person may see."""
    return Suspension.objects.filter(institution__in=institutions_visible_to(user))


def calendar_visible_to(user: User) -> QuerySet[CalendarDay]:
    """Return every day of the working-day calendar: reference data that all offices share."""
    return CalendarDay.objects.all() if user.is_active else CalendarDay.objects.none()


def institution_accounts_visible_to(user: User) -> QuerySet[InstitutionAccount]:
    """Return the accounts, former ones too: every one for the municipal bureau, and a training institution's own."""
    accounts = InstitutionAccount.objects.select_related("institution", "proposed_by", "decided_by")
    if user.role in MUNICIPAL_ROLES:
        return accounts
    own = user.institution_id if user.role in TRAINING_ROLES else None
    return accounts.none() if own is None else accounts.filter(institution=own)


def users_visible_to(user: User) -> QuerySet[User]:
    """Return every account for the municipal administrator and auditor, and for others their own."""
    if user.role in (Role.MUNICIPAL_ADMINISTRATOR, Role.MUNICIPAL_AUDITOR):
        return User.objects.all()
    return User.objects.filter(pk=user.pk)


def occupation_by_code(code: str) -> Occupation | None:
    """Return the occupation that has this code, of either generation."""
    return (
        Occupation.objects.filter(code=code).first()
        or Occupation.objects.exclude(former_code="").filter(former_code=code).first()
    )


def district_by_code(code: str) -> District | None:
    """Return the district that has or had this code."""
    return District.objects.filter(code=code).first()


def institution_by_credit_code(credit_code: str) -> Institution | None:
    """Return the institution with this unified social credit code."""
    return Institution.objects.filter(credit_code=credit_code).first()


def institution_exists(institution_id: int) -> bool:
    """Test whether there is an institution with this key."""
    return Institution.objects.filter(pk=institution_id).exists()


def occupations_by_code() -> dict[str, int]:
    """Return every occupation's key by each of its codes, of either generation. There are some dozens."""
    codes = Occupation.objects.values_list("code", "former_code", "pk")
    return {code: key for current, former, key in codes for code in (former, current) if code}


def occupation_exists(occupation_id: int) -> bool:
    """Test whether there is an occupation with this key."""
    return Occupation.objects.filter(pk=occupation_id).exists()


def is_accredited(
    *,
    institution_id: int,
    kind: AccreditationKind,
    occupation_id: int,
    level: str,
    on: date,
    direction: str = "",
) -> bool:
    """Test whether the institution may train, or assess, this on that day.

    An accreditation without a direction covers all of them, one with a direction only that one.
    """
    return (
        _accreditations_for(institution_id, kind, occupation_id, level, direction)
        .filter(in_force__contains=on)
        .exists()
    )


def first_day_without_accreditation(
    *,
    institution_id: int,
    occupation_id: int,
    level: str,
    direction: str,
    first: date,
    last: date,
) -> date | None:
    """Return the first of these days on which the institution may not train this, or None if there is none.

    Accreditations that follow each other without a gap count together: a renewal goes on with what there was.
    """
    spans = (
        _accreditations_for(institution_id, AccreditationKind.TRAINING, occupation_id, level, direction)
        .filter(in_force__overlap=DateRange(first, last, "[]"))
        .values_list("in_force", flat=True)
    )
    return first_uncovered_day([(span.lower, span.upper) for span in spans], first=first, last=last)


def is_suspended(institution_id: int, on: date) -> bool:
    """Test whether a suspension of the institution holds on that day. One that is lifted ends with the day before."""
    return _suspensions_on(on).filter(institution_id=institution_id).exists()


def suspended_among(institution_ids: Collection[int], on: date) -> list[Institution]:
    """Return those of these institutions that are suspended on that day."""
    suspended = Exists(_suspensions_on(on).filter(institution=OuterRef("pk")))
    return list(Institution.objects.filter(suspended, pk__in=institution_ids).order_by("pk"))


def institutions_with_standing_visible_to(user: User, on: date) -> QuerySet[Institution]:
    """Return the institutions that this person may see, each with `accreditation_count` and `is_suspended` of a day."""
    return (
        institutions_visible_to(user)
        .select_related("district")
        .annotate(
            accreditation_count=Count("accreditations", filter=Q(accreditations__in_force__contains=on)),
            is_suspended=Exists(_suspensions_on(on).filter(institution=OuterRef("pk"))),
        )
    )


def suspended_count(user: User, on: date) -> int:
    """Return how many of the institutions that this person may see are suspended on that day."""
    return (
        institutions_visible_to(user)
        .filter(Exists(_suspensions_on(on).filter(institution=OuterRef("pk"))))
        .count()
    )


def lock_institution(institution_id: int) -> Institution:
    """Return one institution; whoever locks it too waits until this transaction ends. Rows may still point at it."""
    return Institution.objects.select_for_update(of=("self",), no_key=True).get(pk=institution_id)


def lock_suspension(suspension_id: int) -> Suspension:
    """Return one suspension that no other transaction can change until this one ends."""
    return Suspension.objects.select_for_update(of=("self",)).get(pk=suspension_id)


def lock_accreditation(accreditation_id: int) -> Accreditation:
    """Return one accreditation that no other transaction can change until this one ends."""
    return Accreditation.objects.select_for_update(of=("self",)).get(pk=accreditation_id)


def lock_site(site_id: int) -> AssessmentSite:
    """Return one assessment site that no other transaction can change until this one ends."""
    return AssessmentSite.objects.select_for_update(of=("self",)).get(pk=site_id)


def lock_fee_schedules_over(
    *, institution_id: int, occupation_id: int, level: str, direction: str, days: DateRange
) -> list[FeeSchedule]:
    """Return the fees of one assessment over these days, which no other transaction can change until this one ends."""
    return list(
        FeeSchedule.objects.select_for_update(of=("self",))
        .filter(
            institution_id=institution_id,
            occupation_id=occupation_id,
            level=level,
            direction=direction,
            in_force__overlap=days,
        )
        .order_by("pk")
    )


def published_fees() -> QuerySet[FeeSchedule]:
    """Return every fee that any institution has published. Fees are public."""
    return FeeSchedule.objects.select_related("institution", "occupation")


def evaluation_institutions_on(day: date) -> QuerySet[Institution]:
    """Return the institutions that are accredited to assess anything on that day."""
    accredited = Accreditation.objects.filter(
        institution=OuterRef("pk"), kind=AccreditationKind.EVALUATION, in_force__contains=day
    )
    return Institution.objects.filter(Exists(accredited))


def institution_account_hash(number: str) -> str:
    """Return the keyed hash by which an account is found. It is that of a person's: one that both have shows."""
    return keyed_hash("bank_account", number)


def institution_of_account(account_id: int) -> int:
    """Return whose account it is."""
    return InstitutionAccount.objects.values_list("institution_id", flat=True).get(pk=account_id)


def lock_institution_account(account_id: int) -> InstitutionAccount:
    """Return one account that no other transaction can change until this one ends."""
    return InstitutionAccount.objects.select_for_update(of=("self",), no_key=True).get(pk=account_id)


def current_institution_accounts() -> QuerySet[InstitutionAccount]:
    """Return the accounts that institutions are paid to now, at most one for each."""
    return InstitutionAccount.objects.filter(status=RequestStatus.APPROVED, replaced_at__isnull=True)


def lock_quota(*, institution_id: int, year: int) -> FundedQuota | None:
    """Return the institution's seats of a year, which no other transaction can reserve until this one ends."""
    quotas = FundedQuota.objects.select_for_update(of=("self",))
    return quotas.filter(institution_id=institution_id, year=year).first()


def lock_calendar_day(day: date) -> CalendarDay | None:
    """Return one day of the calendar, which no other transaction can change until this one ends."""
    return CalendarDay.objects.select_for_update(of=("self",)).filter(day=day).first()


def lock_calendar_year(year: int) -> list[CalendarDay]:
    """Return the known days of a year, in order, which no other transaction can change until this one ends."""
    days = CalendarDay.objects.select_for_update(of=("self",)).filter(day__year=year)
    return list(days.order_by("day"))


def calendar_years() -> list[int]:
    """Return the years of which every day is known, in order."""
    counted = (
        CalendarDay.objects.annotate(year=ExtractYear("day"))
        .values("year")
        .annotate(day_count=Count("pk"))
        .order_by("year")
        .values_list("year", "day_count")
    )
    return [year for year, day_count in counted if day_count == 365 + isleap(year)]


def working_day_after(start: date, count: int) -> date | None:
    """Return the `count`-th working day after a day, or None where the calendar does not reach so far."""
    # Five days of a week are worked at most, so that twice the count and the longest holiday are always enough.
    last = start + timedelta(days=2 * count + HOLIDAYS_BESIDE)
    days = CalendarDay.objects.filter(day__gt=start, day__lte=last)
    try:
        return working_days.working_day_after(start, count, dict(days.values_list("day", "is_working")))
    except working_days.CalendarMissing:
        return None


def districts_in_force(on: date) -> list[District]:
    """Return the districts that existed on that day, by code."""
    return list(District.objects.filter(in_force__contains=on).order_by("code"))


def fee_schedules_of(institution_ids: set[int]) -> list[FeeSchedule]:
    """Return every fee schedule, past ones too, that these evaluation institutions have published."""
    return list(FeeSchedule.objects.filter(institution_id__in=institution_ids).order_by("id"))


def districts_of_institutions(institution_ids: set[int]) -> dict[int, int]:
    """Return the district of each of these institutions, by institution."""
    return dict(Institution.objects.filter(pk__in=institution_ids).values_list("pk", "district_id"))


def _accreditations_for(
    institution_id: int, kind: AccreditationKind, occupation_id: int, level: str, direction: str
) -> QuerySet[Accreditation]:
    return Accreditation.objects.filter(
        institution_id=institution_id,
        kind=kind,
        occupation_id=occupation_id,
        direction__in={"", direction},
        level=level,
    )


def _suspensions_on(day: date) -> QuerySet[Suspension]:
    return Suspension.objects.filter(
        Q(lifted_at__isnull=True) | Q(lifted_at__date__gt=day), in_force__contains=day
    )
