import uuid

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from chongqing_dte.foundation.changes import announces
from chongqing_dte.foundation.constraints import (
    both_or_neither,
    frozen,
    frozen_when,
    implies,
    known_value,
    not_the_same,
)
from chongqing_dte.foundation.crypto import EncryptedBytesField
from enrollment.models import BankAccount
from institutions.models import InstitutionAccount
from subsidies.enums import AttemptStatus, BankSide, BatchStatus, PaymentFormat, SubsidyKind
from subsidies.models.bank_format import BankFormat
from subsidies.models.payment import Payment

AFTER_RELEASE = (BatchStatus.RELEASED, BatchStatus.SENDING, BatchStatus.DELIVERED, BatchStatus.SETTLED)
NOT_UNDER_WAY = (BatchStatus.SETTLED, BatchStatus.WITHDRAWN)


# Refuses an instruction of another amount than what is left of its payment: without what is held back from it, and
# without what was set off beside an earlier one that the bank took back.
NOT_WHAT_IS_LEFT = """
    IF EXISTS (
        SELECT 1 FROM subsidies_paymentattempt attempt
        JOIN subsidies_paymentbatch batch ON batch.id = attempt.batch_id
        JOIN subsidies_payment payment ON payment.id = attempt.payment_id
        WHERE attempt.id = NEW.attempt_id
          AND payment.amount <> attempt.amount + coalesce((
                  SELECT sum(last.amount) FROM (
                      SELECT DISTINCT ON (netting.recovery_id) netting.amount FROM subsidies_netting netting
                      WHERE netting.attempt_id = attempt.id ORDER BY netting.recovery_id, netting.id DESC
                  ) last), 0) + coalesce((
                  SELECT sum(netting.amount) FROM subsidies_netting netting
                  WHERE netting.payment_id = payment.id AND netting.status = 'SET_OFF'
                    AND netting.attempt_id < attempt.id AND netting.ended_at <= batch.assembled_at), 0)
    ) THEN
        RAISE EXCEPTION 'attempt_is_what_is_not_set_off' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
"""


class PaymentBatch(models.Model):
    """The instructions sent in one file, of one subsidy.

    Its bytes are fixed when it is assembled, and released by two people.
    """

    public_id = models.UUIDField(_("Public number"), default=uuid.uuid4, unique=True, editable=False)
    reference = models.CharField(_("Reference"), max_length=32)
    status = models.CharField(_("Status"), max_length=12, choices=BatchStatus, default=BatchStatus.ASSEMBLED)
    kind = models.CharField(
        _("Subsidy"),
        max_length=12,
        choices=SubsidyKind,
        default=SubsidyKind.ASSESSMENT,
        db_default=SubsidyKind.ASSESSMENT,
    )
    payment_format = models.CharField(
        _("Format"), max_length=12, choices=PaymentFormat, default=PaymentFormat.AGENT_LIST
    )
    # What it was written by; none for the plain list of the one agent bank.
    bank_format = models.ForeignKey(
        BankFormat, verbose_name=_("Bank format"), null=True, on_delete=models.PROTECT, related_name="+"
    )
    side = models.CharField(_("For"), max_length=8, choices=BankSide, default=BankSide.ANY)
    line_count = models.PositiveIntegerField(_("Number of payments"))
    total = models.DecimalField(_("Total"), max_digits=14, decimal_places=2)
    file_name = models.CharField(_("File"), max_length=128)
    content = EncryptedBytesField()
    sha256 = models.CharField("SHA-256", max_length=64)
    assembled_at = models.DateTimeField(_("Assembled"))
    released_automatically = models.BooleanField(_("Released automatically"), default=False)
    first_released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("First signature"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    first_released_at = models.DateTimeField(_("First signature at"), null=True)
    second_released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("Second signature"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    second_released_at = models.DateTimeField(_("Second signature at"), null=True)
    delivered_at = models.DateTimeField(_("Delivered"), null=True)
    settled_at = models.DateTimeField(_("Settled"), null=True)
    withdrawn_at = models.DateTimeField(pgettext_lazy("payment", "Withdrawn"), null=True)

    class Meta:
        verbose_name = _("Payment batch")
        verbose_name_plural = _("Payment batches")
        ordering = ["-id"]
        constraints = [
            # One that was withdrawn left nothing behind: the same payments on the same day make the same name again.
            models.UniqueConstraint(
                name="batch_reference_once",
                fields=["reference"],
                condition=~Q(status=BatchStatus.WITHDRAWN),
            ),
            known_value("status", BatchStatus, name="batch_status_known"),
            known_value("kind", SubsidyKind, name="batch_kind_known"),
            known_value("payment_format", PaymentFormat, name="batch_format_known"),
            known_value("side", BankSide, name="batch_side_known"),
            models.CheckConstraint(name="batch_has_lines", condition=Q(line_count__gt=0, total__gt=0)),
            both_or_neither("first_released_by", "first_released_at", name="batch_first_release_complete"),
            both_or_neither("second_released_by", "second_released_at", name="batch_second_release_complete"),
            # Two signatures are two people's, and the second comes after a first.
            not_the_same("first_released_by", "second_released_by", name="batch_released_by_two_people"),
            implies(
                Q(second_released_by__isnull=False),
                Q(first_released_by__isnull=False),
                name="batch_second_release_after_first",
            ),
            implies(
                Q(status__in=AFTER_RELEASE),
                Q(second_released_by__isnull=False) | Q(released_automatically=True),
                name="batch_leaves_only_released",
            ),
            implies(
                Q(status__in=[BatchStatus.DELIVERED, BatchStatus.SETTLED]),
                Q(delivered_at__isnull=False),
                name="batch_delivered_at_some_time",
            ),
            implies(
                Q(status=BatchStatus.SETTLED), Q(settled_at__isnull=False), name="batch_settled_at_some_time"
            ),
            implies(
                Q(status=BatchStatus.WITHDRAWN),
                Q(withdrawn_at__isnull=False, delivered_at__isnull=True),
                name="batch_withdrawn_before_it_was_with_the_bank",
            ),
        ]
        indexes = [
            models.Index(name="batch_under_way", fields=["id"], condition=~Q(status__in=NOT_UNDER_WAY)),
        ]
        triggers = [
            *frozen(
                "public_id",
                "reference",
                "kind",
                "payment_format",
                "bank_format",
                "side",
                "line_count",
                "total",
                "file_name",
                "sha256",
                "assembled_at",
                "released_automatically",
                encrypted=["content"],
            ),
            # Its payments are ready again, so that its file must never leave.
            frozen_when("OLD.status = 'WITHDRAWN'", "status", "withdrawn_at", name="batch_stays_withdrawn"),
            # From SENDING on its bytes may be anywhere.
            frozen_when(
                "NEW.status = 'WITHDRAWN' AND OLD.status NOT IN ('ASSEMBLED', 'RELEASED')",
                "status",
                name="batch_withdrawn_before_it_left",
            ),
            # Whoever answers for a claim does not let its money go, whatever their office by now.
            pgtrigger.Trigger(
                name="batch_released_by_nobody_behind_its_claims",
                operation=pgtrigger.UpdateOf("first_released_by_id", "second_released_by_id"),
                when=pgtrigger.Before,
                func="""
                    IF EXISTS (
                        SELECT 1 FROM subsidies_paymentattempt attempt
                        JOIN subsidies_payment payment ON payment.id = attempt.payment_id
                        JOIN subsidies_subsidyclaim claim ON claim.id = payment.claim_id
                        CROSS JOIN LATERAL (
                            VALUES (claim.submitted_by_id), (claim.recommended_by_id),
                                   (claim.first_confirmed_by_id), (claim.second_confirmed_by_id)
                            UNION ALL
                            SELECT review.reviewed_by_id FROM subsidies_linereview review
                            WHERE review.claim_id = claim.id
                        ) AS behind (person_id)
                        WHERE attempt.batch_id = NEW.id
                          AND behind.person_id IN (NEW.first_released_by_id, NEW.second_released_by_id)
                    ) THEN
                        RAISE EXCEPTION 'batch_released_by_nobody_behind_its_claims'
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class PaymentAttempt(models.Model):
    """One instruction to the bank for a payment. Its reference is the same even after a restore."""

    payment = models.ForeignKey(
        Payment, verbose_name=_("Payment"), on_delete=models.PROTECT, related_name="attempts"
    )
    batch = models.ForeignKey(
        PaymentBatch, verbose_name=_("Payment batch"), on_delete=models.PROTECT, related_name="attempts"
    )
    number = models.PositiveSmallIntegerField(_("Attempt number"))
    # A keyed hash of whose first pass it is and the attempt's number; never from a sequence or a clock.
    reference = models.CharField(_("Bank reference"), max_length=26)
    line_number = models.PositiveIntegerField(_("Line"))
    # The person's account, or the institution's.
    bank_account = models.ForeignKey(
        BankAccount,
        verbose_name=_("Bank account"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    institution_account = models.ForeignKey(
        InstitutionAccount,
        verbose_name=_("Account of an institution"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    amount = models.DecimalField(_("Amount"), max_digits=12, decimal_places=2)
    status = models.CharField(_("Status"), max_length=10, choices=AttemptStatus, default=AttemptStatus.OPEN)
    return_code = models.CharField(_("Return code"), max_length=40, blank=True)
    answered_at = models.DateTimeField(_("Answered"), null=True)
    # When the person's notification of the answer was written.
    announced_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("Payment attempt")
        verbose_name_plural = _("Payment attempts")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                name="attempt_one_open_per_payment",
                fields=["payment"],
                condition=Q(status__in=[AttemptStatus.OPEN, AttemptStatus.UNKNOWN]),
            ),
            # Once the bank has paid, no further attempt can be paid.
            models.UniqueConstraint(
                name="attempt_one_paid_per_payment",
                fields=["payment"],
                condition=Q(status=AttemptStatus.PAID),
            ),
            # What was withdrawn never left: the number and the reference that the bank will see are still free, so
            # that they are the same after a restore from before the withdrawal.
            models.UniqueConstraint(
                name="attempt_number_once_per_payment",
                fields=["payment", "number"],
                condition=~Q(status=AttemptStatus.WITHDRAWN),
            ),
            models.UniqueConstraint(
                name="attempt_reference_once",
                fields=["reference"],
                condition=~Q(status=AttemptStatus.WITHDRAWN),
            ),
            models.UniqueConstraint(name="attempt_line_once_per_batch", fields=["batch", "line_number"]),
            known_value("status", AttemptStatus, name="payment_attempt_status_known"),
            models.CheckConstraint(name="payment_attempt_amount_positive", condition=Q(amount__gt=0)),
            models.CheckConstraint(
                name="payment_attempt_goes_to_one_account",
                condition=Q(bank_account__isnull=False, institution_account__isnull=True)
                | Q(bank_account__isnull=True, institution_account__isnull=False),
            ),
            implies(
                Q(status__in=[AttemptStatus.PAID, AttemptStatus.RETURNED]),
                Q(answered_at__isnull=False),
                name="payment_attempt_ended_by_an_answer",
            ),
            implies(
                Q(status=AttemptStatus.RETURNED),
                ~Q(return_code=""),
                name="payment_attempt_returned_for_a_reason",
            ),
        ]
        indexes = [
            models.Index(
                name="attempt_to_announce",
                fields=["id"],
                condition=Q(
                    announced_at__isnull=True, status__in=[AttemptStatus.PAID, AttemptStatus.RETURNED]
                ),
            ),
        ]
        triggers = [
            *frozen(
                "payment",
                "batch",
                "number",
                "reference",
                "line_number",
                "bank_account",
                "institution_account",
                "amount",
            ),
            frozen_when("OLD.status = 'WITHDRAWN'", "status", name="attempt_stays_withdrawn"),
            *announces("payments", "payment_id", hides=["announced_at"]),
            # Looked at when the transaction commits: the bank is told what is owed without what is set off.
            pgtrigger.Trigger(
                name="attempt_is_what_is_not_set_off",
                operation=pgtrigger.Insert,
                when=pgtrigger.After,
                timing=pgtrigger.Deferred,
                func=NOT_WHAT_IS_LEFT.replace("NEW.attempt_id", "NEW.id"),
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def account(self) -> BankAccount | InstitutionAccount:
        """Where it goes: the person's account, or the institution's."""
        account = self.bank_account or self.institution_account
        if account is None:
            raise ValueError("an instruction names an account")
        return account
