from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chongqing_dte.foundation.constraints import frozen


class InvariantAlarm(models.Model):
    """One promise about money that did not hold when it was looked at, from then until it holds again."""

    invariant = models.CharField(_("Promise"), max_length=64)
    # The first few rows that break it, as ids.
    ids = models.JSONField(_("Rows"), default=list)
    first_seen_at = models.DateTimeField(_("First seen"))
    last_seen_at = models.DateTimeField(_("Last seen"))
    ended_at = models.DateTimeField(_("Holds again since"), null=True)

    class Meta:
        verbose_name = _("Alarm")
        verbose_name_plural = _("Alarms")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                name="alarm_one_live_per_invariant",
                fields=["invariant"],
                condition=Q(ended_at__isnull=True),
            ),
        ]
        triggers = frozen("invariant", "first_seen_at")

    def __str__(self) -> str:
        return self.invariant
