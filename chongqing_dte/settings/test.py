"""For the tests: real PostgreSQL and Valkey, cheap passwords, and nothing outside this machine."""

from chongqing_dte.settings.dev import *  # noqa: F403
from chongqing_dte.settings.dev import DATABASES, TEMPLATES

DEBUG = False
PORTAL_ORIGIN = "https://portal.example"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
TEMPLATES[0]["OPTIONS"]["string_if_invalid"] = "UNDEFINED_TEMPLATE_VARIABLE(%s)"
ALLOWED_HOSTS = ["*"]
# A live server closes its connection after each request.
DATABASES["default"]["CONN_MAX_AGE"] = 0
# All tests come from one address; those of the limits set their own.
VERIFICATION_LIMITS = SIGN_IN_LIMITS = []
LOGGING = {"level": "WARNING"}
# No collected files, and no warning that there are none.
WHITENOISE_AUTOREFRESH = True
