"""The page of the delegations: given for oneself or for the office one leads, and ended."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from institutions.enums import Role
from institutions.models import Delegation
from tests.clock import NOW
from tests.factories.institutions import DistrictFactory, UserFactory
from tests.interfaces.setup_forms import text_of

pytestmark = pytest.mark.django_db
TODAY = NOW.date()
LIST = "delegation-list"


@pytest.fixture(autouse=True)
def _today(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def district():
    return DistrictFactory()


@pytest.fixture
def absent(district):
    return UserFactory(district_reviewer=True, district=district, full_name="Absent One")


@pytest.fixture
def stand_in(district):
    return UserFactory(district_reviewer=True, district=district, full_name="Stand In")


def english(client):
    client.cookies["django_language"] = "en"
    return client


def sent(absent, deputy, **changes):
    return {
        "absent": absent.pk,
        "stand_in": deputy.pk,
        "first_day": TODAY.isoformat(),
        "last_day": (TODAY + timedelta(days=4)).isoformat(),
        "reason": "Annual leave.",
        **changes,
    }


def test_somebody_says_who_stands_in_and_ends_it(client_of, absent, stand_in):
    client = english(client_of(absent))

    client.post(reverse(LIST), sent(absent, stand_in))
    delegation = Delegation.objects.get()
    before = text_of(client.get(reverse(LIST)))
    client.post(reverse("delegation-end", args=[delegation.public_id]))

    assert (delegation.delegator, delegation.delegate, delegation.given_by) == (absent, stand_in, absent)
    assert delegation.in_force.upper == TODAY + timedelta(days=5)
    assert "In force now" in before
    assert "End it now" in before
    after = text_of(client.get(reverse(LIST)))
    assert "Ended by Absent One" in after
    assert "End it now" not in after


def test_only_the_lead_gives_for_others(client_of, district, absent, stand_in):
    lead = UserFactory(district_lead=True, district=district)
    offered = f'<option value="{absent.pk}">Absent One'

    own = text_of(english(client_of(stand_in)).get(reverse(LIST)))
    page = text_of(english(client_of(lead)).get(reverse(LIST)))
    client_of(lead).post(reverse(LIST), sent(absent, stand_in))

    assert own.count(offered) == 1
    assert page.count(offered) == 2
    assert Delegation.objects.get().given_by == lead


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"last_day": (TODAY - timedelta(days=1)).isoformat()}, "last_day"),
        ({"first_day": (TODAY - timedelta(days=1)).isoformat()}, "first_day"),
        ({"stand_in": ""}, "stand_in"),
        ({"reason": " "}, "reason"),
    ],
)
def test_what_cannot_be_comes_back_as_filled_in(client_of, absent, stand_in, changes, field):
    answer = english(client_of(absent)).post(reverse(LIST), sent(absent, stand_in, **changes))

    page = text_of(answer, 422)
    assert list(answer.context["form"].errors) == [field]
    assert f'value="{changes.get("last_day", sent(absent, stand_in)["last_day"])}"' in page


def test_the_same_days_are_given_once(client_of, absent, stand_in):
    client = english(client_of(absent))
    client.post(reverse(LIST), sent(absent, stand_in))

    answer = client.post(reverse(LIST), sent(absent, stand_in))

    assert "stands in on some of these days already" in text_of(answer, 422)


def test_another_office_sees_and_ends_nothing(client_of, absent, stand_in):
    client_of(absent).post(reverse(LIST), sent(absent, stand_in))
    stranger = client_of(UserFactory(district_lead=True, district=DistrictFactory()))

    assert "Absent One" not in text_of(stranger.get(reverse(LIST)))
    ending = reverse("delegation-end", args=[Delegation.objects.get().public_id])
    assert stranger.post(ending).status_code == 404


def test_whoever_has_it_may_give_it_back_and_an_overseer_may_not(client_of, client_as, absent, stand_in):
    client_of(absent).post(reverse(LIST), sent(absent, stand_in))
    ending = reverse("delegation-end", args=[Delegation.objects.get().public_id])

    assert client_as(Role.MUNICIPAL_AUDITOR).post(ending).status_code == 403
    assert client_of(stand_in).post(ending).status_code == 302


def test_institutions_have_no_such_page(client_as):
    assert client_as(Role.TRAINING_MANAGER).get(reverse(LIST)).status_code == 403
