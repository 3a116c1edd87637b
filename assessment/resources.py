"""Whose the rows of this app are, for those who follow their changes: as its queries show them to people."""

from collections.abc import Collection, Iterable

from django.db.models import Model

from assessment.models import AssessmentSession, Attempt, LevelCertificate
from chongqing_dte.foundation.resources import REGISTRY, FollowersOf
from enrollment.resources import rows_of_people
from institutions.office_queries import BUREAU, district_office, evaluator_office
from institutions.resources import scopes_by


def offices_of_certificate(institution_id: int, district_id: int | None) -> Collection[str]:
    """Return who sees a certificate: the district only if the person was trained in one of its classes."""
    offices = (BUREAU, evaluator_office(institution_id))
    return offices if district_id is None else (*offices, district_office(district_id))


def _offices_of_session(institution_id: int) -> Collection[str]:
    return BUREAU, evaluator_office(institution_id)


def _of_people(model: type[Model], path: str) -> FollowersOf:
    def of_people(ids: Collection[int]) -> Iterable[int]:
        rows = model._default_manager.filter(**{f"{path}__in": rows_of_people(ids)})
        return rows.order_by().values_list("pk", flat=True).distinct()

    return of_people


def register() -> None:
    """Say which rows can be followed, and what changes with what."""
    sessions = scopes_by(AssessmentSession, "institution_id", offices=_offices_of_session)
    results = scopes_by(Attempt, "session__institution_id", offices=_offices_of_session)
    certificates = scopes_by(
        LevelCertificate,
        "institution_id",
        "attempt__enrollment__training_class__district_id",
        offices=offices_of_certificate,
    )
    for kind, model, scopes_of, person in (
        ("assessment-sessions", AssessmentSession, sessions, "candidates__trainee"),
        ("results", Attempt, results, "trainee"),
        ("certificates", LevelCertificate, certificates, "trainee"),
    ):
        REGISTRY.register(kind, scopes_of)
        REGISTRY.follow("people", kind, _of_people(model, person))
