"""One person at the portal, over HTTP, with a browser session of their own."""

import re
from collections.abc import Mapping

import httpx

from demo.processes import JourneyFailed
from demo.world import PASSWORD

HIDDEN_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Visitor:
    """One person with a browser session of their own; without a user name, anybody."""

    def __init__(self, base_url: str, username: str = "", *, language: str = "zh-hans") -> None:
        self.client = httpx.Client(
            base_url=base_url, timeout=60, follow_redirects=True, cookies={"django_language": language}
        )
        if username:
            self.submit("/login/", "/login/", {"username": username, "password": PASSWORD})

    def page(self, path: str) -> str:
        """Open a page and return what it says."""
        response = self.client.get(path)
        if response.status_code != 200:
            raise JourneyFailed(f"{path} answered {response.status_code}.")
        return response.text

    def file(self, path: str) -> bytes:
        """Download a file."""
        response = self.client.get(path)
        if response.status_code != 200:
            raise JourneyFailed(f"{path} answered {response.status_code}.")
        return response.content

    def submit(
        self,
        page: str,
        action: str,
        fields: Mapping[str, str | list[str]] | None = None,
        file: tuple[str, bytes] | None = None,
        *,
        field: str = "file",
    ) -> httpx.Response:
        """Send a form of a page, with the token that the page gave. `field` is the form's name for the file."""
        token = HIDDEN_TOKEN.search(self.page(page))
        if token is None:
            raise JourneyFailed(f"{page} has no form.")
        response = self.client.post(
            action,
            data={"csrfmiddlewaretoken": token[1], **(fields or {})},
            files={field: (*file, XLSX)} if file else None,
            headers={"Referer": str(self.client.base_url)},
        )
        if response.status_code != 200:
            raise JourneyFailed(f"{action} answered {response.status_code}.")
        return response
