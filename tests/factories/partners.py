from datetime import timedelta

import factory
from django.contrib.auth.hashers import make_password
from django.utils import timezone
from factory.django import DjangoModelFactory
from oauth2_provider.models import AccessToken, set_token_value

from partners.models import ApiAccess, IdempotentAnswer, PartnerClient
from partners.rules.scopes import scopes_of_role
from tests.clock import NOW
from tests.factories.institutions import UserFactory

SECRET = "the secret of a partner's system, long enough"


class PartnerClientFactory(DjangoModelFactory):
    """A training manager's system with every scope of its role. Another office: user__district_lead=True."""

    class Meta:
        model = PartnerClient

    class Params:
        revoked = factory.Trait(
            revoked_by=factory.SelfAttribute("issued_by"),
            revoked_at=NOW,
            revocation_reason="The contract has ended.",
        )

    name = factory.Sequence(lambda n: f"合作系统 {n}")
    user = factory.SubFactory(UserFactory, machine=True, training_manager=True)
    client_secret = factory.LazyFunction(lambda: make_password(SECRET))
    scopes = factory.LazyAttribute(lambda client: sorted(scopes_of_role(client.user.role)))
    issued_by = factory.SubFactory(UserFactory, municipal_administrator=True)
    issued_at = NOW - timedelta(days=30)
    secret_made_at = NOW - timedelta(days=30)


class AccessTokenFactory(DjangoModelFactory):
    """A token of a client that opens for a quarter of an hour from now on: AccessTokenFactory(raw="…")."""

    class Meta:
        model = AccessToken
        exclude = ("raw",)

    raw = factory.Sequence(lambda n: f"token-{n}")
    application = factory.SubFactory(PartnerClientFactory)
    scope = factory.LazyAttribute(lambda token: " ".join(token.application.scopes))
    expires = factory.LazyFunction(lambda: timezone.now() + timedelta(minutes=15))

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        token = model_class(**kwargs)
        set_token_value(token, kwargs["token"])
        token.save()
        return token

    token = factory.SelfAttribute("raw")


class ApiAccessFactory(DjangoModelFactory):
    """One request that was answered."""

    class Meta:
        model = ApiAccess

    client = factory.SubFactory(PartnerClientFactory)
    at = NOW
    method = "GET"
    route = "api/v1/classes"
    status = 200
    milliseconds = 12
    request_bytes = 0
    answer_bytes = 1024
    address_hash = "0" * 64


class IdempotentAnswerFactory(DjangoModelFactory):
    """One request that was answered under its key."""

    class Meta:
        model = IdempotentAnswer

    client = factory.SubFactory(PartnerClientFactory)
    key = factory.Sequence(lambda n: f"key-{n:08}")
    request = "POST /api/v1/classes"
    body_sha256 = "0" * 64
    claim = factory.Faker("uuid4")
    claimed_at = NOW
    status_code = 201
    body = b'{"id": "1"}'
    answered_at = NOW
