from datetime import date

import pytest

from institutions.enums import DistrictKind
from institutions.models import District, DistrictSuccession, Field, Occupation, ProgrammeYear
from institutions.queries import districts_in_force, occupation_by_code
from institutions.services.reference_data import load_reference_data

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def counts():
    """Load the reference data and return how many rows the service counted."""
    return load_reference_data()


def every_row():
    models = (District, DistrictSuccession, Field, Occupation, ProgrammeYear)
    return [list(model.objects.order_by("pk").values()) for model in models]


def test_chongqing_has_37_districts_and_counties_and_two_zones_today():
    today = districts_in_force(date(2026, 10, 20))
    zones = [district.code for district in today if district.kind == DistrictKind.DEVELOPMENT_ZONE]

    assert (len(today), zones) == (39, ["X-GXQ", "X-WSJ"])


def test_chongqing_had_38_districts_and_counties_before_the_merger():
    before = [
        district
        for district in districts_in_force(date(2025, 1, 1))
        if district.kind != DistrictKind.DEVELOPMENT_ZONE
    ]

    assert len(before) == 38


@pytest.mark.parametrize("code", ["500105", "500112"])
def test_district_of_the_merger_is_retired_and_keeps_its_row(code):
    assert District.objects.get(code=code).in_force.upper is not None
    assert code not in [district.code for district in districts_in_force(date(2026, 10, 20))]


def test_districts_of_the_merger_have_the_successors_that_took_them_over():
    successions = DistrictSuccession.objects.order_by("predecessor__code", "successor__code")

    assert list(successions.values_list("predecessor__code", "successor__code")) == [
        ("500105", "500157"),
        ("500112", "500109"),
        ("500112", "500157"),
    ]


def test_new_district_begins_on_the_day_on_which_the_retired_ones_end():
    ends = District.objects.filter(code__in=["500105", "500112"]).values_list("in_force__endswith", flat=True)

    assert set(ends) == {District.objects.get(code="500157").in_force.lower}


def test_every_occupation_with_two_codes_is_found_by_both():
    both = Occupation.objects.exclude(former_code="")

    assert both.count() == 8
    assert [occupation_by_code(o.former_code) for o in both] == [occupation_by_code(o.code) for o in both]


def test_code_that_nobody_has_leads_nowhere():
    assert occupation_by_code("9-99-99-99") is None
    assert occupation_by_code("") is None


def test_every_year_of_the_plan_has_its_target():
    assert dict(ProgrammeYear.objects.values_list("year", "target")) == dict.fromkeys(range(2025, 2031), 3000)


def test_loading_twice_leaves_what_was_loaded_once():
    before = every_row()

    load_reference_data()

    assert every_row() == before


def test_target_that_the_bureau_has_set_survives_the_next_loading():
    ProgrammeYear.objects.filter(year=2027).update(target=3600)

    load_reference_data()

    assert ProgrammeYear.objects.get(year=2027).target == 3600


def test_name_that_somebody_changed_is_brought_back_to_the_files():
    District.objects.filter(code="500103").update(name_zh="某区")

    load_reference_data()

    assert District.objects.get(code="500103").name_zh == "渝中区"


def test_service_counts_what_there_is(counts):
    assert counts == {
        "institutions.District": District.objects.count(),
        "institutions.Field": Field.objects.count(),
        "institutions.Occupation": Occupation.objects.count(),
        "institutions.ProgrammeYear": 6,
    }
