"""An institution brings its roster in, in a real browser: upload, errors, correction, confirmation.

The files are checked by the worker's own task, which the test runs in the place of a worker.
"""

import io
from datetime import date
from pathlib import Path

import pytest
from openpyxl import load_workbook

from demo.identifiers import make_card_number, make_cnaps, make_mobile, make_resident_id
from enrollment.models import Enrollment
from enrollment.roster.template import write_roster
from enrollment.tasks import check_received_rosters_task
from tests.factories.enrollment import IntakePolicyFactory, TrainingClassFactory
from tests.factories.institutions import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.slow]

FIFTEEN_DIGITS = "500101030506123"


def person(sequence: int, **other: str) -> dict[str, str]:
    return {
        "name": "欧阳娜娜",
        "id_number": make_resident_id(born_on=date(2003, 5, 6), sequence=sequence),
        "mobile": make_mobile(sequence),
        "category": "GRADUATING_STUDENT",
        "education": "BACHELOR",
        "school": "示范大学",
        "student_number": f"2022{sequence:04d}",
        "graduated_on": "2027-06-30",
        "bank_account": make_card_number(sequence),
        "bank_name": "示范银行",
        "bank_cnaps": make_cnaps(1),
        **other,
    }


def corrected(workbook: bytes, wrong: dict[str, str]) -> bytes:
    """Return the workbook with each wrong cell typed over, as a person does it."""
    book = load_workbook(io.BytesIO(workbook))
    for row in book.worksheets[0].iter_rows():
        for cell in row:
            cell.value = wrong.get(cell.value, cell.value)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


@pytest.fixture
def training_class():
    IntakePolicyFactory()
    return TrainingClassFactory(confirmed=True)


def send(window, training_class, name: str, content: bytes) -> None:
    """Upload a file as a person does, and see that the page waits for a worker. Then the worker comes."""
    window.open(f"/classes/{training_class.public_id}/rosters/")
    window.page.set_input_files("[name=file]", {"name": name, "mimeType": "", "buffer": content})
    window.page.locator("main form[enctype] button").click()
    window.page.wait_for_selector("[data-progress]")
    assert window.overflow() <= 0
    check_received_rosters_task()


@pytest.mark.parametrize("width", [1280, 390])
def test_institution_corrects_a_bad_roster_and_brings_everybody_in(visit, training_class, width) -> None:
    roster = write_roster([person(1), person(2, id_number=FIFTEEN_DIGITS), person(3, mobile="12345")])
    window = visit(width=width)
    page = window.page
    window.sign_in(training_class.filed_by.username, PASSWORD)

    # Read the errors. The page shows them by itself once a worker has been there.
    send(window, training_class, "花名册.xlsx", roster)
    page.wait_for_selector("tr.is-refused")
    refused = page.locator("tr.is-refused").all_inner_texts()
    assert ("15 位" in refused[0], "手机号" in refused[1], len(refused)) == (True, True, 2)
    assert FIFTEEN_DIGITS not in page.content()
    assert window.overflow() <= 0

    # Put the good row in, and download the others to correct them.
    page.get_by_role("button", name="录入通过的 1 行").click()
    page.wait_for_selector(".alert-success")
    assert Enrollment.objects.count() == 1
    with page.expect_download() as download:
        page.click("a[href$='/problems/']")
    workbook = Path(download.value.path()).read_bytes()

    # Upload the corrected workbook as it is, and confirm.
    fixed = corrected(workbook, {FIFTEEN_DIGITS: person(2)["id_number"], "12345": person(3)["mobile"]})
    send(window, training_class, "更正.xlsx", fixed)
    page.get_by_role("button", name="录入通过的 2 行").click()
    page.wait_for_selector(".alert-success")

    assert Enrollment.objects.count() == 3
    assert window.overflow() <= 0
    assert (window.errors, window.strangers) == ([], [])


def test_page_of_a_waiting_roster_reloads_itself_without_scripts(new_context, live_server, training_class):
    context = new_context(java_script_enabled=False, locale="en-US")
    page = context.new_page()
    page.goto(f"{live_server.url}/login/")
    page.fill("[name=username]", training_class.filed_by.username)
    page.fill("[name=password]", PASSWORD)
    page.click("main form button")
    page.goto(f"{live_server.url}/classes/{training_class.public_id}/rosters/")
    page.set_input_files(
        "[name=file]", {"name": "a.xlsx", "mimeType": "", "buffer": write_roster([person(1)])}
    )
    page.click("main form[enctype] button")
    check_received_rosters_task()

    page.wait_for_selector("tr.is-new", timeout=20_000)


def test_institution_learns_why_a_file_cannot_be_used(visit, training_class) -> None:
    window = visit(language="en")
    page = window.page
    window.sign_in(training_class.filed_by.username, PASSWORD)

    send(window, training_class, "photo.xlsx", b"no workbook")

    page.wait_for_selector("[role=alert]")
    assert "Nothing was written" in page.inner_text("[role=alert]")
    assert Enrollment.objects.count() == 0
