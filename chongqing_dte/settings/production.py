"""For the bureau's servers. No secret has a default: a missing one stops the start."""

from django.core.exceptions import ImproperlyConfigured

from chongqing_dte.settings.base import *  # noqa: F403
from chongqing_dte.settings.base import env


def required(name: str) -> str:
    """Return a variable of the environment that must be there and must not be empty."""
    value = env.str(name)
    if not value.strip():
        raise ImproperlyConfigured(f"{name} is empty.")
    return value


DEBUG = False
SECRET_KEY = required("DJANGO_SECRET_KEY")
FIELD_KEYS = required("FIELD_KEYS")
HASH_KEY = required("HASH_KEY")
BANK_REFERENCE_KEY = required("BANK_REFERENCE_KEY")
CREDENTIAL_KEYS = required("CREDENTIAL_KEYS")
PORTAL_ORIGIN = required("PORTAL_ORIGIN")
DATABASE_URL = required("DATABASE_URL")
REDIS_URL = required("REDIS_URL")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS")
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
# A load balancer asks over plain HTTP; it learns nothing but "up".
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-session"
CSRF_COOKIE_NAME = "__Host-csrf"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
