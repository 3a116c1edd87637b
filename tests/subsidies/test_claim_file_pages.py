"""The files beside a claim: which can be opened, how, by whom, and that it is noted."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from chongqing_dte.foundation.models import AuditEvent
from institutions.enums import Role
from institutions.models import User
from subsidies.models import SubsidyClaim
from tests.clock import NOW
from tests.factories.claim_reviews import reviewer_of
from tests.factories.claims import ClaimEvidenceFactory, SubsidyClaimFactory
from tests.factories.institutions import DistrictFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def claim() -> SubsidyClaim:
    return SubsidyClaimFactory(submitted=True)


@pytest.fixture
def reviewer(claim) -> User:
    return reviewer_of(claim)


@pytest.fixture
def page(client_of, reviewer) -> Client:
    return client_of(reviewer)


@pytest.mark.parametrize(("trait", "is_opened"), [("clean", True), ("waiting", False), ("infected", False)])
def test_only_what_was_scanned_clean_can_be_opened(page, claim, trait, is_opened):
    evidence = ClaimEvidenceFactory(training_class=claim.training_class, **{trait: True})
    url = reverse("claim-evidence", args=[evidence.public_id])
    text = page.get(reverse("claim-detail", args=[claim.public_id])).content.decode()

    assert (url in text) is is_opened
    assert (page.get(url).status_code == 200) is is_opened


def test_a_file_opens_beside_the_claim_runs_nothing_and_who_looked_is_noted(page, claim, reviewer):
    evidence = ClaimEvidenceFactory(training_class=claim.training_class, clean=True)

    response = page.get(reverse("claim-evidence", args=[evidence.public_id]))

    assert response.content == evidence.content
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"].startswith("inline")
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert "frame-ancestors 'self'" in response["Content-Security-Policy"]
    assert "no-store" in response["Cache-Control"]
    opened = AuditEvent.objects.get(name="claim_evidence.opened")
    assert (opened.subject_id, opened.actor_id) == (evidence.pk, reviewer.pk)


@pytest.mark.parametrize(
    ("media_type", "asked_to_keep"), [("application/pdf", True), ("application/ofd", False)]
)
def test_a_file_is_kept_where_that_is_asked_for_or_no_browser_shows_it(
    page, claim, media_type, asked_to_keep
):
    evidence = ClaimEvidenceFactory(training_class=claim.training_class, clean=True, media_type=media_type)

    response = page.get(
        reverse("claim-evidence", args=[evidence.public_id]), {"save": "1"} if asked_to_keep else {}
    )

    assert response["Content-Disposition"].startswith("attachment")


def test_a_file_of_another_district_does_not_exist(client_as, claim):
    evidence = ClaimEvidenceFactory(training_class=claim.training_class, clean=True)
    client = client_as(Role.DISTRICT_REVIEWER, district=DistrictFactory())

    assert client.get(reverse("claim-evidence", args=[evidence.public_id])).status_code == 404
