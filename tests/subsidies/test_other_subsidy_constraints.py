from decimal import Decimal

import pytest
from django.db import IntegrityError, InternalError, transaction

from subsidies.models import OtherSubsidy
from tests.clock import NOW
from tests.factories.decisions import OtherSubsidyFactory
from tests.factories.institutions import UserFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"level": "MASTER"}, "other_subsidy_level_known"),
        ({"amount": Decimal("0.00")}, "other_subsidy_amount_positive"),
        ({"source": ""}, "other_subsidy_has_source"),
        ({"programme": ""}, "other_subsidy_has_source"),
        ({"withdrawn_at": NOW, "withdrawal_reason": "A mistake."}, "other_subsidy_withdrawal_complete"),
        ({"withdrawn": True, "withdrawal_reason": ""}, "other_subsidy_withdrawn_for_a_reason"),
    ],
)
def test_other_subsidy_is_refused_by(fields, constraint):
    with pytest.raises(IntegrityError, match=f'"{constraint}"'), transaction.atomic():
        OtherSubsidyFactory(**fields)


def of_the_same_kind(other: OtherSubsidy) -> dict[str, object]:
    return {name: getattr(other, name) for name in ("trainee", "occupation", "level", "programme")}


def test_one_programme_pays_once():
    first = OtherSubsidyFactory()

    with pytest.raises(IntegrityError, match='"other_subsidy_recorded_once"'), transaction.atomic():
        OtherSubsidyFactory(**of_the_same_kind(first))


def test_what_was_taken_back_is_recorded_again():
    first = OtherSubsidyFactory(withdrawn=True)

    assert OtherSubsidyFactory(**of_the_same_kind(first)).pk


@pytest.mark.parametrize(
    "change",
    [{"amount": Decimal("1.00")}, {"level": "SENIOR"}, {"programme": "Another"}, {"source": "Hearsay"}],
    ids=lambda change: next(iter(change)),
)
def test_what_was_recorded_stays(change):
    other = OtherSubsidyFactory()

    with pytest.raises(InternalError, match="Cannot update rows"), transaction.atomic():
        OtherSubsidy.objects.filter(pk=other.pk).update(**change)


def test_what_was_taken_back_stays_taken_back():
    other = OtherSubsidyFactory(withdrawn=True)

    with pytest.raises(InternalError, match="other_subsidy_stays_withdrawn"), transaction.atomic():
        OtherSubsidy.objects.filter(pk=other.pk).update(
            withdrawn_at=None, withdrawn_by=None, withdrawal_reason=""
        )


def test_it_is_taken_back_once():
    other = OtherSubsidyFactory()

    changed = OtherSubsidy.objects.filter(pk=other.pk).update(
        withdrawn_by=UserFactory(municipal_reviewer=True), withdrawn_at=NOW, withdrawal_reason="A mistake."
    )

    assert changed == 1
