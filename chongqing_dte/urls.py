"""Composition: the one place that knows every app."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path

from chongqing_dte.foundation.health import healthz, readyz

# The admin's theme evaluates what its own templates hold, and sets styles; but nothing comes from outside.
ADMIN_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)


def under_admin_policy(patterns: Sequence[URLPattern | URLResolver]) -> None:
    """Make every view below these patterns answer with the admin's content policy."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            under_admin_policy(pattern.url_patterns)
        else:
            pattern.callback = _with_admin_policy(pattern.callback)


def _with_admin_policy(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response.headers.setdefault("Content-Security-Policy", ADMIN_POLICY)
        return response

    return answer


admin_urls = admin.site.urls
under_admin_policy(admin_urls[0])

handler400 = "partners.api.about.bad_request"
handler404 = "chongqing_dte.foundation.api.not_found"
handler500 = "partners.api.about.server_error"

urlpatterns = [
    path("healthz", healthz),
    path("readyz", readyz),
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/", admin_urls),
    path("api/v1/", include("chongqing_dte.api_urls")),
    path("", include("institutions.urls")),
    path("", include("partners.urls")),
    path("", include("enrollment.urls")),
    path("", include("assessment.urls")),
    path("", include("subsidies.urls")),
]
