from decimal import Decimal

from django.db.models import Count, QuerySet

from assessment.models import AssessmentSession, Attempt, IntegritySignal
from assessment.models.attempt import SCORED
from institutions.enums import MUNICIPAL_ROLES
from institutions.models import Institution, User


def signals_visible_to(user: User) -> QuerySet[IntegritySignal]:
    """Return the signals that this person may see: whom they speak of learns nothing of them here."""
    if user.role not in MUNICIPAL_ROLES:
        return IntegritySignal.objects.none()
    return IntegritySignal.objects.select_related(
        "session", "session__institution", "session__occupation"
    ).order_by("-id")


def signals_found(user: User, *, kind: str, institution: str) -> QuerySet[IntegritySignal]:
    """Return the signals of a kind at an institution, by its credit code; what is empty does not narrow."""
    found = signals_visible_to(user)
    if kind:
        found = found.filter(kind=kind)
    if institution:
        found = found.filter(session__institution__credit_code=institution)
    return found


def institutions_with_signals() -> QuerySet[Institution]:
    """Return the institutions in whose sessions anything was found, in the order of their names."""
    sessions = IntegritySignal.objects.order_by().values("session__institution")
    return Institution.objects.filter(pk__in=sessions).order_by("name_zh", "pk")


def score_pairs_of(session: AssessmentSession) -> dict[tuple[Decimal, Decimal], int]:
    """Return how many candidates of a session have each pair of scores, theory and practice, as they count now."""
    lines = (
        Attempt.objects.filter(session=session, outcome__in=SCORED, superseded_by__isnull=True)
        .order_by()
        .values_list("theory_score", "practice_score")
        .annotate(count=Count("pk"))
    )
    return {(theory, practice): count for theory, practice, count in lines}
