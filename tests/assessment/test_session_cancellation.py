"""Who calls a session off, until when, and what becomes of the results that were submitted."""

from datetime import timedelta

import pytest
from django.utils.translation import override

from assessment.enums import ResultsStatus, SessionStatus
from assessment.services.results import discard_results
from assessment.services.sessions import cancel_session
from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from chongqing_dte.foundation.models import AuditEvent
from institutions.enums import EVALUATION_ROLES, Role
from tests.assessment import result_lists
from tests.clock import NOW
from tests.factories.assessment import AssessmentSessionFactory
from tests.factories.institutions import UserFactory

pytestmark = pytest.mark.django_db


def cancel(session, **changed):
    return cancel_session(
        **{
            "session_id": session.pk,
            "reason": "Power cut.",
            "canceller": session.filed_by,
            "now": NOW,
            **changed,
        }
    )


@pytest.mark.parametrize(
    "state",
    [{}, {"admitted": True, "held_on": NOW.date() + timedelta(days=1)}],
    ids=["filed, its day has passed", "admitted, its day is to come"],
)
def test_session_is_cancelled_for_a_reason(state):
    session = AssessmentSessionFactory(**state)

    cancel(session)

    session.refresh_from_db()
    event = AuditEvent.objects.get()
    assert (session.status, session.cancel_reason, session.cancelled_by, session.cancelled_at) == (
        SessionStatus.CANCELLED,
        "Power cut.",
        session.filed_by,
        NOW,
    )
    assert (event.name, event.reason, event.facts) == (
        "session.cancelled",
        "Power cut.",
        {"results_discarded": 0},
    )


@pytest.mark.parametrize("state", ["recorded", "cancelled"])
def test_session_that_is_over_is_not_cancelled(state):
    session = AssessmentSessionFactory(**{state: True})

    with pytest.raises(InvalidTransition):
        cancel(session)

    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize("reason", ["", " \u200b"])
def test_session_is_not_cancelled_without_a_reason(reason):
    session = AssessmentSessionFactory()

    with pytest.raises(DomainError) as refusal:
        cancel(session, reason=reason)

    session.refresh_from_db()
    assert (refusal.value.code, session.status) == ("reason_missing", SessionStatus.FILED)


@pytest.mark.parametrize("role", Role)
def test_session_that_may_have_been_held_is_cancelled_by_the_bureau_only(role):
    session = AssessmentSessionFactory(admitted=True, held_on=NOW.date())
    user = session.filed_by if role in EVALUATION_ROLES else UserFactory(**{role.lower(): True})

    if role in (Role.MUNICIPAL_OPERATOR, Role.MUNICIPAL_REVIEWER):
        cancel(session, canceller=user)
    else:
        with override("en"), pytest.raises(NotPermitted, match="municipal bureau only"):
            cancel(session, canceller=user)

    session.refresh_from_db()
    assert (session.cancelled_by == user) == (session.status == SessionStatus.CANCELLED)
    assert session.cancelled_by in (None, user)


@pytest.mark.parametrize("state", [{}, {"admitted": True, "held_on": NOW.date() + timedelta(days=1)}])
def test_bureau_cancels_nothing_that_cannot_have_been_held(state):
    session = AssessmentSessionFactory(**state)

    with pytest.raises(NotPermitted):
        cancel(session, canceller=UserFactory(municipal_operator=True))


def test_results_of_a_cancelled_session_are_put_aside_and_counted():
    session, (first, second) = result_lists.session_with(2)
    ready = result_lists.check(
        session, result_lists.list_of(result_lists.failed(first), result_lists.passed(second, 1))
    )
    refused = result_lists.check(session, result_lists.list_of(result_lists.failed(first)))
    put_aside = result_lists.check(
        session, result_lists.list_of(result_lists.passed(first, 2), result_lists.passed(second, 1))
    )
    discard_results(upload_id=put_aside.pk, operator=session.filed_by, now=NOW)
    reviewer = UserFactory(municipal_reviewer=True)
    assert [ready.status, refused.status] == [ResultsStatus.READY, ResultsStatus.REFUSED]

    cancel(session, canceller=reviewer)

    statuses = set(session.results_uploads.values_list("status", flat=True))
    assert statuses == {ResultsStatus.DISCARDED}
    assert AuditEvent.objects.get(name="session.cancelled").facts == {"results_discarded": 2}
    by_reviewer = AuditEvent.objects.filter(name="results.discarded", actor_id=reviewer.pk)
    assert set(by_reviewer.values_list("subject_id", flat=True)) == {ready.pk, refused.pk}


def test_other_institution_cancels_nothing():
    session = AssessmentSessionFactory()

    with pytest.raises(NotPermitted):
        cancel(session, canceller=UserFactory(evaluation_operator=True))

    session.refresh_from_db()
    assert session.status == SessionStatus.FILED
