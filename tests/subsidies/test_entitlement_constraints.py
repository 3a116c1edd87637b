from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from assessment.models import LevelCertificate
from subsidies.models import Entitlement
from tests.clock import NOW
from tests.factories.assessment import LevelCertificateFactory
from tests.factories.enrollment import TraineeFactory
from tests.factories.institutions import DistrictFactory
from tests.factories.subsidies import BudgetFactory, EntitlementFactory, PaymentFactory, PolicyVersionFactory
from tests.subsidies.database import committed

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"decision": "PROMISED"}, "entitlement_decision_known"),
        ({"amount": Decimal("-0.01")}, "entitlement_amount_not_negative"),
        ({"first_pass_key": ""}, "entitlement_first_pass_key_present"),
        ({"reason": ""}, "entitlement_not_granted_for_a_reason"),
        ({"held": True, "reason": ""}, "entitlement_not_granted_for_a_reason"),
        ({"granted": True, "amount": Decimal("0.00")}, "entitlement_granted_on_complete_facts"),
        ({"granted": True, "policy_version": None}, "entitlement_granted_on_complete_facts"),
        ({"granted": True, "fee_schedule": None}, "entitlement_granted_on_complete_facts"),
        ({"granted": True, "budget": None}, "entitlement_granted_on_complete_facts"),
        ({"granted": True, "bank_account": None}, "entitlement_granted_on_complete_facts"),
        ({"granted": True, "reason": "fee_is_published"}, "entitlement_granted_on_complete_facts"),
        ({"granted": True, "lifetime_slot": None}, "entitlement_grant_has_its_slots"),
        ({"granted": True, "yearly_slot": None}, "entitlement_grant_has_its_slots"),
        ({"granted": True, "slot_year": None}, "entitlement_grant_has_its_slots"),
        ({"granted": True, "lifetime_slot": 0}, "entitlement_grant_has_its_slots"),
        ({"lifetime_slot": 1, "yearly_slot": 1, "slot_year": 2026}, "entitlement_grant_has_its_slots"),
        ({"held": True, "held_since": None}, "entitlement_held_since_some_time"),
    ],
)
def test_entitlement_is_refused_by(fields, constraint):
    with pytest.raises(IntegrityError, match=f'"{constraint}"'), transaction.atomic():
        EntitlementFactory(**fields)


def test_a_certificate_has_one_live_decision():
    certificate = EntitlementFactory().certificate

    with pytest.raises(IntegrityError, match='"entitlement_one_live_per_certificate"'), transaction.atomic():
        EntitlementFactory(certificate=certificate)


def test_a_certificate_has_another_decision_once_the_former_is_superseded():
    former = EntitlementFactory(superseded_at=NOW)

    assert EntitlementFactory(certificate=former.certificate, supersedes=former).pk


@pytest.mark.parametrize("claim", [{"held": True}, {"granted": True}], ids=["held", "granted"])
def test_a_first_pass_is_claimed_once(claim):
    EntitlementFactory(held=True, first_pass_key="person:1")

    with pytest.raises(IntegrityError, match='"entitlement_one_live_per_first_pass"'), transaction.atomic():
        EntitlementFactory(**claim, first_pass_key="person:1")


def test_a_refusal_claims_no_first_pass():
    EntitlementFactory(first_pass_key="person:1")

    assert EntitlementFactory(held=True, first_pass_key="person:1").pk


def test_a_decision_is_superseded_once():
    former = EntitlementFactory(superseded_at=NOW)
    EntitlementFactory(certificate=former.certificate, supersedes=former, superseded_at=NOW)

    with pytest.raises(IntegrityError, match="supersedes_id"), transaction.atomic():
        EntitlementFactory(certificate=former.certificate, supersedes=former)


def test_a_grant_without_a_payment_is_refused_at_the_commit():
    with pytest.raises(IntegrityError, match="entitlement_granted_has_payment"), committed():
        EntitlementFactory(granted=True)


def test_a_grant_with_a_payment_of_another_amount_is_refused_at_the_commit():
    with pytest.raises(IntegrityError, match="entitlement_granted_has_payment"), committed():
        PaymentFactory(amount=Decimal("799.99"))


def grant_and_pay(other: dict[str, Callable[[], object]]) -> None:
    """Grant, and then pay with something that is made only now, so that the grant has another one."""
    entitlement = EntitlementFactory(granted=True)
    PaymentFactory(entitlement=entitlement, **{field: make() for field, make in other.items()})


@pytest.mark.parametrize(
    "other",
    [{"budget": lambda: BudgetFactory(year=2030)}, {"payee": TraineeFactory}, {"district": DistrictFactory}],
    ids=["from another budget", "to somebody else", "for another district"],
)
def test_a_payment_is_what_was_granted_or_is_refused_at_the_commit(other):
    with pytest.raises(IntegrityError, match="entitlement_granted_has_payment"), committed():
        grant_and_pay(other)


def test_a_certificate_does_not_leave_the_queue_without_a_decision():
    certificate = LevelCertificateFactory()

    with pytest.raises(IntegrityError, match="certificate_decided_has_entitlement"), committed():
        LevelCertificate.objects.filter(pk=certificate.pk).update(decision_due=False)


def test_a_certificate_does_not_leave_the_queue_with_a_superseded_decision():
    certificate = EntitlementFactory(superseded_at=NOW).certificate

    with pytest.raises(IntegrityError, match="certificate_decided_has_entitlement"), committed():
        LevelCertificate.objects.filter(pk=certificate.pk).update(decision_due=False)


def test_a_certificate_is_not_recorded_as_decided():
    with pytest.raises(IntegrityError, match="certificate_decided_has_entitlement"), committed():
        LevelCertificateFactory(decision_due=False)


@pytest.mark.parametrize("payment", [{}, {"paid": True}], ids=["owed", "paid"])
def test_a_grant_is_not_superseded_while_its_payment_stands(payment):
    grant = PaymentFactory(**payment).entitlement

    with pytest.raises(IntegrityError, match="entitlement_grant_stays"), transaction.atomic():
        Entitlement.objects.filter(pk=grant.pk).update(superseded_at=NOW)


def test_a_grant_whose_payment_was_cancelled_is_superseded():
    grant = PaymentFactory(cancelled=True).entitlement

    assert Entitlement.objects.filter(pk=grant.pk).update(superseded_at=NOW) == 1


# ── Caps ─────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("place", "constraint"),
    [
        ({"lifetime_slot": 1, "yearly_slot": 2}, "entitlement_one_per_lifetime_slot"),
        ({"lifetime_slot": 2, "yearly_slot": 1}, "entitlement_one_per_yearly_slot"),
    ],
)
def test_a_place_of_a_person_is_given_once(place, constraint):
    first = PaymentFactory().entitlement

    with pytest.raises(IntegrityError, match=f'"{constraint}"'), transaction.atomic():
        EntitlementFactory(granted=True, person=first.person, **place)


def test_a_place_in_another_year_or_of_another_person_is_another_place():
    first = PaymentFactory().entitlement

    assert PaymentFactory(
        entitlement__person=first.person, entitlement__lifetime_slot=2, entitlement__slot_year=2027
    ).pk
    assert PaymentFactory().pk


def test_a_place_that_was_given_up_is_given_again():
    voided = PaymentFactory(cancelled=True).entitlement
    Entitlement.objects.filter(pk=voided.pk).update(superseded_at=NOW)

    assert PaymentFactory(entitlement__person=voided.person).pk


@pytest.mark.parametrize(
    ("cap", "place"),
    [
        ({"lifetime_cap": 1}, {"lifetime_slot": 2, "yearly_slot": 1}),
        ({"yearly_cap": 1}, {"lifetime_slot": 1, "yearly_slot": 2}),
    ],
    ids=["in a lifetime", "in a year"],
)
def test_a_place_behind_a_cap_is_refused(cap, place):
    policy = PolicyVersionFactory(**cap)

    with pytest.raises(IntegrityError, match="entitlement_within_caps"), transaction.atomic():
        EntitlementFactory(granted=True, policy_version=policy, **place)


def test_the_last_place_within_the_caps_is_given():
    policy = PolicyVersionFactory(lifetime_cap=2, yearly_cap=1)

    assert PaymentFactory(entitlement__policy_version=policy, entitlement__lifetime_slot=2).pk
