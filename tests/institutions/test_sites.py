"""Assessment sites are opened and closed by their institution, and what one was stays."""

from dataclasses import replace

import pytest
from django.db import IntegrityError
from django.urls import reverse

from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from chongqing_dte.foundation.models import AuditEvent
from institutions.enums import EVALUATION_ROLES, Role
from institutions.models import AssessmentSite
from institutions.policies import can_keep_sites
from institutions.queries import open_sites_of, sites_visible_to
from institutions.services.sites import SitePlan, close_site, open_site
from tests.clock import NOW
from tests.factories.institutions import AssessmentSiteFactory, DistrictFactory, UserFactory
from tests.interfaces.setup_forms import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator():
    return UserFactory(evaluation_operator=True)


@pytest.fixture
def plan():
    return SitePlan("沙坪坝考点", DistrictFactory().pk, "示例路 8 号", 40)


def test_opened_site_belongs_to_the_institution_of_its_operator(operator, plan):
    site = open_site(plan=plan, operator=operator, now=NOW)

    assert site.institution_id == operator.institution_id
    assert list(open_sites_of(operator.institution_id)) == [site]
    assert AuditEvent.objects.get().name == "assessment_site.opened"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": " "}, "name"),
        ({"name": "考" * 129}, "name"),
        ({"address": ""}, "address"),
        ({"seat_count": 0}, "seat_count"),
        ({"seat_count": 10_001}, "seat_count"),
        ({"district_id": 0}, "district"),
    ],
)
def test_refused_site_leaves_nothing(operator, plan, changes, code):
    with pytest.raises(DomainError) as refusal:
        open_site(plan=replace(plan, **changes), operator=operator, now=NOW)

    assert refusal.value.code == code
    assert not AssessmentSite.objects.exists()


def test_name_is_free_again_once_its_site_is_closed(operator, plan):
    first = open_site(plan=plan, operator=operator, now=NOW)
    with pytest.raises(DomainError) as refusal:
        open_site(plan=plan, operator=operator, now=NOW)
    close_site(site_id=first.pk, operator=operator, now=NOW)
    second = open_site(plan=plan, operator=operator, now=NOW)

    assert refusal.value.code == "name"
    assert list(open_sites_of(operator.institution_id)) == [second]


def test_site_is_closed_once_and_by_its_own_institution(operator, plan):
    site = open_site(plan=plan, operator=operator, now=NOW)

    with pytest.raises(NotPermitted):
        close_site(site_id=site.pk, operator=UserFactory(evaluation_operator=True), now=NOW)
    close_site(site_id=site.pk, operator=operator, now=NOW)
    with pytest.raises(InvalidTransition):
        close_site(site_id=site.pk, operator=operator, now=NOW)

    assert AuditEvent.objects.filter(name="assessment_site.closed").count() == 1


@pytest.mark.parametrize("role", Role)
def test_who_keeps_sites(role):
    assert can_keep_sites(UserFactory(**{role.lower(): True})) is (role in EVALUATION_ROLES)


def test_sites_of_others_are_not_seen(operator):
    own, _other = AssessmentSiteFactory(institution=operator.institution), AssessmentSiteFactory()

    assert list(sites_visible_to(operator)) == [own]


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"seat_count": 0}, "assessment_site_has_seats"),
        ({"address": ""}, "assessment_site_is_somewhere"),
        ({"closed_at": NOW}, "assessment_site_closing_complete"),
    ],
)
def test_site_is_refused_by(fields, constraint):
    with pytest.raises(IntegrityError, match=constraint):
        AssessmentSiteFactory(**fields)


def test_two_open_sites_of_one_name_are_refused():
    site = AssessmentSiteFactory()

    with pytest.raises(IntegrityError, match="assessment_site_name_once"):
        AssessmentSiteFactory(institution=site.institution, name=site.name)


@pytest.mark.parametrize(
    ("changes", "trigger"),
    [
        ({"seat_count": 400}, "frozen_facts|seat_count"),
        ({"closed_at": None, "closed_by": None}, "assessment_site_stays_closed"),
    ],
)
def test_site_stays_what_it_was(changes, trigger):
    site = AssessmentSiteFactory(closed=True)

    with pytest.raises(Exception, match=trigger):
        AssessmentSite.objects.filter(pk=site.pk).update(**changes)


def test_operator_opens_and_closes_on_the_page(client_of, operator, plan):
    client, url = client_of(operator), reverse("site-list")
    sent = {"name": plan.name, "district": plan.district_id, "address": plan.address, "seat_count": "30"}

    refused = client.post(url, {**sent, "seat_count": "0"})
    client.post(url, sent)
    site = AssessmentSite.objects.get()
    page = text_of(client.get(url))
    nothing = client.post(reverse("site-close"), {"site": "0"})
    client.post(reverse("site-close"), {"site": site.pk})

    site.refresh_from_db()
    assert refused.status_code == nothing.status_code == 422
    assert plan.name in page
    assert site.closed_by == operator


def test_those_who_only_look_get_no_form(client_as):
    AssessmentSiteFactory()

    page = text_of(client_as(Role.MUNICIPAL_AUDITOR).get(reverse("site-list")))

    assert reverse("site-close") not in page
