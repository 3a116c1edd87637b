"""Who has the first pass while several certificates of one person are on their way, whatever their order and policy."""

from datetime import date

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange

from assessment.models import LevelCertificate
from institutions.models import Occupation
from subsidies.enums import Decision, FirstPassScope
from subsidies.invariants import find_violations
from subsidies.services.decisions import decide_due_certificates
from tests.clock import NOW
from tests.factories.assessment import LevelCertificateFactory
from tests.factories.institutions import OccupationFactory
from tests.factories.subsidies import (
    BudgetFactory,
    PolicyVersionFactory,
    decision_on,
    due_certificate,
    open_programme,
    publish_fee,
)
from tests.subsidies.histories import appeal, revoke

pytestmark = pytest.mark.django_db


def decide() -> int:
    return decide_due_certificates(now=NOW)


def result_of(certificate: LevelCertificate) -> tuple[str, str]:
    decision = decision_on(certificate)
    return decision.decision, decision.reason


def another_occupation() -> Occupation:
    return OccupationFactory()


def test_a_hold_that_waits_for_a_review_gives_its_claim_up_to_an_earlier_pass_that_arrives_late():
    open_programme()
    later = due_certificate()
    appeal(later.attempt)
    decide()
    earlier = due_certificate(
        attempt__enrollment__trainee=later.trainee, attempt__session__held_on=date(2026, 5, 9)
    )

    decide()

    assert result_of(earlier) == (Decision.HELD, "nothing_is_under_review")
    assert result_of(later) == (Decision.HELD, "nothing_is_under_review")
    assert decision_on(later).first_pass_key == f"certificate:{later.pk}"
    assert find_violations() == []


# ── One policy counts first passes over the person, the next one over occupation and level ───────────────
def two_policies() -> None:
    BudgetFactory()
    PolicyVersionFactory(approved=True, in_force=DateRange(date(2026, 1, 1), date(2026, 8, 1)))
    PolicyVersionFactory(
        approved=True,
        in_force=DateRange(date(2026, 8, 1), date(2027, 1, 1)),
        first_pass_scope=FirstPassScope.OCCUPATION_AND_LEVEL,
    )


def under_the_former(**attributes: object) -> LevelCertificate:
    return LevelCertificateFactory(
        attempt__enrollment__trainee__with_account=True,
        attempt__session__held_on=date(2026, 7, 11),
        issued_on=date(2026, 7, 20),
        **attributes,
    )


def under_the_latter(first: LevelCertificate) -> LevelCertificate:
    return due_certificate(
        attempt__enrollment__trainee=first.trainee,
        attempt__session__held_on=date(2026, 9, 12),
        attempt__session__occupation=another_occupation(),
        issued_on=date(2026, 9, 20),
    )


@pytest.mark.parametrize("at_once", [True, False])
def test_a_grant_that_counted_the_person_leaves_nothing_to_a_narrower_policy(at_once):
    two_policies()
    first = under_the_former()
    publish_fee(first)
    if not at_once:
        decide()
    second = under_the_latter(first)

    decide()

    assert result_of(first) == (Decision.GRANTED, "")
    assert result_of(second) == (Decision.REFUSED, "is_not_claimed_already")


def test_who_was_refused_for_a_hold_is_decided_again_when_the_hold_comes_to_nothing():
    two_policies()
    held = under_the_former()
    decide()
    second = under_the_latter(held)
    decide()
    refused = result_of(second)
    revoke(held)

    decide()
    decide()

    assert refused == (Decision.REFUSED, "is_not_claimed_already")
    assert result_of(held) == (Decision.REFUSED, "certificate_is_valid")
    assert result_of(second) == (Decision.GRANTED, "")
    assert find_violations() == []


def test_who_was_refused_for_a_hold_stays_refused_when_it_is_granted():
    two_policies()
    held = under_the_former()
    decide()
    second = under_the_latter(held)
    decide()
    publish_fee(held)

    decide()

    assert result_of(held) == (Decision.GRANTED, "")
    assert result_of(second) == (Decision.REFUSED, "is_not_claimed_already")
    second.refresh_from_db()
    assert not second.decision_due


def test_who_has_no_policy_yet_is_refused_once_an_earlier_pass_is_claimed():
    BudgetFactory()
    PolicyVersionFactory(approved=True, in_force=DateRange(date(2026, 1, 1), date(2026, 8, 1)))
    later = due_certificate(attempt__session__held_on=date(2026, 9, 12), issued_on=date(2026, 9, 20))
    earlier = under_the_former(attempt__enrollment__trainee=later.trainee)
    decide()
    before = result_of(later)

    decide()

    assert before == (Decision.HELD, "policy_is_in_force")
    assert result_of(earlier) == (Decision.HELD, "fee_is_published")
    assert result_of(later) == (Decision.REFUSED, "is_not_claimed_already")
    later.refresh_from_db()
    assert not later.decision_due
