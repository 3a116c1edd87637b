import pytest

from tests.assessment.public_checks import certificate, visitor
from tests.factories.institutions import UserFactory
from tests.foundation.conftest import printed, waiting_messages

__all__ = ["certificate", "printed", "visitor", "waiting_messages"]


@pytest.fixture
def signed_in(client_of):
    """Return a function that gives a browser, in English, of this person."""

    def sign_in(user):
        client = client_of(user)
        client.cookies["django_language"] = "en"
        return client

    return sign_in


@pytest.fixture
def reviewer(signed_in):
    """Return a browser, in English, of a municipal reviewer."""
    return signed_in(UserFactory(municipal_reviewer=True))
