"""A question about one person of a claim begins at their line."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from subsidies.models import LineReview, SubsidyClaim
from tests.clock import NOW
from tests.factories.claim_reviews import lines_of, reviewer_of, submitted_claim

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def claim() -> SubsidyClaim:
    return submitted_claim((True, False))


@pytest.fixture
def page(client_of, claim) -> Client:
    return client_of(reviewer_of(claim))


def detail(claim: SubsidyClaim) -> str:
    return reverse("claim-detail", args=[claim.public_id])


def plain(response) -> str:
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def send(client: Client, route: str, claim: SubsidyClaim, **entered: object):
    return client.post(reverse(route, args=[claim.public_id]), entered)


def test_a_question_about_a_line_begins_at_the_line_and_what_was_said_is_kept(page, claim):
    said, asked_about = lines_of(claim)
    enrollment = asked_about.enrollment
    button = f'name="ask" value="{enrollment.public_id}"'

    assert button in plain(page.get(detail(claim)))
    response = send(
        page, "claim-lines-review", claim, ask=enrollment.public_id, **{f"verdict-{said.pk}": "ACCEPTED"}
    )
    text = plain(page.get(response.url))

    assert response.url == f"{detail(claim)}?ask={enrollment.public_id}#ask"
    assert LineReview.objects.get().line == said
    assert '<details class="panel act no-print" id="ask" open>' in text
    assert f'<option value="{enrollment.pk}" selected>' in text


def test_a_question_about_a_line_begins_without_anything_said(page, claim):
    enrollment = lines_of(claim)[0].enrollment

    response = send(page, "claim-lines-review", claim, ask=enrollment.public_id)

    assert response.url == f"{detail(claim)}?ask={enrollment.public_id}#ask"
    assert not LineReview.objects.exists()


@pytest.mark.parametrize("number", ["x", "00000000-0000-0000-0000-000000000000", "\x00"])
def test_a_question_about_nobody_of_the_claim_begins_with_nobody(page, claim, number):
    response = page.get(detail(claim), {"ask": number})

    assert 'id="ask">' in plain(response)
