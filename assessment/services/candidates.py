"""Who is to sit a session: drawn from classes, added by number and name, or taken off, until the admission."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from assessment import policies, queries
from assessment.candidates.checks import CandidateProblem, Circumstances, find_candidate_problems
from assessment.candidates.reading import read_candidates, row_of
from assessment.candidates.rows import CandidateRow
from assessment.models import AssessmentSession, SessionCandidate
from assessment.services.candidate_steps import (
    add_people,
    admits_outside,
    check_is_ahead,
    known_candidates,
    lock_open_session,
    obstacles_of,
    refusals_in_words,
)
from chongqing_dte.foundation.audit import record_event, record_events
from chongqing_dte.foundation.errors import DomainError, NotPermitted
from chongqing_dte.foundation.sentences import gettext as _
from enrollment.models import Enrollment
from enrollment.queries import rows_of_persons
from enrollment.services.trainee_steps import Newcomer, record_trainees
from institutions.models import User


class CandidatesRefused(DomainError):
    """People of whom at least one cannot sit the session. All problems are named, and nobody was added."""

    code = "candidates_refused"

    def __init__(self, problems: Sequence[CandidateProblem]) -> None:
        super().__init__(_("Nobody was added. Correct what is wrong and try again."))
        self.problems = list(problems)


@dataclass(frozen=True)
class Drawn:
    """How many people were drawn, and how many were left out because something stands against them."""

    added_count: int
    left_out_count: int


def draw_class(*, session_id: int, class_id: int, drawer: User, now: datetime) -> Drawn:
    """Draw everybody of a class who waits for this assessment. Whoever waits for another session is left out.

    Raises NotPermitted, CandidatesAreFixed, SessionIsOver, and DomainError if there is nobody to draw.
    """
    with refusals_in_words():
        return _draw(session_id, (drawer, now), class_id=class_id)


def draw_people(*, session_id: int, enrollment_ids: Collection[int], drawer: User, now: datetime) -> Drawn:
    """Draw these people, who completed classes that named the institution. Raises as draw_class does."""
    with refusals_in_words():
        return _draw(session_id, (drawer, now), enrollment_ids=enrollment_ids)


def add_candidate(
    *, session_id: int, id_number: str, name: str, mobile: str, adder: User, now: datetime
) -> None:
    """Add one person who is known by ID number and exact name, or is new and trained elsewhere.

    Raises NotPermitted, CandidatesAreFixed, SessionIsOver, and CandidatesRefused.
    """
    row = row_of(id_number=id_number, name=name, mobile=mobile)
    _add_or_note(session_id, [row], (adder, now), {})


def add_candidates_from_file(*, session_id: int, content: bytes, adder: User, now: datetime) -> int:
    """Add the people of a list, all of them or none, and return how many.

    Raises as add_candidate does, and UnreadableWorkbook, WrongColumns or NoRows.
    """
    # Nobody's file is read who may not add anybody. The locked row is asked again.
    if not policies.can_run_session(adder, AssessmentSession.objects.get(pk=session_id)):
        raise NotPermitted
    rows = read_candidates(content)
    _add_or_note(session_id, rows, (adder, now), {"sha256": hashlib.sha256(content).hexdigest()})
    return len(rows)


@transaction.atomic(durable=True)
def remove_candidates(
    *, session_id: int, candidate_ids: Collection[int], remover: User, now: datetime
) -> int:
    """Take people off a session before its admission and return how many. Their rows stay.

    Raises NotPermitted, CandidatesAreFixed, and DomainError if none of them is a candidate any more.
    """
    session = lock_open_session(session_id, remover)
    leaving = list(queries.candidates_of(session).filter(pk__in=candidate_ids))
    if not leaving:
        raise DomainError(_("None of these people is a candidate any more."), code="nobody_to_remove")
    SessionCandidate.objects.filter(pk__in=[candidate.pk for candidate in leaving]).update(
        removed_by=remover, removed_at=now
    )
    record_events("candidate.removed", subjects=leaving, actor_id=remover.pk, at=now)
    return len(leaving)


@transaction.atomic(durable=True)
def _draw(
    session_id: int,
    act: tuple[User, datetime],
    *,
    class_id: int | None = None,
    enrollment_ids: Collection[int] = (),
) -> Drawn:
    drawer, now = act
    session = lock_open_session(session_id, drawer)
    check_is_ahead(session, now)
    people = queries.people_to_draw(session)
    found = list(
        people.filter(pk__in=enrollment_ids) if class_id is None else people.filter(training_class=class_id)
    )
    drawn = _without_obstacles(session, found, leaves_out_elsewhere=class_id is not None)
    if not drawn:
        raise DomainError(
            _("Nobody was drawn: all of them are candidates already, or hold this certificate."),
            code="nobody_to_draw",
        )
    add_people(session, [(enrollment.trainee_id, enrollment) for enrollment in drawn], adder=drawer, now=now)
    result = Drawn(len(drawn), len(found) - len(drawn))
    record_event(
        "session.candidates_drawn",
        subject=session,
        actor_id=drawer.pk,
        at=now,
        facts={"added": result.added_count, "left_out": result.left_out_count},
    )
    return result


def _without_obstacles(
    session: AssessmentSession, people: Sequence[Enrollment], *, leaves_out_elsewhere: bool
) -> list[Enrollment]:
    """Return one training of each person against whom nothing stands."""
    rows = rows_of_persons([enrollment.trainee_id for enrollment in people])
    obstacles = obstacles_of(session, [enrollment.trainee_id for enrollment in people])
    elsewhere = queries.persons_in_other_sessions(session, rows) if leaves_out_elsewhere else set()
    latest = {
        rows[enrollment.trainee_id]: enrollment
        for enrollment in people
        if not obstacles[enrollment.trainee_id] and rows[enrollment.trainee_id] not in elsewhere
    }
    return list(latest.values())


def _add_or_note(
    session_id: int, rows: Sequence[CandidateRow], act: tuple[User, datetime], facts: dict[str, object]
) -> None:
    """Add people, or note the refusal, which takes everything else back: whoever tries numbers out is seen."""
    try:
        with refusals_in_words():
            _add(session_id, rows, act, facts)
    except CandidatesRefused as refusal:
        _note_refusal(session_id, act, {"rows": len(rows), "problems": len(refusal.problems)})
        raise


@transaction.atomic(durable=True)
def _note_refusal(session_id: int, act: tuple[User, datetime], facts: dict[str, int]) -> None:
    actor, now = act
    session = AssessmentSession.objects.get(pk=session_id)
    record_event("candidates.refused", subject=session, actor_id=actor.pk, at=now, facts=facts)


@transaction.atomic(durable=True)
def _add(
    session_id: int, rows: Sequence[CandidateRow], act: tuple[User, datetime], facts: dict[str, object]
) -> None:
    adder, now = act
    session = lock_open_session(session_id, adder)
    check_is_ahead(session, now)
    known, trainings = known_candidates(session, rows)
    problems = find_candidate_problems(
        rows,
        Circumstances(today=timezone.localdate(now), admits_outside=admits_outside(session), known=known),
    )
    if any(problem.severity == "error" for problem in problems):
        raise CandidatesRefused(problems)

    newcomers = [
        Newcomer(id_number=row.id_number, name=row.name, mobile=row.mobile)
        for row in rows
        if row.id_number not in known
    ]
    recorded = record_trainees(newcomers, now=now)
    people: list[tuple[int, Enrollment | None]] = []
    for row in rows:
        training = trainings.get(row.id_number)
        person_id = recorded.get(row.id_number) or known[row.id_number].person_id
        people.append((training.trainee_id if training else person_id, training))
    add_people(session, people, adder=adder, now=now)
    record_event(
        "session.candidates_added",
        subject=session,
        actor_id=adder.pk,
        at=now,
        facts={"added": len(rows), "new_people": len(newcomers), **facts},
    )
