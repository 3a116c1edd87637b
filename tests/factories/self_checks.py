import secrets
from datetime import datetime, timedelta

import factory
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from factory.django import DjangoModelFactory

from assessment.models import LevelCertificate
from subsidies.enums import AccessKind, AccessPurpose
from subsidies.models import SelfCheckAccess
from subsidies.services.self_checks import ask_for_code, code_of, open_with_code, send_self_check_codes
from tests.clock import NOW
from tests.factories.assessment import LevelCertificateFactory
from tests.factories.institutions import UserFactory
from tests.fakes.sms import FakeSms


class SelfCheckAccessFactory(DjangoModelFactory):
    """A code that was not used yet; link=True is a link that an office handed out."""

    class Meta:
        model = SelfCheckAccess

    class Params:
        link = factory.Trait(
            kind=AccessKind.LINK,
            issued_by=factory.SubFactory(UserFactory, municipal_operator=True),
            reason="The mobile was lost.",
        )

    certificate = factory.SubFactory(LevelCertificateFactory)
    trainee = factory.SelfAttribute("certificate.trainee")
    kind = AccessKind.CODE
    purpose = AccessPurpose.LOOK
    secret_hash = factory.LazyFunction(lambda: secrets.token_hex(32))
    created_at = NOW
    expires_at = NOW + timedelta(minutes=10)


def what_they_know(certificate: LevelCertificate) -> dict[str, str]:
    """Return what the holder of a certificate enters."""
    return {"number": certificate.number, "id_number": certificate.trainee.id_number}


def sent_codes() -> list[str]:
    """Send every code that waits, as the worker does, and return the six digits of each."""
    sms = FakeSms()
    send_self_check_codes(gateway=sms, now=timezone.now())
    return ["".join(filter(str.isdigit, text))[:6] for _mobile, text, _reference in sms.messages]


def opened_page(certificate: LevelCertificate, client: Client | None = None) -> Client:
    """Return a browser in which the holder has opened their own decision with a code."""
    browser = client or Client()
    browser.cookies["django_language"] = "en"
    browser.post(reverse("self-check"), what_they_know(certificate))
    browser.post(reverse("self-check-code"), {"code": sent_codes()[-1]})
    return browser


def code_key(certificate: LevelCertificate, now: datetime = NOW) -> SelfCheckAccess:
    """Return the key that a holder has asked for."""
    return SelfCheckAccess.objects.get(pk=ask_for_code(**what_they_know(certificate), now=now))


def opened(certificate: LevelCertificate) -> SelfCheckAccess:
    """Return the key with which the holder has got in."""
    key = code_key(certificate)
    return open_with_code(key_id=key.pk, code=code_of(key=key), now=NOW)


def wrong(code: str) -> str:
    """Return another code."""
    return f"{(int(code) + 1) % 1_000_000:06}"
