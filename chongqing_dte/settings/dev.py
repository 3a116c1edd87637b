"""For one machine: demo and development. Its keys are public, so it must never see a real person."""

from chongqing_dte.settings.base import *  # noqa: F403
from chongqing_dte.settings.base import (
    BANK_REFERENCE_KEY,
    CREDENTIAL_KEYS,
    FIELD_KEYS,
    HASH_KEY,
    INSTALLED_APPS,
    PORTAL_ORIGIN,
    env,
)

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("DJANGO_SECRET_KEY", default="demo-only-" + "k" * 50)
FIELD_KEYS = FIELD_KEYS or "1:" + "11" * 32
HASH_KEY = HASH_KEY or "22" * 32
BANK_REFERENCE_KEY = BANK_REFERENCE_KEY or "33" * 32
CREDENTIAL_KEYS = CREDENTIAL_KEYS or "1:" + "44" * 32
PORTAL_ORIGIN = PORTAL_ORIGIN or "http://127.0.0.1:8000"
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
WHITENOISE_USE_FINDERS = True
# Nobody in this database is real, and `generate_world` may fill it.
INSTALLED_APPS = [*INSTALLED_APPS, "demo"]
MADE_UP_PEOPLE_ALLOWED = True
# Receivers of webhooks on this machine, "partner.localhost:8443", with the file of the authority that vouches for them.
WEBHOOK_LOCAL_RECEIVERS = env.list("WEBHOOK_LOCAL_RECEIVERS", default=[])
WEBHOOK_LOCAL_CA_FILE = env.str("WEBHOOK_LOCAL_CA_FILE", default="")
