"""The pages of rosters: upload, progress, preview, decision and the files to download."""

import io
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from chongqing_dte.foundation.bulk import copy_rows
from enrollment.enums import RosterStatus
from enrollment.models import Enrollment, RosterRow, RosterUpload
from enrollment.services.roster_checks import ROW_COLUMNS
from tests.clock import NOW
from tests.enrollment.rosters import (
    check,
    confirm,
    person,
    received,
    roster_of,
    sent,
    with_intake_policy,
)
from tests.factories.enrollment import RosterRowFactory, RosterUploadFactory, TrainingClassFactory
from tests.factories.institutions import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

BAD_MOBILE = {"mobile": "123"}
NO_ACCOUNT = {"bank_account": "", "bank_name": "", "bank_cnaps": ""}


@pytest.fixture
def english(client_of):
    """Return a function that gives a browser in which this person reads English."""

    def log_in(user):
        client = client_of(user)
        client.post(reverse("set_language"), {"language": "en"})
        return client

    return log_in


def address(name, row):
    return reverse(name, args=[row.public_id])


def text_of(response):
    return response.content.decode()


def send_file(client, training_class, content, name="roster.csv"):
    return client.post(address("class-rosters", training_class), {"file": SimpleUploadedFile(name, content)})


def test_uploaded_file_waits_and_its_page_says_so(english):
    with_intake_policy()
    training_class = TrainingClassFactory(confirmed=True)
    client = english(training_class.filed_by)

    response = send_file(client, training_class, roster_of(person(1)))

    upload = RosterUpload.objects.get()
    assert response.url == address("roster-detail", upload)
    page = text_of(client.get(response.url))
    assert "data-progress" in page
    assert "progress.js" in page
    assert '<meta http-equiv="refresh"' in page


def test_page_counts_the_rows_that_are_checked(english):
    upload = sent()
    RosterUpload.objects.update(
        status=RosterStatus.CHECKING, checking_since=NOW, row_count=10_000, checked_count=5_000
    )

    page = text_of(english(upload.uploaded_by).get(address("roster-detail", upload)))

    assert '<progress class="progress" max="10000" value="5000">' in page


def test_page_stops_asking_once_the_roster_is_checked(english):
    page = text_of(english((upload := received()).uploaded_by).get(address("roster-detail", upload)))

    assert "data-progress" not in page
    assert "progress.js" not in page


@pytest.mark.parametrize(
    ("content", "status", "words"),
    [(b"", 422, "empty"), (None, 422, "required")],
    ids=["empty", "no file"],
)
def test_file_that_is_not_taken_in_is_told_with_the_form(english, content, status, words):
    with_intake_policy()
    training_class = TrainingClassFactory(confirmed=True)
    client = english(training_class.filed_by)

    if content is None:
        response = client.post(address("class-rosters", training_class))
    else:
        response = send_file(client, training_class, content)

    assert response.status_code == status
    assert words in text_of(response)
    assert not RosterUpload.objects.exists()


@pytest.mark.parametrize("traits", [{"district_reviewer": True}, {"municipal_administrator": True}], ids=str)
def test_bureaus_see_the_rosters_and_upload_none(client_of, traits):
    upload = received()
    training_class = upload.training_class
    office = {"district": training_class.district} if "district_reviewer" in traits else {}
    client = client_of(UserFactory(**traits, **office))

    page = text_of(client.get(address("class-rosters", training_class)))

    assert upload.file_name in page
    assert 'name="file"' not in page
    assert send_file(client, training_class, roster_of(person(2))).status_code == 403
    assert RosterUpload.objects.count() == 1


def test_failed_file_says_why_and_names_the_columns(english):
    upload = received(content="姓名,身份证号,爱好\r\n李一,1,2".encode())

    page = text_of(english(upload.uploaded_by).get(address("roster-detail", upload)))

    assert "爱好" in page
    assert "Nothing was written" in page
    assert address("roster-file", upload) in page


def test_preview_counts_each_kind_of_row_and_masks_everybody(english):
    first = received(None, person(1), person(2))
    confirm(first)
    upload = received(
        first.training_class, person(1), person(2, school="西南大学"), person(3), person(4, **BAD_MOBILE)
    )

    page = text_of(english(upload.uploaded_by).get(address("roster-detail", upload)))

    assert [upload.new_count, upload.changed_count, upload.unchanged_count, upload.refused_count] == [1] * 4
    for kind in ("new", "changed", "unchanged", "refused"):
        assert f"?show={kind}" in page
    assert all(person(number)["id_number"] not in page for number in range(1, 5))
    assert all(person(number)["bank_account"] not in page for number in range(1, 5))


@pytest.mark.parametrize("is_confirmed", [False, True], ids=["before", "after"])
def test_changed_row_shows_what_was_and_what_comes(english, is_confirmed):
    first = received(None, person(1))
    confirm(first)
    upload = received(first.training_class, person(1, school="西南大学", mobile="13812345678"))
    if is_confirmed:
        confirm(upload)

    page = text_of(english(upload.uploaded_by).get(address("roster-detail", upload) + "?show=changed"))

    assert "<del>重庆大学</del> → <ins>西南大学</ins>" in page
    assert "13812345678" not in page
    assert person(1)["mobile"] not in page


@pytest.mark.parametrize(
    ("show", "shown"),
    [
        ("all", {2, 3, 4}),
        ("new", {2, 4}),
        ("refused", {3}),
        ("warned", {4}),
        ("changed", set()),
        ("nonsense", {2, 3, 4}),
    ],
)
def test_filter_leaves_only_its_rows(english, show, shown):
    upload = received(None, person(1), person(2, **BAD_MOBILE), person(3, **NO_ACCOUNT))

    page = text_of(english(upload.uploaded_by).get(address("roster-detail", upload), {"show": show}))

    assert {number for number in range(2, 5) if f'id="row-{number}"' in page} == shown


def test_summary_tells_each_problem_once_with_its_rows(english):
    upload = received(None, person(1, **BAD_MOBILE), person(2), person(3, **BAD_MOBILE))

    page = text_of(english(upload.uploaded_by).get(address("roster-detail", upload)))

    assert "2 rows: 2, 4" in page


def test_rows_are_shown_by_pages_and_cost_no_more_than_one_page(english):
    upload = RosterUploadFactory(row_count=5_000, new_count=5_000)
    copy_rows(
        RosterRow,
        ROW_COLUMNS,
        (
            (upload.pk, number, "NEW", False, [], "", json.dumps({"name": "李一"}), [])
            for number in range(2, 5_002)
        ),
    )
    client = english(upload.uploaded_by)

    with CaptureQueriesContext(connection) as queries:
        first = text_of(client.get(address("roster-detail", upload)))
    statements = [query["sql"] for query in queries.captured_queries]
    last = text_of(client.get(address("roster-detail", upload), {"after": "4990"}))

    assert (first.count('id="row-'), last.count('id="row-')) == (200, 11)
    assert "show=all&amp;after=201" in first
    assert 'rel="next"' not in last
    assert sum("enrollment_rosterrow" in statement for statement in statements) == 2
    assert len(statements) < 12


@pytest.mark.parametrize("after", ["", "x", "-1", "9" * 30, "２"])
def test_odd_page_number_is_the_first_page(english, after):
    upload = received()

    response = english(upload.uploaded_by).get(address("roster-detail", upload), {"after": after})

    assert 'id="row-2"' in text_of(response)


def test_good_rows_go_in_and_the_page_says_how_many(english):
    upload = received(None, person(1), person(2))
    client = english(upload.uploaded_by)

    response = client.post(address("roster-confirm", upload), follow=True)

    assert "2 rows were put in." in text_of(response)
    assert Enrollment.objects.count() == 2


@pytest.mark.parametrize(("ticked", "count"), [(False, 1), (True, 2)])
def test_rows_with_warnings_want_a_tick(english, ticked, count):
    upload = received(None, person(1), person(2, **NO_ACCOUNT))
    client = english(upload.uploaded_by)
    assert 'name="takes_warned_rows"' in text_of(client.get(address("roster-detail", upload)))

    client.post(address("roster-confirm", upload), {"takes_warned_rows": "on"} if ticked else {})

    assert Enrollment.objects.count() == count


def test_roster_without_warnings_asks_for_no_tick(english):
    upload = received()

    page = text_of(english(upload.uploaded_by).get(address("roster-detail", upload)))

    assert 'name="takes_warned_rows"' not in page


def test_roster_is_put_aside_and_nothing_goes_in(english):
    upload = received()

    response = english(upload.uploaded_by).post(address("roster-reject", upload))

    assert response.url == address("class-rosters", upload.training_class)
    assert not Enrollment.objects.exists()


def test_refusal_of_a_confirmation_is_told_in_words(english):
    training_class = TrainingClassFactory(confirmed=True, seat_count=1)
    upload = received(training_class, person(1), person(2))

    response = english(upload.uploaded_by).post(address("roster-confirm", upload))

    assert response.status_code == 422
    assert "1 free seats" in text_of(response)


def test_file_is_saved_as_it_came_and_never_opened(client_of):
    upload = sent()

    response = client_of(upload.uploaded_by).get(address("roster-file", upload))

    assert response.headers["Content-Disposition"].startswith("attachment")
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert b"".join(response.streaming_content) == roster_of(person(1))


def test_workbook_of_problems_holds_only_the_rows_to_correct_and_can_come_back(english):
    upload = received(None, person(1), person(2, **BAD_MOBILE), person(3, **NO_ACCOUNT))
    confirm(upload, takes_warned_rows=False)
    client = english(upload.uploaded_by)

    response = client.get(address("roster-problems", upload))

    content = b"".join(response.streaming_content)
    cells = [
        str(cell) for row in load_workbook(io.BytesIO(content)).worksheets[0].values for cell in row if cell
    ]
    assert person(1)["id_number"] not in cells
    assert person(2)["id_number"] in cells
    assert person(3)["id_number"] in cells
    assert any("11 digits" in cell for cell in cells)

    corrected = corrected_mobile(content, person(2)["mobile"])
    send_file(client, upload.training_class, corrected, "problems.xlsx")
    again = check(RosterUpload.objects.latest("id"))
    confirm(again)
    assert (again.row_count, again.new_count) == (2, 2)
    assert Enrollment.objects.count() == 3


def corrected_mobile(content, mobile):
    """Return the workbook with the mobile number that a person has typed over the wrong one."""
    workbook = load_workbook(io.BytesIO(content))
    for row in workbook.worksheets[0].iter_rows():
        for cell in row:
            if cell.value == BAD_MOBILE["mobile"]:
                cell.value = mobile
    target = io.BytesIO()
    workbook.save(target)
    return target.getvalue()


def test_row_of_an_earlier_version_of_the_columns_can_still_be_shown(english):
    row = RosterRowFactory(cells=json.dumps({"name": "李一"}))

    response = english(row.upload.uploaded_by).get(address("roster-detail", row.upload))

    assert response.status_code == 200
