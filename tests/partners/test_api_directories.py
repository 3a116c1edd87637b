"""What all refer to, who takes part, and what assessing costs."""

import pytest

from institutions.enums import Role
from institutions.models import ProgrammeYear
from tests.factories.institutions import (
    AccreditationFactory,
    AssessmentSiteFactory,
    DistrictFactory,
    FeeScheduleFactory,
    FieldFactory,
    InstitutionFactory,
    OccupationFactory,
)
from tests.partners.asking import ids, page

pytestmark = pytest.mark.django_db


def programme_year():
    return ProgrammeYear.objects.create(year=2026, target=3000, source="Example")


SHARED = {
    "districts": (DistrictFactory, "name_en"),
    "fields": (FieldFactory, "name_en"),
    "occupations": (OccupationFactory, "name_en"),
    "programme-years": (programme_year, "source"),
}


@pytest.fixture
def register(api_client_for):
    return api_client_for(Role.REGISTER_OPERATOR)


@pytest.mark.parametrize("address", SHARED)
def test_reference_data_is_for_every_office_and_can_be_followed(register, address):
    make, changed = SHARED[address]
    row = make()
    read = page(register, address, limit=500)

    assert str(row.public_id) in ids(read)
    (listed,) = (item for item in read["items"] if item["id"] == str(row.public_id))
    assert register.get(f"/api/v1/{address}/{row.public_id}").json() == listed

    type(row).objects.filter(pk=row.pk).update(**{changed: "Another"})
    assert ids(page(register, address, cursor=read["next_cursor"])) == [str(row.public_id)]


@pytest.mark.parametrize("address", [*SHARED, "institutions", "fee-schedules"])
def test_without_its_scope_nothing_is_read(api_client_for, address):
    client = api_client_for(Role.MUNICIPAL_OPERATOR, scopes=["classes:read"])

    answer = client.get(f"/api/v1/{address}")

    assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")


def test_institution_reads_its_own_row_with_its_standing_and_no_other(api_client_for):
    site = AssessmentSiteFactory()
    accreditation = AccreditationFactory(institution=site.institution)
    other = InstitutionFactory()
    client = api_client_for(Role.TRAINING_MANAGER, institution=site.institution)

    (item,) = page(client, "institutions")["items"]

    assert (item["id"], item["credit_code"]) == (
        str(site.institution.public_id),
        site.institution.credit_code,
    )
    assert [each["occupation"]["code"] for each in item["accreditations"]] == [accreditation.occupation.code]
    assert item["accreditations"][0]["in_force"]["begins_on"] == accreditation.in_force.lower.isoformat()
    assert [each["id"] for each in item["sites"]] == [str(site.public_id)]
    assert client.get(f"/api/v1/institutions/{other.public_id}").status_code == 404


def test_new_accreditation_moves_its_institution(api_client_for):
    institution = InstitutionFactory()
    client = api_client_for(Role.DISTRICT_LEAD, district=institution.district)
    cursor = page(client, "institutions")["next_cursor"]

    AccreditationFactory(institution=institution)

    (item,) = page(client, "institutions", cursor=cursor)["items"]
    assert len(item["accreditations"]) == 1


def test_fees_are_for_everybody_and_narrowed_to_one_institution(register):
    fee, _other = FeeScheduleFactory(), FeeScheduleFactory()

    (item,) = page(register, "fee-schedules", institution=fee.institution.public_id)["items"]

    assert (item["id"], item["total"]) == (str(fee.public_id), "800.00")
    assert len(page(register, "fee-schedules")["items"]) == 2


def test_page_of_institutions_costs_a_fixed_number_of_queries(api_client_for, django_assert_max_num_queries):
    client = api_client_for(Role.MUNICIPAL_OPERATOR)
    for _ in range(5):
        AccreditationFactory(institution=AssessmentSiteFactory().institution)
    page(client, "institutions")

    with django_assert_max_num_queries(12):
        page(client, "institutions")
