import uuid

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from chongqing_dte.foundation.constraints import (
    both_or_neither,
    frozen,
    frozen_when,
    implies,
    known_value,
    not_the_same,
)
from chongqing_dte.foundation.crypto import EncryptedBytesField
from subsidies.enums import AttemptStatus, BankSide, BatchStatus, PaymentFormat, PaymentStatus
from subsidies.models.bank_format import BankFormat
from subsidies.models.budget import Budget
from subsidies.models.entitlement import Entitlement

AFTER_RELEASE = (BatchStatus.RELEASED, BatchStatus.SENDING, BatchStatus.DELIVERED, BatchStatus.SETTLED)
NOT_UNDER_WAY = (BatchStatus.SETTLED, BatchStatus.WITHDRAWN)


class Payment(models.Model):
    """One amount owed to one payee, in yuan. It may take several attempts, and it is paid once."""

    public_id = models.UUIDField(_("Public number"), default=uuid.uuid4, unique=True, editable=False)
    entitlement = models.OneToOneField(
        Entitlement, verbose_name=_("Entitlement"), on_delete=models.PROTECT, related_name="payment"
    )
    payee = models.ForeignKey(
        "enrollment.Trainee", verbose_name=_("Trainee"), on_delete=models.PROTECT, related_name="+"
    )
    # Copied from the decision, so that budgets, statements and notices ask a payment and not what it was decided from.
    district = models.ForeignKey(
        "institutions.District",
        verbose_name=_("District"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    budget = models.ForeignKey(
        Budget, verbose_name=_("Budget"), db_index=False, on_delete=models.PROTECT, related_name="+"
    )
    # How long it stands on a public notice before it is paid; 0 for not at all.
    notice_working_days = models.PositiveSmallIntegerField(_("Working days of public notice"))
    amount = models.DecimalField(_("Amount"), max_digits=12, decimal_places=2)
    status = models.CharField(_("Status"), max_length=12, choices=PaymentStatus, default=PaymentStatus.READY)
    opened_at = models.DateTimeField(_("Opened"))
    paid_at = models.DateTimeField(_("Paid"), null=True)
    cancelled_at = models.DateTimeField(_("Cancelled"), null=True)

    class Meta:
        verbose_name = _("Payment")
        verbose_name_plural = _("Payments")
        ordering = ["-id"]
        constraints = [
            known_value("status", PaymentStatus, name="payment_status_known"),
            models.CheckConstraint(name="payment_amount_positive", condition=Q(amount__gt=0)),
            models.CheckConstraint(
                name="payment_paid_at_some_time",
                condition=Q(status=PaymentStatus.PAID, paid_at__isnull=False)
                | (~Q(status=PaymentStatus.PAID) & Q(paid_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="payment_cancelled_at_some_time",
                condition=Q(status=PaymentStatus.CANCELLED, cancelled_at__isnull=False)
                | (~Q(status=PaymentStatus.CANCELLED) & Q(cancelled_at__isnull=True)),
            ),
        ]
        indexes = [
            models.Index(name="payment_ready", fields=["id"], condition=Q(status=PaymentStatus.READY)),
            models.Index(
                name="payment_before_or_on_notice",
                fields=["status", "id"],
                condition=Q(status__in=[PaymentStatus.TO_NOTICE, PaymentStatus.ON_NOTICE]),
            ),
            models.Index(name="payment_returned", fields=["id"], condition=Q(status=PaymentStatus.RETURNED)),
        ]
        triggers = [
            *frozen(
                "public_id",
                "entitlement",
                "payee",
                "district",
                "budget",
                "notice_working_days",
                "amount",
                "opened_at",
            ),
            # Its decision has been replaced: it can never become money again.
            frozen_when("OLD.status = 'CANCELLED'", "status", "cancelled_at", name="payment_stays_cancelled"),
            # Whatever a worker takes for the time: money leaves a notice by its end, or by being cancelled.
            pgtrigger.Trigger(
                name="payment_leaves_a_closed_notice",
                operation=pgtrigger.UpdateOf("status"),
                when=pgtrigger.Before,
                condition=pgtrigger.Q(old__status__in=["TO_NOTICE", "ON_NOTICE"])
                & ~pgtrigger.Q(new__status__in=["TO_NOTICE", "ON_NOTICE", "CANCELLED"]),
                func="""
                    IF NOT EXISTS (
                        SELECT 1 FROM subsidies_noticeline line
                        JOIN subsidies_publicnotice notice ON notice.id = line.notice_id
                        WHERE line.payment_id = NEW.id AND notice.closed_at IS NOT NULL
                    ) THEN
                        RAISE EXCEPTION 'payment_leaves_a_closed_notice' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class PaymentBatch(models.Model):
    """The instructions sent in one file. Its bytes are fixed when it is assembled, and released by two people."""

    public_id = models.UUIDField(_("Public number"), default=uuid.uuid4, unique=True, editable=False)
    reference = models.CharField(_("Reference"), max_length=32)
    status = models.CharField(_("Status"), max_length=12, choices=BatchStatus, default=BatchStatus.ASSEMBLED)
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
    bank_account = models.ForeignKey(
        "enrollment.BankAccount", verbose_name=_("Bank account"), on_delete=models.PROTECT, related_name="+"
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
            *frozen("payment", "batch", "number", "reference", "line_number", "bank_account", "amount"),
            frozen_when("OLD.status = 'WITHDRAWN'", "status", name="attempt_stays_withdrawn"),
        ]

    def __str__(self) -> str:
        return self.reference
