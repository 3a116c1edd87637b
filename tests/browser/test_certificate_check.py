import pytest
from django.urls import reverse

from assessment.verification import verification_token
from tests.factories.assessment import LevelCertificateFactory

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def certificate(transactional_db):
    return LevelCertificateFactory(number="CQ-AI-2026-000123", attempt__enrollment__trainee__name="欧阳·娜")


def test_somebody_finds_the_check_on_the_home_page_and_checks_a_certificate(visit, certificate) -> None:
    window = visit(language="en")
    window.open("/")

    window.page.get_by_role("link", name="Check a certificate").first.click()
    window.page.fill("[name=number]", certificate.number)
    window.page.fill("[name=name]", "欧阳·娜")
    window.page.click("main form button")

    window.page.get_by_text("This certificate is valid").wait_for()
    assert window.page.url.endswith("/verify/")
    assert window.page.input_value("[name=name]") == ""
    assert window.errors == []


def test_typing_error_is_corrected_and_not_typed_again(visit, certificate) -> None:
    window = visit(language="en")
    window.open("/verify/")
    window.page.fill("[name=number]", certificate.number)
    window.page.fill("[name=name]", "欧阳娜")
    window.page.click("main form button")
    window.page.get_by_text("We know no such certificate under this name").wait_for()

    window.page.fill("[name=name]", "欧阳·娜")
    window.page.click("main form button")

    window.page.get_by_text("This certificate is valid").wait_for()


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_what_a_scanned_code_opens_fits_and_asks_nobody_else(visit, certificate, language, width) -> None:
    window = visit(language=language, width=width)

    window.open(reverse("verify-link", args=[verification_token(certificate.public_id)]))

    assert window.page.get_by_text(certificate.number).is_visible()
    assert window.overflow() <= 0
    assert window.errors == []
    assert window.strangers == []
