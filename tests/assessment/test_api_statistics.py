"""The public figures, for partners' systems."""

import pytest

from assessment.services.progress import refresh_progress
from institutions.enums import Role
from tests.clock import NOW
from tests.factories.enrollment import EnrollmentFactory
from tests.partners.asking import page
from tests.partners.conftest import api_client_for, api_client_of, partner_of_office

__all__ = ["api_client_for", "api_client_of", "partner_of_office"]

pytestmark = pytest.mark.django_db


def test_every_system_reads_the_figures_of_the_front_page(api_client_for):
    enrollment = EnrollmentFactory()
    refresh_progress(year=2026, now=NOW)

    figures = page(api_client_for(Role.TRAINING_MANAGER, scopes=["classes:read"]), "statistics", year=2026)

    code = enrollment.training_class.district.code
    assert figures["enrolled"] == 1
    assert [line["enrolled"] for line in figures["by_district"] if line["code"] == code] == [1]


@pytest.mark.parametrize("year", [2024, 2031, "x"])
def test_year_outside_the_plan_is_refused(api_client_for, year):
    answer = api_client_for(Role.TRAINING_MANAGER).get("/api/v1/statistics", {"year": year})

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")


def test_nobody_without_a_token_asks(client):
    assert client.get("/api/v1/statistics").status_code == 401
