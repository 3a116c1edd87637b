from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, InternalError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from subsidies.models import (
    TrainingPolicyVersion,
    TrainingStandard,
)
from tests.clock import NOW
from tests.factories.claims import (
    TrainingPolicyVersionFactory,
    TrainingStandardFactory,
)
from tests.factories.institutions import UserFactory

pytestmark = pytest.mark.django_db

CENT = Decimal("0.01")


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"subsidized_once_per": "FAMILY"}, "training_policy_scope_known"),
        ({"graduation_year_rule": "LUNAR"}, "training_policy_graduation_year_rule_known"),
        ({"line_rule": "EVERYBODY"}, "training_policy_line_rule_known"),
        ({"standard_rule": "GUESS"}, "training_policy_standard_rule_known"),
        ({"denominator": "CITY"}, "training_policy_denominator_known"),
        ({"pass_rule": "LAST_ATTEMPT"}, "training_policy_pass_rule_known"),
        ({"fee_share": Decimal("0.0000")}, "training_policy_shares_are_shares"),
        ({"least_attendance": Decimal("1.0001")}, "training_policy_shares_are_shares"),
        ({"factor_floor": Decimal("0.6"), "factor_cap": Decimal("0.5")}, "training_policy_shares_are_shares"),
        ({"small_class_factor": Decimal("1.0001")}, "training_policy_shares_are_shares"),
        ({"pass_rate_distance": 0}, "training_policy_comparison_possible"),
        ({"pass_rate_distance": 101}, "training_policy_comparison_possible"),
        ({"least_compared_classes": 0}, "training_policy_comparison_possible"),
        ({"claim_window_days": 0}, "training_policy_days_positive"),
        ({"district_working_days": 0}, "training_policy_days_positive"),
        ({"municipal_working_days": 0}, "training_policy_days_positive"),
        ({"answer_working_days": 0}, "training_policy_days_positive"),
        ({"one_signature_limit": -CENT}, "training_policy_one_signature_limit_not_negative"),
        ({"source": ""}, "training_policy_has_source"),
        ({"approved_at": NOW}, "training_policy_approval_complete"),
    ],
)
def test_training_policy_is_refused_by(fields, constraint):
    with pytest.raises(IntegrityError, match=f'"{constraint}"'), transaction.atomic():
        TrainingPolicyVersionFactory(**fields)


def test_author_does_not_approve_their_own_training_policy():
    author = UserFactory(municipal_administrator=True)

    with (
        pytest.raises(IntegrityError, match='"training_policy_approved_by_someone_else"'),
        transaction.atomic(),
    ):
        TrainingPolicyVersionFactory(drafted_by=author, approved_by=author, approved_at=NOW)


def test_two_approved_training_policies_do_not_share_a_day():
    TrainingPolicyVersionFactory(approved=True)

    with pytest.raises(IntegrityError, match='"training_policy_no_overlap"'), transaction.atomic():
        TrainingPolicyVersionFactory(approved=True, in_force=DateRange(date(2026, 12, 31), None))


def test_an_approved_training_policy_is_never_changed():
    policy = TrainingPolicyVersionFactory(approved=True)

    with pytest.raises(InternalError, match="training_policy_approved_stays"), transaction.atomic():
        TrainingPolicyVersion.objects.filter(pk=policy.pk).update(cut_off_days=1)


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"level": "MASTER"}, "training_standard_level_known"),
        ({"amount": Decimal("0.00")}, "training_standard_positive"),
    ],
)
def test_training_standard_is_refused_by(fields, constraint):
    with pytest.raises(IntegrityError, match=f'"{constraint}"'), transaction.atomic():
        TrainingStandardFactory(**fields)


def test_a_table_has_one_entry_for_an_occupation_and_level():
    entry = TrainingStandardFactory()

    with pytest.raises(IntegrityError, match='"training_standard_once"'), transaction.atomic():
        TrainingStandardFactory(policy_version=entry.policy_version, occupation=entry.occupation)


def test_the_table_of_an_approved_policy_is_never_changed():
    entry = TrainingStandardFactory()
    TrainingPolicyVersion.objects.filter(pk=entry.policy_version_id).update(
        approved_by=UserFactory(municipal_reviewer=True), approved_at=NOW
    )

    with pytest.raises(IntegrityError, match="training_standard_stays_once_approved"), transaction.atomic():
        TrainingStandard.objects.filter(pk=entry.pk).update(amount=Decimal("1.00"))
    with pytest.raises(IntegrityError, match="training_standard_stays_once_approved"), transaction.atomic():
        TrainingStandardFactory(policy_version=entry.policy_version)
    with pytest.raises(IntegrityError, match="training_standard_stays_once_approved"), transaction.atomic():
        TrainingStandard.objects.filter(pk=entry.pk).delete()
