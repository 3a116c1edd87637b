from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, InternalError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from subsidies.models import PolicyVersion
from tests.clock import NOW
from tests.factories.institutions import UserFactory
from tests.factories.subsidies import BudgetFactory, PolicyVersionFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"first_pass_scope": "FAMILY"}, "policy_first_pass_scope_known"),
        ({"first_pass_rule": "SECOND_TRY"}, "policy_first_pass_rule_known"),
        ({"graduation_year_rule": "LUNAR"}, "policy_graduation_year_rule_known"),
        ({"fee_share": Decimal("0.0000")}, "policy_fee_share_is_a_share"),
        ({"fee_share": Decimal("1.0001")}, "policy_fee_share_is_a_share"),
        ({"ladder_rule": "DOWN"}, "policy_ladder_rule_known"),
        ({"stacking_rule": "SOMETIMES"}, "policy_stacking_rule_known"),
        ({"competent_district_rule": "HOME"}, "policy_competent_district_rule_known"),
        ({"ceiling_junior": Decimal("0.00")}, "policy_ceilings_positive"),
        ({"ceiling_intermediate": Decimal("0.00")}, "policy_ceilings_positive"),
        ({"ceiling_senior": Decimal("-1.00")}, "policy_ceilings_positive"),
        ({"lifetime_cap": 0}, "policy_caps_positive"),
        ({"yearly_cap": 0}, "policy_caps_positive"),
        ({"chase_days": 0}, "policy_chases_at_some_time"),
        ({"chase_every_days": 0}, "policy_chases_at_some_time"),
        ({"batch_amount_limit": Decimal("0.00")}, "policy_batch_limits_positive"),
        ({"batch_weekdays": [0, 1]}, "policy_batch_weekdays_are_weekdays"),
        ({"batch_weekdays": [8]}, "policy_batch_weekdays_are_weekdays"),
        ({"source": ""}, "policy_has_source"),
        ({"batch_line_limit": 0}, "policy_batch_limits_positive"),
        ({"automatic_release_limit": Decimal("-0.01")}, "policy_automatic_release_limit_not_negative"),
        ({"approved_at": NOW}, "policy_approval_complete"),
    ],
)
def test_policy_is_refused_by(fields, constraint):
    with pytest.raises(IntegrityError, match=f'"{constraint}"'), transaction.atomic():
        PolicyVersionFactory(**fields)


def test_author_does_not_approve_their_own_policy():
    author = UserFactory(municipal_administrator=True)

    with pytest.raises(IntegrityError, match='"policy_approved_by_someone_else"'), transaction.atomic():
        PolicyVersionFactory(drafted_by=author, approved_by=author, approved_at=NOW)


def test_two_approved_policies_do_not_share_a_day():
    PolicyVersionFactory(approved=True)

    with pytest.raises(IntegrityError, match='"policy_no_overlap"'), transaction.atomic():
        PolicyVersionFactory(approved=True, in_force=DateRange(date(2026, 12, 31), None))


def test_a_draft_may_cover_the_days_of_an_approved_policy():
    PolicyVersionFactory(approved=True)

    assert PolicyVersionFactory().pk


def test_a_policy_may_begin_on_the_day_the_former_one_ends():
    PolicyVersionFactory(approved=True)

    assert PolicyVersionFactory(approved=True, in_force=DateRange(date(2027, 1, 1), None)).pk


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"kind": "TRAVEL"}, "budget_kind_known"),
        ({"reserved": Decimal("100000.01")}, "budget_never_overspent"),
        ({"reserved": Decimal("60000.00"), "paid": Decimal("40000.01")}, "budget_never_overspent"),
        ({"reserved": Decimal("-0.01")}, "budget_parts_not_negative"),
        ({"paid": Decimal("-0.01")}, "budget_parts_not_negative"),
        ({"recovered": Decimal("-0.01")}, "budget_parts_not_negative"),
    ],
)
def test_budget_is_refused_by(fields, constraint):
    with pytest.raises(IntegrityError, match=f'"{constraint}"'), transaction.atomic():
        BudgetFactory(**fields)


def test_recovered_money_can_be_spent_again():
    budget = BudgetFactory(paid=Decimal("100000.00"), recovered=Decimal("800.00"), reserved=Decimal("800.00"))

    assert budget.available == Decimal("0.00")


def test_one_subsidy_has_one_budget_a_year():
    BudgetFactory()

    with pytest.raises(IntegrityError, match='"budget_one_per_year_kind_and_district"'), transaction.atomic():
        BudgetFactory()


@pytest.mark.parametrize(
    "changes",
    [
        {"ceiling_senior": Decimal("1.00")},
        {"lifetime_cap": 1},
        {"source": "Another one."},
        {"approved_by": None, "approved_at": None},
        {"in_force": DateRange(date(2026, 1, 1), None)},
        {"in_force": DateRange(date(2025, 1, 1), date(2027, 1, 1))},
    ],
)
def test_an_approved_version_is_never_changed(changes):
    version = PolicyVersionFactory(approved=True)

    with pytest.raises(InternalError, match="policy_approved_stays"), transaction.atomic():
        PolicyVersion.objects.filter(pk=version.pk).update(**changes)


def test_an_approved_version_may_end_earlier():
    version = PolicyVersionFactory(approved=True)

    assert PolicyVersion.objects.filter(pk=version.pk).update(
        in_force=DateRange(date(2026, 1, 1), date(2026, 12, 1))
    )


def test_a_version_is_never_deleted():
    version = PolicyVersionFactory()

    with pytest.raises(InternalError, match="Cannot delete"), transaction.atomic():
        version.delete()
