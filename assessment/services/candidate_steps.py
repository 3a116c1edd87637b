"""What the services of a session's candidates share. Steps: they need the caller's transaction."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Final

from django.db import IntegrityError
from django.utils import timezone
from django.utils.functional import Promise

from assessment import policies, queries
from assessment.candidates.checks import KnownCandidate
from assessment.candidates.rows import CandidateRow
from assessment.enums import CandidateOrigin, SessionStatus
from assessment.models import AssessmentSession, SessionCandidate
from chongqing_dte.foundation.errors import DomainError, InvalidTransition
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.sentences import gettext_lazy
from enrollment.enums import EnrollmentStatus
from enrollment.models import Enrollment
from enrollment.queries import id_number_hasher, known_names_by_hash, persons_by_hash, rows_of_persons
from institutions.models import User

# What the database refuses at last, where a check was passed by.
IN_WORDS: Final[dict[str, tuple[str, Promise]]] = {
    "candidate_assessor_is_not_trainer": (
        "trained_here",
        gettext_lazy(
            "Whoever trains does not assess the same people, and candidates have completed the training for what is"
            " assessed. Nobody was added."
        ),
    ),
    "candidate_once_per_session": (
        "already_candidate",
        gettext_lazy("One of these people is a candidate of the session already. Nobody was added."),
    ),
}


class SessionIsOver(InvalidTransition):
    """The day of the session has passed: whoever sat was admitted before."""

    code = "session_is_over"

    def __init__(self) -> None:
        super().__init__(
            _("The day of this session has passed. Cancel it and file another one for these people.")
        )


class CandidatesAreFixed(InvalidTransition):
    """The candidates have their admission numbers, or the session does not take place."""

    code = "candidates_fixed"

    def __init__(self) -> None:
        super().__init__(_("Only a session that is open for candidates can be changed in this way."))


@contextmanager
def refusals_in_words() -> Iterator[None]:
    """Say in words which rule of the database refused some candidates."""
    try:
        yield
    except IntegrityError as refusal:
        for constraint, (code, text) in IN_WORDS.items():
            if constraint in str(refusal):
                raise DomainError(text, code=code) from refusal
        raise


def lock_open_session(session_id: int, runner: User) -> AssessmentSession:
    """Return a session whose candidates this person may change, locked. Raises NotPermitted and CandidatesAreFixed."""
    session = queries.lock_session(session_id)
    policies.check_can_run_session(runner, session)
    if session.status != SessionStatus.FILED:
        raise CandidatesAreFixed
    return session


def takes_candidates(session: AssessmentSession, today: date) -> bool:
    """Test whether people can be added and admitted on this day: until the session's day.

    A session without a policy was filed before candidates were kept. Who sat it is put in afterwards, or its results
    could never be recorded.
    """
    return session.policy_id is None or today <= session.held_on


def check_is_ahead(session: AssessmentSession, now: datetime) -> None:
    """Raise SessionIsOver if nobody can be added or admitted any more."""
    if not takes_candidates(session, timezone.localdate(now)):
        raise SessionIsOver


def known_candidates(
    session: AssessmentSession, rows: Sequence[CandidateRow]
) -> tuple[dict[str, KnownCandidate], dict[str, Enrollment]]:
    """Return what is known of these people, and with which training each may sit the session, by ID number."""
    hash_of = id_number_hasher()
    hashes = {row.id_number: hash_of(row.id_number) for row in rows}
    persons, names = persons_by_hash(set(hashes.values())), known_names_by_hash(set(hashes.values()))
    lookup = _Lookup(session, {person.pk for person in persons.values()})
    known: dict[str, KnownCandidate] = {}
    trainings: dict[str, Enrollment] = {}
    for id_number, number_hash in hashes.items():
        if number_hash not in persons:
            continue
        person_id = persons[number_hash].pk
        training = lookup.training_of(person_id)
        if training is not None:
            trainings[id_number] = training
        known[id_number] = KnownCandidate(
            person_id=person_id, names=names[number_hash], obstacle=lookup.obstacle_of(person_id)
        )
    return known, trainings


def obstacles_of(session: AssessmentSession, trainee_ids: Collection[int]) -> Mapping[int, str]:
    """Return what stands against each of these people sitting the session, by trainee, as a code or nothing."""
    rows = rows_of_persons(trainee_ids)
    return _obstacles(_Lookup(session, set(rows.values())), rows, trainee_ids)


def obstacles_of_candidates(session: AssessmentSession, trainee_ids: Collection[int]) -> Mapping[int, str]:
    """Return the same of people who are its candidates: records that were merged since may tell more of them."""
    rows = rows_of_persons(trainee_ids)
    return _obstacles(_Lookup(session, set(rows.values()), are_candidates=True), rows, trainee_ids)


def add_people(
    session: AssessmentSession,
    people: Sequence[tuple[int, Enrollment | None]],
    *,
    adder: User,
    now: datetime,
) -> None:
    """Make candidates of these people, each a trainee and the training that they sit with, if any."""
    SessionCandidate.objects.bulk_create(
        SessionCandidate(
            session=session,
            trainee_id=trainee_id,
            enrollment=enrollment,
            origin=CandidateOrigin.OUTSIDE if enrollment is None else CandidateOrigin.TRAINED,
            added_by=adder,
            added_at=now,
        )
        for trainee_id, enrollment in people
    )


def admits_outside(session: AssessmentSession) -> bool:
    """Test whether the session's policy lets people sit whom somebody else trained."""
    return session.policy is not None and session.policy.admits_outside_candidates


def _obstacles(lookup: "_Lookup", rows: Mapping[int, int], trainee_ids: Collection[int]) -> Mapping[int, str]:
    return {trainee_id: lookup.obstacle_of(rows[trainee_id]) for trainee_id in trainee_ids}


class _Lookup:
    """All that counts of some people beside one session, read at one go."""

    def __init__(
        self, session: AssessmentSession, person_ids: set[int], *, are_candidates: bool = False
    ) -> None:
        rows = rows_of_persons(person_ids)
        self._session = session
        self._admits_outside = admits_outside(session)
        self._sitting = {} if are_candidates else queries.persons_in_session(session)
        self._certified = queries.certified_persons(session, rows)
        self._taught = queries.trainings_by_person(session, rows)

    def training_of(self, person_id: int) -> Enrollment | None:
        """Return the latest training that somebody completed for exactly what is assessed."""
        completed = [
            enrollment
            for enrollment in self._taught.get(person_id, ())
            if enrollment.status == EnrollmentStatus.COMPLETED
            and enrollment.training_class.direction == self._session.direction
        ]
        return completed[-1] if completed else None

    def obstacle_of(self, person_id: int) -> str:
        """Return the code of what stands against somebody, or nothing."""
        taught = self._taught.get(person_id, [])
        institutions = {enrollment.training_class.institution_id for enrollment in taught}
        statuses = {enrollment.status for enrollment in taught}
        obstacles = {
            "already_candidate": person_id in self._sitting,
            "certificate_held": person_id in self._certified,
            "trained_here": self._session.institution_id in institutions,
            **(self._obstacles_without_training(statuses) if self.training_of(person_id) is None else {}),
        }
        return next((code for code, holds in obstacles.items() if holds), "")

    def _obstacles_without_training(self, statuses: set[str]) -> dict[str, bool]:
        return {
            "in_training": EnrollmentStatus.ENROLLED in statuses,
            "direction_differs": not self._admits_outside and EnrollmentStatus.COMPLETED in statuses,
            "not_trained": not self._admits_outside,
        }
