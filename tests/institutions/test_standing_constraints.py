from datetime import date

import pytest
from django.db import IntegrityError, InternalError
from django.db.backends.postgresql.psycopg_any import DateRange

from institutions.models import Accreditation, FundedQuota, Suspension
from tests.clock import NOW
from tests.factories.institutions import AccreditationFactory, FundedQuotaFactory, UserFactory
from tests.factories.standing import SuspensionFactory

pytestmark = pytest.mark.django_db

START, END = date(2026, 1, 1), date(2027, 1, 1)
YEAR_2026 = DateRange(START, END)


@pytest.mark.parametrize(
    ("factory", "fields", "constraint"),
    [
        (SuspensionFactory, {"reason": ""}, "suspension_has_reason"),
        (SuspensionFactory, {"lifted_at": NOW, "lift_reason": "Done."}, "suspension_lifting_complete"),
        (SuspensionFactory, {"lifted": True, "lift_reason": ""}, "suspension_lifted_with_reason"),
        (SuspensionFactory, {"in_force": DateRange(None, END)}, "suspension_begins_on_a_day"),
        (SuspensionFactory, {"in_force": DateRange(START, START)}, "suspension_begins_on_a_day"),
        (FundedQuotaFactory, {"seat_count": 9, "reserved_count": 10}, "funded_quota_not_exceeded"),
        (FundedQuotaFactory, {"year": 2024}, "funded_quota_in_the_plan"),
        (FundedQuotaFactory, {"year": 2031}, "funded_quota_in_the_plan"),
        (FundedQuotaFactory, {"source": ""}, "funded_quota_has_source"),
    ],
)
def test_row_is_refused_by(factory, fields, constraint):
    with pytest.raises(IntegrityError, match=constraint):
        factory(**fields)


def test_quota_is_set_once_a_year():
    first = FundedQuotaFactory()

    with pytest.raises(IntegrityError, match="funded_quota_once_per_year"):
        FundedQuotaFactory(institution=first.institution)


def test_same_suspension_is_imposed_once():
    first = SuspensionFactory()

    with pytest.raises(IntegrityError, match="suspension_imposed_once"):
        SuspensionFactory(institution=first.institution)


@pytest.mark.parametrize(
    "other", [{"reason": "Another matter."}, {"in_force": YEAR_2026}], ids=["reason", "days"]
)
def test_two_matters_may_suspend_one_institution(other):
    first = SuspensionFactory()

    SuspensionFactory(institution=first.institution, **other)


def test_institution_may_be_suspended_again_after_a_lifting():
    first = SuspensionFactory(lifted=True)

    SuspensionFactory(institution=first.institution)


@pytest.mark.parametrize(
    ("factory", "field", "value"),
    [
        (SuspensionFactory, "reason", "Another."),
        (SuspensionFactory, "in_force", YEAR_2026),
        (SuspensionFactory, "imposed_at", NOW),
        (FundedQuotaFactory, "year", 2027),
        (AccreditationFactory, "direction", "视觉"),
        (AccreditationFactory, "level", "SENIOR"),
        (AccreditationFactory, "kind", "EVALUATION"),
    ],
)
def test_fact_never_changes(factory, field, value):
    row = factory()

    with pytest.raises(InternalError, match="Cannot update"):
        type(row).objects.filter(pk=row.pk).update(**{field: value})


def test_author_of_a_suspension_never_changes():
    row = SuspensionFactory()

    with pytest.raises(InternalError, match="Cannot update"):
        Suspension.objects.filter(pk=row.pk).update(imposed_by=UserFactory(municipal_administrator=True))


@pytest.mark.parametrize("model", [Suspension, FundedQuota])
def test_row_is_never_deleted(model):
    row = {Suspension: SuspensionFactory, FundedQuota: FundedQuotaFactory}[model]()

    with pytest.raises(InternalError, match="Cannot delete"):
        model.objects.filter(pk=row.pk)._raw_delete("default")


@pytest.mark.parametrize(
    "span",
    [
        pytest.param(DateRange(START, date(2027, 1, 2)), id="a later end"),
        pytest.param(DateRange(START, None), id="no end"),
        pytest.param(DateRange(date(2026, 1, 2), END), id="a later start"),
        pytest.param(DateRange(date(2025, 12, 31), END), id="an earlier start"),
        pytest.param(DateRange(START, START), id="no day"),
    ],
)
def test_accreditation_changes_in_no_other_way_than_by_an_earlier_end(span):
    row = AccreditationFactory(in_force=YEAR_2026)

    with pytest.raises(InternalError, match="accreditation_only_shortened"):
        Accreditation.objects.filter(pk=row.pk).update(in_force=span)


def test_accreditation_can_end_earlier():
    row = AccreditationFactory(in_force=DateRange(START, None))

    Accreditation.objects.filter(pk=row.pk).update(in_force=YEAR_2026)

    row.refresh_from_db()
    assert row.in_force == YEAR_2026


def test_accreditation_of_another_direction_may_overlap():
    first = AccreditationFactory(direction="视觉")

    AccreditationFactory(institution=first.institution, occupation=first.occupation, direction="语音")


def test_accreditation_of_the_same_direction_may_not_overlap():
    first = AccreditationFactory(direction="视觉")

    with pytest.raises(IntegrityError, match="accreditation_no_overlap"):
        AccreditationFactory(institution=first.institution, occupation=first.occupation, direction="视觉")
