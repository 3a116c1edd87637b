"""The form that files a session, and the overview of one."""

from datetime import date, time, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from assessment.enums import SessionStatus
from assessment.models import AssessmentSession
from institutions.enums import MUNICIPAL_ROLES, Role
from tests.assessment.candidates import NEXT_MONTH, open_session
from tests.clock import NOW
from tests.factories.assessment import (
    AssessmentPolicyFactory,
    AssessmentSessionFactory,
    ResultsUploadFactory,
    SessionCandidateFactory,
)
from tests.factories.institutions import AccreditationFactory, AssessmentSiteFactory, UserFactory
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


# ── Filing ───────────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def accreditation():
    AssessmentPolicyFactory()
    return AccreditationFactory(evaluation=True)


def plan(accreditation, **changes):
    return {
        "reference": "KH-7",
        "occupation": accreditation.occupation_id,
        "direction": "",
        "level": "JUNIOR",
        "held_on": NEXT_MONTH.isoformat(),
        "site": AssessmentSiteFactory(institution=accreditation.institution).pk,
        "theory_time": "09:00",
        "practice_time": "14:00",
        "certificate_origin": "INSTITUTION",
        **changes,
    }


def test_session_is_filed_and_its_candidates_come_next(client_of, accreditation):
    filer = UserFactory(evaluation_operator=True, institution=accreditation.institution)

    response = client_of(filer).post(reverse("session-file"), plan(accreditation))

    session = AssessmentSession.objects.get()
    assert response.url == address("session-candidates", session)
    assert (session.reference, session.held_on, session.theory_time) == ("KH-7", NEXT_MONTH, time(9))


def test_form_begins_with_the_only_occupation_and_site(client_of, accreditation):
    filer = UserFactory(evaluation_operator=True, institution=accreditation.institution)
    site = AssessmentSiteFactory(institution=accreditation.institution)
    AssessmentSiteFactory(institution=accreditation.institution, closed=True)

    form = client_of(filer).get(reverse("session-file")).context["form"]

    assert [value for value, _label in form.fields["site"].choices] == [site.pk]
    assert [value for value, _label in form.fields["occupation"].choices] == [accreditation.occupation_id]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"held_on": TODAY.isoformat()}, "held_on"),
        ({"held_on": "2031-05-01"}, "held_on"),
        ({"level": "SENIOR"}, "occupation"),
        ({"reference": "AS-2026-1"}, "reference"),
        ({"site": 0}, "site"),
        ({"theory_time": ""}, "theory_time"),
    ],
    ids=str,
)
def test_refusal_stands_at_its_field(client_of, accreditation, changes, field):
    filer = UserFactory(evaluation_operator=True, institution=accreditation.institution)

    response = client_of(filer).post(reverse("session-file"), plan(accreditation, **changes))

    text_of(response, 422)
    assert list(response.context["form"].errors) == [field]
    assert not AssessmentSession.objects.exists()


def test_institution_without_a_site_is_told_to_open_one(english, accreditation):
    filer = UserFactory(evaluation_operator=True, institution=accreditation.institution)

    text = text_of(english(filer).get(reverse("session-file")))

    assert "no open assessment site yet" in text


def test_form_without_anything_is_refused(client_of, accreditation):
    filer = UserFactory(evaluation_operator=True, institution=accreditation.institution)

    text_of(client_of(filer).post(reverse("session-file"), {}), 422)


# ── The overview ─────────────────────────────────────────────────────────────────────────────────────────
def step_of(client, session):
    step = client.get(address("session-detail", session)).context["next_step"]
    return step and step.route


def test_overview_says_what_comes_next(client_of):
    empty = open_session()
    same = {"institution": empty.institution, "policy": empty.policy}
    sessions = {
        "session-candidates": [
            empty,
            SessionCandidateFactory(session=AssessmentSessionFactory(**same, held_on=TODAY)).session,
        ],
        "": [AssessmentSessionFactory(**same, held_on=TODAY - timedelta(days=1))],
        "candidates-print": [AssessmentSessionFactory(**same, admitted=True, held_on=NEXT_MONTH)],
        "session-results": [
            AssessmentSessionFactory(**same, admitted=True, held_on=TODAY),
            AssessmentSessionFactory(institution=empty.institution, admitted=True, held_on=TODAY),
            AssessmentSessionFactory(**same, admitted=True, held_on=date(2026, 1, 5)),
        ],
        None: [
            AssessmentSessionFactory(**same, recorded=True),
            AssessmentSessionFactory(**same, cancelled=True),
        ],
    }
    client = client_of(empty.filed_by)

    found = {route: [step_of(client, session) for session in some] for route, some in sessions.items()}

    assert found == {route: [route] * len(some) for route, some in sessions.items()}


def test_only_its_own_institution_gets_the_acts(client_of, client_as):
    session = SessionCandidateFactory(session=open_session()).session
    acts = ("session-admit", "session-reschedule", "session-cancel")

    own = text_of(client_of(session.filed_by).get(address("session-detail", session)))
    bureau = text_of(client_as(Role.MUNICIPAL_REVIEWER).get(address("session-detail", session)))

    assert [address(act, session) in own for act in acts] == [True, True, True]
    assert [address(act, session) in bureau for act in acts] == [False, False, False]


def test_bureau_gets_the_cancellation_of_what_may_have_been_held(english):
    session = AssessmentSessionFactory(admitted=True, held_on=TODAY)
    users = [session.filed_by, *(UserFactory(**{role.lower(): True}) for role in MUNICIPAL_ROLES)]

    pages = [text_of(english(user).get(address("session-detail", session))) for user in users]
    shown = [address("session-cancel", session) in page for page in pages]
    cancelled = english(users[1]).post(address("session-cancel", session), {"reason": "Fire alarm."})

    assert dict(zip((user.role for user in users), shown, strict=True)) == {
        Role.EVALUATION_OPERATOR: False,
        Role.MUNICIPAL_OPERATOR: True,
        Role.MUNICIPAL_REVIEWER: True,
        Role.MUNICIPAL_FINANCE: False,
        Role.MUNICIPAL_AUDITOR: False,
        Role.MUNICIPAL_ADMINISTRATOR: False,
    }
    assert ["municipal bureau only" in page for page in pages] == [True, *[False] * len(MUNICIPAL_ROLES)]
    assert cancelled.url == address("session-detail", session)


def test_session_from_before_candidates_were_kept_takes_them_and_says_why(english):
    session = AssessmentSessionFactory(held_on=TODAY - timedelta(days=100))
    client = english(session.filed_by)

    empty = client.get(address("session-detail", session))
    candidates = client.get(address("session-candidates", session))
    SessionCandidateFactory(session=session)
    filled = client.get(address("session-detail", session))

    assert "filed before its candidates were kept here" in text_of(empty)
    assert candidates.context["may_add"]
    assert address("session-admit", session) in text_of(filled)
    marks = [value for label, value in empty.context["facts"] if "Pass mark" in str(label)]
    assert marks == ["", ""]


def test_overview_tells_the_way_of_a_session(client_of):
    upload = ResultsUploadFactory()
    cancelled = AssessmentSessionFactory(cancelled=True, institution=upload.session.institution)
    client = client_of(upload.session.filed_by)

    recorded = client.get(address("session-detail", upload.session)).context["steps"]
    response = client.get(address("session-detail", cancelled))

    assert [step["tone"] for step in recorded] == ["wait", "good", "good"]
    assert [step["tone"] for step in response.context["steps"]] == ["wait", "bad"]
    assert cancelled.cancel_reason in text_of(response)


def test_more_candidates_than_seats_are_said(english):
    session = open_session()
    session.site = AssessmentSiteFactory(institution=session.institution, seat_count=1)
    session.save()
    SessionCandidateFactory.create_batch(2, session=session)

    for page in ("session-detail", "session-candidates"):
        assert "more candidates than seats" in text_of(english(session.filed_by).get(address(page, session)))


def test_place_and_times_are_changed(client_of):
    session = open_session()
    site = AssessmentSiteFactory(institution=session.institution)
    client = client_of(session.filed_by)
    given = {"site": site.pk, "theory_time": "08:30", "practice_time": "13:00"}

    text_of(client.get(address("session-reschedule", session)))
    text_of(client.post(address("session-reschedule", session), {**given, "site": 0}), 422)
    response = client.post(address("session-reschedule", session), given)

    session.refresh_from_db()
    assert response.url == address("session-detail", session)
    assert (session.site, session.theory_time) == (site, time(8, 30))


def test_site_that_closes_at_this_moment_is_told_at_its_field(client_of, monkeypatch):
    session = open_session()
    site = AssessmentSiteFactory(institution=session.institution, closed=True)
    monkeypatch.setattr("assessment.views.session_acts.open_sites_of", lambda _institution_id: [site])
    given = {"site": site.pk, "theory_time": "08:30", "practice_time": "13:00"}

    response = client_of(session.filed_by).post(address("session-reschedule", session), given)

    text_of(response, 422)
    assert list(response.context["form"].errors) == ["site"]


def test_session_is_cancelled_with_a_reason_and_not_without(client_of):
    session = open_session()
    client = client_of(session.filed_by)

    text_of(client.post(address("session-cancel", session), {"reason": " "}), 422)
    response = client.post(address("session-cancel", session), {"reason": "Power cut."})

    session.refresh_from_db()
    assert (response.status_code, session.status) == (302, SessionStatus.CANCELLED)


def test_bureau_cancels_nothing_even_without_a_reason(client_as):
    session = open_session()

    response = client_as(Role.MUNICIPAL_REVIEWER).post(address("session-cancel", session))

    assert response.status_code == 403
