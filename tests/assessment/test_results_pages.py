"""What an evaluation institution does on the pages of results, and what others see there."""

import io
import re
from datetime import date

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from assessment.enums import ResultsStatus
from assessment.models import Attempt, LevelCertificate, ResultsUpload
from assessment.results.reading import read_results
from chongqing_dte.foundation.models import AuditEvent
from demo.identifiers import make_resident_id
from institutions.enums import Role
from tests.assessment.result_lists import (
    absent,
    check,
    codes,
    failed,
    list_of,
    passed,
    record,
    session_with,
)
from tests.clock import NOW
from tests.factories.assessment import AttemptFactory
from tests.interfaces.setup_forms import text_of

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


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


def address(name, row):
    return reverse(name, args=[row.public_id])


def upload_by(client, session, content):
    file = SimpleUploadedFile("results.csv", content)
    return client.post(address("session-results", session), {"file": file})


def workbook_of(response):
    return b"".join(response.streaming_content)


def test_clerk_fills_in_the_list_of_candidates_uploads_and_confirms_it(english):
    session, people = session_with(2)
    client = english(session.filed_by)
    template = workbook_of(client.get(address("results-template", session)))
    rows = read_results(template)
    results = {
        row.admission_number: passed(person, place, id_number="", admission_number=row.admission_number)
        for place, (row, person) in enumerate(zip(rows, people, strict=True))
    }

    checked = upload_by(client, session, list_of(*results.values()))
    upload = ResultsUpload.objects.get()
    preview = text_of(client.get(checked.url))
    recorded = client.post(address("results-recording", upload), follow=True)

    assert {row.name for row in rows} == {person.trainee.name for person in people}
    assert {row.id_number for row in rows} == {""}
    assert (checked.status_code, "2 certificates are issued" in preview) == (302, True)
    assert "2 results are recorded" in text_of(recorded)
    assert (Attempt.objects.count(), LevelCertificate.objects.count()) == (2, 2)


def test_template_notes_who_had_it_and_goes_to_nobody_else(client_of, client_as):
    session, _people = session_with(1)

    client_of(session.filed_by).get(address("results-template", session))

    assert AuditEvent.objects.get().name == "session.results_template_downloaded"
    assert client_as(Role.MUNICIPAL_OPERATOR).get(address("results-template", session)).status_code == 403


def test_preview_masks_id_numbers_wherever_they_stand(client_of):
    session, (person,) = session_with(1)
    stray = make_resident_id(born_on=date(1999, 3, 5), sequence=7)
    upload = check(
        session, list_of(passed(person, 1, certificate_number=stray, name=f"{person.trainee.name}{stray}"))
    )

    text = text_of(client_of(session.filed_by).get(address("results-detail", upload)))

    assert person.trainee.name in text
    assert not any(number in text for number in (stray, person.trainee.id_number))


@pytest.mark.parametrize(
    "column", ["admission_number", "outcome", "theory_score", "practice_score", "certificate_number"]
)
def test_preview_masks_names_wherever_they_stand_for_whoever_sees_none(client_as, column):
    session, (person,) = session_with(1)
    upload = check(session, list_of({**passed(person, 1), column: "欧阳丽娜"}))

    auditor = text_of(client_as(Role.MUNICIPAL_AUDITOR).get(address("results-detail", upload)))

    assert "欧阳丽娜" not in auditor
    assert "欧＊＊＊" in auditor


def test_preview_shows_numbers_and_scores_to_whoever_sees_no_names(client_as):
    session, (person,) = session_with(1)
    number = session.candidates.get().admission_number
    line = {**passed(person, 1), "admission_number": number, "theory_score": "87.5"}

    auditor = text_of(
        client_as(Role.MUNICIPAL_AUDITOR).get(address("results-detail", check(session, list_of(line))))
    )

    for column in ("admission_number", "theory_score", "certificate_number"):
        assert line[column] in auditor


def test_bureau_sees_masked_names_and_no_buttons(client_as):
    session, (person,) = session_with(1)
    upload = check(session, list_of(passed(person, 1)))
    client = client_as(Role.MUNICIPAL_AUDITOR)

    preview = text_of(client.get(address("results-detail", upload)))
    page = text_of(client.get(address("session-results", session)))

    assert person.trainee.name not in preview
    assert address("results-recording", upload) not in preview
    assert address("results-template", session) not in page


def test_problems_are_shown_in_the_language_of_the_reader(client_of):
    session, (person,) = session_with(1)
    upload = check(session, list_of(passed(person, 1, theory_score="")))
    client = client_of(session.filed_by)

    chinese = text_of(client.get(address("results-detail", upload)))
    client.cookies["django_language"] = "en"
    english = text_of(client.get(address("results-detail", upload)))

    assert "A score is required" in english
    assert "A score is required" not in chinese
    assert address("results-recording", upload) not in english


def test_many_problems_are_shown_by_pages(english):
    session, people = session_with(1)
    upload = check(session, list_of(*(absent(people[0], id_number="1") for _ in range(120))))
    client = english(session.filed_by)

    first = text_of(client.get(address("results-detail", upload)))
    second = text_of(client.get(address("results-detail", upload) + "?after=200"))

    assert "?after=100" in first
    assert len(re.findall("problem-error", second)) < len(re.findall("problem-error", first))


def test_list_to_correct_is_whole_and_can_be_uploaded_as_it_is(english):
    session, (first, second, third) = session_with(3)
    upload = check(session, list_of(passed(first, 1), failed(second, theory_score="")))
    client = english(session.filed_by)

    content = workbook_of(client.get(address("results-problems", upload)))

    rows = read_results(content)
    missing = session.candidates.get(trainee=third.trainee).admission_number
    assert [(row.name, row.admission_number) for row in rows] == [
        (second.trainee.name, ""),
        (first.trainee.name, ""),
        (third.trainee.name, missing),
    ]
    reasons = [row[1].value for row in openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]][2:]
    assert "A score is required" in reasons[0]
    assert "missing in the list" in reasons[2]
    assert AuditEvent.objects.filter(name="results.problems_downloaded").exists()
    again = upload_by(client, session, content)
    assert again.status_code == 302
    assert (0, "admission_number", "candidates_missing") not in codes(ResultsUpload.objects.first())


def test_list_to_correct_of_a_good_file_does_not_exist(client_of, client_as):
    session, (person,) = session_with(1)
    upload = check(session, list_of(failed(person)))

    assert client_of(session.filed_by).get(address("results-problems", upload)).status_code == 422
    assert client_as(Role.MUNICIPAL_OPERATOR).get(address("results-problems", upload)).status_code == 403


def test_file_that_is_no_list_is_refused_on_the_page(english):
    session, _people = session_with(1)

    response = upload_by(english(session.filed_by), session, b"%PDF-1.7")

    assert "not a spreadsheet" in text_of(response, status=422)
    assert not ResultsUpload.objects.exists()


def test_file_is_put_aside(client_of):
    session, (person,) = session_with(1)
    upload = check(session, list_of(failed(person)))

    client_of(session.filed_by).post(address("results-discard", upload))

    upload.refresh_from_db()
    assert upload.status == ResultsStatus.DISCARDED


def test_what_is_not_good_any_more_says_so(english):
    session, (person,) = session_with(1)
    upload = check(session, list_of(passed(person, 1)))
    other, (somebody,) = session_with(1)
    record(other, list_of(passed(somebody, 1)))

    page = english(session.filed_by).post(address("results-recording", upload), follow=True)

    assert "something has changed since the check" in text_of(page)
    assert not Attempt.objects.filter(session=session).exists()


def test_page_before_the_session_is_held_offers_the_list_and_no_upload(english):
    session, _people = session_with(1, held_on=date(2026, 10, 21))

    text = text_of(english(session.filed_by).get(address("session-results", session)))

    assert address("results-template", session) in text
    assert 'name="file"' not in text


@pytest.mark.parametrize("name", ["session-results", "results-detail"])
def test_pages_cost_the_same_for_more_results(client_of, name):
    attempt = AttemptFactory()
    row = attempt.session if name == "session-results" else attempt.results_upload
    client, url = client_of(attempt.session.filed_by), address(name, row)
    with CaptureQueriesContext(connection) as few:
        text_of(client.get(url))
    AttemptFactory.create_batch(4, session=attempt.session)

    with CaptureQueriesContext(connection) as many:
        text_of(client.get(url))

    assert len(many) == len(few)


def test_results_go_on_where_the_page_before_ended(client_of):
    first = AttemptFactory(row_number=5)
    last = AttemptFactory(row_number=6, session=first.session)

    text = text_of(
        client_of(first.session.filed_by).get(address("session-results", first.session) + "?after=5")
    )

    assert (last.trainee.name in text, first.trainee.name in text) == (True, False)
