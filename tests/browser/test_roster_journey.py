from datetime import date

import pytest

from demo.identifiers import make_mobile, make_resident_id
from enrollment.roster.template import write_roster
from tests.factories.enrollment import TrainingClassFactory
from tests.factories.institutions import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def person(sequence: int, **other: str) -> dict[str, str]:
    return {
        "name": "欧阳娜娜",
        "id_number": make_resident_id(born_on=date(2003, 5, 6), sequence=sequence),
        "mobile": make_mobile(sequence),
        "category": "GRADUATING_STUDENT",
        "education": "BACHELOR",
        "school": "示范大学",
        "student_number": f"2022{sequence:04d}",
        "graduated_on": "2026-06-30",
        **other,
    }


@pytest.mark.parametrize("width", [1280, 390])
def test_institution_reads_what_is_wrong_and_puts_the_good_rows_in(visit, width) -> None:
    training_class = TrainingClassFactory(confirmed=True)
    fifteen_digits = "500101030506123"
    roster = write_roster([person(1), person(2, id_number=fifteen_digits), person(3, mobile="12345")])
    window = visit(width=width)
    page = window.page
    window.sign_in(training_class.filed_by.username, PASSWORD)

    page.click(f"text={training_class.reference}")
    page.set_input_files("[name=file]", {"name": "花名册.xlsx", "mimeType": "", "buffer": roster})
    page.get_by_role("button", name="上传并核查").click()
    page.wait_for_url("**/rosters/*/")
    refused = page.locator("tr.is-refused")

    assert refused.count() == 2
    assert "15 位" in refused.nth(0).inner_text()
    assert "手机号" in refused.nth(1).inner_text()
    assert fifteen_digits not in page.content()
    assert window.overflow() <= 0

    page.get_by_role("button", name="录入通过的 1 行").click()
    page.wait_for_url("**/classes/*/")

    assert "已录入 1 名学员" in page.inner_text("main")
    assert "欧阳娜娜" in page.inner_text("main")
    assert window.overflow() <= 0
    assert (window.errors, window.strangers) == ([], [])


def test_institution_learns_that_a_file_was_not_taken_in(visit) -> None:
    training_class = TrainingClassFactory(confirmed=True)
    window = visit(language="en")
    page = window.page
    window.sign_in(training_class.filed_by.username, PASSWORD)

    page.click(f"text={training_class.reference}")
    page.set_input_files("[name=file]", {"name": "photo.xlsx", "mimeType": "", "buffer": b"no workbook"})
    page.get_by_role("button", name="Upload and check").click()
    page.wait_for_selector("[role=alert]")

    assert "Nothing was written" in page.inner_text("[role=alert]")
    assert page.locator(".field-errors li").count() == 1
