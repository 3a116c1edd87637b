import pytest
from django.utils import timezone

from tests.clock import NOW
from tests.foundation.conftest import waiting_messages
from tests.partners.conftest import api_client_for, api_client_of, partner_of_office

__all__ = ["api_client_for", "api_client_of", "partner_of_office", "waiting_messages"]


@pytest.fixture
def _clock_stands_still(monkeypatch):
    """Let views and tasks act at the moment at which every test takes place."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)
