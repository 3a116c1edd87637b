"""The page on which a retired district's claims are given to its successor."""

import pytest
from django.urls import reverse
from django.utils import timezone

from institutions.enums import Role
from subsidies.models import ClaimHandover
from tests.clock import NOW
from tests.factories.claim_reviews import retire
from tests.factories.claims import SubsidyClaimFactory
from tests.factories.institutions import DistrictFactory
from tests.interfaces.setup_forms import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def operator(client_as):
    client = client_as(Role.MUNICIPAL_OPERATOR)
    client.cookies["django_language"] = "en"
    return client


@pytest.fixture
def retired():
    return DistrictFactory()


@pytest.fixture
def claims(retired):
    return SubsidyClaimFactory.create_batch(2, district=retired)


@pytest.fixture
def heir(retired, claims):
    return retire(retired)


def at(district):
    return reverse("claims-hand-over", args=[district.pk])


def sent(heir, **changes):
    return {"which": "ALL", "successor": heir.pk, "reason": "Decision 7 of 2026.", **changes}


def test_all_claims_go_to_the_successor(operator, retired, claims, heir):
    page = text_of(operator.get(reverse("claim-handover")))
    after = text_of(operator.post(at(retired), sent(heir), follow=True))

    assert "2 claims wait for somebody. The district ended on 2026-10-20." in page
    assert "2 claims are handed over." in after
    assert "No claim waits for a district that is no more." in after
    assert ClaimHandover.objects.filter(to_district=heir).count() == 2


def test_the_chosen_claims_alone_go(operator, retired, claims, heir):
    operator.post(at(retired), sent(heir, which="CHOSEN", claim=[claims[0].pk]))

    assert [each.claim for each in ClaimHandover.objects.all()] == [claims[0]]


@pytest.mark.parametrize(
    "changes", [{"reason": " "}, {"which": "CHOSEN"}], ids=["no reason", "nothing chosen"]
)
def test_what_cannot_be_comes_back_as_filled_in(operator, retired, claims, heir, changes):
    answer = operator.post(at(retired), sent(heir, **changes))

    assert f'<option value="{heir.pk}" selected>' in text_of(answer, 422)
    assert not ClaimHandover.objects.exists()


def test_a_district_that_still_exists_keeps_its_claims(operator, claims, retired):
    answer = operator.post(at(retired), sent(retired))

    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("role", "seen"), [(Role.MUNICIPAL_AUDITOR, 200), (Role.DISTRICT_LEAD, 403), (Role.TRAINING_MANAGER, 403)]
)
def test_nobody_else_hands_over(client_as, retired, heir, role, seen):
    client = client_as(role)

    assert client.get(reverse("claim-handover")).status_code == seen
    assert client.post(at(retired), sent(heir)).status_code == 403
