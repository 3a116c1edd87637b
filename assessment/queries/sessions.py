from datetime import date
from typing import Final

from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from assessment.enums import Outcome, ResultsStatus, SessionStatus
from assessment.models import AssessmentSession, Attempt, ResultsUpload, SessionCandidate
from institutions.enums import EVALUATION_ROLES, MUNICIPAL_ROLES, AccreditationKind
from institutions.models import Accreditation, Occupation, User

# What still asks somebody for something. The sessions of past years are in none of these states.
OPEN_SESSION_STATES: Final = (SessionStatus.FILED, SessionStatus.ADMITTED)


def sessions_visible_to(user: User) -> QuerySet[AssessmentSession]:
    """Return the sessions that this person may see. A role that is not named here sees none."""
    sessions = AssessmentSession.objects.select_related("institution", "occupation").order_by("-id")
    if user.role in MUNICIPAL_ROLES:
        return sessions
    if user.role in EVALUATION_ROLES and user.institution_id is not None:
        return sessions.filter(institution_id=user.institution_id)
    return sessions.none()


def sessions_with_counts_visible_to(user: User) -> QuerySet[AssessmentSession]:
    """Return the same with `candidate_count`, `attempt_count` and `passed_count`, ready for a page of a list."""
    attempts = Attempt.objects.filter(superseded_by__isnull=True)
    return sessions_visible_to(user).annotate(
        candidate_count=_count_of(SessionCandidate.objects.filter(removed_at__isnull=True)),
        attempt_count=_count_of(attempts),
        passed_count=_count_of(attempts.filter(outcome=Outcome.PASSED)),
    )


def open_session_counts_visible_to(user: User) -> dict[str, int]:
    """Return how many sessions are in each state that asks for something. Does not grow with the years."""
    counted = sessions_visible_to(user).filter(status__in=OPEN_SESSION_STATES).order_by().values("status")
    return {row["status"]: row["number"] for row in counted.annotate(number=Count("id"))}


def occupations_to_assess(institution_id: int, on: date) -> list[Occupation]:
    """Return the occupations that the institution may assess on that day or will be allowed to."""
    accreditations = _accreditations_from(institution_id, on)
    return list(Occupation.objects.filter(pk__in=accreditations.values("occupation_id")).order_by("code"))


def directions_to_assess(institution_id: int, on: date) -> list[str]:
    """Return the directions that the institution's accreditations to assess name."""
    named = _accreditations_from(institution_id, on).exclude(direction="")
    return list(named.values_list("direction", flat=True).order_by("direction").distinct())


def recording_of(session: AssessmentSession) -> ResultsUpload | None:
    """Return the submission from which the session's results were recorded, without its content."""
    recorded = ResultsUpload.objects.filter(session=session, status=ResultsStatus.RECORDED)
    return recorded.select_related("recorded_by").defer("content").first()


def lock_session(session_id: int) -> AssessmentSession:
    """Return one session that no other transaction can change until this one ends."""
    return (
        AssessmentSession.objects.select_for_update(of=("self",))
        .select_related("institution")
        .get(pk=session_id)
    )


def _count_of(rows: QuerySet[Attempt] | QuerySet[SessionCandidate]) -> Coalesce:
    """Return the expression that counts a session's rows, for the few sessions of a page."""
    counted = rows.filter(session=OuterRef("pk")).order_by().values("session")
    return Coalesce(
        Subquery(counted.annotate(number=Count("pk")).values("number")), 0, output_field=IntegerField()
    )


def _accreditations_from(institution_id: int, on: date) -> QuerySet[Accreditation]:
    return Accreditation.objects.filter(
        institution_id=institution_id,
        kind=AccreditationKind.EVALUATION,
        in_force__overlap=DateRange(on, None),
    )
