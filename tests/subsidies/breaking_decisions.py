"""Worlds in which one promise about what bounds a decision is broken."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

from assessment.models import LevelCertificate
from enrollment.models import Trainee, TraineeMerge
from institutions.models import District
from subsidies.models import Budget, Entitlement, Payment, PolicyVersion
from subsidies.services.decisions import decide_due_certificates
from tests.clock import NOW
from tests.factories.enrollment import BankAccountFactory, TraineeFactory
from tests.factories.institutions import UserFactory
from tests.factories.subsidies import (
    BudgetFactory,
    PolicyVersionFactory,
    decision_on,
    due_certificate,
    next_batch,
    open_programme,
    sign_twice,
)
from tests.subsidies.database import check_commit, triggers_off


def grant_two(first_level: str = "JUNIOR") -> tuple[LevelCertificate, LevelCertificate]:
    """Grant one person two first passes of two levels of one occupation, the first one of this level."""
    open_programme(first_pass_scope="OCCUPATION_AND_LEVEL")
    first = due_certificate(attempt__session__level=first_level)
    second = due_certificate(
        attempt__session__level="INTERMEDIATE",
        attempt__session__occupation=first.occupation,
        attempt__enrollment__trainee=first.trainee,
        attempt__session__held_on=date(2026, 9, 12),
    )
    decide_due_certificates(now=NOW)
    return first, second


def pass_a_cap() -> None:
    grant_two()
    with triggers_off():
        PolicyVersion.objects.update(yearly_cap=1)


def give_one_place_twice() -> None:
    _first, second = grant_two()
    other = TraineeFactory()
    with triggers_off():
        # The unique keys see another row of the person; whoever decides knew that it was theirs.
        Entitlement.objects.filter(certificate=second).update(person=other, lifetime_slot=1)
    known_to_be_one(second.trainee_id, other.pk)


def known_to_be_one(kept_id: int, merged_id: int) -> None:
    TraineeMerge.objects.create(
        kept_id=kept_id,
        merged_id=merged_id,
        reason="The same ID card.",
        status="APPROVED",
        proposed_by=UserFactory(municipal_operator=True),
        proposed_at=NOW - timedelta(days=9),
        decided_by=UserFactory(municipal_reviewer=True),
        decided_at=NOW - timedelta(days=9),
    )


def grant_a_lower_level_after_a_higher_one() -> None:
    grant_two("SENIOR")
    with triggers_off():
        PolicyVersion.objects.update(ladder_rule="SAME_OCCUPATION")


def pay_above_a_cap_after_a_merge() -> None:
    open_programme(first_pass_scope="OCCUPATION_AND_LEVEL", lifetime_cap=1)
    people = TraineeFactory.create_batch(2, with_account=True)
    for person in people:
        due_certificate(attempt__enrollment__trainee=person)
    decide_due_certificates(now=NOW - timedelta(days=10))
    sign_twice(next_batch())
    # As if nobody had looked at who was merged the week before.
    known_to_be_one(people[0].pk, people[1].pk)
    Trainee.objects.filter(pk=people[1].pk).update(merged_into=people[0])


def grant_in_another_district() -> None:
    certificate, _second = grant_two()
    own = decision_on(certificate).district_id
    with triggers_off():
        Entitlement.objects.filter(certificate=certificate).update(
            district=District.objects.exclude(pk=own).first()
        )


def pay_from_a_district_s_budget() -> None:
    certificate, second = grant_two()
    check_commit()
    spent = decision_on(certificate).amount + decision_on(second).amount
    district = BudgetFactory(district=decision_on(certificate).district, reserved=spent)
    Budget.objects.exclude(pk=district.pk).update(reserved=Decimal("0.00"))
    with triggers_off():
        Entitlement.objects.update(budget=district)
        Payment.objects.update(budget=district)


def forget_since_when_it_is_held() -> None:
    BudgetFactory(allotted=Decimal("1.00"))
    PolicyVersionFactory(approved=True)
    certificate = due_certificate(attempt__enrollment__trainee=TraineeFactory())
    decide_due_certificates(now=NOW)
    BankAccountFactory(trainee=certificate.trainee)
    decide_due_certificates(now=NOW)
    with triggers_off():
        Entitlement.objects.filter(pk=decision_on(certificate).pk).update(held_since=NOW + timedelta(days=1))


DECISION_BREAKS: dict[str, Callable[[], None]] = {
    "nobody_is_granted_above_a_cap": pass_a_cap,
    "grants_of_a_person_have_places_of_their_own": give_one_place_twice,
    "no_lower_level_is_granted_after_a_higher_one": grant_a_lower_level_after_a_higher_one,
    "nothing_granted_too_often_leaves_after_a_merge": pay_above_a_cap_after_a_merge,
    "grant_belongs_to_its_district": grant_in_another_district,
    "grant_is_paid_from_its_own_budget": pay_from_a_district_s_budget,
    "hold_is_as_old_as_the_first_of_it": forget_since_when_it_is_held,
}
