"""The municipal bureau's pages of claims: one is signed, sent back or refused, and many are signed at a stroke."""

import re
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from institutions.enums import Role
from subsidies.enums import ClaimStatus
from tests.clock import NOW
from tests.factories.claim_reviews import (
    confirmed,
    fresh,
    municipal_reviewer,
    page_of,
    recommended_claim,
    stands_in,
    submitted_claim,
)
from tests.factories.institutions import UserFactory
from tests.interfaces.setup_forms import text_of
from tests.subsidies.test_claim_confirmation import flagged_claim

pytestmark = pytest.mark.django_db
TWO_SIGNATURES = {"one_signature_limit": Decimal("0.00")}


@pytest.fixture(autouse=True)
def _today(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)


def english(client):
    client.cookies["django_language"] = "en"
    return client


@pytest.fixture
def person():
    return municipal_reviewer()


@pytest.fixture
def reviewer(client_of, person):
    return english(client_of(person))


def at(route, claim):
    return reverse(route, args=[claim.public_id])


def chosen(*claims, sha256=None):
    return {"claim": [f"{claim.public_id}:{sha256 or page_of(claim)}" for claim in claims]}


# ── One claim ────────────────────────────────────────────────────────────────────────────────────────────
def test_the_page_of_a_recommended_claim_is_signed_as_it_stands(reviewer, person):
    claim = recommended_claim()

    page = text_of(reviewer.get(at("claim-detail", claim)))
    answer = reviewer.post(at("claim-confirm", claim), {"sha256": page_of(claim)})

    assert f'name="sha256" value="{page_of(claim)}"' in page
    assert "2 accepted, 0 refused" in page
    assert "Sign for ¥1,600.00" in page
    assert answer.url == reverse("claim-confirmations")
    assert fresh(claim).first_confirmed_by == person


def test_after_a_signature_the_next_claim_comes_by_itself(reviewer):
    first = recommended_claim()
    second = recommended_claim()

    answer = reviewer.post(at("claim-confirm", first), {"sha256": page_of(first)})

    assert answer.url == at("claim-detail", second)


def test_a_page_that_is_not_what_stands_is_not_signed(reviewer):
    claim = recommended_claim()

    answer = reviewer.post(at("claim-confirm", claim), {"sha256": "0" * 64})

    assert "reckoned anew since you opened it" in text_of(answer, 409)
    assert fresh(claim).status == ClaimStatus.RECOMMENDED


def test_whoever_signed_first_reads_why_the_second_signature_is_not_theirs(reviewer, person):
    claim = recommended_claim(**TWO_SIGNATURES)
    reviewer.post(at("claim-confirm", claim), {"sha256": page_of(claim)})

    page = text_of(reviewer.get(at("claim-detail", claim)))

    assert "The second signature is another person&#x27;s." in page
    assert at("claim-confirm", claim) not in page
    assert at("claim-send-back", claim) in page
    assert str(person) in page


def test_somebody_who_stands_in_reads_for_whom(client_of, person):
    claim = recommended_claim()
    stand_in = UserFactory(municipal_operator=True)
    stands_in(stand_in, person)

    page = text_of(english(client_of(stand_in)).get(at("claim-detail", claim)))

    assert "You stand in for" in page
    assert at("claim-confirm", claim) in page


@pytest.mark.parametrize("role", [Role.MUNICIPAL_OPERATOR, Role.MUNICIPAL_AUDITOR])
def test_nobody_else_is_offered_a_signature(client_as, role):
    claim = recommended_claim()

    assert at("claim-confirm", claim) not in text_of(client_as(role).get(at("claim-detail", claim)))


def test_nothing_is_offered_before_the_district_recommends(reviewer):
    claim = submitted_claim()

    assert at("claim-confirm", claim) not in text_of(reviewer.get(at("claim-detail", claim)))


@pytest.mark.parametrize(
    ("route", "status"),
    [("claim-send-back", ClaimStatus.SUBMITTED), ("claim-refuse-recommended", ClaimStatus.REFUSED)],
)
def test_a_recommended_claim_goes_back_or_ends_for_a_reason(reviewer, route, status):
    claim = recommended_claim()

    refused = reviewer.post(at(route, claim), {"reason": " "})
    answer = reviewer.post(at(route, claim), {"reason": "The receipts are of another class."})

    assert refused.status_code == 422
    assert answer.url == reverse("claim-confirmations")
    claim = fresh(claim)
    assert (claim.status, claim.status_reason) == (status, "The receipts are of another class.")


@pytest.mark.parametrize("route", ["claim-send-back", "claim-refuse-recommended"])
def test_a_reason_that_is_too_long_comes_back_as_filled_in(reviewer, route):
    claim = recommended_claim()

    page = text_of(reviewer.post(at(route, claim), {"reason": "x" * 501}), 422)

    assert "x" * 501 in page


# ── Many at a stroke ─────────────────────────────────────────────────────────────────────────────────────
def test_unflagged_claims_are_signed_together(reviewer):
    one, other, flagged = recommended_claim(), recommended_claim(), flagged_claim()

    page = text_of(reviewer.get(reverse("claim-confirmations"), {"chosen": "all"}))
    answer = reviewer.post(reverse("claims-confirm"), chosen(one, other), follow=True)

    assert page.count(" checked>") == 2
    assert flagged.reference in page
    assert "2 claims are confirmed." in text_of(answer)
    assert {fresh(each).status for each in (one, other)} == {ClaimStatus.CONFIRMED}


def test_what_was_not_signed_is_named_with_its_reason(reviewer):
    good, stale, flagged = recommended_claim(), recommended_claim(), flagged_claim()
    done = confirmed(recommended_claim())
    given = chosen(good, flagged, done)["claim"] + chosen(stale, sha256="0" * 64)["claim"]

    page = text_of(reviewer.post(reverse("claims-confirm"), {"claim": given}), 409)

    assert "1 claim is confirmed." in page
    assert "3 claims were not signed" in page
    for claim, words in (
        (stale, "This claim was reckoned anew since you opened it."),
        (flagged, "A check of this claim failed."),
        (done, "Confirmed"),
    ):
        assert f"{claim.reference}</a> " in page
        assert words in page


def test_of_large_claims_together_the_first_signature_is_given(reviewer):
    claim = recommended_claim(**TWO_SIGNATURES)

    answer = reviewer.post(reverse("claims-confirm"), chosen(claim), follow=True)

    page = text_of(answer)
    assert "1 claim has your signature and waits for a second one." in page
    # What somebody has signed does not wait for them any more.
    assert claim.reference not in page


def test_the_list_is_narrowed_to_a_district_and_only_what_it_shows_is_chosen_and_signed(reviewer):
    shown, other = recommended_claim(), recommended_claim()
    narrowed = {"district": shown.district.code}

    page = text_of(reviewer.get(reverse("claim-confirmations"), {**narrowed, "chosen": "all"}))
    whole = text_of(reviewer.get(reverse("claim-confirmations")))
    address = f"{reverse('claims-confirm')}?district={shown.district.code}&amp;after="
    answer = reviewer.post(address.replace("&amp;", "&"), chosen(shown), follow=True)

    assert f'action="{address}"' in page
    assert shown.reference in page
    assert other.reference not in page
    assert page.count(" checked>") == 1
    assert {shown.reference, other.reference} <= set(re.findall(r">([^<]+)</a>", whole))
    # The list is as it was narrowed, and says so, although nothing of the district is left.
    assert answer.redirect_chain[-1][0] == f"{reverse('claim-confirmations')}?district={shown.district.code}"
    assert "Nothing of this district waits for your signature." in text_of(answer)
    assert f'value="{shown.district.code}" selected' in text_of(answer)
    assert (fresh(shown).status, fresh(other).status) == (ClaimStatus.CONFIRMED, ClaimStatus.RECOMMENDED)


def test_a_refusal_among_many_comes_back_in_the_same_district(reviewer):
    stale, other = recommended_claim(), recommended_claim()
    address = f"{reverse('claims-confirm')}?district={stale.district.code}"

    page = text_of(reviewer.post(address, chosen(stale, sha256="0" * 64)), 409)

    assert stale.reference in page
    assert other.reference not in page


@pytest.mark.parametrize("code", ["999999", "\x00", "' OR 1=1", "9" * 30])
def test_a_district_that_is_none_narrows_nothing(reviewer, code):
    claim = recommended_claim()

    assert claim.reference in text_of(reviewer.get(reverse("claim-confirmations"), {"district": code}))


def test_choosing_nothing_or_nonsense_signs_nothing(reviewer):
    claim = recommended_claim()

    answer = reviewer.post(reverse("claims-confirm"), {"claim": ["", "x:y"]}, follow=True)

    assert "Choose at least one claim." in text_of(answer)
    assert fresh(claim).status == ClaimStatus.RECOMMENDED


def test_the_list_asks_the_same_queries_whatever_its_length(reviewer):
    recommended_claim()
    with CaptureQueriesContext(connection) as one:
        reviewer.get(reverse("claim-confirmations"))
    recommended_claim()
    with CaptureQueriesContext(connection) as two:
        reviewer.get(reverse("claim-confirmations"))

    assert len(two) == len(one)


def test_the_queue_leads_whoever_confirms_here(reviewer, client_as):
    other = client_as(Role.DISTRICT_REVIEWER)

    assert reverse("claim-confirmations") in text_of(reviewer.get(reverse("claim-queue")))
    assert reverse("claim-confirmations") not in text_of(other.get(reverse("claim-queue")))


@pytest.mark.parametrize("role", [Role.MUNICIPAL_FINANCE, Role.DISTRICT_REVIEWER, Role.TRAINING_MANAGER])
def test_the_list_is_for_whoever_confirms(client_as, role):
    assert client_as(role).get(reverse("claim-confirmations")).status_code == 403
