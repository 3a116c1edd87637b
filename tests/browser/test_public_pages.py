import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("path", ["/", "/login/"])
def test_public_page_fits_and_asks_nobody_else(visit, path, language, width) -> None:
    window = visit(language=language, width=width)

    window.open(path)

    assert window.page.get_attribute("html", "lang") == language
    assert window.overflow() <= 0
    assert window.errors == []
    assert window.strangers == []


def test_who_has_chosen_no_language_reads_chinese(visit) -> None:
    window = visit()

    window.open("/")

    assert window.page.get_attribute("html", "lang") == "zh-hans"


def test_language_is_changed_in_the_header_and_kept(visit) -> None:
    window = visit()
    window.open("/login/")

    window.page.get_by_role("button", name="English").click()

    window.page.wait_for_selector("html[lang=en]")
    assert window.page.url.endswith("/login/")
    window.open("/")
    assert window.page.get_attribute("html", "lang") == "en"


def test_keyboard_reaches_the_content_first(visit) -> None:
    window = visit()
    window.open("/")

    window.page.keyboard.press("Tab")

    assert window.page.evaluate("document.activeElement.getAttribute('href')") == "#main"
