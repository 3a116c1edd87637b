"""Days that nobody can have meant, in every form that takes a day: the form comes back and says so."""

import pytest
from django.conf import settings
from django.db.backends.postgresql.psycopg_any import DateRange
from django.urls import reverse
from django.utils import timezone

from enrollment.models import IntakePolicy, TrainingClass
from institutions.enums import Role
from institutions.models import Accreditation, Suspension
from tests.enrollment.filings import draft_to_file
from tests.factories.enrollment import IntakePolicyFactory
from tests.factories.institutions import AccreditationFactory, InstitutionFactory, OccupationFactory
from tests.interfaces.setup_forms import in_days, text_of
from tests.interfaces.test_intake_policy_pages import FIGURES
from tests.interfaces.test_plan_pages import plan_form

pytestmark = pytest.mark.django_db

REFUSAL = "A day lies between 2000-01-01 and 2099-12-31."
UNTHINKABLE = ["9999-12-31", "2100-01-01", "1999-12-31", "0001-01-01"]


@pytest.fixture
def administrator(client_as):
    return client_as(Role.MUNICIPAL_ADMINISTRATOR, username="administrator")


@pytest.fixture
def reviewer(client_as):
    return client_as(Role.MUNICIPAL_REVIEWER)


def refused(client, url, sent):
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    assert REFUSAL in text_of(client.post(url, sent), 422)


@pytest.mark.parametrize("field", ["first_day", "last_day"])
@pytest.mark.parametrize("day", UNTHINKABLE)
def test_accreditation_is_not_granted(administrator, field, day):
    url = reverse("accreditation-grant", args=[InstitutionFactory().public_id])
    sent = {
        "kind": "TRAINING",
        "occupation": OccupationFactory().pk,
        "level": "SENIOR",
        "first_day": in_days(-30),
        "last_day": in_days(30),
        "source": "List 3",
    }

    refused(administrator, url, {**sent, field: day})

    assert not Accreditation.objects.exists()


@pytest.mark.parametrize("day", UNTHINKABLE)
def test_accreditation_is_not_ended(administrator, day):
    accreditation = AccreditationFactory(in_force=DateRange(timezone.localdate(), None))
    url = reverse("accreditation-end", args=[accreditation.institution.public_id])

    refused(administrator, url, {"accreditation": accreditation.pk, "last_day": day, "reason": "Given up."})

    accreditation.refresh_from_db()
    assert accreditation.in_force.upper is None


@pytest.mark.parametrize("field", ["first_day", "last_day"])
@pytest.mark.parametrize("day", UNTHINKABLE)
def test_institution_is_not_suspended(reviewer, field, day):
    url = reverse("institution-suspend", args=[InstitutionFactory().public_id])
    sent = {"first_day": in_days(0), "last_day": in_days(9), "reason": "Attendance."}

    refused(reviewer, url, {**sent, field: day})

    assert not Suspension.objects.exists()


@pytest.mark.parametrize("field", ["first_day", "last_day"])
@pytest.mark.parametrize("day", UNTHINKABLE)
def test_intake_policy_is_not_drafted(administrator, field, day):
    sent = {**FIGURES, "first_day": in_days(5), "last_day": in_days(9), field: day}

    refused(administrator, reverse("intake-policy-draft"), sent)

    assert not IntakePolicy.objects.exists()


@pytest.mark.parametrize("day", UNTHINKABLE)
def test_intake_policy_is_not_ended(reviewer, day):
    version = IntakePolicyFactory(in_force=DateRange(timezone.localdate(), None))

    refused(reviewer, reverse("intake-policy-end"), {"version": version.pk, "last_day": day, "reason": "R"})

    version.refresh_from_db()
    assert version.in_force.upper is None


@pytest.mark.parametrize("field", ["starts_on", "ends_on"])
@pytest.mark.parametrize("day", UNTHINKABLE)
def test_class_is_not_planned(client_of, field, day):
    ready = draft_to_file()

    refused(client_of(ready.drafted_by), reverse("class-draft"), {**plan_form(ready), field: day})

    assert TrainingClass.objects.count() == 1


def test_class_that_is_too_long_comes_back_at_its_last_day(client_of):
    ready = draft_to_file()
    sent = plan_form(ready, ends_on="2028-11-09")

    client = client_of(ready.drafted_by)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"

    text = text_of(client.post(reverse("class-draft"), sent), 422)

    assert "A class ends no later than 366 days after it starts." in text
    assert TrainingClass.objects.count() == 1
