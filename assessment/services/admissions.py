"""From a session's candidates to their admission numbers, and the list of both."""

from collections import Counter
from datetime import datetime
from typing import Final

from django.db import connection, transaction

from assessment import policies, queries
from assessment.candidates.candidate_list import CandidateLine, candidate_list
from assessment.enums import SessionStatus, SignalKind
from assessment.models import AssessmentSession
from assessment.services.candidate_steps import check_is_ahead, obstacles_of_candidates
from assessment.services.signal_steps import record_signal
from assessment.transitions import SESSION_TRANSITIONS
from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.sentences import ngettext
from chongqing_dte.foundation.transitions import check_transition
from institutions.models import User

# All numbers at one stroke, in the order of the names. Whoever is the ten thousandth gets a fifth digit.
GIVE_NUMBERS: Final = """
    UPDATE assessment_sessioncandidate AS candidate
    SET admission_number = %(reference)s || '-' || lpad(place::text, greatest(4, length(place::text)), '0')
    FROM (
        SELECT sitting.id, row_number() OVER (ORDER BY trainee.name, sitting.id) AS place
        FROM assessment_sessioncandidate AS sitting
        JOIN enrollment_trainee AS trainee ON trainee.id = sitting.trainee_id
        WHERE sitting.session_id = %(session)s AND sitting.removed_at IS NULL
    ) AS numbered
    WHERE candidate.id = numbered.id
"""


@transaction.atomic(durable=True)
def admit_candidates(*, session_id: int, admitter: User, now: datetime) -> AssessmentSession:
    """Give every candidate of a session an admission number, after which the session waits for its results.

    More candidates than seats stop nothing and are noted. Raises NotPermitted, InvalidTransition, SessionIsOver, and
    DomainError without a candidate, or if somebody is in the session twice or may not sit it any more.
    """
    session = queries.lock_session(session_id)
    policies.check_can_run_session(admitter, session)
    check_transition(
        SESSION_TRANSITIONS, current=SessionStatus(session.status), target=SessionStatus.ADMITTED
    )
    check_is_ahead(session, now)
    _check_candidates(session)

    with connection.cursor() as cursor:
        cursor.execute(GIVE_NUMBERS, {"reference": session.reference, "session": session.pk})
        candidate_count = cursor.rowcount
    session.status = SessionStatus.ADMITTED
    session.admitted_by = admitter
    session.admitted_at = now
    session.save(update_fields=["status", "admitted_by", "admitted_at"])
    record_event(
        "session.admitted",
        subject=session,
        actor_id=admitter.pk,
        at=now,
        facts={"candidates": candidate_count},
    )
    _note_missing_seats(session, candidate_count, now)
    return session


@transaction.atomic(durable=True)
def hand_out_candidate_list(*, session_id: int, reader: User, now: datetime) -> bytes:
    """Return the list of a session's candidates as an .xlsx file, and note that it was taken.

    Raises NotPermitted for anybody but the session's institution, and DomainError if there is no candidate.
    """
    session = queries.lock_session(session_id)
    policies.check_can_run_session(reader, session)
    candidates = list(queries.candidates_in_order(session))
    if not candidates:
        raise DomainError(_("The session has no candidates yet."), code="no_candidates")
    record_event(
        "session.candidates_downloaded",
        subject=session,
        actor_id=reader.pk,
        at=now,
        facts={"rows": len(candidates)},
    )
    return candidate_list(session, [CandidateLine.of(candidate) for candidate in candidates])


def _check_candidates(session: AssessmentSession) -> None:
    persons = queries.persons_in_session(session)
    if not persons:
        raise DomainError(_("The session has no candidates yet."), code="no_candidates")
    if any(times > 1 for times in persons.values()):
        raise DomainError(
            _("One person is in the session twice, because two records turned out to be one. Take one off."),
            code="same_person",
        )
    _check_obstacles(Counter(filter(None, obstacles_of_candidates(session, persons).values())))


def _check_obstacles(found: Counter[str]) -> None:
    """Refuse what came to light since the candidates were added: a merge may join two people's trainings."""
    if certified := found.pop("certificate_held", 0):
        raise DomainError(
            ngettext(
                "%(count)s candidate has got this certificate meanwhile. Take them off first.",
                "%(count)s candidates have got this certificate meanwhile. Take them off first.",
                certified,
            )
            % {"count": certified},
            code="certificate_held",
        )
    if count := found.total():
        code, _number = found.most_common(1)[0]
        raise DomainError(
            ngettext(
                "%(count)s candidate may not sit this session, by what is known by now. The list says why. Take"
                " them off first.",
                "%(count)s candidates may not sit this session, by what is known by now. The list says why. Take"
                " them off first.",
                count,
            )
            % {"count": count},
            code=code,
        )


def _note_missing_seats(session: AssessmentSession, candidate_count: int, now: datetime) -> None:
    if session.site is None or candidate_count <= session.site.seat_count:
        return
    record_signal(
        kind=SignalKind.MORE_CANDIDATES_THAN_SEATS,
        session=session,
        subject="",
        measured={"candidates": candidate_count, "seats": session.site.seat_count},
        now=now,
    )
