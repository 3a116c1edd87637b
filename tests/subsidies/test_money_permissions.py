"""Which role may do what with decisions and money. Every role appears in every line."""

import pytest

from institutions.enums import DISTRICT_ROLES, MUNICIPAL_ROLES, Role
from institutions.models import User
from subsidies import policies
from subsidies.models import PaymentBatch, PolicyVersion

ALLOWED = [
    pytest.param(policies.can_see_decisions, {*MUNICIPAL_ROLES, *DISTRICT_ROLES}, id="see decisions"),
    pytest.param(policies.can_see_money, set(MUNICIPAL_ROLES), id="see money"),
    pytest.param(policies.can_release_batches, {Role.MUNICIPAL_FINANCE}, id="sign for batches"),
    pytest.param(policies.can_draft_policy, {Role.MUNICIPAL_ADMINISTRATOR}, id="draft policies"),
    pytest.param(policies.can_see_budgets, {*MUNICIPAL_ROLES, *DISTRICT_ROLES}, id="see budgets"),
    pytest.param(
        policies.can_propose_budget_change, {Role.MUNICIPAL_ADMINISTRATOR}, id="propose budget changes"
    ),
    pytest.param(policies.can_decide_budget_changes, {Role.MUNICIPAL_REVIEWER}, id="decide budget changes"),
]


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize(("may", "roles"), ALLOWED)
def test_role_may(may, roles, role):
    assert may(User(role=role)) == (role in roles)


@pytest.mark.parametrize("role", Role)
def test_only_finance_signs_and_nobody_twice(role):
    signer = User(pk=1, role=role)

    assert policies.can_release(signer, PaymentBatch()) == (role == Role.MUNICIPAL_FINANCE)
    assert not policies.can_release(signer, PaymentBatch(first_released_by_id=1))


@pytest.mark.parametrize("role", Role)
def test_only_a_reviewer_approves_and_never_the_author(role):
    approver = User(pk=1, role=role)

    assert policies.can_approve_policy(approver, PolicyVersion(drafted_by_id=2)) == (
        role == Role.MUNICIPAL_REVIEWER
    )
    assert not policies.can_approve_policy(approver, PolicyVersion(drafted_by_id=1))
