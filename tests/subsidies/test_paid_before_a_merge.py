"""What two rows were both paid before anybody knew that they are one person's is somebody's matter."""

from datetime import timedelta
from decimal import Decimal

import pytest

from institutions.enums import Role
from subsidies import queries
from subsidies.enums import ObjectionKind, ObjectionStatus, PaymentStatus
from subsidies.invariants import find_violations
from subsidies.models import Entitlement, Payment, Recovery
from subsidies.rules.desk import MATTERS
from subsidies.services.objections import follow_upheld_objections
from tests.clock import NOW
from tests.factories.institutions import UserFactory
from tests.factories.notices import decided, said_against
from tests.factories.subsidies import payment_of
from tests.subsidies.following import follow
from tests.subsidies.merged_rows import two_paid_rows

pytestmark = pytest.mark.django_db

# Under these each level of an occupation is subsidized, however many there are.
NOT_LIMITED = {
    "first_pass_scope": "OCCUPATION_AND_LEVEL",
    "ladder_rule": "NONE",
    "lifetime_cap": None,
    "yearly_cap": None,
}


def on_the_desk(role: Role = Role.MUNICIPAL_REVIEWER) -> list[Entitlement]:
    desk = queries.Desk(UserFactory(**{role.lower(): True}), NOW + timedelta(hours=1))
    return list(queries.stuck_rows(desk, MATTERS["paid-before-a-merge"]))


def test_the_later_of_two_grants_for_one_first_pass_is_shown_and_both_stay_paid():
    later, _earlier = two_paid_rows()
    follow()

    (shown,) = on_the_desk()

    assert (shown.certificate, shown.since) == (later, NOW)
    assert set(Payment.objects.values_list("status", flat=True)) == {PaymentStatus.PAID}
    assert find_violations() == []


def test_nothing_is_shown_of_two_people():
    two_paid_rows(merged=False)

    assert on_the_desk() == []


@pytest.mark.parametrize(
    ("policy", "is_shown"),
    [
        pytest.param({}, False, id="each is owed"),
        pytest.param({"first_pass_scope": "OCCUPATION"}, True, id="one first pass"),
        pytest.param({"first_pass_scope": "PERSON"}, True, id="one first pass of a person"),
        pytest.param({"lifetime_cap": 1}, True, id="above the cap"),
        pytest.param({"yearly_cap": 1}, True, id="above it in the year"),
    ],
)
def test_what_its_own_policy_would_not_have_granted_beside_the_other_is_shown(policy, is_shown):
    two_paid_rows(earlier_level="SENIOR", **{**NOT_LIMITED, **policy})

    assert bool(on_the_desk()) is is_shown


@pytest.mark.parametrize(
    ("rule", "is_shown"), [("NONE", False), ("SAME_OCCUPATION", True), ("ANY_OCCUPATION", True)]
)
def test_a_lower_level_that_was_granted_after_a_higher_one_is_shown(rule, is_shown):
    two_paid_rows(earlier_level="SENIOR", **{**NOT_LIMITED, "ladder_rule": rule})

    assert bool(on_the_desk()) is is_shown


def test_an_objection_of_the_office_that_is_upheld_asks_the_money_back():
    later, _earlier = two_paid_rows()
    objection = said_against(payment_of(later), ObjectionKind.OFFICE)
    assert on_the_desk() == []

    decided(objection, ObjectionStatus.UPHELD)
    follow_upheld_objections(now=NOW)

    assert (Recovery.objects.get().payment, Recovery.objects.get().amount) == (
        payment_of(later),
        Decimal("800.00"),
    )
    assert on_the_desk() == []


def test_it_is_the_municipal_reviewer_who_must_act():
    assert MATTERS["paid-before-a-merge"].owner.role == Role.MUNICIPAL_REVIEWER
