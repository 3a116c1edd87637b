"""Production starts with its own secrets or not at all."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).resolve().parent.parent.parent
SECRETS = {
    "DJANGO_SECRET_KEY": "s" * 60,
    "FIELD_KEYS": "1:" + "aa" * 32,
    "HASH_KEY": "bb" * 32,
    "BANK_REFERENCE_KEY": "cc" * 32,
    "CREDENTIAL_KEYS": "1:" + "dd" * 32,
    "PORTAL_ORIGIN": "https://portal.example",
    "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "ALLOWED_HOSTS": "portal.example",
}
SHOW = """
import django
from django.conf import settings
django.setup()
print(settings.SECRET_KEY, settings.FIELD_KEYS, settings.HASH_KEY, settings.BANK_REFERENCE_KEY)
print(settings.CREDENTIAL_KEYS, settings.PORTAL_ORIGIN)
switches = ("DEBUG", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT")
print(*(getattr(settings, switch) for switch in switches))
"""


def start(environment):
    """Return what a process with these settings prints, or how it fails."""
    return subprocess.run(
        [sys.executable, "-c", SHOW],
        env={
            "PATH": os.environ["PATH"],
            "DJANGO_SETTINGS_MODULE": "chongqing_dte.settings.production",
            **environment,
        },
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("missing", sorted(SECRETS))
def test_production_does_not_start_without(missing):
    outcome = start({name: secret for name, secret in SECRETS.items() if name != missing})

    assert outcome.returncode != 0
    assert missing in outcome.stderr


@pytest.mark.parametrize("empty", ["DJANGO_SECRET_KEY"])
def test_production_does_not_start_with_an_empty(empty):
    assert start({**SECRETS, empty: ""}).returncode != 0


def test_production_uses_the_secrets_it_is_given_and_none_of_the_demo():
    outcome = start(SECRETS)

    keys, credentials, switches = outcome.stdout.splitlines()
    assert keys.split() == [
        SECRETS[name] for name in ("DJANGO_SECRET_KEY", "FIELD_KEYS", "HASH_KEY", "BANK_REFERENCE_KEY")
    ]
    assert credentials.split() == [SECRETS[name] for name in ("CREDENTIAL_KEYS", "PORTAL_ORIGIN")]
    assert switches.split() == ["False", "True", "True", "True"]


def test_production_knows_nothing_of_the_demo_settings():
    source = (REPOSITORY / "chongqing_dte/settings/production.py").read_text()

    assert "settings.dev" not in source
