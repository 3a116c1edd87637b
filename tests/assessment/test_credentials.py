"""Credentials before a verifier that is not ours: Digital Bazaar's libraries, given files and no network."""

import copy
import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.utils.translation import override

from assessment.credentials.badge import open_badge
from assessment.credentials.issuer import key_id
from assessment.credentials.keys import public_multibase
from assessment.credentials.proofs import signed
from assessment.credentials.status_list import encoded_bits, status_list
from assessment.enums import CertificateStatus
from assessment.models import LevelCertificate
from assessment.services.credential_keys import register_credential_keys, withdraw_credential_key
from enrollment.models import Trainee
from tests.assessment.third_party import VERIFIER, issued, published_keys, published_list, verdict
from tests.clock import NOW
from tests.factories.assessment import LevelCertificateFactory
from tests.factories.institutions import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

FIRST, SECOND = "1:" + "44" * 32, "2:" + "55" * 32
DAY = timedelta(days=1)
HOW_TO = Path(__file__).parents[2] / "docs/how-to/verify-a-certificate.md"


@pytest.fixture(autouse=True)
def _first_key(settings):
    settings.CREDENTIAL_KEYS = FIRST
    register_credential_keys(now=NOW - 60 * DAY)


@pytest.fixture
def certificate() -> LevelCertificate:
    return LevelCertificateFactory()


def rotate(settings, *, now=NOW - 10 * DAY) -> None:
    """Bring in the second key, and take the first one from the process."""
    settings.CREDENTIAL_KEYS = f"{FIRST},{SECOND}"
    register_credential_keys(now=now)
    settings.CREDENTIAL_KEYS = SECOND


def end(certificate: LevelCertificate, status: CertificateStatus) -> None:
    LevelCertificate.objects.filter(pk=certificate.pk).update(
        status=status, ended_by=UserFactory(municipal_reviewer=True), ended_at=NOW, end_reason="A mistake."
    )


def signed_with(version: int, certificate: LevelCertificate, *, created, keys: str) -> dict:
    """Return what somebody signs who has one of the portal's keys, at a time that he says."""
    ring = {
        int(number): Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed))
        for number, seed in (entry.split(":") for entry in keys.split(","))
    }
    return signed(open_badge(certificate), key=ring[version], key_name=key_id(version), created=created)


def test_good_credential_is_accepted(certificate, tmp_path):
    assert verdict(tmp_path, issued(certificate), published_keys(), published_list(certificate)) == "VALID"


def test_credential_in_a_later_list_is_accepted(tmp_path):
    certificate = LevelCertificateFactory(pk=3 * 131_072 + 17, direction="")
    credential = issued(certificate)

    assert credential["credentialStatus"]["statusListIndex"] == "17"
    assert verdict(tmp_path, credential, published_keys(), published_list(certificate)) == "VALID"


@pytest.mark.parametrize("status", [CertificateStatus.REVOKED, CertificateStatus.SUPERSEDED])
def test_credential_of_a_certificate_that_ended_is_refused(certificate, status, tmp_path):
    credential = issued(certificate)

    end(certificate, status)

    said = verdict(tmp_path, credential, published_keys(), published_list(certificate))
    assert said == "REFUSED: It has been revoked."


def test_end_of_one_certificate_touches_no_other(certificate, tmp_path):
    neighbours = [LevelCertificateFactory(), LevelCertificateFactory()]
    credentials = [issued(neighbour) for neighbour in neighbours]
    end(certificate, CertificateStatus.REVOKED)

    said = [
        verdict(tmp_path, credential, published_keys(), published_list(certificate))
        for credential in credentials
    ]

    assert said == ["VALID", "VALID"]


def _set(*path: str | int):
    *way, last = path[:-1]

    def change(credential: dict) -> None:
        place = credential
        for step in way:
            place = place[step]
        place[last] = path[-1]

    return change


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(_set("credentialSubject", "name", "李四"), id="name"),
        pytest.param(_set("credentialSubject", "licenseNumber", "CERT-0"), id="number"),
        pytest.param(_set("credentialSubject", "achievement", "humanCode", "2-02-38-01"), id="occupation"),
        pytest.param(_set("credentialSubject", "achievement", "name", "高级"), id="level"),
        pytest.param(_set("credentialSubject", "source", "name", "另一机构"), id="institution"),
        pytest.param(_set("credentialSubject", "identifier", 0, "salt", "00" * 16), id="salt"),
        pytest.param(_set("credentialSubject", "familyName", "李"), id="added"),
        pytest.param(_set("credentialSubject", "rank", "first"), id="added-unknown-word"),
        pytest.param(_set("validFrom", "2026-07-19T00:00:00+08:00"), id="date"),
        pytest.param(_set("credentialStatus", "statusListIndex", "131071"), id="place-in-the-list"),
        pytest.param(lambda credential: credential.pop("credentialStatus"), id="no-list"),
        pytest.param(_set("proof", "created", "2026-10-19T02:00:00Z"), id="proof-date"),
        pytest.param(_set("proof", "proofValue", "z" + "2" * 88), id="proof-value"),
        pytest.param(lambda credential: credential.pop("proof"), id="no-proof"),
    ],
)
def test_tampered_credential_is_refused(certificate, change, tmp_path):
    credential = issued(certificate)
    tampered = copy.deepcopy(credential)
    change(tampered)

    assert tampered != credential
    said = verdict(tmp_path, tampered, published_keys(), published_list(certificate))
    assert said.startswith("REFUSED")


def test_old_credential_stays_verifiable_after_its_key_expired(certificate, settings, tmp_path):
    credential = issued(certificate, now=NOW - 20 * DAY)

    rotate(settings)

    assert published_keys()["verificationMethod"][0]["expires"] == "2026-10-10T02:00:00Z"
    assert published_list(certificate)["proof"]["verificationMethod"].endswith("#key-2")
    assert verdict(tmp_path, credential, published_keys(), published_list(certificate)) == "VALID"
    assert verdict(tmp_path, issued(certificate), published_keys(), published_list(certificate)) == "VALID"


@pytest.mark.parametrize(
    ("version", "created"),
    [
        pytest.param(1, NOW - 10 * DAY + timedelta(seconds=1), id="expired"),
        pytest.param(1, NOW, id="long-expired"),
        pytest.param(2, NOW - 10 * DAY - timedelta(seconds=1), id="not-yet-in-use"),
        pytest.param(2, NOW + DAY, id="in-the-future"),
    ],
)
def test_signature_outside_the_time_of_its_key_is_refused(certificate, settings, version, created, tmp_path):
    rotate(settings)
    credential = signed_with(version, certificate, created=created, keys=f"{FIRST},{SECOND}")

    said = verdict(tmp_path, credential, published_keys(), published_list(certificate))

    assert said == "REFUSED: Verification error(s). | The proof's created timestamp is out of range."


def test_signature_at_the_edge_of_the_time_of_its_key_is_accepted(certificate, settings, tmp_path):
    rotate(settings)
    credential = signed_with(1, certificate, created=NOW - 10 * DAY, keys=FIRST)

    assert verdict(tmp_path, credential, published_keys(), published_list(certificate)) == "VALID"


def test_list_under_an_expired_key_is_refused(certificate, settings, tmp_path):
    rotate(settings)
    number = certificate.pk // 131_072
    forged = signed(
        status_list(number, bits=encoded_bits([]), begins_at=NOW),
        key=Ed25519PrivateKey.from_private_bytes(bytes.fromhex("44" * 32)),
        key_name=key_id(1),
        created=NOW,
    )

    said = verdict(tmp_path, issued(certificate), published_keys(), forged)

    assert said.endswith("The proof's created timestamp is out of range.")


def test_withdrawn_key_stands_for_nothing_and_a_fresh_download_does(certificate, settings, tmp_path):
    credential = issued(certificate, now=NOW - 20 * DAY)
    rotate(settings)

    withdraw_credential_key(version=1, reason="A backup was lost.", now=NOW - DAY)

    said = verdict(tmp_path, credential, published_keys(), published_list(certificate))
    assert "not authorized by controller" in said
    assert verdict(tmp_path, issued(certificate), published_keys(), published_list(certificate)) == "VALID"


def test_stranger_s_own_credential_is_refused(certificate, settings, tmp_path):
    """Whoever issues under another name is refused, with all of his own files in good order."""
    settings.PORTAL_ORIGIN = "https://stranger.example"
    files = issued(certificate), published_keys(), published_list(certificate)

    assert verdict(tmp_path, *files, issuer="did:web:stranger.example") == "VALID"
    said = verdict(tmp_path, *files)
    assert said == "REFUSED: Issued by did:web:stranger.example, who is not trusted."


def test_stranger_who_uses_the_portal_s_name_is_refused(certificate, settings, tmp_path):
    keys, listed = published_keys(), published_list(certificate)
    stranger = Ed25519PrivateKey.generate()
    # With the name of the portal's key, and with the name of a key in a list of his own.
    under_our_key = signed(open_badge(certificate), key=stranger, key_name=key_id(1), created=NOW)
    under_his_key = signed(
        open_badge(certificate), key=stranger, key_name="did:web:stranger.example#key-1", created=NOW
    )
    his_keys = {
        "@context": keys["@context"],
        "id": "did:web:stranger.example",
        "verificationMethod": [
            {
                "id": "did:web:stranger.example#key-1",
                "type": "Multikey",
                "controller": "did:web:stranger.example",
                "publicKeyMultibase": public_multibase(stranger),
            }
        ],
        "assertionMethod": ["did:web:stranger.example#key-1"],
    }

    assert "Invalid signature" in verdict(tmp_path, under_our_key, keys, listed, his_keys)
    assert "Not among the given files" in verdict(tmp_path, under_his_key, keys, listed)
    said = verdict(tmp_path, under_his_key, keys, listed, his_keys)
    assert "issuer must match the verification method controller" in said


def test_changed_status_list_is_refused(certificate, tmp_path):
    credential = issued(certificate)
    end(certificate, CertificateStatus.REVOKED)
    listed = published_list(certificate)
    listed["credentialSubject"]["encodedList"] = encoded_bits([])

    assert verdict(tmp_path, credential, published_keys(), listed).startswith("REFUSED")


def test_status_list_is_kept_for_a_day(certificate, tmp_path):
    files = issued(certificate), published_keys(), published_list(certificate)

    assert verdict(tmp_path, *files, now=NOW + timedelta(hours=23)) == "VALID"
    assert "validUntil" in verdict(tmp_path, *files, now=NOW + timedelta(hours=25))


def test_without_the_status_list_nothing_is_accepted(certificate, tmp_path):
    assert "Not among the given files" in verdict(tmp_path, issued(certificate), published_keys())


def test_credential_names_the_holder_and_no_id_number(certificate):
    trainee = Trainee.objects.get(pk=certificate.trainee_id)
    credential = issued(certificate)
    subject = credential["credentialSubject"]

    assert credential["id"] == f"urn:uuid:{certificate.public_id}"
    assert credential["validFrom"] == "2026-07-20T00:00:00+08:00"
    assert subject["name"] == trainee.name
    assert subject["licenseNumber"] == certificate.number
    assert certificate.institution.name_zh in subject["source"]["name"]
    assert certificate.institution.name_en in subject["source"]["name"]
    assert certificate.occupation.name_zh in subject["achievement"]["name"]
    assert certificate.occupation.name_en in subject["achievement"]["name"]
    assert [hashed["identityType"] for hashed in subject["identifier"]] == ["name"]
    assert trainee.id_number not in str(credential)
    assert trainee.mobile not in str(credential)


def test_name_is_hashed_under_a_salt_of_its_own_each_time(certificate):
    first, second = (issued(certificate)["credentialSubject"]["identifier"][0] for _ in range(2))

    assert first["salt"] != second["salt"]
    assert first["identityHash"] != second["identityHash"]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_credential_is_in_both_languages_whatever_the_page_is_in(certificate, language):
    with override(language):
        credential = issued(certificate)

    assert credential["name"] == "专业技术等级证书 / Level certificate"
    assert "初级" in credential["credentialSubject"]["achievement"]["name"]
    assert "Junior" in credential["credentialSubject"]["achievement"]["name"]


def test_how_to_gives_the_verifier_that_is_tested():
    shown = re.findall(r"```js\n(.*?)```", HOW_TO.read_text(), flags=re.DOTALL)

    assert shown == [(VERIFIER / "verify.mjs").read_text()]


def test_how_to_names_the_libraries_that_are_tested():
    tested = json.loads((VERIFIER / "package.json").read_text())["dependencies"]
    named = re.findall(r"(@[\w-]+/[\w-]+)@([\d.]+)", HOW_TO.read_text())

    assert dict(named) == tested


def test_same_bits_make_the_same_text():
    with time_machine.travel(NOW, tick=False):
        today = encoded_bits([5, 9])
    with time_machine.travel(NOW + DAY, tick=False):
        assert encoded_bits(iter((9, 5))) == today
    assert encoded_bits([5]) != encoded_bits([6])
