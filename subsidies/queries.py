from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Exists, Min, OuterRef, Q, QuerySet, Subquery, Sum

from assessment.models import LevelCertificate
from assessment.queries import certificates_visible_to as issued_certificates_visible_to
from enrollment.models import BankAccount
from enrollment.queries import account_id_of, accounts_by_person, person_of, rows_of_persons
from institutions.models import FeeSchedule, User
from subsidies.enums import AttemptStatus, BankAnswer, BatchStatus, Decision, PaymentStatus, SubsidyKind
from subsidies.models import (
    BankResultFile,
    BankResultLine,
    Budget,
    Entitlement,
    JournalEntry,
    JournalLine,
    Payment,
    PaymentAttempt,
    PaymentBatch,
    PolicyVersion,
)
from subsidies.policies import can_see_decisions, can_see_money


# ── What people see ──────────────────────────────────────────────────────────────────────────────────────
def certificates_visible_to(user: User) -> QuerySet[LevelCertificate]:
    """Return the certificates whose decisions this person may see, each with its live `decision`, if any."""
    certificates = (
        issued_certificates_visible_to(user) if can_see_decisions(user) else LevelCertificate.objects.none()
    )
    live = Entitlement.objects.filter(certificate=OuterRef("pk"), superseded_at__isnull=True)
    return certificates.select_related("institution", "occupation", "trainee").annotate(
        decision=Subquery(live.values("decision")[:1]),
        reason=Subquery(live.values("reason")[:1]),
        payment_status=Subquery(live.values("payment__status")[:1]),
    )


def entitlements_visible_to(user: User) -> QuerySet[Entitlement]:
    """Return the decisions that this person may see."""
    if not can_see_decisions(user):
        return Entitlement.objects.none()
    return Entitlement.objects.filter(certificate__in=issued_certificates_visible_to(user))


def payments_visible_to(user: User) -> QuerySet[Payment]:
    """Return the payments that follow from the decisions this person may see."""
    return Payment.objects.filter(entitlement__in=entitlements_visible_to(user))


def batches_visible_to(user: User) -> QuerySet[PaymentBatch]:
    """Return the batches: those who see the money see all of them, others none."""
    batches = PaymentBatch.objects.defer("content")
    return batches if can_see_money(user) else batches.none()


def batch_lines(batch: PaymentBatch) -> QuerySet[PaymentAttempt]:
    """Return a batch's instructions in the order of the file, with what a list shows of each."""
    return (
        PaymentAttempt.objects.filter(batch=batch)
        .select_related("bank_account", "payment__payee", "payment__entitlement__certificate")
        .order_by("line_number")
    )


def payment_attempts_visible_to(user: User) -> QuerySet[PaymentAttempt]:
    """Return the instructions to the bank, for those who see the money."""
    return PaymentAttempt.objects.all() if can_see_money(user) else PaymentAttempt.objects.none()


def result_files_visible_to(user: User) -> QuerySet[BankResultFile]:
    """Return the bank's result files, for those who see the money."""
    files = BankResultFile.objects.defer("content")
    return files if can_see_money(user) else files.none()


def result_lines_visible_to(user: User) -> QuerySet[BankResultLine]:
    """Return the lines of the bank's result files, for those who see the money."""
    return BankResultLine.objects.all() if can_see_money(user) else BankResultLine.objects.none()


def budgets_visible_to(user: User) -> QuerySet[Budget]:
    """Return the budgets, for those who see the money."""
    return Budget.objects.all() if can_see_money(user) else Budget.objects.none()


def journal_entries_visible_to(user: User) -> QuerySet[JournalEntry]:
    """Return the journal, for those who see the money, each entry with its sum of `debits`."""
    entries = JournalEntry.objects.all() if can_see_money(user) else JournalEntry.objects.none()
    return entries.annotate(debits=Sum("lines__amount", filter=Q(lines__amount__gt=0)))


def policy_versions_visible_to(user: User) -> QuerySet[PolicyVersion]:
    """Return the policy versions, for those whose office decides by them."""
    return PolicyVersion.objects.all() if can_see_decisions(user) else PolicyVersion.objects.none()


# ── What a decision needs ────────────────────────────────────────────────────────────────────────────────
def approved_policies() -> list[PolicyVersion]:
    """Return the policy versions that decide."""
    return list(PolicyVersion.objects.filter(approved_at__isnull=False))


def live_entitlements_of(certificate_ids: Collection[int]) -> dict[int, Entitlement]:
    """Return the live decision of each of these certificates that has one, by certificate."""
    found = Entitlement.objects.filter(certificate_id__in=certificate_ids, superseded_at__isnull=True)
    return {entitlement.certificate_id: entitlement for entitlement in found}


def claims_of(trainee_ids: Collection[int]) -> list[Entitlement]:
    """Return the live grants and holds of these rows of people, each with its certificate and policy version."""
    live = Entitlement.objects.filter(certificate__trainee_id__in=trainee_ids, superseded_at__isnull=True)
    claims = live.exclude(decision=Decision.REFUSED).select_related("certificate", "policy_version")
    return list(claims.order_by("id"))


def lock_budget(*, year: int, kind: SubsidyKind) -> Budget | None:
    """Return the budget of one year and subsidy, locked: whoever reserves next waits until this one commits."""
    return Budget.objects.select_for_update(of=("self",), no_key=True).filter(year=year, kind=kind).first()


def lock_budgets(budget_ids: Collection[int]) -> dict[int, Budget]:
    """Return these budgets by id, locked in the order of their ids."""
    locked = (
        Budget.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=budget_ids).order_by("pk")
    )
    return {budget.pk: budget for budget in locked}


def lock_held_that_can_go_on(*, year: int, limit: int) -> list[Entitlement]:
    """Return held decisions whose missing fact has arrived, oldest first, locked; those of other workers left out."""
    policy = PolicyVersion.objects.filter(
        approved_at__isnull=False, in_force__contains=OuterRef("certificate__issued_on")
    )
    fee = FeeSchedule.objects.filter(
        institution_id=OuterRef("certificate__institution_id"),
        occupation_id=OuterRef("certificate__occupation_id"),
        level=OuterRef("certificate__level"),
        direction__in=[OuterRef("certificate__direction"), ""],
        in_force__contains=OuterRef("certificate__attempt__session__held_on"),
    )
    return list(
        Entitlement.objects.select_for_update(of=("self", "certificate"), skip_locked=True, no_key=True)
        .select_related("certificate")
        .filter(decision=Decision.HELD, superseded_at__isnull=True, certificate__decision_due=False)
        .annotate(person=person_of("certificate__trainee"))
        .annotate(account=account_id_of("person"))
        .filter(
            Q(reason="account_is_known", account__isnull=False)
            | Q(reason="policy_is_in_force") & Exists(policy)
            | Q(reason="fee_is_published") & Exists(fee)
            | Q(reason="budget_has_room", certificate_id__in=_budget_queue(year))
        )
        .order_by("certificate_id")[:limit]
    )


def first_certificate_waiting_for_budget(except_these: Collection[int] = ()) -> int | None:
    """Return the first certificate that is held because the budget had no room, leaving these out."""
    waiting = Entitlement.objects.filter(
        decision=Decision.HELD, reason="budget_has_room", superseded_at__isnull=True
    ).exclude(certificate_id__in=except_these)
    return waiting.aggregate(first=Min("certificate_id"))["first"]


def _budget_queue(year: int) -> list[int]:
    """Return the certificates that wait for budget, if there is room now for the first of them, else none."""
    budget = Budget.objects.filter(year=year, kind=SubsidyKind.ASSESSMENT).first()
    queue = Entitlement.objects.filter(
        decision=Decision.HELD, reason="budget_has_room", superseded_at__isnull=True
    ).order_by("certificate_id")
    first = queue.first()
    if budget is None or first is None or first.amount > budget.available:
        return []
    return list(queue.values_list("certificate_id", flat=True)[:500])


def _said_to_be_paid() -> Exists:
    """Test whether the bank said PAID of a payment's instruction in a line that waits for a person."""
    return Exists(
        BankResultLine.objects.filter(
            attempt__payment=OuterRef("pk"), answer=BankAnswer.PAID, resolved_at__isnull=True
        ).exclude(problem="")
    )


# ── What a batch needs ───────────────────────────────────────────────────────────────────────────────────
def lock_payments_ready(limit: int) -> list[Payment]:
    """Return up to `limit` payments that wait for a batch, oldest first, locked; those of other workers left out."""
    return list(
        Payment.objects.select_for_update(of=("self",), skip_locked=True, no_key=True)
        .filter(~_said_to_be_paid(), status=PaymentStatus.READY)
        .select_related("payee", "entitlement__certificate__institution")
        .defer("payee__id_number", "payee__mobile")
        .order_by("id")[:limit]
    )


def lock_returned_with_new_account() -> list[Payment]:
    """Return returned payments whose payee has another account by now, locked; those of other workers left out."""
    used = PaymentAttempt.objects.filter(payment=OuterRef("pk"), bank_account=OuterRef("account"))
    return list(
        Payment.objects.select_for_update(of=("self",), skip_locked=True, no_key=True)
        .annotate(person=person_of("payee"))
        .annotate(account=account_id_of("person"))
        .filter(~Exists(used), ~_said_to_be_paid(), account__isnull=False, status=PaymentStatus.RETURNED)
        .order_by("id")
    )


def is_contradicted(batch: PaymentBatch) -> bool:
    """Test whether the bank said PAID, in an earlier file, of a payment that this batch would pay again."""
    payments = Payment.objects.filter(attempts__batch=batch)
    return payments.filter(_said_to_be_paid()).exists()


def oldest_ready_since() -> datetime | None:
    """Return since when the oldest payment without a batch has been waiting."""
    return Payment.objects.filter(status=PaymentStatus.READY).aggregate(oldest=Min("opened_at"))["oldest"]


def accounts_to_pay(payee_ids: Collection[int]) -> dict[int, BankAccount]:
    """Return the account that each of these people is paid to, by payee. Raises InvalidTag for a damaged one."""
    persons = rows_of_persons(payee_ids)
    accounts = accounts_by_person(persons)
    return {payee_id: accounts[persons[payee_id]] for payee_id in payee_ids if persons[payee_id] in accounts}


def attempt_counts(certificate_ids: Collection[int]) -> dict[int, int]:
    """Return how many instructions there have been for each of these certificates."""
    attempts = PaymentAttempt.objects.filter(payment__entitlement__certificate_id__in=certificate_ids)
    counts: dict[int, int] = {}
    for certificate_id in attempts.values_list("payment__entitlement__certificate_id", flat=True):
        counts[certificate_id] = counts.get(certificate_id, 0) + 1
    return counts


def lock_batch(batch_id: int) -> PaymentBatch:
    """Return one batch that no other transaction can change until this one ends."""
    return PaymentBatch.objects.select_for_update(of=("self",)).get(pk=batch_id)


def lock_batch_by_reference(reference: str) -> PaymentBatch | None:
    """Return one batch by its reference, locked, or None if there is no such batch."""
    return PaymentBatch.objects.select_for_update(of=("self",)).filter(reference=reference).first()


def batch_ids_to_deliver() -> list[int]:
    """Return the batches that were released and are not known to be with the bank."""
    under_way = PaymentBatch.objects.filter(status__in=[BatchStatus.RELEASED, BatchStatus.SENDING])
    return list(under_way.order_by("id").values_list("id", flat=True))


def lock_attempts_of(batch: PaymentBatch) -> list[PaymentAttempt]:
    """Return a batch's instructions with their payments, locked."""
    return list(
        PaymentAttempt.objects.select_for_update(of=("self", "payment"), no_key=True)
        .filter(batch=batch)
        .select_related("payment__entitlement")
        .order_by("line_number")
    )


def batch_has_open_ends(batch: PaymentBatch) -> bool:
    """Test whether an instruction is unanswered or a bank line waits for a person."""
    open_attempts = PaymentAttempt.objects.filter(
        batch=batch, status__in=[AttemptStatus.OPEN, AttemptStatus.UNKNOWN]
    )
    waiting_lines = BankResultLine.objects.filter(result_file__batch=batch, resolved_at__isnull=True).exclude(
        problem=""
    )
    return open_attempts.exists() or waiting_lines.exists()


def result_file_is_known(sha256: str) -> bool:
    """Test whether a result file with this content was received before."""
    return BankResultFile.objects.filter(sha256=sha256).exists()


def journal_balance() -> Decimal:
    """Return the sum of all journal lines in yuan, which is zero."""
    return JournalLine.objects.aggregate(balance=Sum("amount"))["balance"] or Decimal("0.00")


def budget_of(*, on: date, kind: SubsidyKind) -> Budget | None:
    """Return the budget of the year of that day."""
    return Budget.objects.filter(year=on.year, kind=kind).first()
