import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from chongqing_dte.foundation.constraints import frozen, frozen_when
from subsidies.models.payment import Payment


class Recovery(models.Model):
    """Money that was paid and is to come back, in yuan, opened by itself, with its reason.

    It is withdrawn once the pass that was paid stands again; the payment can be asked back anew afterwards.
    """

    public_id = models.UUIDField(_("Public number"), default=uuid.uuid4, unique=True, editable=False)
    payment = models.ForeignKey(
        Payment, verbose_name=_("Payment"), on_delete=models.PROTECT, related_name="recoveries"
    )
    amount = models.DecimalField(_("Amount"), max_digits=12, decimal_places=2)
    # A code, and the facts behind it. Ids, codes and dates; no personal data.
    reason = models.CharField(_("Reason"), max_length=40)
    facts = models.JSONField(_("Facts"), default=dict)
    opened_at = models.DateTimeField(_("Opened"))
    withdrawn_at = models.DateTimeField(pgettext_lazy("payment", "Withdrawn"), null=True)
    withdrawal_reason = models.CharField(max_length=40, blank=True, db_default="")
    withdrawal_facts = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("Recovery")
        verbose_name_plural = _("Recoveries")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                name="recovery_one_live_per_payment",
                fields=["payment"],
                condition=Q(withdrawn_at__isnull=True),
            ),
            models.CheckConstraint(
                name="recovery_withdrawn_for_a_reason",
                condition=Q(withdrawn_at__isnull=True, withdrawal_reason="")
                | (Q(withdrawn_at__isnull=False) & ~Q(withdrawal_reason="")),
            ),
            models.CheckConstraint(name="recovery_amount_positive", condition=Q(amount__gt=0)),
            models.CheckConstraint(name="recovery_has_reason", condition=~Q(reason="")),
        ]
        triggers = [
            *frozen("public_id", "payment", "amount", "reason", "facts", "opened_at"),
            frozen_when(
                "OLD.withdrawn_at IS NOT NULL",
                "withdrawn_at",
                "withdrawal_reason",
                "withdrawal_facts",
                name="recovery_stays_withdrawn",
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)
