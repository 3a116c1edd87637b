"""Composition: the one place that knows every app."""

from django.contrib import admin
from django.urls import include, path

from chongqing_dte.foundation.health import healthz, readyz

urlpatterns = [
    path("healthz", healthz),
    path("readyz", readyz),
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/", admin.site.urls),
    path("", include("institutions.urls")),
    path("", include("enrollment.urls")),
    path("", include("assessment.urls")),
    path("", include("subsidies.urls")),
]
