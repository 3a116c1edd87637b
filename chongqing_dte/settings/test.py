"""For the tests: real PostgreSQL and Valkey, cheap passwords, and nothing outside this machine."""

from chongqing_dte.settings.dev import *  # noqa: F403
from chongqing_dte.settings.dev import DATABASES, REDIS_URL, TEMPLATES, env

DEBUG = False
PORTAL_ORIGIN = "https://portal.example"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
TEMPLATES[0]["OPTIONS"]["string_if_invalid"] = "UNDEFINED_TEMPLATE_VARIABLE(%s)"
ALLOWED_HOSTS = ["*"]
# A live server closes its connection after each request.
DATABASES["default"]["CONN_MAX_AGE"] = 0
# All tests come from one address; those of the limits set their own.
VERIFICATION_LIMITS = SIGN_IN_LIMITS = OBJECTION_LIMITS = OBJECTION_LINE_LIMITS = NOTICE_LIMITS = []
TOKEN_LIMITS = TOKEN_ADDRESS_LIMITS = []
PUBLIC_API_PER_MINUTE = 0
SELF_CHECK_LIMITS = SELF_CHECK_CERTIFICATE_LIMITS = SELF_CHECK_NUMBER_LIMITS = []
LOGGING = {"level": "WARNING"}
# Tests that run side by side do not count, or forget, one another's messages.
if worker := env.str("PYTEST_XDIST_WORKER", default=""):
    REDIS_URL = f"{REDIS_URL.rpartition('/')[0]}/{int(worker.removeprefix('gw')) + 1}"
    CELERY_BROKER_URL = REDIS_URL
# A page costs the same whenever it is asked for.
DESK_NUMBER_SECONDS = 0
# No collected files, and no warning that there are none.
WHITENOISE_AUTOREFRESH = True
