"""What an answer is recognised by, so that one that has not changed is not sent again."""

import hashlib
import re
from typing import Final

from django.http import HttpResponse, HttpResponseBase, HttpResponseNotModified
from django.http.request import HttpRequest

# What a 304 repeats of the answer that it stands for (RFC 9110, 15.4.5), and what is true of every answer.
REPEATED: Final = (
    "ETag",
    "Cache-Control",
    "Vary",
    "API-Version",
    "Deprecation",
    "Sunset",
    "RateLimit",
    "RateLimit-Policy",
)
ANY_TAG: Final = re.compile(r'(?:W/)?("[^"]*")')


def with_etag(request: HttpRequest, response: HttpResponse) -> HttpResponseBase:
    """Give an answer its tag, or return 304 in its place if whoever asks has it already."""
    tag = f'"{hashlib.sha256(response.content).hexdigest()}"'
    response["ETag"] = tag
    asked = request.headers.get("If-None-Match", "")
    # Weak comparison, as RFC 9110 wants it for this header.
    if asked.strip() != "*" and tag not in ANY_TAG.findall(asked):
        return response
    unchanged = HttpResponseNotModified()
    for name in REPEATED:
        if name in response:
            unchanged[name] = response[name]
    return unchanged
