from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from subsidies.enums import ObjectionKind
from subsidies.models import Objection, Payment, PaymentBatch, TrainingSubsidy
from subsidies.services.claim_payments import open_claim_payments
from tests.clock import NOW
from tests.factories.claim_payments import (
    confirmed_claim,
    opened_payment,
    paid_claim_budget,
    payment_of_claim,
)
from tests.factories.claims import LineReviewFactory, TrainingSubsidyFactory
from tests.factories.institutions import InstitutionAccountFactory, InstitutionFactory, UserFactory
from tests.factories.nettings import owed_back
from tests.factories.notices import NoticeLineFactory, payment_to_notice, said_against
from tests.factories.subsidies import PaymentAttemptFactory, PaymentFactory, RecoveryFactory, next_batch
from tests.subsidies.database import committed

pytestmark = pytest.mark.django_db


def test_a_payment_is_a_persons_or_an_institutions():
    claim = confirmed_claim()

    with (
        pytest.raises(IntegrityError, match='"payment_of_a_person_or_an_institution"'),
        transaction.atomic(),
    ):
        PaymentFactory(claim=claim, institution=claim.institution)


def test_a_claim_has_one_live_payment():
    claim = confirmed_claim()
    open_claim_payments(now=NOW)
    payment = payment_of_claim(claim)

    with pytest.raises(IntegrityError, match='"payment_one_live_per_claim"'), transaction.atomic():
        Payment.objects.create(
            claim=claim,
            institution=claim.institution,
            district=claim.district,
            budget=payment.budget,
            notice_working_days=0,
            amount=payment.amount,
            opened_at=NOW,
        )


@pytest.mark.parametrize(
    "changes",
    [{"amount": Decimal("1599.99")}, {"institution": None}],
    ids=["amount", "institution"],
)
def test_what_is_paid_was_confirmed_for_this_institution(changes):
    claim = confirmed_claim()
    wrong = {key: InstitutionFactory() if value is None else value for key, value in changes.items()}
    row = {
        "claim": claim,
        "institution": claim.institution,
        "district": claim.district,
        "budget": paid_claim_budget(),
        "notice_working_days": 0,
        "amount": Decimal("1600.00"),
        "opened_at": NOW,
        **wrong,
    }

    with pytest.raises(IntegrityError, match="payment_of_a_claim_is_what_was_confirmed"), committed():
        Payment.objects.create(**row)


def test_a_payment_of_a_claim_keeps_what_it_pays():
    claim = confirmed_claim()
    open_claim_payments(now=NOW)

    with pytest.raises(DatabaseError, match="frozen_facts"), transaction.atomic():
        Payment.objects.filter(claim=claim).update(claim=confirmed_claim())


def test_an_instruction_names_one_account():
    payment = PaymentFactory()
    account = InstitutionAccountFactory(approved=True)

    with (
        pytest.raises(IntegrityError, match='"payment_attempt_goes_to_one_account"'),
        transaction.atomic(),
    ):
        PaymentAttemptFactory(payment=payment, institution_account=account)


@pytest.mark.parametrize("place", ["first", "second"])
@pytest.mark.parametrize("part", ["submitted_by", "recommended_by", "first_confirmed_by"])
def test_no_batch_is_signed_by_somebody_behind_its_claims(part, place):
    payment = opened_payment()
    batch = next_batch()
    refuse_signature(batch, place, getattr(payment.claim, part))


@pytest.mark.parametrize("place", ["first", "second"])
def test_no_batch_is_signed_by_somebody_who_reviewed_one_of_its_lines(place):
    payment = opened_payment()
    line = payment.claim.reckoning.lines.order_by("line_number")[0]
    review = LineReviewFactory(line=line)

    refuse_signature(next_batch(), place, review.reviewed_by)


def refuse_signature(batch, place, signer):
    signed = {f"{place}_released_by": signer, f"{place}_released_at": NOW}
    if place == "second":
        signed |= {"first_released_by": UserFactory(municipal_finance=True), "first_released_at": NOW}
    with (
        pytest.raises(IntegrityError, match="batch_released_by_nobody_behind_its_claims"),
        transaction.atomic(),
    ):
        PaymentBatch.objects.filter(pk=batch.pk).update(**signed)


@pytest.mark.parametrize(
    "fields",
    [
        {"id_ending": ""},
        {"people_count": 3},
        {"people_count": 0, "id_ending": ""},
    ],
    ids=["neither", "both", "nobody"],
)
def test_a_line_is_of_a_person_or_of_a_claim(fields):
    with (
        pytest.raises(IntegrityError, match='"notice_line_of_a_person_or_a_claim"'),
        transaction.atomic(),
    ):
        NoticeLineFactory(**fields)


def test_an_objection_is_against_one_thing():
    objection = said_against(payment_to_notice(), ObjectionKind.OFFICE)
    claim = confirmed_claim()

    with pytest.raises(IntegrityError, match='"objection_against_one_decision"'), transaction.atomic():
        Objection.objects.create(
            entitlement=objection.entitlement,
            claim=claim,
            kind=ObjectionKind.PERSON,
            statement="Both at once.",
            raised_at=NOW,
        )


def test_one_persons_part_is_asked_back_once_at_a_time():
    (recovery,) = owed_back("300.00")

    with pytest.raises(IntegrityError, match='"recovery_one_open_per_subsidy"'), committed():
        RecoveryFactory(payment=recovery.payment, subsidy=recovery.subsidy, amount=Decimal("1.00"))


@pytest.mark.parametrize(
    ("of_part", "amount"), [(True, "800.01"), (False, "1300.01")], ids=["person", "claim"]
)
def test_never_more_is_asked_back_than_was_paid(of_part, amount):
    (recovery,) = owed_back("300.00")
    free = TrainingSubsidy.objects.exclude(pk=recovery.subsidy_id).get()

    with pytest.raises(IntegrityError, match="recovery_within_what_was_paid"), committed():
        RecoveryFactory(payment=recovery.payment, subsidy=free if of_part else None, amount=Decimal(amount))


def test_nothing_is_asked_back_of_another_claims_person():
    (recovery,) = owed_back("300.00")

    with pytest.raises(IntegrityError, match="recovery_within_what_was_paid"), committed():
        RecoveryFactory(payment=recovery.payment, subsidy=TrainingSubsidyFactory(), amount=Decimal("1.00"))
