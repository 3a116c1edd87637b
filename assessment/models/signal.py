from django.db import models
from django.utils.translation import gettext_lazy as _

from assessment.enums import SignalKind
from assessment.models.session import AssessmentSession
from chongqing_dte.foundation.constraints import append_only, known_value


class IntegritySignal(models.Model):
    """One measured sign, in one session, that somebody should look. It proves nothing and stops nothing."""

    kind = models.CharField(_("Kind"), max_length=32, choices=SignalKind)
    session = models.ForeignKey(
        AssessmentSession,
        verbose_name=_("Assessment session"),
        on_delete=models.PROTECT,
        related_name="signals",
    )
    # What else tells one sign of a kind in a session from another: a public number, a part of the assessment.
    subject = models.CharField(_("Concerns"), max_length=64, blank=True)
    # Figures, no personal data.
    measured = models.JSONField(_("Measured"))
    found_at = models.DateTimeField(_("Found at"))

    class Meta:
        verbose_name = _("Integrity signal")
        verbose_name_plural = _("Integrity signals")
        ordering = ["-id"]
        constraints = [
            known_value("kind", SignalKind, name="integrity_signal_kind_known"),
            models.UniqueConstraint(name="integrity_signal_said_once", fields=["kind", "session", "subject"]),
        ]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.kind} {self.session_id}"
