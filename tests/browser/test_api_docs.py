import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.mark.parametrize("width", [1280, 360])
def test_document_of_the_api_is_read_without_anything_from_outside(visit, width) -> None:
    window = visit(width=width)

    window.open("/api/v1/docs")
    window.page.wait_for_selector(".opblock")
    window.page.locator(".opblock-summary-control").first.click()
    window.page.wait_for_selector(".opblock-body .responses-table")

    assert "application/problem+json" in window.page.inner_text(".opblock-body")
    assert window.errors == []
    assert window.strangers == []
