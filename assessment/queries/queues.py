"""What waits for whom in the assessments, counted for the page that a person's work begins with."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

from django.db.models import DateField, ExpressionWrapper, F, Q, QuerySet
from django.db.models.functions import Coalesce

from assessment.enums import ResultsStatus, ReviewStatus, SessionStatus
from assessment.models import AssessmentSession
from assessment.queries.reviews import corrections_visible_to, reviews_visible_to
from assessment.queries.revocations import revocations_visible_to
from assessment.queries.sessions import sessions_visible_to
from chongqing_dte.foundation.proposals import RequestStatus
from institutions.models import User


class Queue(StrEnum):
    """One kind of things that wait."""

    TO_ADMIT = "to-admit"
    NOT_ADMITTED = "not-admitted"
    RESULTS_DUE = "results-due"
    RESULTS_OVERDUE = "results-overdue"
    RESULTS_READY = "results-ready"
    REVIEWS_OPEN = "reviews-open"
    CORRECTIONS = "corrections"
    REVOCATIONS = "revocations"


@dataclass(frozen=True)
class Waiting:
    """How many things of a kind wait, and whether for the municipal bureau or for the evaluation institution."""

    kind: Queue
    count: int
    for_bureau: bool


# Which sessions are in each queue of sessions on a day.
SESSION_QUEUES: Final[dict[Queue, Callable[[date], Q]]] = {
    # What has no policy was filed before candidates were kept, and takes them after its day too.
    Queue.TO_ADMIT: lambda today: (
        Q(status=SessionStatus.FILED) & (Q(held_on__gte=today) | Q(policy__isnull=True))
    ),
    Queue.NOT_ADMITTED: lambda today: Q(status=SessionStatus.FILED, held_on__lt=today, policy__isnull=False),
    Queue.RESULTS_DUE: lambda today: Q(
        status=SessionStatus.ADMITTED, held_on__lte=today, results_due_on__gte=today
    ),
    Queue.RESULTS_OVERDUE: lambda today: Q(status=SessionStatus.ADMITTED, results_due_on__lt=today),
    Queue.RESULTS_READY: lambda _today: Q(
        status=SessionStatus.ADMITTED, results_uploads__status=ResultsStatus.READY
    ),
}


def sessions_in_queue(
    sessions: QuerySet[AssessmentSession], queue: Queue, today: date
) -> QuerySet[AssessmentSession]:
    """Return those of these sessions that are in a queue of sessions on this day."""
    # What was filed before there were policies has no term, and its results are due on the day itself.
    due_on = ExpressionWrapper(
        F("held_on") + Coalesce(F("policy__results_due_days"), 0), output_field=DateField()
    )
    chosen = sessions.annotate(results_due_on=due_on).filter(SESSION_QUEUES[queue](today))
    return chosen.distinct() if queue == Queue.RESULTS_READY else chosen


def waiting_for(user: User, today: date) -> list[Waiting]:
    """Return what waits in the sessions that this person may see, for them or for somebody else."""
    sessions = sessions_visible_to(user).order_by()
    counted: list[tuple[Queue, QuerySet[Any], bool]] = [
        *((queue, sessions_in_queue(sessions, queue, today), False) for queue in SESSION_QUEUES),
        (Queue.REVIEWS_OPEN, reviews_visible_to(user).filter(status=ReviewStatus.OPEN), False),
        (Queue.CORRECTIONS, corrections_visible_to(user).filter(status=RequestStatus.PROPOSED), True),
        (Queue.REVOCATIONS, revocations_visible_to(user).filter(status=RequestStatus.PROPOSED), True),
    ]
    return [Waiting(queue, rows.count(), for_bureau) for queue, rows, for_bureau in counted]
