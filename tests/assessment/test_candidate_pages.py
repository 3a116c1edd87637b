"""The pages on which people get into a session and off it, and the lists of them."""

import io

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from assessment.enums import SessionStatus
from assessment.models import SessionCandidate
from chongqing_dte.foundation.models import AuditEvent
from enrollment.models import Trainee
from enrollment.rules.identifiers import mask_id_number
from institutions.enums import Role
from tests.assessment.candidates import (
    certificate_of,
    draw,
    line_of,
    list_of_people,
    obstructed,
    open_session,
    people_for,
    sitting,
    stranger,
)
from tests.clock import NOW
from tests.factories.assessment import AssessmentSessionFactory, SessionCandidateFactory
from tests.interfaces.setup_forms import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def session():
    return open_session()


@pytest.fixture
def client(client_of, session):
    """Return the browser of the session's own operator, in English."""
    client = client_of(session.filed_by)
    client.cookies["django_language"] = "en"
    return client


def address(name, session):
    return reverse(name, args=[session.public_id])


def page(client, session, **asked):
    return text_of(client.get(address("session-candidates", session), asked))


def upload(client, session, content):
    file = SimpleUploadedFile("candidates.csv", content)
    return client.post(address("candidates-upload", session), {"file": file})


# ── Drawn ────────────────────────────────────────────────────────────────────────────────────────────────
def test_whole_class_is_drawn_with_one_click(client, session):
    people = people_for(session, 2)
    training_class = people[0].training_class

    before = page(client, session)
    client.post(address("candidates-draw", session), {"class": training_class.public_id})
    after = page(client, session)

    assert (training_class.reference in before, f'value="{training_class.public_id}"' in before) == (
        True,
        True,
    )
    assert "2 candidates are drawn." in after
    assert sitting(session) == {person.trainee_id for person in people}


def test_chosen_people_are_drawn(client, session):
    chosen, _other = people_for(session, 2)

    client.post(address("candidates-draw", session), {"person": [chosen.public_id, "nobody"]})

    assert sitting(session) == {chosen.trainee_id}


def test_people_to_choose_from_are_masked_and_say_what_stands_against_them(client, session):
    certified, waiting = people_for(session, 2)
    certificate_of(session, certified.trainee)
    (foreign,) = people_for(session, 1)
    asked = {"class": waiting.training_class.public_id, "chosen": "all"}

    text = text_of(client.get(address("candidates-draw", session), asked))

    assert (waiting.trainee.name in text, waiting.trainee.id_number in text) == (False, False)
    assert text.count(mask_id_number(waiting.trainee.id_number)) >= 1
    assert [str(each.public_id) in text for each in (certified, waiting, foreign)] == [False, True, False]
    assert text.count(" checked") == 1
    assert "holds a certificate of this occupation and level already" in text


def test_without_a_class_everybody_is_there_to_choose(client, session):
    people = [*people_for(session, 1), *people_for(session, 1)]

    text = text_of(client.get(address("candidates-draw", session), {"class": "none"}))

    assert all(str(person.public_id) in text for person in people)


@pytest.mark.parametrize("sent", [{}, {"person": "nobody"}, {"class": "nobody"}], ids=str)
def test_who_chooses_nobody_is_told(client, session, sent):
    people_for(session, 1)

    text = text_of(client.post(address("candidates-draw", session), sent), 422)

    assert "Nobody was drawn" in text
    assert sitting(session) == set()


def test_whoever_is_left_out_is_counted(client, session):
    first, second = people_for(session, 2)
    draw(session, first)

    client.post(address("candidates-draw", session), {"person": [first.public_id, second.public_id]})

    assert "1 candidate is drawn. 1 person was left out" in page(client, session)


# ── Added ────────────────────────────────────────────────────────────────────────────────────────────────
def test_one_person_is_added(client, session):
    response = client.post(address("candidate-add", session), stranger(1))

    assert response.url == address("session-candidates", session)
    assert stranger(1)["name"] in page(client, session)


def test_what_is_wrong_with_a_person_stands_at_its_field(client, session):
    (person,) = people_for(session, 1)

    response = client.post(address("candidate-add", session), line_of(person, name="王某某"))
    empty = client.post(address("candidate-add", session), {})

    assert list(response.context["form"].errors) == ["id_number"]
    assert list(empty.context["form"].errors) == ["id_number", "name"]
    assert "Number and name are not those of one person" in text_of(response, 422)


def test_refused_page_keeps_no_number_in_its_address_or_messages(client, session):
    response = client.post(address("candidate-add", session), stranger(1, mobile=""))

    assert stranger(1)["id_number"] not in "".join(str(m) for m in response.context["messages"])
    assert response.status_code == 422


def test_file_is_added(client, session):
    upload(client, session, list_of_people(stranger(1), stranger(2)))

    assert "2 candidates are added." in page(client, session)


def test_problems_of_a_file_are_shown_row_by_row(client, session):
    response = upload(client, session, list_of_people(stranger(1), stranger(2, name=""), stranger(1)))

    text = text_of(response, 422)
    assert [(each["number"], each["column"]) for each in response.context["problems"]] == [
        (2, "ID number"),
        (3, "Name"),
        (4, "ID number"),
    ]
    assert "3 problems in the file" in text
    assert not SessionCandidate.objects.exists()


def test_file_that_is_none_is_told_at_its_field(client, session):
    assert list(upload(client, session, b"\x00").context["upload_form"].errors) == ["file"]
    assert client.post(address("candidates-upload", session), {}).status_code == 422


def test_template_is_of_the_session(client, session):
    response = client.get(address("candidates-template", session))

    sheet = openpyxl.load_workbook(io.BytesIO(response.getvalue())).worksheets[0]
    assert session.reference in str(sheet["A1"].value)


def test_policy_without_people_from_elsewhere_says_so(client_of):
    session = open_session(admits_outside=False)
    client = client_of(session.filed_by)
    client.cookies["django_language"] = "en"

    assert "admits nobody who trained elsewhere" in page(client, session)


# ── Taken off, admitted ──────────────────────────────────────────────────────────────────────────────────
def test_chosen_candidates_are_taken_off(client, session):
    leaving, staying = SessionCandidateFactory.create_batch(2, session=session)

    client.post(address("candidates-remove", session), {"candidate": leaving.public_id})
    again = client.post(address("candidates-remove", session), {"candidate": leaving.public_id})

    assert sitting(session) == {staying.trainee_id}
    assert "None of these people is a candidate any more." in text_of(again, 422)


def test_candidates_are_admitted_and_keep_their_numbers_in_sight(client, session):
    candidate = SessionCandidateFactory(session=session)

    response = client.post(address("session-admit", session))

    session.refresh_from_db()
    candidate.refresh_from_db()
    assert (response.url, session.status) == (address("session-detail", session), SessionStatus.ADMITTED)
    assert "1 candidate is admitted" in text_of(client.get(response.url))
    assert candidate.admission_number in page(client, session)


def test_why_nobody_is_admitted_is_shown_beside_the_candidates(client, session):
    candidate = SessionCandidateFactory(session=session)
    certificate_of(session, candidate.trainee)

    text = text_of(client.post(address("session-admit", session)), 422)

    assert "1 candidate has got this certificate meanwhile." in text
    assert "Holds this certificate by now" in text


def test_who_turned_out_to_be_trained_by_the_institution_is_marked(client, session):
    candidate = SessionCandidateFactory(session=session)
    Trainee.objects.filter(pk=candidate.trainee_id).update(
        merged_into=obstructed("trained_here", session).trainee
    )

    text = text_of(client.post(address("session-admit", session)), 422)

    assert "1 candidate may not sit this session" in text
    assert "The institution trained this person" in text


def test_page_of_an_admitted_session_offers_no_way_in_or_out(client_of):
    session = SessionCandidateFactory(admitted=True).session

    text = page(client_of(session.filed_by), session)

    ways = ("candidate-add", "candidates-upload", "candidates-draw", "candidates-remove", "session-admit")
    assert [way for way in ways if address(way, session) in text] == []
    assert address("candidate-list", session) in text


# ── Who sees whom ────────────────────────────────────────────────────────────────────────────────────────
def test_own_institution_reads_names_and_the_bureau_masked_ones(client, client_as, session):
    candidate = SessionCandidateFactory(session=session, enrollment__trainee__name="欧阳娜娜")
    bureau = client_as(Role.MUNICIPAL_REVIEWER)

    own, others = page(client, session), page(bureau, session)

    assert ("欧阳娜娜" in own, "欧阳娜娜" in others, "欧＊＊＊" in others) == (True, False, True)
    assert candidate.trainee.id_number not in own + others
    printed = (address("candidates-print", session) for _ in range(2))
    assert [
        "欧阳娜娜" in text_of(who.get(url)) for who, url in zip((client, bureau), printed, strict=True)
    ] == [
        True,
        False,
    ]


def test_candidates_are_found_by_name_or_number_and_for_the_bureau_by_number_only(client_of, client_as):
    session = AssessmentSessionFactory(admitted=True)
    for name, number in (("欧阳娜娜", "K-0001"), ("张三", "K-0002")):
        SessionCandidateFactory(session=session, enrollment__trainee__name=name, admission_number=number)
    clients = {"own": client_of(session.filed_by), "bureau": client_as(Role.MUNICIPAL_REVIEWER)}

    found = {
        (who, words): [
            row["admission_number"]
            for row in client.get(address("session-candidates", session), {"q": words}).context["rows"]
        ]
        for who, client in clients.items()
        for words in ("欧阳", "0002", "nobody")
    }

    assert found == {
        ("own", "欧阳"): ["K-0001"],
        ("own", "0002"): ["K-0002"],
        ("own", "nobody"): [],
        ("bureau", "欧阳"): [],
        ("bureau", "0002"): ["K-0002"],
        ("bureau", "nobody"): [],
    }


def test_list_is_downloaded_and_noted(client, session):
    SessionCandidateFactory(session=session)

    response = client.get(address("candidate-list", session))

    assert openpyxl.load_workbook(io.BytesIO(response.getvalue())).worksheets[0].max_row == 2
    assert AuditEvent.objects.filter(name="session.candidates_downloaded").count() == 1


def test_printed_list_holds_everybody_with_time_and_place(client, session):
    SessionCandidateFactory.create_batch(2, session=session)

    response = client.get(address("candidates-print", session))

    assert len(response.context["rows"]) == 2
    assert session.held_on.isoformat() in text_of(response)
    event = AuditEvent.objects.get(name="session.candidates_printed")
    assert (event.subject_id, event.facts) == (session.pk, {"rows": 2})
    assert "no-store" in response.headers["Cache-Control"]


@pytest.mark.parametrize("name", ["session-candidates", "candidates-print", "candidates-draw"])
def test_page_costs_the_same_for_more_people(client, session, name):
    def cost():
        with CaptureQueriesContext(connection) as captured:
            text_of(client.get(address(name, session)))
        return len(captured)

    people_for(session, 1)
    SessionCandidateFactory(session=session)
    few = cost()
    people_for(session, 3)
    SessionCandidateFactory.create_batch(3, session=session)

    assert cost() == few
