from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chongqing_dte.foundation.constraints import append_only, frozen, known_value
from chongqing_dte.foundation.crypto import EncryptedBytesField
from subsidies.enums import BankAnswer, LineProblem, ResultFileStatus
from subsidies.models.payment import PaymentAttempt, PaymentBatch


class BankResultFile(models.Model):
    """One file in which the bank says what became of a batch. Applied whole or set aside whole."""

    file_name = models.CharField(_("File"), max_length=255)
    content = EncryptedBytesField()
    sha256 = models.CharField("SHA-256", max_length=64, unique=True)
    batch = models.ForeignKey(
        PaymentBatch,
        verbose_name=_("Payment batch"),
        null=True,
        on_delete=models.PROTECT,
        related_name="result_files",
    )
    status = models.CharField(_("Status"), max_length=12, choices=ResultFileStatus)
    # Why it was set aside.
    problem = models.CharField(_("Problem"), max_length=40, blank=True)
    received_at = models.DateTimeField(_("Received"))

    class Meta:
        verbose_name = _("Bank result file")
        verbose_name_plural = _("Bank result files")
        ordering = ["-id"]
        constraints = [
            known_value("status", ResultFileStatus, name="result_file_status_known"),
            models.CheckConstraint(
                name="result_file_applied_to_a_batch_or_set_aside_for_a_reason",
                condition=Q(status=ResultFileStatus.APPLIED, batch__isnull=False, problem="")
                | (Q(status=ResultFileStatus.QUARANTINED) & ~Q(problem="")),
            ),
        ]
        triggers = append_only(encrypted=["content"])

    def __str__(self) -> str:
        return self.file_name


class BankResultLine(models.Model):
    """What the bank says of one instruction. A line with a problem waits for a person and keeps its batch open."""

    result_file = models.ForeignKey(BankResultFile, on_delete=models.PROTECT, related_name="lines")
    line_number = models.PositiveIntegerField(_("Line"))
    attempt = models.ForeignKey(
        PaymentAttempt,
        verbose_name=_("Payment attempt"),
        null=True,
        on_delete=models.PROTECT,
        related_name="result_lines",
    )
    reference = models.CharField(_("Bank reference"), max_length=64)
    amount = models.DecimalField(_("Amount"), max_digits=14, decimal_places=2)
    answer = models.CharField(_("Answer"), max_length=8, choices=BankAnswer)
    return_code = models.CharField(_("Return code"), max_length=40, blank=True)
    problem = models.CharField(_("Problem"), max_length=20, choices=LineProblem, blank=True)
    resolved_at = models.DateTimeField(_("Resolved"), null=True)

    class Meta:
        verbose_name = _("Bank result line")
        verbose_name_plural = _("Bank result lines")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(name="result_line_once_per_file", fields=["result_file", "line_number"]),
            known_value("answer", BankAnswer, name="result_line_answer_known"),
            known_value("problem", LineProblem, name="result_line_problem_known", may_be_empty=True),
            models.CheckConstraint(
                name="result_line_matches_or_has_a_problem",
                condition=Q(attempt__isnull=False) | ~Q(problem=""),
            ),
        ]
        indexes = [
            models.Index(
                name="result_line_unresolved",
                fields=["result_file"],
                condition=~Q(problem="") & Q(resolved_at__isnull=True),
            ),
        ]
        triggers = frozen(
            "result_file", "line_number", "attempt", "reference", "amount", "answer", "return_code", "problem"
        )

    def __str__(self) -> str:
        return f"{self.result_file_id}:{self.line_number}"
