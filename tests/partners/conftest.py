from collections.abc import Callable
from itertools import count

import pytest
from rest_framework.test import APIClient

from institutions.enums import Role
from institutions.models import User
from partners.models import PartnerClient
from tests.factories.institutions import UserFactory
from tests.factories.partners import AccessTokenFactory, PartnerClientFactory

_tokens = count(1)


@pytest.fixture
def partner_of_office(db) -> Callable[..., PartnerClient]:
    """Return a function that gives the system of an office: partner_of_office(role, district=…, scopes=[…])."""

    def issue(role: Role, *, scopes: list[str] | None = None, **office: object) -> PartnerClient:
        machine: User = UserFactory(**{role.lower(): True}, machine=True, **office)
        return PartnerClientFactory(user=machine, **({} if scopes is None else {"scopes": scopes}))

    return issue


@pytest.fixture
def api_client_of() -> Callable[..., APIClient]:
    """Return a function that gives a caller who has a token of this client, with all its scopes or with these."""

    def with_token(partner: PartnerClient, *, scopes: list[str] | None = None) -> APIClient:
        raw = f"token-of-{partner.pk}-{next(_tokens)}"
        AccessTokenFactory(raw=raw, application=partner, scope=" ".join(scopes or partner.scopes))
        return APIClient(headers={"Authorization": f"Bearer {raw}"})

    return with_token


@pytest.fixture
def api_client_for(partner_of_office, api_client_of) -> Callable[..., APIClient]:
    """Return a function that gives a caller of an office: api_client_for(role, scopes=[…], institution=…)."""

    def issue(role: Role, *, scopes: list[str] | None = None, **office: object) -> APIClient:
        return api_client_of(partner_of_office(role, scopes=scopes, **office))

    return issue
