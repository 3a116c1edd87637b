"""The addresses of credentials: one for the offices of a certificate, two for everybody."""

import json
from datetime import datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.urls import reverse

from assessment import queries
from assessment.enums import CertificateStatus
from assessment.models import LevelCertificate
from assessment.queries.credentials import certificates_of_list
from assessment.services.credential_keys import register_credential_keys
from chongqing_dte.foundation.models import AuditEvent
from institutions.enums import Role
from tests.assessment.third_party import verdict
from tests.clock import NOW
from tests.factories.assessment import LevelCertificateFactory, MarkReviewFactory
from tests.factories.institutions import UserFactory

pytestmark = pytest.mark.django_db

LIST = 131_072
KEYS = "/.well-known/did.json"


@pytest.fixture(autouse=True)
def _key():
    register_credential_keys(now=NOW - timedelta(days=60))


@pytest.fixture
def at_noon():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def bureau(client_as) -> Client:
    client = client_as(Role.MUNICIPAL_OPERATOR)
    client.cookies["django_language"] = "en"
    return client


def address_of(certificate: LevelCertificate) -> str:
    return reverse("certificate-credential", args=[certificate.public_id])


def list_of(certificate: LevelCertificate) -> str:
    return reverse("credential-status", args=[certificate.pk // LIST])


def end(certificate: LevelCertificate, status: CertificateStatus = CertificateStatus.REVOKED) -> None:
    LevelCertificate.objects.filter(pk=certificate.pk).update(
        status=status, ended_by=UserFactory(municipal_reviewer=True), ended_at=NOW, end_reason="A mistake."
    )


# ── The credential ───────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.usefixtures("at_noon")
def test_what_is_downloaded_verifies_with_what_anybody_can_get(bureau, tmp_path):
    certificate = LevelCertificateFactory()
    stranger = Client()

    credential = bureau.get(address_of(certificate))
    documents = [json.loads(stranger.get(address).content) for address in (KEYS, list_of(certificate))]

    assert credential.headers["Content-Type"] == "application/vc"
    assert credential.headers["Content-Disposition"].startswith("attachment; filename=")
    assert "no-store" in credential.headers["Cache-Control"]
    assert verdict(tmp_path, json.loads(credential.content), *documents) == "VALID"


def test_addresses_in_a_credential_are_those_of_the_portal(bureau, settings):
    certificate = LevelCertificateFactory(pk=5 * LIST + 1)

    status = json.loads(bureau.get(address_of(certificate)).content)["credentialStatus"]

    assert status["statusListCredential"] == settings.PORTAL_ORIGIN + list_of(certificate)
    assert json.loads(Client().get(list_of(certificate)).content)["id"] == status["statusListCredential"]


def test_download_is_noted_once(bureau):
    certificate = LevelCertificateFactory()

    bureau.get(address_of(certificate))

    event = AuditEvent.objects.get(name="credential.issued")
    assert (event.subject_id, event.facts) == (certificate.pk, {})


@pytest.mark.parametrize("status", [CertificateStatus.REVOKED, CertificateStatus.SUPERSEDED])
def test_certificate_that_ended_is_not_handed_out(bureau, status):
    certificate = LevelCertificateFactory()
    end(certificate, status)

    response = bureau.get(address_of(certificate))

    assert response.status_code == 409
    assert "no longer valid" in response.content.decode()
    assert not AuditEvent.objects.filter(name="credential.issued").exists()


def test_certificate_of_somebody_under_review_is_not_handed_out(bureau):
    certificate = LevelCertificateFactory()
    MarkReviewFactory(attempt=certificate.attempt)

    response = bureau.get(address_of(certificate))

    assert response.status_code == 409
    assert "under review" in response.content.decode()
    assert not AuditEvent.objects.filter(name="credential.issued").exists()


@pytest.mark.parametrize("route", ["certificate-credential", "certificate-pdf"])
@pytest.mark.parametrize(
    "role", [Role.MUNICIPAL_AUDITOR, Role.MUNICIPAL_FINANCE, Role.MUNICIPAL_ADMINISTRATOR, Role.DISTRICT_LEAD]
)
def test_whoever_sees_masked_names_is_handed_no_whole_one(client_as, role, route):
    certificate = LevelCertificateFactory()
    district = certificate.attempt.enrollment.training_class.district
    client = client_as(role, **({"district": district} if role == Role.DISTRICT_LEAD else {}))

    response = client.get(reverse(route, args=[certificate.public_id]))

    assert response.status_code == 403
    assert certificate.trainee.name not in response.content.decode()
    assert not AuditEvent.objects.filter(subject_id=certificate.pk).exists()


def test_process_without_the_key_says_so(bureau, settings):
    settings.CREDENTIAL_KEYS = "2:" + "55" * 32
    certificate = LevelCertificateFactory()

    assert bureau.get(address_of(certificate)).status_code == 503
    assert Client().get(list_of(certificate)).status_code == 503


# ── Keys and lists, for everybody ────────────────────────────────────────────────────────────────────────
@pytest.mark.usefixtures("at_noon")
@pytest.mark.parametrize("what", ["keys", "list"])
def test_what_is_public_is_the_same_in_every_language_and_for_everybody(bureau, what):
    address = KEYS if what == "keys" else list_of(LevelCertificateFactory())
    stranger = Client()

    answers = [
        bureau.get(address),
        stranger.get(address, headers={"Accept-Language": "zh"}),
        stranger.get(address, headers={"Accept-Language": "en"}),
    ]

    assert len({answer.content for answer in answers}) == 1
    assert len({answer.headers["ETag"] for answer in answers}) == 1
    assert {answer.headers["Access-Control-Allow-Origin"] for answer in answers} == {"*"}
    assert {answer.headers["Cache-Control"] for answer in answers} == {"public, max-age=300"}


@pytest.mark.usefixtures("at_noon")
def test_list_that_did_not_change_is_not_sent_again():
    certificate = LevelCertificateFactory()
    first = Client().get(list_of(certificate))

    again = Client().get(list_of(certificate), headers={"If-None-Match": first.headers["ETag"]})
    end(certificate)
    changed = Client().get(list_of(certificate), headers={"If-None-Match": first.headers["ETag"]})

    assert (again.status_code, again.content) == (304, b"")
    assert changed.status_code == 200


def test_list_says_which_and_nothing_about_whom():
    certificate = LevelCertificateFactory()
    end(certificate)

    body = Client().get(list_of(certificate)).content.decode()

    trainee = certificate.trainee
    for secret in (trainee.name, trainee.id_number, certificate.number, str(certificate.public_id)):
        assert secret not in body
    assert "A mistake." not in body
    assert set(json.loads(body)["credentialSubject"]) == {"id", "type", "statusPurpose", "encodedList"}


@pytest.mark.parametrize("number", [1, 70_368_744_177_663, 10**30])
def test_list_that_has_not_begun_is_not_there(number):
    LevelCertificateFactory(pk=LIST - 1)

    assert Client().get(reverse("credential-status", args=[0])).status_code == 200
    assert Client().get(reverse("credential-status", args=[number])).status_code == 404


def test_next_list_begins_by_itself():
    last, first = LevelCertificateFactory(pk=2 * LIST - 1), LevelCertificateFactory(pk=2 * LIST)
    end(last)
    end(first)

    assert queries.indexes_not_valid(1) == [LIST - 1]
    assert queries.indexes_not_valid(2) == [0]


def test_list_reads_the_index_of_those_that_ended_and_nothing_else():
    end(LevelCertificateFactory())
    ended = certificates_of_list(0).exclude(status=CertificateStatus.VALID)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
    plan = ended.order_by("pk").values_list("pk", flat=True).explain()

    assert "Index Only Scan using certificate_not_valid" in plan


@pytest.mark.parametrize("address", [KEYS, "/credentials/status/0/"])
def test_public_address_is_only_read(address):
    LevelCertificateFactory(pk=7)

    assert Client().head(address).status_code == 200
    assert Client().post(address).status_code == 405


def test_list_of_the_hour_in_which_the_key_began_is_not_older_than_the_key(settings):
    began_at = NOW + timedelta(minutes=20)
    settings.CREDENTIAL_KEYS += ",2:" + "55" * 32
    register_credential_keys(now=began_at)
    certificate = LevelCertificateFactory()

    with time_machine.travel(NOW + timedelta(minutes=40), tick=False):
        listed = json.loads(Client().get(list_of(certificate)).content)
    with time_machine.travel(NOW + timedelta(minutes=70), tick=False):
        later = json.loads(Client().get(list_of(certificate)).content)

    assert datetime.fromisoformat(listed["validFrom"]) == began_at
    assert datetime.fromisoformat(later["validFrom"]) == NOW + timedelta(hours=1)
