"""The pages of the intake policies: drafted by one, approved by another."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from enrollment.models import IntakePolicy
from institutions.enums import Role
from tests.factories.enrollment import IntakePolicyFactory
from tests.factories.institutions import UserFactory
from tests.interfaces.setup_forms import in_days, text_of

pytestmark = pytest.mark.django_db

FIGURES = {
    "name": "Intake",
    "filing_lead_days": "10",
    "answer_working_days": "3",
    "near_duplicate_days": "7",
    "min_age": "16",
    "max_age": "60",
    "roster_lock_days": "0",
    "download_hours": "24",
    "source": "An example.",
}


@pytest.fixture
def administrator(client_as):
    return client_as(Role.MUNICIPAL_ADMINISTRATOR, username="administrator")


def test_policy_is_drafted_by_one_and_approved_by_another(administrator, client_as):
    form = text_of(administrator.get(reverse("intake-policy-draft")))
    drafted = administrator.post(
        reverse("intake-policy-draft"), {**FIGURES, "first_day": in_days(5), "last_day": in_days(9)}
    )
    version = IntakePolicy.objects.get()
    reviewer = client_as(Role.MUNICIPAL_REVIEWER)
    before = text_of(reviewer.get(drafted.url))
    reviewer.post(reverse("intake-policy-approve"), {"version": version.pk})

    version.refresh_from_db()
    assert "filing_lead_days" in form
    assert reverse("intake-policy-approve") in before
    assert reverse("intake-policy-approve") not in text_of(administrator.get(drafted.url))
    assert version.approved_by.role == Role.MUNICIPAL_REVIEWER
    assert version.in_force.upper == timezone.localdate() + timedelta(days=10)


def test_draft_begins_with_the_figures_that_hold(administrator):
    IntakePolicyFactory(
        in_force=DateRange(timezone.localdate(), None), filing_lead_days=23, answer_working_days=4
    )

    text = text_of(administrator.get(reverse("intake-policy-draft")))

    assert 'value="23"' in text


@pytest.mark.parametrize(
    "changes", [{"max_age": "15"}, {"last_day": in_days(1)}, {"answer_working_days": "0"}, {"source": ""}]
)
def test_draft_that_cannot_be_comes_back(administrator, changes):
    given = {**FIGURES, "first_day": in_days(5), "last_day": "", **changes}

    response = administrator.post(reverse("intake-policy-draft"), given)

    assert "field-errors" in text_of(response, 422)
    assert not IntakePolicy.objects.exists()


def test_reviewer_ends_a_version_and_reads_why_a_day_is_refused(client_as):
    version = IntakePolicyFactory(in_force=DateRange(timezone.localdate() - timedelta(days=9), None))
    client, url = client_as(Role.MUNICIPAL_REVIEWER), reverse("intake-policy-end")

    refused = client.post(url, {"version": version.pk, "last_day": in_days(-1), "reason": "R"})
    client.post(url, {"version": version.pk, "last_day": in_days(0), "reason": "R"})

    version.refresh_from_db()
    assert "field-errors" in text_of(refused, 422)
    assert version.in_force.upper == timezone.localdate() + timedelta(days=1)


@pytest.mark.parametrize("key", ["", "abc", "0", "99999999999999999999"])
def test_version_that_does_not_exist_is_not_found(client_as, key):
    client = client_as(Role.MUNICIPAL_REVIEWER)

    assert client.post(reverse("intake-policy-approve"), {"version": key}).status_code == 404


def test_list_of_policies_costs_the_same_for_many(administrator):
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            text_of(administrator.get(reverse("intake-policy-list")))
        return len(queries)

    author = UserFactory(municipal_administrator=True)
    IntakePolicyFactory(drafted_by=author, approved_by=None, approved_at=None)
    few = cost()
    IntakePolicyFactory.create_batch(5, drafted_by=author, approved_by=None, approved_at=None)

    assert cost() == few


def test_draft_is_not_ended(client_as):
    draft = IntakePolicyFactory(approved_by=None, approved_at=None)

    response = client_as(Role.MUNICIPAL_REVIEWER).post(
        reverse("intake-policy-end"), {"version": draft.pk, "last_day": in_days(9), "reason": "R"}
    )

    assert response.status_code == 409
