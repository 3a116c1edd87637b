"""The portal's Celery application with two tasks more: an empty one, and one that decides a single certificate.

The second is what would be written first: a task for each certificate, ordinary ORM calls, one row after the other. It
decides by the portal's own rules and writes the same rows, in one transaction, with the same locks on what it changes.
"""

import uuid
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from redis import Redis

from chongqing_dte.celery import app

PAY: Final = "benchmarks.payout_worker.pay_certificate"
EMPTY: Final = "benchmarks.payout_worker.answer"
_redis: list[Redis] = []


@app.task(name=EMPTY)
def answer(key: str) -> None:
    """Do nothing, and let it be seen."""
    if not _redis:
        _redis.append(Redis.from_url(settings.REDIS_URL))
    _redis[0].rpush(key, "1")


@app.task(name=PAY)
def pay_certificate(certificate_id: int) -> None:
    """Decide one certificate, reserve the money, open the payment and record it."""
    _pay(certificate_id, timezone.now())


@transaction.atomic(durable=True)
def _pay(certificate_id: int, now: datetime) -> None:
    from assessment.models import LevelCertificate
    from chongqing_dte.foundation.audit import record_event
    from subsidies.models import Budget, Entitlement, JournalEntry, JournalLine, Payment
    from subsidies.rules.eligibility import claimed_key
    from subsidies.rules.limits import competent_district
    from subsidies.rules.reservations import Purse, Reservations
    from subsidies.rules.sequence import decide_in_order

    certificate = LevelCertificate.objects.select_for_update().get(pk=certificate_id)
    if not certificate.decision_due:
        return
    facts = _facts(certificate)
    budget = Budget.objects.select_for_update().get(
        year=timezone.localdate(now).year, kind="ASSESSMENT", district=None
    )
    purses: dict[int | None, Purse] = {None: Purse(budget.pk, budget.available)}
    [decided] = decide_in_order([facts], Reservations(purses).reserve)
    ruling, grant = decided.ruling, decided.grant
    if grant is None or facts.policy is None or facts.fee is None:
        raise RuntimeError(f"The certificate {certificate_id} is not granted: {ruling.reason}.")
    entitlement = Entitlement.objects.create(
        public_id=uuid.uuid4(),
        certificate=certificate,
        person_id=facts.person_id,
        district_id=competent_district(facts),
        decision=ruling.decision,
        reason=ruling.reason,
        first_pass_key=claimed_key(facts, ruling),
        amount=ruling.amount,
        policy_version_id=facts.policy.version_id,
        fee_schedule_id=facts.fee.schedule_id,
        budget=budget,
        bank_account_id=facts.bank_account_id,
        lifetime_slot=grant.lifetime_slot,
        yearly_slot=grant.yearly_slot,
        slot_year=grant.year,
        checks=[asdict(check) for check in ruling.checks],
        decided_at=now,
    )
    record_event("entitlement.granted", subject=entitlement, at=now)
    budget.reserved += ruling.amount
    budget.save(update_fields=["reserved"])
    payment = Payment.objects.create(
        entitlement=entitlement,
        payee_id=facts.person_id,
        district_id=entitlement.district_id,
        budget=budget,
        notice_working_days=facts.policy.notice_working_days,
        amount=ruling.amount,
        status="TO_NOTICE" if facts.policy.notice_working_days else "READY",
        opened_at=now,
    )
    entry = JournalEntry.objects.create(key=f"grant:{entitlement.public_id}", kind="GRANT", recorded_at=now)
    # Two lines at once: the database refuses one that balances nothing.
    JournalLine.objects.bulk_create(
        JournalLine(entry=entry, account=account, amount=amount, payment=payment, fact="granted")
        for account, amount in (("SUBSIDY_EXPENSE", ruling.amount), ("SUBSIDIES_PAYABLE", -ruling.amount))
    )
    certificate.decision_due = False
    certificate.save(update_fields=["decision_due"])


def _facts(certificate: Any) -> Any:
    """Follow the certificate to everything that the rules ask for."""
    from assessment.models import Attempt, AttemptCorrection, CertificateRevocation, MarkReview
    from enrollment.models import BankAccount, Trainee
    from institutions.models import FeeSchedule
    from subsidies.models import Entitlement, Objection, OtherSubsidy, PolicyVersion
    from subsidies.rules.eligibility import CertificateFacts, PublishedFee
    from subsidies.services.evidence import values_of

    person = Trainee.objects.select_for_update().get(pk=certificate.trainee_id)
    attempt = certificate.attempt
    enrollment = attempt.enrollment
    sittings = {each.pk: _sitting(each) for each in Attempt.objects.filter(trainee=person)}
    policy = PolicyVersion.objects.get(approved_at__isnull=False, in_force__contains=certificate.issued_on)
    fee = FeeSchedule.objects.get(
        institution=certificate.institution,
        occupation=certificate.occupation,
        level=certificate.level,
        direction="",
        in_force__contains=attempt.session.held_on,
    )
    account = BankAccount.objects.get(trainee=person, replaced_at__isnull=True)
    objection = Objection.objects.filter(entitlement__certificate__attempt=attempt, status="UPHELD").first()
    stands_in_the_way = (
        Trainee.objects.filter(merged_into=person),
        Entitlement.objects.filter(certificate__trainee=person, superseded_at__isnull=True),
        OtherSubsidy.objects.filter(trainee=person, withdrawn_at__isnull=True),
    )
    if any(rows.exists() for rows in stands_in_the_way):
        raise RuntimeError("The benchmark's people have one row, one certificate and no other subsidy.")
    return CertificateFacts(
        certificate_id=certificate.pk,
        is_valid=certificate.status == "VALID",
        issued_on=certificate.issued_on,
        person_id=person.pk,
        is_under_review=(
            MarkReview.objects.filter(attempt__trainee=person, status="OPEN").exists()
            or AttemptCorrection.objects.filter(attempt__trainee=person, status="PROPOSED").exists()
            or CertificateRevocation.objects.filter(certificate__trainee=person, status="PROPOSED").exists()
        ),
        category=enrollment.category,
        graduated_on=enrollment.graduated_on,
        sitting=sittings[attempt.pk],
        other_sittings=tuple(each for key, each in sittings.items() if key != attempt.pk),
        policy=values_of(policy),
        fee=PublishedFee(fee.pk, fee.total),
        bank_account_id=account.pk,
        claimed_by_certificate_id=None,
        recorded_on=timezone.localdate(certificate.recorded_at),
        upheld_objection_id=objection.pk if objection else None,
        training_district_id=enrollment.training_class.district_id,
        evaluation_district_id=certificate.institution.district_id,
    )


def _sitting(attempt: Any) -> Any:
    from subsidies.rules.first_pass import Sitting

    session = attempt.session
    return Sitting(
        sitting_id=attempt.pk,
        attempt_id=attempt.pk,
        held_on=session.held_on,
        institution_id=session.institution_id,
        occupation_id=session.occupation_id,
        level=session.level,
        outcome=attempt.outcome,
    )
