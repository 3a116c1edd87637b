from collections.abc import Collection
from datetime import date
from decimal import Decimal

from django.db.models import Count, Exists, Max, Min, OuterRef, Q, QuerySet, Subquery, Sum

from assessment.enums import CertificateStatus
from assessment.queries import freezes_person
from enrollment.models import BankAccount
from enrollment.queries import account_id_of, accounts_by_person, person_of, rows_of_persons
from subsidies.enums import AttemptStatus, BankAnswer, PaymentStatus, SubsidyKind
from subsidies.models import (
    BankResultLine,
    Budget,
    JournalLine,
    Payment,
    PaymentAttempt,
    PaymentBatch,
)
from subsidies.queries.objection_holds import has_open_objection
from subsidies.rules.bank_sides import Reach
from subsidies.rules.gathering import Span


def said_to_be_paid() -> Exists:
    """Test whether the bank said PAID of a payment's instruction in a line that waits for a person."""
    return Exists(
        BankResultLine.objects.filter(
            attempt__payment=OuterRef("pk"), answer=BankAnswer.PAID, resolved_at__isnull=True
        ).exclude(problem="")
    )


def is_owed_no_more() -> Q:
    """Return the condition on a payment that its certificate is revoked. One that was issued again is still owed.

    Whoever revokes a certificate revokes every other one of the same sitting with it.
    """
    return Q(entitlement__certificate__status=CertificateStatus.REVOKED)


def _can_be_paid_now() -> Q:
    is_objected_to = has_open_objection("entitlement")
    return ~said_to_be_paid() & ~freezes_person("payee") & ~is_objected_to & ~is_owed_no_more()


def lock_payments_ready(*, reach: Reach, after: int, limit: int) -> list[Payment]:
    """Return up to `limit` payments to these accounts that wait for a batch, locked, from behind this one on.

    Those of other workers are left out, and those that are not to be paid now: revoked, in question or objected to.
    """
    ready = Payment.objects.select_for_update(of=("self",), skip_locked=True, no_key=True).filter(
        _can_be_paid_now(), status=PaymentStatus.READY, pk__gt=after
    )
    if reach != Reach():
        ready = _to_accounts(ready, reach)
    return list(
        ready.select_related("payee", "entitlement__certificate__occupation", "entitlement__policy_version")
        .defer("payee__id_number", "payee__mobile")
        .order_by("id")[:limit]
    )


def _to_accounts(payments: QuerySet[Payment], reach: Reach) -> QuerySet[Payment]:
    accounts = BankAccount.objects.filter(pk=OuterRef("account"), cnaps__startswith=reach.begins_with)
    if reach.not_with:
        accounts = accounts.exclude(cnaps__startswith=reach.not_with)
    payees = payments.annotate(person=person_of("payee")).annotate(account=account_id_of("person"))
    return payees.filter(Exists(accounts))


def lock_returned_with_new_account() -> list[Payment]:
    """Return returned payments whose payee has another account by now, locked; those of other workers left out."""
    used = PaymentAttempt.objects.filter(payment=OuterRef("pk"), bank_account=OuterRef("account"))
    return list(
        Payment.objects.select_for_update(of=("self",), skip_locked=True, no_key=True)
        .annotate(person=person_of("payee"))
        .annotate(account=account_id_of("person"))
        .filter(~Exists(used), ~said_to_be_paid(), account__isnull=False, status=PaymentStatus.RETURNED)
        .order_by("id")
    )


def is_contradicted(batch: PaymentBatch) -> bool:
    """Test whether the bank said PAID, in an earlier file, of a payment that this batch would pay again."""
    payments = Payment.objects.filter(attempts__batch=batch)
    return payments.filter(said_to_be_paid()).exists()


def ready_since() -> Span | None:
    """Return since when payments that could go into a batch have been waiting for one; None if there are none."""
    ready = Payment.objects.filter(_can_be_paid_now(), status=PaymentStatus.READY)
    ends = ready.aggregate(oldest=Min("opened_at"), newest=Max("opened_at"))
    return Span(**ends) if ends["oldest"] is not None else None


def accounts_to_pay(payee_ids: Collection[int]) -> dict[int, BankAccount]:
    """Return the account that each of these people is paid to, by payee. Raises InvalidTag for a damaged one."""
    persons = rows_of_persons(payee_ids)
    accounts = accounts_by_person(persons)
    return {payee_id: accounts[persons[payee_id]] for payee_id in payee_ids if persons[payee_id] in accounts}


def attempt_counts(certificate_ids: Collection[int]) -> dict[int, int]:
    """Return how many instructions there have been for each of these certificates, without those that never left."""
    attempts = PaymentAttempt.objects.filter(
        payment__entitlement__certificate_id__in=certificate_ids
    ).exclude(status=AttemptStatus.WITHDRAWN)
    counts: dict[int, int] = {}
    for certificate_id in attempts.values_list("payment__entitlement__certificate_id", flat=True):
        counts[certificate_id] = counts.get(certificate_id, 0) + 1
    return counts


def references_in_use(references: Collection[str]) -> set[str]:
    """Return those of these bank references that an instruction bears, other than one that never left."""
    attempts = PaymentAttempt.objects.filter(reference__in=references).exclude(status=AttemptStatus.WITHDRAWN)
    return set(attempts.values_list("reference", flat=True))


def lock_batch(batch_id: int) -> PaymentBatch:
    """Return one batch that no other transaction can change until this one ends."""
    return PaymentBatch.objects.select_for_update(of=("self",)).get(pk=batch_id)


def lock_batch_by_reference(reference: str) -> PaymentBatch | None:
    """Return one batch by its reference, locked, or None if there is no such batch.

    Of those that were withdrawn and the one that was then assembled of the same payments, it is the latest.
    """
    batches = PaymentBatch.objects.select_for_update(of=("self",)).filter(reference=reference)
    return batches.order_by("-pk").first()


def lock_attempts_of(batch: PaymentBatch) -> list[PaymentAttempt]:
    """Return a batch's instructions with their payments, locked."""
    return list(
        PaymentAttempt.objects.select_for_update(of=("self", "payment"), no_key=True)
        .filter(batch=batch)
        .select_related("payment__entitlement")
        .order_by("line_number")
    )


def withdrawals_before(batch: PaymentBatch) -> dict[int, int]:
    """Return how often each of a batch's instructions was withdrawn with an earlier batch, without those never so."""
    earlier = PaymentAttempt.objects.filter(
        payment=OuterRef("payment"), number=OuterRef("number"), pk__lt=OuterRef("pk")
    ).filter(status=AttemptStatus.WITHDRAWN)
    counted = earlier.order_by().values("payment").annotate(count=Count("pk")).values("count")
    found = PaymentAttempt.objects.filter(batch=batch)
    return dict(found.annotate(count=Subquery(counted)).exclude(count=None).values_list("pk", "count"))


def batch_has_open_ends(batch: PaymentBatch) -> bool:
    """Test whether an instruction is unanswered or a bank line waits for a person."""
    open_attempts = PaymentAttempt.objects.filter(
        batch=batch, status__in=[AttemptStatus.OPEN, AttemptStatus.UNKNOWN]
    )
    waiting_lines = BankResultLine.objects.filter(result_file__batch=batch, resolved_at__isnull=True).exclude(
        problem=""
    )
    return open_attempts.exists() or waiting_lines.exists()


def journal_balance() -> Decimal:
    """Return the sum of all journal lines in yuan, which is zero."""
    return JournalLine.objects.aggregate(balance=Sum("amount"))["balance"] or Decimal("0.00")


def budget_of(*, on: date, kind: SubsidyKind) -> Budget | None:
    """Return the budget of the year of that day."""
    return Budget.objects.filter(year=on.year, kind=kind).first()
