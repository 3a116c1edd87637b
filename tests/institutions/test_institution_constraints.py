from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, InternalError, connection
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import ProtectedError

from institutions.models import (
    Accreditation,
    District,
    DistrictSuccession,
    FeeSchedule,
    Institution,
    Occupation,
    ProgrammeYear,
)
from tests.factories.institutions import (
    AccreditationFactory,
    DistrictFactory,
    FeeScheduleFactory,
    InstitutionFactory,
    OccupationFactory,
)

pytestmark = pytest.mark.django_db

YEAR_2026 = DateRange(date(2026, 1, 1), date(2027, 1, 1))
YEAR_2027 = DateRange(date(2027, 1, 1), date(2028, 1, 1))


@pytest.mark.parametrize(
    ("factory", "fields", "constraint"),
    [
        (DistrictFactory, {"kind": "PROVINCE"}, "district_kind_known"),
        (AccreditationFactory, {"kind": "CATERING"}, "accreditation_kind_known"),
        (AccreditationFactory, {"level": "MASTER"}, "accreditation_level_known"),
        (FeeScheduleFactory, {"level": "MASTER"}, "fee_schedule_level_known"),
        (
            FeeScheduleFactory,
            {"theory_fee": Decimal(0), "practice_fee": Decimal(0)},
            "fee_schedule_total_positive",
        ),
        (FeeScheduleFactory, {"theory_fee": Decimal(-1)}, "fee_schedule_parts_not_negative"),
        (FeeScheduleFactory, {"practice_fee": Decimal(-1)}, "fee_schedule_parts_not_negative"),
        (FeeScheduleFactory, {"review_fee": Decimal(-1)}, "fee_schedule_parts_not_negative"),
        (FeeScheduleFactory, {"total": Decimal("800.01")}, "fee_schedule_total_is_sum_of_parts"),
    ],
)
def test_row_is_refused_by(factory, fields, constraint):
    with pytest.raises(IntegrityError, match=constraint):
        factory(**fields)


@pytest.mark.parametrize(
    ("year", "target", "constraint"),
    [
        (2024, 3000, "programme_year_in_the_plan"),
        (2031, 3000, "programme_year_in_the_plan"),
        (2026, 0, "programme_year_target_positive"),
    ],
)
def test_programme_year_is_refused_by(year, target, constraint):
    with pytest.raises(IntegrityError, match=constraint):
        ProgrammeYear.objects.create(year=year, target=target, source="the Plan")


def test_succession_is_named_once():
    succession = DistrictSuccession.objects.create(predecessor=DistrictFactory(), successor=DistrictFactory())

    with pytest.raises(IntegrityError, match="succession_named_once"):
        DistrictSuccession.objects.create(predecessor=succession.predecessor, successor=succession.successor)


def test_district_does_not_succeed_itself():
    district = DistrictFactory()

    with pytest.raises(IntegrityError, match="succession_of_two_districts"):
        DistrictSuccession.objects.create(predecessor=district, successor=district)


def test_former_code_leads_to_one_occupation():
    OccupationFactory(former_code="2-02-10-09")

    with pytest.raises(IntegrityError, match="occupation_former_code_once"):
        OccupationFactory(former_code="2-02-10-09")


def test_many_occupations_have_no_former_code():
    OccupationFactory.create_batch(2, former_code="")


@pytest.mark.parametrize(
    ("factory", "field", "value"),
    [
        (DistrictFactory, "code", "500103"),
        (OccupationFactory, "code", "2-02-38-01"),
        (InstitutionFactory, "credit_code", "91500299MA00000000"),
    ],
)
def test_code_is_given_once(factory, field, value):
    factory(**{field: value})

    with pytest.raises(IntegrityError, match=field):
        factory(**{field: value})


def test_accreditation_does_not_overlap_another_of_its_kind():
    first = AccreditationFactory(in_force=YEAR_2026)

    with pytest.raises(IntegrityError, match="accreditation_no_overlap"):
        AccreditationFactory(
            institution=first.institution,
            occupation=first.occupation,
            in_force=DateRange(date(2026, 12, 31), None),
        )


def test_accreditation_follows_the_one_before_on_the_day_it_ends():
    first = AccreditationFactory(in_force=YEAR_2026)

    AccreditationFactory(institution=first.institution, occupation=first.occupation, in_force=YEAR_2027)


@pytest.mark.parametrize("other", [{"level": "SENIOR"}, {"kind": "EVALUATION"}], ids=["level", "kind"])
def test_accreditation_of_another_sort_may_overlap(other):
    first = AccreditationFactory()

    AccreditationFactory(institution=first.institution, occupation=first.occupation, **other)


def test_two_fees_never_hold_on_one_day():
    first = FeeScheduleFactory(in_force=YEAR_2026)

    with pytest.raises(IntegrityError, match="fee_schedule_no_overlap"):
        FeeScheduleFactory(
            institution=first.institution,
            occupation=first.occupation,
            in_force=DateRange(date(2026, 12, 31), None),
        )


def test_fee_schedule_follows_the_one_before_on_the_day_it_ends():
    first = FeeScheduleFactory(in_force=YEAR_2026)

    FeeScheduleFactory(institution=first.institution, occupation=first.occupation, in_force=YEAR_2027)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("direction", "视觉"),
        ("level", "SENIOR"),
        ("announcement_url", "https://example.org/other"),
    ],
)
def test_published_fee_schedule_never_changes(field, value):
    schedule = FeeScheduleFactory()

    with pytest.raises(InternalError, match="Cannot update"):
        FeeSchedule.objects.filter(pk=schedule.pk).update(**{field: value})


def test_published_fee_never_changes():
    schedule = FeeScheduleFactory()

    with pytest.raises(InternalError, match="Cannot update"):
        FeeSchedule.objects.filter(pk=schedule.pk).update(theory_fee=Decimal(301), total=Decimal(801))


def test_fee_schedule_can_end():
    schedule = FeeScheduleFactory(in_force=YEAR_2026)
    shorter = DateRange(date(2026, 1, 1), date(2026, 7, 1))

    FeeSchedule.objects.filter(pk=schedule.pk).update(in_force=shorter)

    schedule.refresh_from_db()
    assert schedule.in_force == shorter


@pytest.mark.parametrize(
    ("factory", "model"),
    [
        (DistrictFactory, District),
        (OccupationFactory, Occupation),
        (InstitutionFactory, Institution),
        (AccreditationFactory, Accreditation),
        (FeeScheduleFactory, FeeSchedule),
    ],
)
def test_row_is_never_deleted(factory, model):
    row = factory()

    with pytest.raises(InternalError, match="Cannot delete"):
        model.objects.filter(pk=row.pk)._raw_delete("default")


def test_tables_are_never_emptied():
    FeeScheduleFactory()
    connection.check_constraints()

    with pytest.raises(InternalError, match="no_truncate"), connection.cursor() as cursor:
        cursor.execute("TRUNCATE institutions_feeschedule CASCADE")


def test_district_with_an_institution_is_protected():
    institution = InstitutionFactory()

    with pytest.raises(ProtectedError):
        institution.district.delete()
