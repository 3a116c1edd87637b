import uuid

from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.utils.translation import gettext_lazy as _

from chongqing_dte.foundation.changes import INSERT, announces
from chongqing_dte.foundation.constraints import append_only, known_value
from enrollment.enums import RegisterName, RegisterVerdict
from enrollment.models.enrollment import Enrollment


class RegisterAnswer(models.Model):
    """What one register said, when asked about one enrolled person. Every answer stays, also "unreachable"."""

    public_id = models.UUIDField(
        _("Public number"), default=uuid.uuid4, db_default=RandomUUID(), unique=True, editable=False
    )
    enrollment = models.ForeignKey(Enrollment, on_delete=models.PROTECT, related_name="register_answers")
    register = models.CharField(_("Register"), max_length=24, choices=RegisterName)
    verdict = models.CharField(_("Answer"), max_length=12, choices=RegisterVerdict)
    # The day that was asked about.
    as_of = models.DateField(_("As of"))
    # The register's own reference for its answer, or why it could not be asked. No personal data.
    reference = models.CharField(_("Reference"), max_length=128, blank=True)
    adapter = models.CharField(_("Asked through"), max_length=16)
    asked_at = models.DateTimeField(_("Asked at"))

    class Meta:
        verbose_name = _("Register answer")
        verbose_name_plural = _("Register answers")
        ordering = ["-id"]
        constraints = [
            known_value("register", RegisterName, name="register_answer_register_known"),
            known_value("verdict", RegisterVerdict, name="register_answer_verdict_known"),
        ]
        triggers = [*append_only(), *announces("register-answers", on=[INSERT])]

    def __str__(self) -> str:
        return f"{self.enrollment_id} {self.register} {self.verdict}"
