from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chongqing_dte.foundation.constraints import both_or_neither, frozen, frozen_when, known_value
from institutions.enums import Level


class OtherSubsidy(models.Model):
    """What another programme paid one person for one occupation and level, in yuan. Only what stands counts."""

    trainee = models.ForeignKey(
        "enrollment.Trainee", verbose_name=_("Trainee"), on_delete=models.PROTECT, related_name="+"
    )
    occupation = models.ForeignKey(
        "institutions.Occupation", verbose_name=_("Occupation"), on_delete=models.PROTECT, related_name="+"
    )
    level = models.CharField(_("Level"), max_length=12, choices=Level)
    programme = models.CharField(_("Programme"), max_length=128)
    amount = models.DecimalField(_("Amount"), max_digits=12, decimal_places=2)
    paid_on = models.DateField(_("Paid on"))
    source = models.TextField(_("Source"))
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("Recorded by"), on_delete=models.PROTECT, related_name="+"
    )
    recorded_at = models.DateTimeField(_("Recorded at"))
    # Recorded by mistake: it stays, and counts no more.
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("Taken back by"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    withdrawn_at = models.DateTimeField(_("Taken back at"), null=True)
    withdrawal_reason = models.TextField(_("Reason"), blank=True)

    class Meta:
        verbose_name = _("Other subsidy")
        verbose_name_plural = _("Other subsidies")
        ordering = ["-id"]
        constraints = [
            known_value("level", Level, name="other_subsidy_level_known"),
            models.CheckConstraint(name="other_subsidy_amount_positive", condition=Q(amount__gt=0)),
            models.CheckConstraint(
                name="other_subsidy_has_source", condition=~Q(source="") & ~Q(programme="")
            ),
            both_or_neither("withdrawn_by", "withdrawn_at", name="other_subsidy_withdrawal_complete"),
            models.CheckConstraint(
                name="other_subsidy_withdrawn_for_a_reason",
                condition=Q(withdrawn_at__isnull=True) | ~Q(withdrawal_reason=""),
            ),
            models.UniqueConstraint(
                name="other_subsidy_recorded_once",
                fields=["trainee", "occupation", "level", "programme"],
                condition=Q(withdrawn_at__isnull=True),
            ),
        ]
        triggers = [
            *frozen(
                "trainee", "occupation", "level", "programme", "amount", "paid_on", "source", "recorded_at"
            ),
            frozen_when(
                "OLD.withdrawn_at IS NOT NULL",
                "withdrawn_by",
                "withdrawn_at",
                "withdrawal_reason",
                name="other_subsidy_stays_withdrawn",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.programme} {self.amount}"
