from datetime import datetime

from django.db import transaction

from assessment import queries
from assessment.models import AssessmentSession, SessionCandidate
from chongqing_dte.foundation.audit import record_event
from institutions.models import User


@transaction.atomic(durable=True)
def print_candidate_list(
    *, session: AssessmentSession, reader: User, now: datetime
) -> list[SessionCandidate]:
    """Return the candidates in the order of their numbers, and note that somebody took the list to print."""
    candidates = list(queries.candidates_in_order(session))
    record_event(
        "session.candidates_printed",
        subject=session,
        actor_id=reader.pk,
        at=now,
        facts={"rows": len(candidates)},
    )
    return candidates
