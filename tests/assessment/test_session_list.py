"""The list of sessions with what waits for whom, and the ways between the lists of the assessments."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from assessment import queries
from assessment.enums import ResultsStatus, SessionStatus
from assessment.queries import Queue
from assessment.templatetags.assessment_tabs import assessment_lists
from institutions.enums import Role
from tests.assessment.candidates import NEXT_MONTH
from tests.clock import NOW
from tests.factories.assessment import (
    AssessmentPolicyFactory,
    AssessmentSessionFactory,
    AttemptCorrectionFactory,
    CertificateRevocationFactory,
    MarkReviewFactory,
    ResultsUploadFactory,
    SessionCandidateFactory,
)
from tests.factories.institutions import UserFactory
from tests.interfaces.setup_forms import text_of

pytestmark = pytest.mark.django_db

TODAY = NOW.date()


@pytest.fixture(autouse=True)
def _today(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def english(client_of):
    def sign_in(user):
        client = client_of(user)
        client.cookies["django_language"] = "en"
        return client

    return sign_in


def address(name, session):
    return reverse(name, args=[session.public_id])


def one_in_each_queue():
    """Return a session in each of the queues of sessions, all of one institution."""
    policy = AssessmentPolicyFactory(results_due_days=30)
    first = AssessmentSessionFactory(held_on=TODAY, policy=policy)
    same = {"institution": first.institution, "policy": policy}
    ready = AssessmentSessionFactory(**same, admitted=True, held_on=TODAY - timedelta(days=1))
    ResultsUploadFactory(session=ready, status=ResultsStatus.READY, recorded_by=None, recorded_at=None)
    return {
        Queue.TO_ADMIT: {first},
        Queue.NOT_ADMITTED: {AssessmentSessionFactory(**same, held_on=TODAY - timedelta(days=1))},
        Queue.RESULTS_DUE: {
            AssessmentSessionFactory(**same, admitted=True, held_on=TODAY - timedelta(days=30)),
            AssessmentSessionFactory(**same, admitted=True, held_on=TODAY),
            ready,
        },
        Queue.RESULTS_OVERDUE: {
            AssessmentSessionFactory(**same, admitted=True, held_on=TODAY - timedelta(days=31)),
            # Filed before there were policies.
            AssessmentSessionFactory(
                institution=first.institution, admitted=True, held_on=TODAY - timedelta(days=1)
            ),
        },
        Queue.RESULTS_READY: {ready},
    }


def test_each_queue_holds_its_sessions():
    expected = one_in_each_queue()
    AssessmentSessionFactory(admitted=True, held_on=NEXT_MONTH)
    AssessmentSessionFactory(recorded=True)
    AssessmentSessionFactory(cancelled=True)
    sessions = queries.sessions_visible_to(UserFactory(municipal_reviewer=True))

    found = {queue: set(queries.sessions_in_queue(sessions, queue, TODAY)) for queue in expected}

    assert found == expected


def test_session_from_before_candidates_were_kept_still_waits_for_them():
    session = AssessmentSessionFactory(held_on=TODAY - timedelta(days=100))
    every = queries.sessions_visible_to(session.filed_by)

    assert session in queries.sessions_in_queue(every, Queue.TO_ADMIT, TODAY)
    assert session not in queries.sessions_in_queue(every, Queue.NOT_ADMITTED, TODAY)


def test_what_waits_is_counted_for_the_institution_and_for_the_bureau():
    (session,) = one_in_each_queue()[Queue.TO_ADMIT]
    for factory, path in (
        (MarkReviewFactory, "attempt__session"),
        (AttemptCorrectionFactory, "attempt__session"),
        (CertificateRevocationFactory, "certificate__attempt__session"),
    ):
        factory(**{f"{path}__institution": session.institution, f"{path}__status": SessionStatus.FILED})

    waiting = queries.waiting_for(session.filed_by, TODAY)

    assert {each.kind: each.count for each in waiting if each.for_bureau} == {
        Queue.CORRECTIONS: 1,
        Queue.REVOCATIONS: 1,
    }
    assert {each.kind for each in waiting if not each.for_bureau and each.count} == {
        *queries.SESSION_QUEUES,
        Queue.REVIEWS_OPEN,
    }


def test_nothing_waits_in_another_office():
    one_in_each_queue()
    MarkReviewFactory()

    for stranger in (UserFactory(evaluation_operator=True), UserFactory(district_reviewer=True)):
        assert sum(each.count for each in queries.waiting_for(stranger, TODAY)) == 0


def test_figure_leads_to_its_sessions(english):
    (session,) = one_in_each_queue()[Queue.NOT_ADMITTED]
    client = english(session.filed_by)

    text = text_of(client.get(reverse("session-list")))
    narrowed = text_of(client.get(reverse("session-list"), {"queue": "not-admitted"}))

    assert "Waits for you" in text
    assert f"{reverse('session-list')}?queue=not-admitted" in text
    assert [
        row.pk for row in client.get(reverse("session-list"), {"queue": "not-admitted"}).context["page"].rows
    ] == [session.pk]
    assert "Day passed without admission" in narrowed


def test_bureau_reads_what_waits_for_the_institutions(client_as):
    one_in_each_queue()
    client = client_as(Role.MUNICIPAL_REVIEWER)
    client.cookies["django_language"] = "en"

    text = text_of(client.get(reverse("session-list")))

    assert "Waits for the evaluation institutions" in text
    assert reverse("session-file") not in text


@pytest.mark.parametrize(
    ("asked", "references"),
    [
        ({}, ["KH-2", "LA-1", "KH-1"]),
        ({"status": "ADMITTED"}, ["LA-1"]),
        ({"q": "KH"}, ["KH-2", "KH-1"]),
        ({"q": "KH", "status": "ADMITTED"}, []),
        ({"q": "K" * 33, "status": "NONE", "queue": "none"}, ["KH-2", "LA-1", "KH-1"]),
    ],
    ids=str,
)
def test_list_is_narrowed_by_state_and_reference(client_of, asked, references):
    first = AssessmentSessionFactory(reference="KH-1")
    AssessmentSessionFactory(institution=first.institution, admitted=True, reference="LA-1")
    AssessmentSessionFactory(institution=first.institution, reference="KH-2")

    page = client_of(first.filed_by).get(reverse("session-list"), asked).context["page"]

    assert [row.reference for row in page.rows] == references


def test_list_costs_the_same_for_more_candidates(client_of):
    session = SessionCandidateFactory().session
    client = client_of(session.filed_by)

    def cost():
        with CaptureQueriesContext(connection) as captured:
            text_of(client.get(reverse("session-list")))
        return len(captured)

    few = cost()
    for _ in range(3):
        SessionCandidateFactory(
            session__institution=session.institution, enrollment__training_class__completed=True
        )

    assert cost() == few


# ── The ways between the lists ───────────────────────────────────────────────────────────────────────────
TABS = {
    Role.EVALUATION_OPERATOR: {
        "session-list",
        "level-certificate-list",
        "review-list",
        "fee-list",
        "site-list",
    },
    Role.MUNICIPAL_AUDITOR: {"session-list", "signal-list", "assessment-policy-list", "correction-list"},
    Role.DISTRICT_REVIEWER: {"level-certificate-list", "fee-list"},
    Role.TRAINING_OPERATOR: set(),
}


@pytest.mark.parametrize("role", TABS)
def test_lists_of_the_assessments_lead_to_each_other(client_as, role):
    text_of(client_as(role).get(reverse("session-list")))
    found = assessment_lists(
        SimpleNamespace(request=SimpleNamespace(user=UserFactory(**{role.lower(): True}))), "fee-list"
    )

    assert {reverse(route) for route in TABS[role]} <= {tab.url for tab in found}
    assert [tab.url for tab in found if tab.is_current] == ([reverse("fee-list")] if found else [])
    if role == Role.EVALUATION_OPERATOR:
        assert reverse("signal-list") not in {tab.url for tab in found}


def test_without_a_name_there_are_no_lists():
    assert assessment_lists(SimpleNamespace(), "fee-list") == []


def test_main_menu_marks_the_sessions_on_the_pages_behind_them(client_of):
    client = client_of(UserFactory(evaluation_operator=True))
    marked = f'<a href="{reverse("session-list")}" aria-current="page">'

    for route in ("session-list", "review-list", "level-certificate-list", "site-list"):
        assert marked in text_of(client.get(reverse(route)))
