from collections.abc import Collection
from datetime import datetime

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery

from assessment.enums import CertificateStatus
from assessment.models import LevelCertificate
from assessment.queries import freezes_person
from chongqing_dte.foundation.proposals import RequestStatus
from enrollment.models import Trainee
from enrollment.queries import lock_trainees, rows_of_persons
from subsidies.enums import UNPAID, AttemptStatus, BatchStatus, Decision, PaymentStatus, RecoveryStatus
from subsidies.models import Entitlement, Payment, PaymentAttempt, PaymentBatch, Recovery, RecoverySettlement
from subsidies.queries.claim_holds import claim_rests_on_what_changed, lock_certificates_behind_claims
from subsidies.queries.objections import is_upheld_against
from subsidies.queries.payments import (
    is_in_question,
    is_objected_to,
    is_owed_no_more,
    must_wait,
    payees_of,
    said_to_be_paid,
)
from subsidies.queries.recoveries import amounts_asked_back, is_left_to_ask_back
from subsidies.rules.eligibility import HANGS_ON_RESULTS

# Why money is asked back, where its certificate was revoked. Such a recovery ends with a valid certificate.
REVOKED = "certificate_revoked"


# ── What keeps a batch from leaving ──────────────────────────────────────────────────────────────────────
def lock_what_stands_behind(payments: Collection[Payment]) -> None:
    """Lock the certificates that these payments rest on, then their people.

    Until this transaction ends nobody revokes or re-issues one of them, and nobody freezes or merges a payee, or
    somebody in a claim.
    """
    of_people = [payment for payment in payments if payment.claim_id is None]
    certificates = LevelCertificate.objects.select_for_update(of=("self",), no_key=True)
    rows = certificates.filter(pk__in={payment.grant.certificate_id for payment in of_people})
    list(rows.order_by("pk").values_list("pk", flat=True))
    in_claims = lock_certificates_behind_claims(payments)
    lock_trainees(rows_of_persons(payees_of(payments) | in_claims))


def payments_owed(payment_ids: Collection[int]) -> set[int]:
    """Return which of these payments are owed now: certificate not revoked, person not frozen, nobody objecting."""
    owed = Payment.objects.filter(~must_wait(), pk__in=payment_ids)
    return set(owed.values_list("pk", flat=True))


def lines_held_up(batch: PaymentBatch) -> dict[str, int]:
    """Return how many of a batch's payments are `revoked` with their certificates, `frozen`, and `objected` to.

    `changed` are those of claims that rest on what holds no more. Each is counted under the first that is true of it.
    `account_replaced` counts those that would still go to an account which has been corrected since.
    """
    payments = Payment.objects.filter(attempts__batch=batch)
    changed = payments.filter(claim_rests_on_what_changed())
    valid = payments.filter(~is_owed_no_more(), ~claim_rests_on_what_changed())
    return {
        "revoked": payments.filter(is_owed_no_more()).count(),
        "changed": changed.count(),
        "frozen": valid.filter(is_in_question()).count(),
        "objected": valid.filter(~is_in_question(), is_objected_to()).count(),
        "account_replaced": PaymentAttempt.objects.filter(_goes_to_a_former_account(), batch=batch).count(),
        # The bank says by now that an earlier instruction was paid after all.
        "contradicted": payments.filter(said_to_be_paid()).count(),
    }


def batch_ids_held_up() -> list[int]:
    """Return the batches that wait for signatures although something in them must not be paid now."""
    held_up = Payment.objects.filter(attempts__batch=OuterRef("pk")).filter(
        must_wait() | Q(said_to_be_paid())
    )
    outdated = PaymentAttempt.objects.filter(_goes_to_a_former_account(), batch=OuterRef("pk"))
    batches = PaymentBatch.objects.filter(Exists(held_up) | Exists(outdated), status=BatchStatus.ASSEMBLED)
    return list(batches.order_by("pk").values_list("pk", flat=True))


def _goes_to_a_former_account() -> Q:
    """Return the condition on an instruction that its account was replaced by another one."""
    return Q(bank_account__replaced_at__isnull=False) | Q(institution_account__replaced_at__isnull=False)


# ── What follows a certificate that is revoked ───────────────────────────────────────────────────────────
def payment_ids_to_take_back(*, after: int, limit: int) -> list[int]:
    """Return up to `limit` payments that are to be cancelled or recovered, oldest first, from behind this one on.

    One that is with the bank waits for the bank's word.
    """
    payments = Payment.objects.filter(_is_to_take_back(), pk__gt=after)
    return list(payments.order_by("pk").values_list("pk", flat=True)[:limit])


def lock_payments_to_take_back(payment_ids: Collection[int]) -> list[Payment]:
    """Return those of these payments that are still to be cancelled or recovered, locked; others' are left out."""
    locked = list(
        Payment.objects.select_for_update(of=("self",), skip_locked=True, no_key=True)
        .filter(_is_to_take_back(), pk__in=payment_ids)
        .select_related("entitlement__certificate")
        .order_by("pk")
    )
    # A recovery leaves its payment as it is, so that one opened while we came to the lock shows only now.
    asked = amounts_asked_back(locked)
    return [payment for payment in locked if asked.get(payment.pk) != payment.amount]


def lock_certificates_of_people(payee_ids: Collection[int]) -> None:
    """Lock every certificate of these people, then their rows: waits for whoever is deciding one of them.

    What is read afterwards is what that decision left, and nobody decides about these people until this transaction
    ends.
    """
    rows = rows_of_persons(payee_ids)
    certificates = LevelCertificate.objects.select_for_update(of=("self",), no_key=True)
    list(certificates.filter(trainee__in=rows).order_by("pk").values_list("pk", flat=True))
    lock_trainees(rows)


def certificates_barred_by(payee_ids: Collection[int]) -> list[int]:
    """Return these people's certificates that were refused by what another one may have said.

    Asked before the people's certificates are locked, it would miss a refusal that is about to be committed.
    """
    refused = Entitlement.objects.filter(
        certificate__trainee__in=rows_of_persons(payee_ids),
        superseded_at__isnull=True,
        decision=Decision.REFUSED,
        reason__in=HANGS_ON_RESULTS,
    )
    return list(refused.order_by("certificate_id").values_list("certificate_id", flat=True))


def last_revoked_at(payments: Collection[Payment]) -> dict[int, datetime]:
    """Return when the last certificate of each of these payments' sittings was revoked, by payment."""
    revoked = _of_the_sitting("entitlement__certificate").filter(status=CertificateStatus.REVOKED)
    last = Subquery(revoked.order_by("-ended_at").values("ended_at")[:1])
    found = Payment.objects.filter(pk__in=[payment.pk for payment in payments]).annotate(last=last)
    return dict(found.values_list("pk", "last"))


def recovery_counts(payments: Collection[Payment]) -> dict[int, int]:
    """Return how often each of these payments was asked back, withdrawn ones counted; without those that never were."""
    asked = Recovery.objects.filter(payment__in=payments).order_by().values("payment_id")
    return dict(asked.annotate(count=Count("pk")).values_list("payment_id", "count"))


def _is_to_take_back() -> Q:
    unpaid = Q(status__in=UNPAID) & ~Q(said_to_be_paid())
    # What was given back when the pass stood again is asked back anew.
    paid = (
        Q(status=PaymentStatus.PAID)
        & is_left_to_ask_back()
        & Q(~_holds_a_valid_one("entitlement__certificate"))
    )
    return is_owed_no_more() & (unpaid | paid)


def _of_the_sitting(path: str) -> QuerySet[LevelCertificate]:
    """Return the certificates of the same sitting as the one that `path` leads to, for use in a subquery."""
    return LevelCertificate.objects.filter(
        trainee=OuterRef(f"{path}__trainee"), attempt__session=OuterRef(f"{path}__attempt__session")
    )


def _holds_a_valid_one(path: str) -> Exists:
    return Exists(_of_the_sitting(path).filter(status=CertificateStatus.VALID))


# ── What follows a pass that stands again ────────────────────────────────────────────────────────────────
def recovery_ids_to_withdraw(*, after: int, limit: int) -> list[int]:
    """Return up to `limit` recoveries of sittings that have a valid certificate again, from behind this one on.

    One of which money came, or is said to have come, waits for a person: that would have to be paid out again.
    """
    live = _withdrawable().filter(pk__gt=after)
    return list(live.order_by("pk").values_list("pk", flat=True)[:limit])


def lock_recoveries_to_withdraw(recovery_ids: Collection[int]) -> list[tuple[Recovery, int]]:
    """Return those of these that are still to be withdrawn, locked, each with the valid certificate.

    Those that another worker has locked are left out.
    """
    live = Recovery.objects.select_for_update(of=("self",), skip_locked=True, no_key=True)
    locked = live.filter(pk__in=recovery_ids, status=RecoveryStatus.OPEN).select_related("payment")
    recoveries = list(locked.order_by("pk"))
    valid = _of_the_sitting("payment__entitlement__certificate").filter(status=CertificateStatus.VALID)
    # Asked once they are locked: whoever proposes a settlement or revokes comes before this or after it.
    found = (
        _withdrawable()
        .filter(pk__in=[recovery.pk for recovery in recoveries])
        .annotate(valid=Subquery(valid.values("pk")[:1]))
    )
    certificates = dict(found.values_list("pk", "valid"))
    return [(recovery, certificates[recovery.pk]) for recovery in recoveries if recovery.pk in certificates]


def _withdrawable() -> QuerySet[Recovery]:
    """Return the open recoveries of sittings that have a valid certificate again, without those money came of."""
    came = RecoverySettlement.objects.filter(recovery=OuterRef("pk")).exclude(status=RequestStatus.REFUSED)
    return Recovery.objects.filter(
        _holds_a_valid_one("payment__entitlement__certificate"),
        ~Exists(came),
        status=RecoveryStatus.OPEN,
        reason=REVOKED,
    )


def lock_recoveries_to_note(*, limit: int) -> list[Recovery]:
    """Return up to `limit` recoveries of persons of which it is to be noted that they are not owed, or are, locked.

    They are not owed where the pass stands again and money came or is said to have come, which keeps them from being
    withdrawn; nothing is to be noted where the grant is gone with all that was paid, for what is valid by now is
    decided anew. What is owed is so without what was given back.
    """
    came = RecoverySettlement.objects.filter(recovery=OuterRef("pk")).exclude(status=RequestStatus.REFUSED)
    is_kept = Q(status=RecoveryStatus.OPEN) | Q(
        status=RecoveryStatus.SETTLED, recovered__gt=0, payment__entitlement__superseded_at__isnull=True
    )
    certificate = "payment__entitlement__certificate"
    stands_again = (
        Q(_holds_a_valid_one(certificate), ~is_upheld_against(certificate)) & Q(Exists(came)) & is_kept
    )
    locked = Recovery.objects.select_for_update(of=("self",), skip_locked=True, no_key=True).filter(
        Q(stands_again, not_owed__lt=F("amount")) | Q(~stands_again, not_owed__gt=F("given_back")),
        reason=REVOKED,
        withdrawn_at__isnull=True,
    )
    return list(locked.order_by("pk")[:limit])


def passes_stand_again(recovery_ids: Collection[int]) -> set[int]:
    """Return those of these recoveries whose sitting has a valid certificate again although it was revoked."""
    found = Recovery.objects.filter(
        _holds_a_valid_one("payment__entitlement__certificate"), pk__in=recovery_ids, reason=REVOKED
    )
    return set(found.values_list("pk", flat=True))


# ── What follows a merge ─────────────────────────────────────────────────────────────────────────────────
def unpaid_of_merged_people(*, after: int, limit: int) -> list[Payment]:
    """Return up to `limit` payments to people of several rows that nobody has instructed, from behind this one on.

    Those of people who are frozen are left out, and those that are about to be cancelled.
    """
    return list(_unpaid().filter(pk__gt=after).filter(_goes_to_a_merged_person()).order_by("pk")[:limit])


def lock_unpaid(payment_ids: Collection[int]) -> list[Payment]:
    """Return those of these payments that nobody has instructed, locked; those of other workers left out."""
    return list(
        _unpaid()
        .select_for_update(of=("self",), skip_locked=True, no_key=True)
        .filter(pk__in=payment_ids)
        .select_related("entitlement__certificate")
        .order_by("pk")
    )


def rows_of_merged_people(payments: Collection[Payment]) -> dict[int, int]:
    """Return every row of those of the payees who have several, each with the id of its person."""
    found = Payment.objects.filter(pk__in=[payment.pk for payment in payments])
    merged = found.filter(_goes_to_a_merged_person()).values_list("payee_id", flat=True)
    return rows_of_persons(set(merged))


def grants_of(trainee_ids: Collection[int]) -> list[Entitlement]:
    """Return the live grants of these rows of people, without those that are about to be voided."""
    granted = Entitlement.objects.filter(
        certificate__trainee_id__in=trainee_ids, decision=Decision.GRANTED, superseded_at__isnull=True
    )
    ending = Q(
        certificate__status=CertificateStatus.REVOKED,
        payment__status__in=UNPAID,
    )
    found = granted.exclude(ending).select_related("payment", "certificate__attempt", "policy_version")
    return list(found.defer("checks"))


def on_their_way(payments: Collection[Payment]) -> set[int]:
    """Return those of these payments that were made or may be: paid, said to be, or in a batch that may have left."""
    still_here = PaymentAttempt.objects.filter(
        payment=OuterRef("pk"),
        status=AttemptStatus.OPEN,
        batch__status__in=[BatchStatus.ASSEMBLED, BatchStatus.RELEASED],
    )
    with_us = (Q(status__in=UNPAID) | Q(Exists(still_here))) & ~Q(said_to_be_paid())
    found = Payment.objects.filter(pk__in=[payment.pk for payment in payments]).exclude(with_us)
    return set(found.values_list("pk", flat=True))


def batch_ids_of_merged_people() -> list[int]:
    """Return the batches that wait for signatures and pay somebody of several rows."""
    merged = Payment.objects.filter(_goes_to_a_merged_person(), attempts__batch=OuterRef("pk"))
    batches = PaymentBatch.objects.filter(Exists(merged), status=BatchStatus.ASSEMBLED)
    return list(batches.order_by("pk").values_list("pk", flat=True))


def payments_in(batch: PaymentBatch) -> list[Payment]:
    """Return the payments that a batch makes."""
    return list(Payment.objects.filter(attempts__batch=batch).order_by("pk"))


def _unpaid() -> QuerySet[Payment]:
    return Payment.objects.filter(
        ~said_to_be_paid(),
        ~freezes_person("payee"),
        ~is_owed_no_more(),
        status__in=UNPAID,
    )


def _goes_to_a_merged_person() -> Q:
    merged = Exists(Trainee.objects.filter(merged_into=OuterRef("payee")))
    return Q(payee__merged_into__isnull=False) | Q(merged)
