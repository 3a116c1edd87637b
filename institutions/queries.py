from datetime import date

from django.db.models import QuerySet

from institutions.enums import MUNICIPAL_ROLES, AccreditationKind, Role
from institutions.models import (
    Accreditation,
    District,
    FeeSchedule,
    Institution,
    Occupation,
    ProgrammeYear,
    User,
)


def districts_visible_to(user: User) -> QuerySet[District]:
    """Return every district, past ones too: reference data that all offices share."""
    return District.objects.all() if user.is_active else District.objects.none()


def occupations_visible_to(user: User) -> QuerySet[Occupation]:
    """Return every occupation: reference data that all offices share."""
    return Occupation.objects.all() if user.is_active else Occupation.objects.none()


def programme_years_visible_to(user: User) -> QuerySet[ProgrammeYear]:
    """Return every programme year: reference data that all offices share."""
    return ProgrammeYear.objects.all() if user.is_active else ProgrammeYear.objects.none()


def institutions_visible_to(user: User) -> QuerySet[Institution]:
    """Return every institution for the municipal bureau, and for others their own."""
    if user.role in MUNICIPAL_ROLES:
        return Institution.objects.all()
    if user.institution_id is None:
        return Institution.objects.none()
    return Institution.objects.filter(pk=user.institution_id)


def accreditations_visible_to(user: User) -> QuerySet[Accreditation]:
    """Return the accreditations of the institutions that this person may see."""
    return Accreditation.objects.filter(institution__in=institutions_visible_to(user))


def fee_schedules_visible_to(user: User) -> QuerySet[FeeSchedule]:
    """Return the fee schedules of the institutions that this person may see."""
    return FeeSchedule.objects.filter(institution__in=institutions_visible_to(user))


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


def is_accredited(
    *, institution_id: int, kind: AccreditationKind, occupation_id: int, level: str, on: date
) -> bool:
    """Test whether the institution may train, or assess, this on that day."""
    return Accreditation.objects.filter(
        institution_id=institution_id,
        kind=kind,
        occupation_id=occupation_id,
        level=level,
        in_force__contains=on,
    ).exists()


def districts_in_force(on: date) -> list[District]:
    """Return the districts that existed on that day, by code."""
    return list(District.objects.filter(in_force__contains=on).order_by("code"))


def fee_schedules_of(institution_ids: set[int]) -> list[FeeSchedule]:
    """Return every fee schedule, past ones too, that these evaluation institutions have published."""
    return list(FeeSchedule.objects.filter(institution_id__in=institution_ids).order_by("id"))
