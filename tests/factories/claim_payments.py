"""Confirmed claims on the road of the money: single rows first, and from there through the services."""

import uuid
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from enrollment.models import Enrollment, TrainingClass
from subsidies.enums import ClaimStatus, ObjectionKind, PaymentStatus, SubsidyKind
from subsidies.models import (
    Budget,
    ClaimReckoning,
    NoticeLine,
    Objection,
    Payment,
    PaymentBatch,
    SubsidyClaim,
    TrainingPolicyVersion,
)
from subsidies.services.claim_payments import open_claim_payments
from subsidies.services.notices import publish_notices
from subsidies.services.objections import ObjectionEntry, raise_objection
from tests.clock import NOW
from tests.factories.claims import (
    STANDARD,
    ClaimLineFactory,
    ClaimReckoningFactory,
    SubsidyClaimFactory,
    enroll,
    open_training,
    session_for,
    sit,
)
from tests.factories.enrollment import TrainingClassFactory
from tests.factories.institutions import InstitutionAccountFactory, UserFactory
from tests.factories.standing import known_years
from tests.factories.subsidies import BudgetFactory, next_batch

NOTICE_DAYS = 5
CONFIRMED_AT = NOW - timedelta(days=2)


def open_training_money(*, allotted: str = "100000.00", **policy: Any) -> TrainingPolicyVersion:
    """Put an approved training policy in force and allot money, so that confirmed claims can be paid."""
    BudgetFactory(kind=SubsidyKind.TRAINING, allotted=Decimal(allotted))
    return open_training(**policy)


def open_training_money_with_notice(**policy: Any) -> TrainingPolicyVersion:
    """Put a policy in force that asks for a public notice, and publish the working days of the year."""
    known_years(2026)
    return open_training_money(notice_working_days=NOTICE_DAYS, **policy)


@transaction.atomic
def confirmed_claim(
    people: int = 2,
    *,
    amount: Decimal | None = None,
    sat: bool = False,
    confirmed_at: datetime = CONFIRMED_AT,
    **values: Any,
) -> SubsidyClaim:
    """Return a claim that was confirmed for so many people and waits for its payment.

    Each has their standard, or they share the amount; sat=True gives each a pass with its certificate.
    """
    if not TrainingPolicyVersion.objects.exists():
        open_training_money()
    training_class = values.pop("training_class", None) or TrainingClassFactory(
        completed=True, locked_count=people
    )
    claim = SubsidyClaimFactory(training_class=training_class, **values)
    total = people * STANDARD if amount is None else amount
    reckoning = ClaimReckoningFactory(
        claim=claim,
        pass_count=people,
        rate_count=people,
        counted_count=people,
        standard_total=people * STANDARD,
        amount=total,
    )
    _add_lines(reckoning, training_class, people, sat=sat)
    _sign(claim, reckoning, confirmed_at)
    return claim


def _add_lines(reckoning: ClaimReckoning, training_class: TrainingClass, people: int, *, sat: bool) -> None:
    session = session_for(training_class) if sat else None
    left = reckoning.amount
    for number in range(1, people + 1):
        enrollment = enroll(training_class)
        part = left if number == people else (reckoning.amount / people).quantize(Decimal("0.01"))
        left -= part
        ClaimLineFactory(
            reckoning=reckoning,
            line_number=number,
            enrollment=enrollment,
            amount=part,
            attempt=sit(enrollment, session, passed=True) if session is not None else None,
            checks=[key_check(enrollment)],
        )


def key_check(enrollment: Enrollment) -> dict[str, object]:
    """Return the check of a line that names what it is paid once over."""
    facts = {"key": f"enrollment:{enrollment.pk}", "enrollment": None}
    return {"name": "not_subsidized_before", "outcome": "PASSED", "facts": facts}


def _sign(claim: SubsidyClaim, reckoning: ClaimReckoning, confirmed_at: datetime) -> None:
    claim.status, claim.reckoning, claim.payment_due = ClaimStatus.CONFIRMED, reckoning, True
    claim.submitted_by = UserFactory(training_manager=True, institution=claim.institution)
    claim.recommended_by = UserFactory(district_reviewer=True, district=claim.district)
    claim.first_confirmed_by = UserFactory(municipal_reviewer=True)
    claim.submitted_at, claim.recommended_at = NOW - timedelta(days=10), NOW - timedelta(days=5)
    claim.first_confirmed_at = confirmed_at
    claim.save()


def with_account(claim: SubsidyClaim) -> SubsidyClaim:
    """Return a claim whose institution can be paid to."""
    InstitutionAccountFactory(institution=claim.institution, approved=True)
    return claim


def payment_of_claim(claim: SubsidyClaim) -> Payment:
    """Return the payment of a claim that was not cancelled."""
    return Payment.objects.exclude(status=PaymentStatus.CANCELLED).get(claim=claim)


def paid_claim_budget() -> Budget:
    """Return the city's budget of the training subsidy."""
    return Budget.objects.get(kind=SubsidyKind.TRAINING, district=None)


def opened_payment(people: int = 2, **values: Any) -> Payment:
    """Return the payment that is opened for a confirmed claim of an institution with an account."""
    claim = with_account(confirmed_claim(people, **values))
    open_claim_payments(now=NOW)
    # As at the commit, which a test's own transaction never reaches.
    connection.check_constraints()
    return payment_of_claim(claim)


def payment_on_claim_notice(people: int = 2, **values: Any) -> Payment:
    """Return a claim's payment on a notice that was published today."""
    if not TrainingPolicyVersion.objects.exists():
        open_training_money_with_notice()
    payment = opened_payment(people, **values)
    publish_notices(now=NOW)
    payment.refresh_from_db()
    return payment


def batch_of_claims(count: int = 1) -> PaymentBatch:
    """Return a batch of so many claims that waits for its signatures."""
    for _ in range(count):
        opened_payment()
    batch = next_batch()
    if batch is None:
        raise AssertionError("Nothing waited for a batch.")
    return batch


def said_against_claim(payment: Payment, kind: ObjectionKind = ObjectionKind.PUBLIC) -> Objection:
    """Return what somebody says against a claim's line, or an office against the claim."""
    is_public = kind == ObjectionKind.PUBLIC
    entry = ObjectionEntry(kind, "Half of the class never came.", "李四", "13800000000", uuid.uuid4())
    return raise_objection(
        claim_id=payment.claim_id,
        entry=entry,
        notice_line_id=NoticeLine.objects.get(payment=payment).pk if is_public else None,
        raised_by=UserFactory(municipal_operator=True) if kind == ObjectionKind.OFFICE else None,
        now=NOW,
    )
