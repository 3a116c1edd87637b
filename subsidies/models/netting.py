import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chongqing_dte.foundation.constraints import frozen, frozen_when, known_value
from subsidies.enums import NettingStatus
from subsidies.models.batch import NOT_WHAT_IS_LEFT, PaymentAttempt
from subsidies.models.payment import Payment
from subsidies.models.recovery import Recovery


class Netting(models.Model):
    """What of a recovery is set off against a payment to the same institution, in yuan.

    It is held back from an instruction, and comes back to the fund at the moment in which the rest is paid. Returned
    or withdrawn with its instruction, it is owed again.
    """

    recovery = models.ForeignKey(
        Recovery, verbose_name=_("Recovery"), on_delete=models.PROTECT, related_name="nettings"
    )
    payment = models.ForeignKey(
        Payment, verbose_name=_("Payment"), on_delete=models.PROTECT, related_name="nettings"
    )
    # None, where nothing was left to be paid.
    attempt = models.ForeignKey(
        PaymentAttempt,
        verbose_name=_("Payment attempt"),
        null=True,
        on_delete=models.PROTECT,
        related_name="nettings",
    )
    amount = models.DecimalField(_("Amount"), max_digits=12, decimal_places=2)
    status = models.CharField(_("Status"), max_length=8, choices=NettingStatus, default=NettingStatus.HELD)
    held_at = models.DateTimeField(_("Held back at"))
    ended_at = models.DateTimeField(_("Ended at"), null=True)

    class Meta:
        verbose_name = _("Set-off")
        verbose_name_plural = _("Set-offs")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                name="netting_one_live_per_recovery_and_payment",
                fields=["recovery", "payment"],
                condition=~Q(status=NettingStatus.RELEASED),
            ),
            known_value("status", NettingStatus, name="netting_status_known"),
            models.CheckConstraint(name="netting_amount_positive", condition=Q(amount__gt=0)),
            models.CheckConstraint(
                name="netting_ended_at_some_time",
                condition=Q(status=NettingStatus.HELD, ended_at__isnull=True)
                | (~Q(status=NettingStatus.HELD) & Q(ended_at__isnull=False)),
            ),
        ]
        triggers = [
            *frozen("recovery", "payment", "attempt", "amount", "held_at"),
            frozen_when("OLD.status <> 'HELD'", "status", "ended_at", name="netting_stays_ended"),
            # Looked at when the transaction commits: what is held back later is what was held back before.
            pgtrigger.Trigger(
                name="netting_leaves_what_is_instructed",
                operation=pgtrigger.Insert,
                when=pgtrigger.After,
                timing=pgtrigger.Deferred,
                condition=pgtrigger.Q(new__attempt_id__isnull=False),
                func=NOT_WHAT_IS_LEFT.replace(
                    "attempt_is_what_is_not_set_off", "netting_leaves_what_is_instructed"
                ),
            ),
            # Looked at when the transaction commits: nothing is asked back twice, and nobody pays another's debt.
            pgtrigger.Trigger(
                name="netting_within_what_is_asked_back",
                operation=pgtrigger.Insert,
                when=pgtrigger.After,
                timing=pgtrigger.Deferred,
                func="""
                    IF EXISTS (
                        SELECT 1 FROM subsidies_recovery recovery
                        JOIN subsidies_payment paid ON paid.id = recovery.payment_id
                        JOIN subsidies_payment payment ON payment.id = NEW.payment_id
                        WHERE recovery.id = NEW.recovery_id
                          AND (paid.institution_id IS DISTINCT FROM payment.institution_id
                               OR paid.institution_id IS NULL
                               OR recovery.recovered + recovery.written_off + (
                                   SELECT coalesce(sum(netting.amount), 0) FROM subsidies_netting netting
                                   WHERE netting.recovery_id = recovery.id AND netting.status = 'HELD'
                               ) > recovery.amount)
                    ) THEN
                        RAISE EXCEPTION 'netting_within_what_is_asked_back' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.recovery_id} {self.amount}"
