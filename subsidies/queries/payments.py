from collections.abc import Collection, Iterable
from datetime import date
from decimal import Decimal

from django.db.models import Count, Exists, Max, Min, OuterRef, Q, QuerySet, Subquery, Sum

from assessment.enums import CertificateStatus
from assessment.queries import freezes_person
from enrollment.models import BankAccount
from enrollment.queries import account_id_of, accounts_by_person, person_of, rows_of_persons
from institutions.models import InstitutionAccount
from institutions.queries import current_institution_accounts
from subsidies.enums import AttemptStatus, BankAnswer, PaymentStatus, SubsidyKind
from subsidies.models import (
    BankResultLine,
    Budget,
    JournalLine,
    LineReview,
    Payment,
    PaymentAttempt,
    PaymentBatch,
    SubsidyClaim,
)
from subsidies.queries.claim_holds import (
    claim_is_in_question,
    claim_is_objected_to,
    claim_rests_on_what_changed,
)
from subsidies.queries.objection_holds import has_open_objection
from subsidies.rules.bank_sides import Reach
from subsidies.rules.gathering import Span

Account = BankAccount | InstitutionAccount


def account_holder(account: Account) -> str:
    """Return the name that the bank compares with the owner of an account."""
    return account.holder_name if isinstance(account, InstitutionAccount) else account.trainee.name


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


def is_objected_to() -> Q:
    """Return the condition on a payment that something is said against the decision or the claim that it pays."""
    return Q(has_open_objection("entitlement")) | claim_is_objected_to()


def is_in_question() -> Q:
    """Return the condition on a payment that its payee is frozen, or somebody in the claim that it pays."""
    return Q(freezes_person("payee")) | claim_is_in_question()


def must_wait(kind: SubsidyKind | None = None) -> Q:
    """Return the condition on a payment that it must not be made now, whatever the bank says of it.

    Where all of them are of one `kind`, only what can be true of that one is looked at.
    """
    of_people = is_owed_no_more() | Q(freezes_person("payee")) | Q(has_open_objection("entitlement"))
    of_claims = claim_rests_on_what_changed() | claim_is_in_question() | claim_is_objected_to()
    if kind is None:
        return of_people | of_claims
    return of_claims if kind == SubsidyKind.TRAINING else of_people


def can_be_paid_now(kind: SubsidyKind) -> Q:
    """Return the condition on a payment of this subsidy that nothing keeps it from being made."""
    return of_kind(kind) & ~Q(said_to_be_paid()) & ~must_wait(kind)


def of_kind(kind: SubsidyKind) -> Q:
    """Return the condition on a payment that it is one of this subsidy's."""
    return Q(claim__isnull=kind != SubsidyKind.TRAINING)


def payees_of(payments: Iterable[Payment]) -> set[int]:
    """Return the rows of the people whom these payments go to; one to an institution has none."""
    return {payment.payee_id for payment in payments if payment.payee_id is not None}


def lock_payments_ready(*, kind: SubsidyKind, reach: Reach, after: int, limit: int) -> list[Payment]:
    """Return up to `limit` payments to these accounts that wait for a batch, locked, from behind this one on.

    Those of other workers are left out, and those that are not to be paid now: revoked, in question or objected to.
    """
    ready = Payment.objects.select_for_update(of=("self",), skip_locked=True, no_key=True).filter(
        can_be_paid_now(kind), status=PaymentStatus.READY, pk__gt=after
    )
    if reach != Reach():
        ready = _to_accounts(ready, kind, reach)
    return list(
        ready.select_related(
            "payee",
            "entitlement__certificate__occupation",
            "entitlement__policy_version",
            "claim__training_class",
            "institution",
        )
        .defer("payee__id_number", "payee__mobile")
        .order_by("id")[:limit]
    )


def _to_accounts(payments: QuerySet[Payment], kind: SubsidyKind, reach: Reach) -> QuerySet[Payment]:
    reached = Q(cnaps__startswith=reach.begins_with)
    if reach.not_with:
        reached &= ~Q(cnaps__startswith=reach.not_with)
    if kind == SubsidyKind.TRAINING:
        own = current_institution_accounts().filter(reached, institution=OuterRef("institution"))
        return payments.filter(Exists(own))
    accounts = BankAccount.objects.filter(reached, pk=OuterRef("account"))
    payees = payments.annotate(person=person_of("payee")).annotate(account=account_id_of("person"))
    return payees.filter(Exists(accounts))


def lock_returned_with_new_account() -> list[Payment]:
    """Return returned payments whose payee has another account by now, locked; those of other workers left out."""
    used = PaymentAttempt.objects.filter(payment=OuterRef("pk"), bank_account=OuterRef("account"))
    to_another = Q(~Exists(used), account__isnull=False) | Q(has_another_institution_account())
    return list(
        Payment.objects.select_for_update(of=("self",), skip_locked=True, no_key=True)
        .annotate(person=person_of("payee"))
        .annotate(account=account_id_of("person"))
        .filter(to_another, ~said_to_be_paid(), status=PaymentStatus.RETURNED)
        .order_by("id")
    )


def has_another_institution_account() -> Exists:
    """Test whether the institution of a payment has an account by now that none of its instructions named."""
    used = PaymentAttempt.objects.filter(payment=OuterRef(OuterRef("pk")), institution_account=OuterRef("pk"))
    current = current_institution_accounts().filter(institution=OuterRef("institution"))
    return Exists(current.filter(~Exists(used)))


def behind_the_claims_of(batch: PaymentBatch) -> set[int]:
    """Return who submitted, recommended or confirmed a claim that a batch pays, or said something of a line of it."""
    signed = ("submitted_by", "recommended_by", "first_confirmed_by", "second_confirmed_by")
    claims = SubsidyClaim.objects.filter(payments__attempts__batch=batch)
    rows = claims.values_list(*(f"{name}_id" for name in signed))
    reviewers = LineReview.objects.filter(claim__in=claims.values("pk")).order_by()
    return {user_id for row in rows for user_id in row if user_id is not None} | set(
        reviewers.values_list("reviewed_by_id", flat=True).distinct()
    )


def institutions_paid_in(batch: PaymentBatch) -> set[int]:
    """Return the institutions that a batch pays."""
    paid = Payment.objects.filter(attempts__batch=batch, institution__isnull=False).order_by()
    return {
        institution_id for institution_id in paid.values_list("institution_id", flat=True) if institution_id
    }


def is_contradicted(batch: PaymentBatch) -> bool:
    """Test whether the bank said PAID, in an earlier file, of a payment that this batch would pay again."""
    payments = Payment.objects.filter(attempts__batch=batch)
    return payments.filter(said_to_be_paid()).exists()


def ready_since(kind: SubsidyKind) -> Span | None:
    """Return since when payments that could go into a batch have been waiting for one; None if there are none."""
    ready = Payment.objects.filter(can_be_paid_now(kind), status=PaymentStatus.READY)
    ends = ready.aggregate(oldest=Min("opened_at"), newest=Max("opened_at"))
    return Span(**ends) if ends["oldest"] is not None else None


def accounts_to_pay(payee_ids: Collection[int]) -> dict[int, BankAccount]:
    """Return the account that each of these people is paid to, by payee. Raises InvalidTag for a damaged one."""
    persons = rows_of_persons(payee_ids)
    accounts = accounts_by_person(persons)
    return {payee_id: accounts[persons[payee_id]] for payee_id in payee_ids if persons[payee_id] in accounts}


def institution_accounts_to_pay(institution_ids: Collection[int]) -> dict[int, InstitutionAccount]:
    """Return the account that each of these institutions is paid to. Raises InvalidTag for a damaged one."""
    accounts = current_institution_accounts().filter(institution__in=institution_ids)
    return {account.institution_id: account for account in accounts}


def class_attempt_counts(class_ids: Collection[int]) -> dict[int, int]:
    """Return how many instructions there have been for the claims of each of these classes, as `attempt_counts`."""
    attempts = PaymentAttempt.objects.filter(payment__claim__training_class__in=class_ids)
    sent = attempts.exclude(status=AttemptStatus.WITHDRAWN).order_by()
    counted = sent.values_list("payment__claim__training_class").annotate(count=Count("pk"))
    return dict(counted)


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
        .select_related("payment__entitlement", "payment__claim")
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
