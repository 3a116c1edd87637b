from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Max, Q, QuerySet, Sum

from assessment.enums import CertificateStatus, Outcome
from assessment.models import AssessmentSession, Attempt, LevelCertificate, ProgressCount
from enrollment.queries import known_people, rows_of_people
from institutions.enums import DISTRICT_ROLES, EVALUATION_ROLES, MUNICIPAL_ROLES
from institutions.models import District, Field, ProgrammeYear, User


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


def sessions_visible_to(user: User) -> QuerySet[AssessmentSession]:
    """Return the sessions that this person may see. A role that is not named here sees none."""
    sessions = AssessmentSession.objects.select_related("institution", "occupation").order_by("-id")
    if user.role in MUNICIPAL_ROLES:
        return sessions
    if user.role in EVALUATION_ROLES and user.institution_id is not None:
        return sessions.filter(institution_id=user.institution_id)
    return sessions.none()


def sessions_with_counts_visible_to(user: User) -> QuerySet[AssessmentSession]:
    """Return the same sessions with `attempt_count` and `passed_count`, ready for a list."""
    return sessions_visible_to(user).annotate(
        attempt_count=Count("attempts"),
        passed_count=Count("attempts", filter=Q(attempts__outcome=Outcome.PASSED)),
    )


def certificates_visible_to(user: User) -> QuerySet[LevelCertificate]:
    """Return the certificates that this person may see. A role that is not named here sees none."""
    certificates = LevelCertificate.objects.all()
    if user.role in MUNICIPAL_ROLES:
        return certificates
    if user.role in DISTRICT_ROLES and user.district_id is not None:
        return certificates.filter(attempt__enrollment__training_class__district_id=user.district_id)
    if user.role in EVALUATION_ROLES and user.institution_id is not None:
        return certificates.filter(institution_id=user.institution_id)
    return certificates.none()


def attempts_visible_to(user: User) -> QuerySet[Attempt]:
    """Return the attempts in the sessions that this person may see."""
    return Attempt.objects.filter(session__in=sessions_visible_to(user).order_by())


def attempts_of(session: AssessmentSession) -> QuerySet[Attempt]:
    """Return one session's attempts in the order of the file, with the person and the certificate, if any."""
    return (
        Attempt.objects.filter(session=session)
        .select_related("trainee", "enrollment", "certificate")
        .order_by("row_number")
    )


def attempts_of_trainees(trainee_ids: Collection[int]) -> QuerySet[Attempt]:
    """Return every attempt of these people at any institution, in the order in which they sat."""
    return (
        Attempt.objects.filter(trainee_id__in=trainee_ids)
        .select_related("session")
        .order_by("session__held_on", "id")
    )


def lock_session(session_id: int) -> AssessmentSession:
    """Return one session that no other transaction can change until this one ends."""
    return (
        AssessmentSession.objects.select_for_update(of=("self",))
        .select_related("institution")
        .get(pk=session_id)
    )


def due_certificate_ids(*, after: int, limit: int) -> list[int]:
    """Return up to `limit` certificates that wait for a decision, oldest first, from behind this one on."""
    due = LevelCertificate.objects.filter(decision_due=True, id__gt=after)
    return list(due.order_by("id").values_list("id", flat=True)[:limit])


def lock_certificates_due(ids: Collection[int]) -> list[LevelCertificate]:
    """Return those of these certificates that still wait, oldest first, locked for this transaction.

    Those that another worker has locked are left out, so that two workers never work on the same ones.
    """
    return list(
        LevelCertificate.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
        .filter(decision_due=True, id__in=ids)
        .order_by("id")
    )


def certificates_are_due() -> bool:
    """Test whether any certificate waits for a decision."""
    return LevelCertificate.objects.filter(decision_due=True).exists()


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


def certificate_holders(*, occupation_id: int, level: str, hashes: Collection[str]) -> set[str]:
    """Return which of these people, by the hashes of their ID numbers, hold a valid certificate of the level."""
    people = known_people(hashes)
    rows = rows_of_people(people)
    certificates = LevelCertificate.objects.filter(
        trainee__in=rows, occupation_id=occupation_id, level=level, status=CertificateStatus.VALID
    )
    holders = {rows[trainee_id] for trainee_id in certificates.values_list("trainee_id", flat=True)}
    return {number_hash for number_hash, person in people.items() if person.person_id in holders}
