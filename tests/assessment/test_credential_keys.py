from datetime import timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError

from assessment.credentials.issuer import issuer_id, portal_origin
from assessment.credentials.keys import multibase, signing_keys
from assessment.models import CredentialKey
from assessment.services.credential_keys import register_credential_keys, withdraw_credential_key
from assessment.services.credentials import CredentialKeyAbsent
from chongqing_dte.foundation.errors import DomainError, InvalidTransition
from chongqing_dte.foundation.models import AuditEvent
from tests.assessment.third_party import issued, published_keys
from tests.clock import NOW
from tests.factories.assessment import LevelCertificateFactory

FIRST, SECOND, THIRD = "1:" + "44" * 32, "2:" + "55" * 32, "3:" + "66" * 32
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _first_key(settings):
    settings.CREDENTIAL_KEYS = FIRST


def events() -> list[str]:
    return list(AuditEvent.objects.order_by("id").values_list("name", flat=True))


def versions() -> list[tuple[int, bool]]:
    """Return each key's version, and whether it is the one that signs."""
    return [(key.version, key.used_until is None) for key in CredentialKey.objects.order_by("version")]


# ── In the settings ──────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    "malformed",
    [
        "",
        "none",
        "44" * 32,
        "1:" + "44" * 31,
        "1:" + "zz" * 32,
        "0:" + "44" * 32,
        "32768:" + "44" * 32,
        "1:" + "44" * 32 + ",1:" + "55" * 32,
        "1:" + "44" * 32 + ",",
    ],
)
def test_malformed_keys_are_refused_by_name(settings, malformed):
    settings.CREDENTIAL_KEYS = malformed

    with pytest.raises(ImproperlyConfigured, match="CREDENTIAL_KEYS"):
        signing_keys()


@pytest.mark.parametrize(
    "malformed",
    [
        "",
        "portal.example",
        "https://",
        "https://portal.example/",
        "https://portal.example/a",
        "ftp://portal.example",
    ],
)
def test_malformed_origin_is_refused_by_name(settings, malformed):
    settings.PORTAL_ORIGIN = malformed

    with pytest.raises(ImproperlyConfigured, match="PORTAL_ORIGIN"):
        portal_origin()


@pytest.mark.parametrize(
    ("origin", "issuer"),
    [
        ("https://portal.example", "did:web:portal.example"),
        ("http://127.0.0.1:8000", "did:web:127.0.0.1%3A8000"),
    ],
)
def test_issuer_is_the_portal_s_address(settings, origin, issuer):
    settings.PORTAL_ORIGIN = origin

    assert issuer_id() == issuer


# From the draft of base58 at the IETF, draft-msporny-base58.
@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"Hello World!", "z2NEpo7TZRRrLZSi2U"),
        (
            b"The quick brown fox jumps over the lazy dog.",
            "zUSm3fpXnKG5EUBx2ndxBDMPVciP5hGey2Jh4NDv6gmeo1LkMeiKrLJUUBk6Z",
        ),
        (bytes.fromhex("0000287fb4cd"), "z11233QC4"),
    ],
)
def test_bytes_are_written_in_base58(content, text):
    assert multibase(content) == text


# ── Registered ───────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.django_db
def test_first_key_begins_to_sign():
    key = register_credential_keys(now=NOW)

    assert (key.version, key.used_from, key.used_until) == (1, NOW, None)
    assert events() == ["credential_key.registered"]


@pytest.mark.django_db
def test_registering_again_changes_nothing():
    register_credential_keys(now=NOW)
    register_credential_keys(now=NOW + DAY)

    assert list(CredentialKey.objects.values_list("used_from", "used_until")) == [(NOW, None)]
    assert events() == ["credential_key.registered"]


@pytest.mark.django_db
def test_higher_version_takes_over(settings):
    register_credential_keys(now=NOW - DAY)
    settings.CREDENTIAL_KEYS = f"{FIRST},{SECOND}"

    register_credential_keys(now=NOW)

    former, present = CredentialKey.objects.order_by("version")
    assert (former.used_until, present.used_from, present.used_until) == (NOW, NOW, None)
    assert events()[1:] == ["credential_key.retired", "credential_key.registered"]


@pytest.mark.django_db
def test_key_that_never_signed_is_not_published(settings):
    settings.CREDENTIAL_KEYS = f"{FIRST},{SECOND}"

    register_credential_keys(now=NOW)

    assert versions() == [(2, True)]


@pytest.mark.django_db
def test_retired_key_may_leave_the_settings_and_stays_published(settings):
    register_credential_keys(now=NOW - DAY)
    settings.CREDENTIAL_KEYS = f"{FIRST},{SECOND}"
    register_credential_keys(now=NOW)
    settings.CREDENTIAL_KEYS = SECOND

    register_credential_keys(now=NOW + DAY)

    document = published_keys()
    assert versions() == [(1, False), (2, True)]
    assert document["assertionMethod"] == ["did:web:portal.example#key-1", "did:web:portal.example#key-2"]
    assert [method.get("expires") for method in document["verificationMethod"]] == [
        "2026-10-20T02:00:00Z",
        None,
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("configured", "reason"),
    [
        ("2:" + "66" * 32, "Key 2 in CREDENTIAL_KEYS is not the one that was published"),
        (f"1:{'66' * 32},{SECOND},{THIRD}", "Key 1 in CREDENTIAL_KEYS is not the one"),
        (FIRST, "CREDENTIAL_KEYS lacks key 2"),
        (f"{SECOND},3:{'55' * 32}", "the same key"),
        (f"3:{'44' * 32}", "the same key"),
    ],
)
def test_settings_that_contradict_what_was_published_are_refused(settings, configured, reason):
    register_credential_keys(now=NOW - DAY)
    settings.CREDENTIAL_KEYS = f"{FIRST},{SECOND}"
    register_credential_keys(now=NOW)
    settings.CREDENTIAL_KEYS = configured

    with pytest.raises(ImproperlyConfigured, match=reason):
        register_credential_keys(now=NOW + DAY)

    assert versions() == [(1, False), (2, True)]


@pytest.mark.django_db
def test_command_registers_and_says_which_key_signs(capsys):
    call_command("register_credential_keys")

    assert "Key 1 signs for did:web:portal.example." in capsys.readouterr().out


@pytest.mark.django_db
def test_command_registers_nothing_under_a_wrong_address(settings):
    settings.PORTAL_ORIGIN = "portal.example"

    with pytest.raises(ImproperlyConfigured, match="PORTAL_ORIGIN"):
        call_command("register_credential_keys")

    assert versions() == []


# ── Signing ──────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.django_db
@pytest.mark.parametrize("configured", [SECOND, "1:" + "77" * 32])
def test_process_without_the_present_key_signs_nothing(settings, configured):
    register_credential_keys(now=NOW)
    certificate = LevelCertificateFactory()
    settings.CREDENTIAL_KEYS = configured

    with pytest.raises(CredentialKeyAbsent):
        issued(certificate)

    assert events() == ["credential_key.registered"]


@pytest.mark.django_db
def test_process_that_was_left_behind_with_a_retired_key_signs_nothing(settings):
    register_credential_keys(now=NOW - DAY)
    settings.CREDENTIAL_KEYS = f"{FIRST},{SECOND}"
    register_credential_keys(now=NOW)
    settings.CREDENTIAL_KEYS = FIRST

    with pytest.raises(CredentialKeyAbsent):
        issued(LevelCertificateFactory())


@pytest.mark.django_db
def test_nothing_is_signed_before_a_key_was_published():
    with pytest.raises(CredentialKeyAbsent):
        issued(LevelCertificateFactory())


# ── Withdrawn ────────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def _two_keys(db, settings):
    register_credential_keys(now=NOW - 2 * DAY)
    settings.CREDENTIAL_KEYS = f"{FIRST},{SECOND}"
    register_credential_keys(now=NOW - DAY)


@pytest.mark.usefixtures("_two_keys")
def test_withdrawn_key_is_named_and_not_trusted():
    key = withdraw_credential_key(version=1, reason="A backup was lost.", now=NOW)

    document = published_keys()
    assert key.withdrawn_at == NOW
    assert document["assertionMethod"] == ["did:web:portal.example#key-2"]
    assert document["verificationMethod"][0]["revoked"] == "2026-10-20T02:00:00Z"
    event = AuditEvent.objects.latest("id")
    assert (event.name, event.reason) == ("credential_key.withdrawn", "A backup was lost.")


@pytest.mark.usefixtures("_two_keys")
def test_key_is_withdrawn_once():
    withdraw_credential_key(version=1, reason="A backup was lost.", now=NOW)
    count = AuditEvent.objects.count()

    with pytest.raises(InvalidTransition):
        withdraw_credential_key(version=1, reason="A backup was lost.", now=NOW + DAY)

    assert CredentialKey.objects.get(version=1).withdrawn_at == NOW
    assert AuditEvent.objects.count() == count


@pytest.mark.usefixtures("_two_keys")
@pytest.mark.parametrize(("version", "refusal"), [(2, InvalidTransition), (3, DomainError)])
def test_present_or_unknown_key_is_not_withdrawn(version, refusal):
    with pytest.raises(refusal):
        withdraw_credential_key(version=version, reason="A backup was lost.", now=NOW)

    assert not CredentialKey.objects.exclude(withdrawn_at=None).exists()


@pytest.mark.usefixtures("_two_keys")
def test_command_withdraws_or_says_why_not(capsys):
    call_command("withdraw_credential_key", "1", "--reason", "A backup was lost.")

    assert "Key 1 is withdrawn." in capsys.readouterr().out
    with pytest.raises(CommandError):
        call_command("withdraw_credential_key", "2", "--reason", "A backup was lost.")


# ── In the database ──────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"used_until": NOW}, "credential_key_used_in_order"),
        ({"used_until": NOW - DAY}, "credential_key_used_in_order"),
        ({"withdrawn_at": NOW}, "credential_key_withdrawn_after_use"),
    ],
)
def test_key_is_refused_by(fields, constraint):
    with pytest.raises(IntegrityError, match=constraint):
        CredentialKey.objects.create(version=1, public_key="z1", used_from=NOW, **fields)


@pytest.mark.django_db
def test_two_keys_never_sign_at_once():
    CredentialKey.objects.create(version=1, public_key="z1", used_from=NOW)

    with pytest.raises(IntegrityError, match="credential_key_one_signs"):
        CredentialKey.objects.create(version=2, public_key="z2", used_from=NOW)


@pytest.mark.usefixtures("_two_keys")
@pytest.mark.parametrize(
    ("change", "trigger"),
    [
        ({"public_key": "z1"}, "frozen"),
        ({"version": 9}, "frozen"),
        ({"used_from": NOW - 9 * DAY}, "frozen"),
        ({"used_until": NOW}, "credential_key_stays_retired"),
        ({"withdrawn_at": None}, "credential_key_stays_withdrawn"),
    ],
)
def test_published_key_keeps_what_it_said(change, trigger):
    withdraw_credential_key(version=1, reason="A backup was lost.", now=NOW)

    with pytest.raises(DatabaseError, match=trigger):
        CredentialKey.objects.filter(version=1).update(**change)


@pytest.mark.usefixtures("_two_keys")
def test_published_key_is_never_deleted():
    with pytest.raises(DatabaseError, match="delete"):
        CredentialKey.objects.filter(version=1).delete()
