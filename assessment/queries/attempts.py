from collections.abc import Collection
from datetime import date
from typing import NamedTuple

from django.db.models import Case, Exists, F, OuterRef, QuerySet, Subquery, When

from assessment.models import AssessmentSession, Attempt
from assessment.queries.sessions import sessions_visible_to
from chongqing_dte.foundation.lookups import Among
from institutions.models import User


def attempts_visible_to(user: User) -> QuerySet[Attempt]:
    """Return the attempts in the sessions that this person may see."""
    return Attempt.objects.filter(session__in=sessions_visible_to(user).order_by())


def attempts_of(session: AssessmentSession) -> QuerySet[Attempt]:
    """Return one session's attempts in the order of the file, with the person and the certificate, if any."""
    return (
        Attempt.objects.filter(session=session).select_related("trainee", "enrollment").order_by("row_number")
    )


def live_attempts() -> QuerySet[Attempt]:
    """Return the attempts that count: of each sitting the one that no correction supersedes."""
    # So written, it is an anti-join, which looks at no more corrections than there are attempts asked for.
    return Attempt.objects.filter(~Exists(Attempt.objects.filter(supersedes=OuterRef("pk"))))


def attempts_of_trainees(trainee_ids: Collection[int]) -> QuerySet[Attempt]:
    """Return what counts of every sitting of these people at any institution, in the order in which they sat."""
    return (
        live_attempts()
        .filter(trainee_id__in=trainee_ids)
        .select_related("session")
        .order_by("session__held_on", _first_of_sitting())
    )


class SittingRecord(NamedTuple):
    """One sitting with what counts of it now, and no more than a comparison with others needs."""

    session_id: int
    trainee_id: int
    # The first attempt that was recorded of it, which no correction changes.
    sitting_id: int
    attempt_id: int
    held_on: date
    institution_id: int
    occupation_id: int
    level: str
    outcome: str


def sittings_of_trainees(trainee_ids: Collection[int]) -> list[SittingRecord]:
    """Return the same sittings as bare facts, in no order, in two queries.

    Nothing is joined: attempts to themselves or to sessions would have the planner read a growing table whole.
    Every attempt of these people is read, corrected ones too; what counts is what none of them supersedes.
    """
    found = list(
        Attempt.objects.filter(Among("trainee_id", trainee_ids)).values_list(
            "session_id", "trainee_id", "id", "supersedes_id", "outcome"
        )
    )
    sessions = AssessmentSession.objects.only("held_on", "institution_id", "occupation_id", "level").in_bulk(
        {session_id for session_id, *_ in found}
    )
    superseded = {supersedes_id for _, _, _, supersedes_id, _ in found}
    firsts = {
        (session_id, trainee_id): attempt_id
        for session_id, trainee_id, attempt_id, supersedes_id, _ in found
        if supersedes_id is None
    }
    return [
        SittingRecord(
            session_id=session_id,
            trainee_id=trainee_id,
            sitting_id=firsts[session_id, trainee_id],
            attempt_id=attempt_id,
            held_on=sessions[session_id].held_on,
            institution_id=sessions[session_id].institution_id,
            occupation_id=sessions[session_id].occupation_id,
            level=sessions[session_id].level,
            outcome=outcome,
        )
        for session_id, trainee_id, attempt_id, _, outcome in found
        if attempt_id not in superseded
    ]


def _first_of_sitting() -> Case:
    """Return the expression for the first attempt of a sitting: itself, unless it is a correction."""
    first = Attempt.objects.filter(
        session=OuterRef("session"), trainee=OuterRef("trainee"), supersedes__isnull=True
    )
    return Case(When(supersedes__isnull=True, then=F("id")), default=Subquery(first.values("id")[:1]))
