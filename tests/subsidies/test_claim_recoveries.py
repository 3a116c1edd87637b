"""What becomes of a confirmed claim when what it rests on changes: looked at anew, or partly asked back."""

from datetime import timedelta
from decimal import Decimal

import pytest

from assessment.enums import Outcome
from subsidies import tasks
from subsidies.enums import (
    BatchStatus,
    ClaimLineRule,
    ClaimStatus,
    NotificationKind,
    ObjectionKind,
    ObjectionStatus,
    PaymentStatus,
    RecoveryStatus,
)
from subsidies.explanations import recovery_sentence, withdrawal_sentence
from subsidies.messages import sentence
from subsidies.models import (
    Budget,
    ClaimLine,
    ClaimStep,
    Notification,
    Payment,
    PaymentBatch,
    Recovery,
    SubsidyClaim,
    TrainingSubsidy,
)
from subsidies.services.claim_recoveries import follow_changed_claims
from subsidies.services.objections import decide_objection, follow_upheld_objections
from subsidies.services.recoveries import ask_back
from tests.clock import NOW
from tests.factories.assessment import LevelCertificateFactory, MarkReviewFactory
from tests.factories.claim_payments import said_against_claim
from tests.factories.claim_reviews import (
    accepting,
    confirmed,
    fresh,
    judge,
    lines_of,
    recommended,
    recommended_claim,
    reviewer_of,
)
from tests.factories.institutions import UserFactory
from tests.factories.nettings import assembled, owed_back, real_claim, real_paid_claim
from tests.factories.recoveries import finance, repayment, settle
from tests.factories.subsidies import hear_from_bank, next_batch, revoke, sign_twice
from tests.subsidies.books import assert_the_books_agree
from tests.subsidies.database import triggers_off
from tests.subsidies.histories import correct

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]

LATER = NOW + timedelta(days=1)


def first_certificate(claim: SubsidyClaim):
    line = (
        ClaimLine.objects.filter(reckoning=claim.reckoning_id, is_pass=True).order_by("line_number").first()
    )
    return line.attempt.certificates.get()


def follow(now=LATER) -> int:
    return follow_changed_claims(now=now)


def asked() -> list[tuple[Decimal, str, str]]:
    return list(Recovery.objects.order_by("pk").values_list("amount", "reason", "status"))


# ── What is not paid ─────────────────────────────────────────────────────────────────────────────────────
def test_a_claim_that_comes_to_something_else_before_it_is_paid_is_reviewed_anew():
    claim = real_claim()
    revoke(first_certificate(claim))

    assert follow() == 1

    claim = fresh(claim)
    assert (claim.status, claim.payment_due) == (ClaimStatus.SUBMITTED, False)
    assert (claim.recommended_by, claim.first_confirmed_by) == (None, None)
    assert (claim.reckoning.pass_count, claim.reckoning.rate_count) == (1, 2)
    assert Payment.objects.get().status == PaymentStatus.CANCELLED
    assert not TrainingSubsidy.objects.filter(voided_at__isnull=True).exists()
    assert Budget.objects.get().reserved == Decimal("0.00")
    step = ClaimStep.objects.get(claim=claim, from_status=ClaimStatus.CONFIRMED)
    assert (step.actor, step.reason != "") == (None, True)
    assert_the_books_agree()


def test_a_claim_that_waits_for_its_budget_is_reviewed_anew():
    claim = confirmed(recommended_claim())
    revoke(first_certificate(claim))

    assert follow() == 1
    assert fresh(claim).status == ClaimStatus.SUBMITTED


def test_a_result_that_was_corrected_to_the_same_sum_does_not_hold_the_payment_for_ever():
    claim = real_claim()
    correct(first_certificate(claim).attempt, Outcome.PASSED)
    assert next_batch() is None

    assert follow() == 1

    claim = fresh(claim)
    assert (claim.status, Payment.objects.get().status) == (ClaimStatus.SUBMITTED, PaymentStatus.CANCELLED)
    assert (claim.reckoning.pass_count, follow(LATER + timedelta(days=1))) == (2, 0)
    assert_the_books_agree()


@pytest.mark.parametrize("goes_up", [False, True], ids=["with the district", "with the city"])
def test_what_is_upheld_while_a_claim_is_reviewed_anew_gives_it_back(goes_up):
    claim = real_claim()
    objection = said_against_claim(Payment.objects.get(), ObjectionKind.OFFICE)
    revoke(first_certificate(claim))
    follow()
    if goes_up:
        reviewer = reviewer_of(claim)
        judge(claim, *(accepting(line) for line in lines_of(claim) if line.counts), reviewer=reviewer)
        recommended(claim, reviewer)

    decide_objection(
        objection_id=objection.pk,
        decider=UserFactory(district_reviewer=True, district=claim.district),
        outcome=ObjectionStatus.UPHELD,
        reason="Half of the class never came.",
        now=LATER,
    )

    assert (fresh(claim).status, fresh(claim).recommended_by) == (ClaimStatus.RETURNED, None)


def test_nothing_moves_while_nothing_changed():
    claim = real_claim()

    assert (follow(), follow(LATER + timedelta(days=1))) == (0, 0)
    assert fresh(claim).status == ClaimStatus.CONFIRMED


def test_nothing_moves_while_a_result_is_in_question():
    claim = real_claim()
    MarkReviewFactory(attempt=first_certificate(claim).attempt)

    assert follow() == 0
    assert fresh(claim).status == ClaimStatus.CONFIRMED


def test_a_revocation_is_followed_at_once_and_not_only_the_next_day():
    claim = real_claim()
    # Looked at a minute before.
    SubsidyClaim.objects.update(reckoning_due_at=LATER - timedelta(minutes=1))
    revoke(first_certificate(claim))

    assert follow(NOW + timedelta(minutes=1)) == 1


def test_what_is_with_the_bank_waits_for_the_banks_word():
    claim = real_claim()
    batch = sign_twice(assembled())
    revoke(first_certificate(claim))

    assert follow() == 0
    assert fresh(claim).status == ClaimStatus.CONFIRMED

    deliver_and_hear(batch)
    assert follow(LATER + timedelta(minutes=1)) == 1
    assert Recovery.objects.count() == 2


def deliver_and_hear(batch: PaymentBatch) -> None:
    # It left before anybody knew.
    PaymentBatch.objects.filter(pk=batch.pk).update(status=BatchStatus.DELIVERED, delivered_at=NOW)
    hear_from_bank(batch)


# ── What is paid ─────────────────────────────────────────────────────────────────────────────────────────
def test_what_was_paid_too_much_for_each_person_is_asked_back():
    claim = real_paid_claim(line_rule=ClaimLineRule.PASSED)
    paid = {each.enrollment_id: each.amount for each in TrainingSubsidy.objects.all()}
    certificate = first_certificate(claim)
    revoke(certificate)

    assert follow() == 1

    fell, other = Recovery.objects.order_by("pk")
    assert fell.subsidy.enrollment_id == certificate.attempt.enrollment_id
    assert (fell.amount, fell.reason) == (paid[fell.subsidy.enrollment_id], "claim_result_fell")
    # One pass of two: half of the standard is left for the other.
    assert (other.amount, other.reason) == (paid[other.subsidy.enrollment_id] / 2, "claim_factor_fell")
    assert fresh(claim).status == ClaimStatus.CONFIRMED
    assert claim.reckoning_id == fresh(claim).reckoning_id
    assert_the_books_agree()


def test_it_is_asked_back_once():
    claim = real_paid_claim()
    revoke(first_certificate(claim))

    assert (follow(), follow(), follow(LATER + timedelta(days=1))) == (1, 0, 0)
    assert Recovery.objects.count() == 2


def test_more_is_never_paid():
    claim = real_paid_claim((True, True))
    # As if less had been paid than it comes to by now.
    with triggers_off():
        TrainingSubsidy.objects.update(amount=Decimal("1.00"))

    assert follow() == 0
    assert not Recovery.objects.exists()
    assert fresh(claim).status == ClaimStatus.CONFIRMED


def test_a_larger_difference_is_asked_back_in_the_place_of_the_smaller_one():
    claim = real_paid_claim((True, True, True))
    certificates = [line.attempt.certificates.get() for line in claim.reckoning.lines.order_by("line_number")]
    revoke(certificates[0])
    follow()
    revoke(certificates[1])

    assert follow(LATER + timedelta(days=1)) == 1

    live = Recovery.objects.filter(status=RecoveryStatus.OPEN)
    last = live.get(subsidy__enrollment=certificates[2].attempt.enrollment)
    withdrawn = Recovery.objects.filter(status=RecoveryStatus.WITHDRAWN)
    assert live.count() == 3
    assert withdrawn.get(subsidy=last.subsidy).amount < last.amount
    assert "2026" in withdrawal_sentence(withdrawn[0].withdrawal_reason, withdrawn[0].withdrawal_facts)
    assert_the_books_agree()


def test_the_rest_is_asked_back_once_what_came_back_in_part_is_settled():
    claim = real_paid_claim((True, True, True))
    certificates = [line.attempt.certificates.get() for line in claim.reckoning.lines.order_by("line_number")]
    revoke(certificates[0])
    follow()
    of_last = Recovery.objects.get(subsidy__enrollment=certificates[2].attempt.enrollment)
    settle(of_last, repayment("1"))
    revoke(certificates[1])
    follow(LATER + timedelta(days=1))
    assert Recovery.objects.filter(subsidy=of_last.subsidy).count() == 1

    settle(of_last, repayment(of_last.amount - 1, "LINE-2"))
    assert follow(NOW) == 1

    rest = Recovery.objects.get(subsidy=of_last.subsidy, status=RecoveryStatus.OPEN)
    assert rest.amount == of_last.subsidy.amount - of_last.amount - claim_line_by_now(claim, of_last)
    assert_the_books_agree()


def claim_line_by_now(claim: SubsidyClaim, recovery: Recovery) -> Decimal:
    """Return what the person's part comes to by now: one pass of three."""
    standard = ClaimLine.objects.get(reckoning=claim.reckoning_id, enrollment=recovery.subsidy.enrollment)
    return (standard.standard * Decimal("0.3333")).quantize(Decimal("0.01"))


def test_a_pass_that_stands_again_is_asked_back_no_more():
    claim = real_paid_claim()
    certificate = first_certificate(claim)
    revoke(certificate)
    follow()
    LevelCertificateFactory(attempt=certificate.attempt)

    assert follow(LATER + timedelta(days=1)) == 1

    assert {status for _amount, _reason, status in asked()} == {RecoveryStatus.WITHDRAWN}
    assert_the_books_agree()


def test_what_money_came_of_is_not_withdrawn():
    claim = real_paid_claim()
    certificate = first_certificate(claim)
    revoke(certificate)
    follow()
    settle(Recovery.objects.order_by("pk")[0], repayment("1"))
    LevelCertificateFactory(attempt=certificate.attempt)

    follow(LATER + timedelta(days=1))

    assert [status for _amount, _reason, status in asked()] == [
        RecoveryStatus.OPEN,
        RecoveryStatus.WITHDRAWN,
    ]
    assert_the_books_agree()


@pytest.mark.parametrize("reason", ["claim_result_fell", "claim_line_fell", "claim_factor_fell"])
def test_every_reason_is_said_in_words(reason):
    assert "to come back" in recovery_sentence(reason, {})


def test_what_came_back_of_one_person_leaves_them_free():
    (recovery,) = owed_back("800.00")

    settle(recovery, repayment("800"))

    assert [each.voided_at for each in TrainingSubsidy.objects.order_by("pk")] == [NOW, None]
    assert_the_books_agree()


def test_what_came_back_in_part_leaves_nobody_free():
    (recovery,) = owed_back("799.99")

    settle(recovery, repayment("799.99"))

    assert not TrainingSubsidy.objects.filter(voided_at__isnull=False).exists()
    assert_the_books_agree()


# ── An objection that is upheld after the payment ────────────────────────────────────────────────────────
def uphold(payment: Payment) -> None:
    objection = said_against_claim(payment, ObjectionKind.OFFICE)
    decide_objection(
        objection_id=objection.pk,
        decider=UserFactory(district_reviewer=True, district=payment.district),
        outcome=ObjectionStatus.UPHELD,
        reason="Half of the class never came.",
        now=NOW,
    )
    follow_upheld_objections(now=NOW)


def test_all_of_a_paid_claim_is_asked_back_after_an_objection_but_for_what_is_asked_back_already():
    (part,) = owed_back("300.00")

    uphold(part.payment)

    whole = Recovery.objects.get(subsidy=None)
    assert (whole.amount, whole.reason) == (Decimal("1300.00"), "objection_upheld")
    assert follow_upheld_objections(now=NOW) == 0
    assert_the_books_agree()


def test_nothing_is_left_to_be_asked_back_of_persons_then():
    claim = real_paid_claim()
    uphold(Payment.objects.get(claim=claim))
    revoke(first_certificate(claim))

    assert follow() == 0
    assert Recovery.objects.count() == 1


def test_everybody_is_free_once_all_came_back():
    (part,) = owed_back("300.00")
    uphold(part.payment)
    settle(part, repayment("300", "LINE-1"))
    settle(Recovery.objects.get(subsidy=None), repayment("1300", "LINE-2"))

    assert not TrainingSubsidy.objects.filter(voided_at__isnull=True).exists()
    assert_the_books_agree()


# ── Asked for ────────────────────────────────────────────────────────────────────────────────────────────
def test_the_institution_is_asked_and_told():
    (recovery,) = owed_back("300.00")

    ask_back(recovery_id=recovery.pk, due_on=LATER.date(), asker=finance(), now=NOW)

    told = Notification.objects.filter(kind=NotificationKind.RECOVERY)
    assert {message.institution for message in told} == {recovery.payment.institution}
    assert "300.00" in sentence(told[0])


def test_the_letter_to_an_institution_names_its_claim(client):
    (recovery,) = owed_back("300.00")
    asker = finance()
    ask_back(recovery_id=recovery.pk, due_on=LATER.date(), asker=asker, now=NOW)
    client.force_login(asker)

    page = client.get(f"/recoveries/{recovery.public_id}/letter/")

    assert page.status_code == 200
    assert recovery.payment.claim.reference in page.content.decode()
    assert "你单位" in page.content.decode()


def test_the_task_follows_what_was_confirmed():
    claim = real_claim()
    revoke(first_certificate(claim))
    SubsidyClaim.objects.update(reckoning_due_at=NOW - timedelta(days=1))

    tasks.reckon_due_claims_task()

    assert fresh(claim).status == ClaimStatus.SUBMITTED
