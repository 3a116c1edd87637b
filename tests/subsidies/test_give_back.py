"""Money that came back, and whose ground fell away since: it stands on a desk until it is given back."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from chongqing_dte.foundation.proposals import RequestStatus
from subsidies.enums import (
    ClaimLineRule,
    ObjectionKind,
    ObjectionStatus,
    RecoveryStatus,
    SubsidyKind,
)
from subsidies.models import (
    Budget,
    Recovery,
    RecoverySettlement,
    SubsidyClaim,
    TrainingSubsidy,
)
from subsidies.queries import Desk, stuck_rows
from subsidies.rules.desk import MATTERS
from subsidies.services.claim_recoveries import RESULT_FELL, follow_changed_claims
from subsidies.services.objections import decide_objection, follow_upheld_objections
from subsidies.services.recoveries import approve_settlement
from tests.clock import NOW
from tests.factories.assessment import LevelCertificateFactory
from tests.factories.claim_payments import payment_of_claim, said_against_claim
from tests.factories.enrollment import EnrollmentFactory
from tests.factories.institutions import UserFactory
from tests.factories.nettings import assembled, next_payment, real_paid_claim
from tests.factories.recoveries import (
    finance,
    given_back,
    propose,
    repayment,
    settle,
    write_off,
)
from tests.factories.subsidies import RecoveryFactory, revoke
from tests.subsidies.books import assert_the_books_agree
from tests.subsidies.database import committed
from tests.subsidies.test_claim_recoveries import first_certificate

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(days=1)


def follow(now=LATER) -> int:
    moved = follow_changed_claims(now=now)
    connection.check_constraints()
    return moved


def on_the_desk() -> list[Recovery]:
    return list(stuck_rows(Desk(finance(), LATER), MATTERS["recoveries-not-owed"]))


def fallen() -> tuple[SubsidyClaim, Recovery]:
    """Return a paid claim of whom one result fell, and what is asked back of the person's part."""
    claim = real_paid_claim(line_rule=ClaimLineRule.PASSED)
    revoke(first_certificate(claim))
    follow()
    return claim, Recovery.objects.get(reason=RESULT_FELL)


def stands_again(claim: SubsidyClaim, now=LATER) -> None:
    LevelCertificateFactory(attempt=first_certificate_ever(claim).attempt)
    SubsidyClaim.objects.update(reckoning_due_at=now)
    follow(now)


def first_certificate_ever(claim: SubsidyClaim):
    line = claim.reckoning.lines.filter(is_pass=True).order_by("line_number")[0]
    return line.attempt.certificates.order_by("pk")[0]


def fresh(row):
    row.refresh_from_db()
    return row


def recovered_of_budget() -> Decimal:
    return Budget.objects.get(kind=SubsidyKind.TRAINING).recovered


# ── An institution's ─────────────────────────────────────────────────────────────────────────────────────
def test_what_all_came_back_and_is_not_owed_by_now_is_given_back_by_two():
    claim, recovery = fallen()
    settle(recovery, repayment(recovery.amount))
    stands_again(claim)
    assert on_the_desk() == [recovery]
    assert not TrainingSubsidy.objects.filter(pk=recovery.subsidy_id, voided_at=None).exists()

    settle(recovery, given_back(recovery.amount))

    assert fresh(recovery).given_back == recovery.recovered == recovery.amount
    assert TrainingSubsidy.objects.get(pk=recovery.subsidy_id).voided_at is None
    assert (recovered_of_budget(), on_the_desk()) == (Decimal("0.00"), [])
    assert_the_books_agree()


def test_what_came_in_part_is_given_back_once_the_rest_is_written_off():
    claim, recovery = fallen()
    settle(recovery, repayment("1"))
    stands_again(claim)
    assert on_the_desk() == [recovery]

    with pytest.raises(InvalidTransition):
        propose(recovery, given_back("1"))
    settle(recovery, write_off(str(recovery.amount - 1)))
    assert on_the_desk() == [recovery]
    settle(recovery, given_back("1"))

    assert (fresh(recovery).status, on_the_desk()) == (RecoveryStatus.SETTLED, [])
    assert_the_books_agree()


def test_nothing_more_is_set_off_of_what_is_not_owed_by_now():
    claim, recovery = fallen()
    settle(recovery, repayment("1"))
    stands_again(claim)
    payment = next_payment(claim.institution)

    assert assembled().attempts.get().amount == payment.amount


def test_no_more_is_given_back_than_came_and_is_not_owed():
    claim, recovery = fallen()
    settle(recovery, repayment(recovery.amount))
    stands_again(claim)
    propose(recovery, given_back("1"))

    with pytest.raises(DomainError) as refused:
        propose(recovery, given_back(recovery.amount, "OUT-2"))

    assert refused.value.code == "more_than_came"


def test_what_is_owed_is_not_given_back():
    _claim, recovery = fallen()
    settle(recovery, repayment(recovery.amount))

    with pytest.raises(DomainError) as refused:
        propose(recovery, given_back("1"))

    assert (refused.value.code, on_the_desk()) == ("more_than_came", [])


def test_whoever_put_it_down_does_not_approve_it():
    claim, recovery = fallen()
    settle(recovery, repayment(recovery.amount))
    stands_again(claim)
    proposed = propose(recovery, given_back("1"))

    with pytest.raises(NotPermitted):
        approve_settlement(settlement_id=proposed.pk, decider=proposed.proposed_by, reason="", now=NOW)


def test_a_line_of_the_statement_is_given_back_once():
    claim, recovery = fallen()
    settle(recovery, repayment(recovery.amount))
    stands_again(claim)
    settle(recovery, given_back("1"))

    with pytest.raises(DomainError) as refused:
        propose(recovery, given_back("1"))

    assert refused.value.code == "statement_line_used"


def test_what_was_given_back_is_asked_back_anew_when_the_result_falls_again():
    claim, recovery = fallen()
    settle(recovery, repayment(recovery.amount))
    stands_again(claim)
    settle(recovery, given_back(recovery.amount))
    revoke(recovery_certificate(claim))
    SubsidyClaim.objects.update(reckoning_due_at=LATER)

    assert follow() == 1

    assert (
        Recovery.objects.get(status=RecoveryStatus.OPEN, subsidy=recovery.subsidy).amount == recovery.amount
    )
    assert_the_books_agree()


def recovery_certificate(claim: SubsidyClaim):
    return first_certificate_ever(claim).attempt.certificates.order_by("-pk")[0]


def test_what_falls_again_before_it_is_given_back_leaves_the_desk():
    claim, recovery = fallen()
    settle(recovery, repayment(recovery.amount))
    stands_again(claim)
    revoke(recovery_certificate(claim))
    SubsidyClaim.objects.update(reckoning_due_at=LATER)
    follow()

    assert (on_the_desk(), fresh(recovery).not_owed_since) == ([], None)
    assert_the_books_agree()


def test_nothing_is_given_back_for_somebody_who_was_subsidized_elsewhere_meanwhile():
    claim, recovery = fallen()
    settle(recovery, repayment(recovery.amount))
    stands_again(claim)
    proposed = propose(recovery, given_back("1"))
    other = TrainingSubsidy.objects.exclude(pk=recovery.subsidy_id).order_by("pk")[0]
    TrainingSubsidy.objects.create(
        claim=other.claim,
        line=other.line,
        enrollment=recovery.subsidy.enrollment,
        subsidy_key=recovery.subsidy.subsidy_key,
        amount=Decimal("1.00"),
        granted_at=NOW,
    )

    with pytest.raises(DomainError) as refused:
        approve_settlement(settlement_id=proposed.pk, decider=finance(), reason="", now=NOW)

    assert refused.value.code == "subsidized_meanwhile"


def test_nothing_is_given_back_beyond_the_budget():
    claim, recovery = fallen()
    settle(recovery, repayment(recovery.amount))
    stands_again(claim)
    proposed = propose(recovery, given_back(recovery.amount))
    budget = Budget.objects.get(kind=SubsidyKind.TRAINING)
    Budget.objects.filter(pk=budget.pk).update(reserved=budget.allotted - budget.paid + budget.recovered)

    with pytest.raises(DomainError) as refused:
        approve_settlement(settlement_id=proposed.pk, decider=finance(), reason="", now=NOW)

    assert refused.value.code == "budget_has_no_room"


def test_nothing_is_given_back_of_a_claim_that_is_asked_back_whole_since():
    claim, recovery = fallen()
    settle(recovery, repayment(recovery.amount))
    stands_again(claim)
    assert on_the_desk() == [recovery]
    payment = payment_of_claim(claim)
    decide_objection(
        objection_id=said_against_claim(payment, ObjectionKind.OFFICE).pk,
        decider=UserFactory(district_reviewer=True, district=claim.district),
        outcome=ObjectionStatus.UPHELD,
        reason="Half of the class never came.",
        now=LATER,
    )

    assert follow_upheld_objections(now=LATER) == 1

    whole = Recovery.objects.get(payment=payment, subsidy=None)
    assert (whole.amount, on_the_desk()) == (payment.amount - recovery.amount, [])
    assert_the_books_agree()


def test_whom_nothing_was_paid_for_stays_free_when_another_part_is_given_back():
    claim, recovery = fallen()
    for line in claim.reckoning.lines.filter(is_pass=True).order_by("line_number")[1:]:
        revoke(line.attempt.certificates.get())
    SubsidyClaim.objects.update(reckoning_due_at=LATER)
    follow()
    part = recovery.subsidy
    nothing = TrainingSubsidy.objects.create(
        claim=claim,
        line=part.line,
        enrollment=EnrollmentFactory(),
        subsidy_key="nothing",
        amount=Decimal("0.00"),
        granted_at=NOW,
    )
    for number, each in enumerate(Recovery.objects.filter(status=RecoveryStatus.OPEN).order_by("pk")):
        settle(each, repayment(each.amount, f"IN-{number}"))
    assert fresh(nothing).voided_at is not None
    assert_the_books_agree()
    stands_again(claim)

    settle(recovery, given_back("1"))

    assert (fresh(part).voided_at, fresh(nothing).voided_at is None) == (None, False)
    assert_the_books_agree()


# ── What the database refuses ────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"not_owed": Decimal("1.00")}, "recovery_not_owed_since_some_time"),
        ({"not_owed_since": NOW}, "recovery_not_owed_since_some_time"),
        ({"not_owed": Decimal("800.01"), "not_owed_since": NOW}, "recovery_not_owed_since_some_time"),
        ({"given_back": Decimal("1.00")}, "recovery_gives_back_what_came_once_settled"),
        ({"given_back": Decimal("-1.00")}, "recovery_gives_back_what_came_once_settled"),
    ],
)
def test_a_recovery_is_refused_by(values, constraint):
    recovery = RecoveryFactory(amount=Decimal("800.00"))

    with pytest.raises(IntegrityError, match=f'"{constraint}"'), transaction.atomic():
        Recovery.objects.filter(pk=recovery.pk).update(**values)


def test_what_is_given_back_counts_in_its_recovery():
    claim, recovery = fallen()
    settle(recovery, repayment(recovery.amount))
    stands_again(claim)
    proposed = propose(recovery, given_back("1"))

    with pytest.raises(IntegrityError, match="settlement_counts_in_its_recovery"), committed():
        RecoverySettlement.objects.filter(pk=proposed.pk).update(
            status=RequestStatus.APPROVED, decided_by=finance(), decided_at=NOW
        )
