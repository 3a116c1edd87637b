import os
from collections.abc import Callable

import pytest
from django.conf import settings
from playwright.sync_api import BrowserContext, Page

from tests.browser.chromium import NOT_RUN, find_chromium

# Playwright keeps an event loop in this thread until the session ends, and so Django takes every query, also those of
# the tests after these, for one of a coroutine's.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"

QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class Visit:
    """One browser window, with everything that went wrong in it and every address that is not the portal's."""

    def __init__(self, page: Page, portal: str) -> None:
        self.page = page
        self.portal = portal
        self.errors: list[str] = []
        self.strangers: list[str] = []
        page.on("console", lambda message: message.type == "error" and self.errors.append(message.text))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on(
            "request", lambda request: request.url.startswith(portal) or self.strangers.append(request.url)
        )

    def open(self, path: str) -> None:
        """Go to a page of the portal."""
        self.page.goto(self.portal + path)

    def sign_in(self, username: str, password: str) -> None:
        """Sign in as somebody, as they would."""
        self.open("/login/")
        self.page.fill("[name=username]", username)
        self.page.fill("[name=password]", password)
        self.page.click("main form button")
        self.page.wait_for_url(lambda url: "/login/" not in url)

    def overflow(self) -> int:
        """Return by how many pixels the page is wider than its window."""
        root = "document.documentElement"
        return int(self.page.evaluate(f"{root}.scrollWidth - {root}.clientWidth"))


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, object]:
    """Return how Chromium starts. Without one the tests say that they did not run, and fail where they must run."""
    program = find_chromium()
    if program is None and os.environ.get("REQUIRE_BROWSER") == "1":
        pytest.fail(NOT_RUN)
    if program is None:
        pytest.skip(NOT_RUN)
    return {"executable_path": program, "args": list(QUIET)}


@pytest.fixture(scope="session")
def base_url() -> None:
    """Stand in for the plugin's own fixture, which this pytest warns of. Tests name whole addresses."""


@pytest.fixture
def visit(new_context: Callable[..., BrowserContext], live_server) -> Callable[..., Visit]:
    """Return a function that opens a window: visit(language="en", width=390). The browser itself asks for English."""

    def open_window(*, language: str = "", width: int = 1280) -> Visit:
        context = new_context(locale="en-US", viewport={"width": width, "height": 840})
        if language:
            chosen = {"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": live_server.url}
            context.add_cookies([chosen])
        return Visit(context.new_page(), live_server.url)

    return open_window
