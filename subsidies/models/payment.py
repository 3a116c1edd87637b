import uuid

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chongqing_dte.foundation.changes import announces
from chongqing_dte.foundation.constraints import (
    frozen,
    frozen_when,
    known_value,
)
from enrollment.models import Trainee
from subsidies.enums import (
    PaymentStatus,
)
from subsidies.models.budget import Budget
from subsidies.models.claim import SubsidyClaim
from subsidies.models.claim_reckoning import ClaimReckoning
from subsidies.models.entitlement import Entitlement


class Payment(models.Model):
    """One amount owed to one payee, in yuan. It may take several attempts, and it is paid once.

    It pays a person's entitlement, or an institution's claim.
    """

    public_id = models.UUIDField(_("Public number"), default=uuid.uuid4, unique=True, editable=False)
    entitlement = models.OneToOneField(
        Entitlement,
        verbose_name=_("Entitlement"),
        null=True,
        on_delete=models.PROTECT,
        related_name="payment",
    )
    payee = models.ForeignKey(
        Trainee,
        verbose_name=_("Trainee"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    claim = models.ForeignKey(
        SubsidyClaim,
        verbose_name=_("Reimbursement claim"),
        null=True,
        on_delete=models.PROTECT,
        related_name="payments",
    )
    institution = models.ForeignKey(
        "institutions.Institution",
        verbose_name=_("Training institution"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
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
    # By what the rest is owed, where results changed after a part of a claim's payment was set off. None: as confirmed.
    rest_by = models.ForeignKey(
        ClaimReckoning,
        verbose_name=_("Reckoning of the rest"),
        null=True,
        db_index=False,
        on_delete=models.PROTECT,
        related_name="+",
    )
    cancelled_at = models.DateTimeField(_("Cancelled"), null=True)

    class Meta:
        verbose_name = _("Payment")
        verbose_name_plural = _("Payments")
        ordering = ["-id"]
        constraints = [
            known_value("status", PaymentStatus, name="payment_status_known"),
            models.CheckConstraint(name="payment_amount_positive", condition=Q(amount__gt=0)),
            models.CheckConstraint(
                name="payment_of_a_person_or_an_institution",
                condition=Q(
                    entitlement__isnull=False,
                    payee__isnull=False,
                    claim__isnull=True,
                    institution__isnull=True,
                )
                | Q(
                    entitlement__isnull=True,
                    payee__isnull=True,
                    claim__isnull=False,
                    institution__isnull=False,
                ),
            ),
            # A claim that was confirmed anew is paid anew, once what was confirmed before is cancelled.
            models.UniqueConstraint(
                name="payment_one_live_per_claim",
                fields=["claim"],
                condition=~Q(status=PaymentStatus.CANCELLED),
            ),
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
                "claim",
                "institution",
                "district",
                "budget",
                "notice_working_days",
                "amount",
                "opened_at",
            ),
            # Its decision has been replaced: it can never become money again.
            frozen_when("OLD.status = 'CANCELLED'", "status", "cancelled_at", name="payment_stays_cancelled"),
            # Looked at when the transaction commits: what is paid was confirmed, for this institution.
            pgtrigger.Trigger(
                name="payment_of_a_claim_is_what_was_confirmed",
                operation=pgtrigger.Insert,
                when=pgtrigger.After,
                timing=pgtrigger.Deferred,
                condition=pgtrigger.Q(new__claim_id__isnull=False),
                func="""
                    IF NOT EXISTS (
                        SELECT 1 FROM subsidies_subsidyclaim claim
                        JOIN subsidies_claimreckoning reckoning ON reckoning.id = claim.reckoning_id
                        WHERE claim.id = NEW.claim_id AND claim.status = 'CONFIRMED'
                          AND reckoning.amount = NEW.amount AND claim.institution_id = NEW.institution_id
                    ) THEN
                        RAISE EXCEPTION 'payment_of_a_claim_is_what_was_confirmed' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NULL;
                """,
            ),
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
            *announces("payments"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)

    @property
    def grant(self) -> Entitlement:
        """The entitlement that a person's payment pays. Raises ValueError for an institution's."""
        if self.entitlement is None:
            raise ValueError("an institution's payment pays no entitlement")
        return self.entitlement

    @property
    def trainee(self) -> Trainee:
        """Whom a person's payment goes to. Raises ValueError for an institution's."""
        if self.payee is None:
            raise ValueError("an institution's payment goes to no person")
        return self.payee

    @property
    def trainee_id(self) -> int:
        """The row of whom a person's payment goes to. Raises ValueError for an institution's."""
        if self.payee_id is None:
            raise ValueError("an institution's payment goes to no person")
        return self.payee_id
