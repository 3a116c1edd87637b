import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from assessment.enums import ResultsSource, ResultsStatus
from assessment.models.session import AssessmentSession
from chongqing_dte.foundation.constraints import both_or_neither, frozen, frozen_when, implies, known_value
from chongqing_dte.foundation.crypto import EncryptedBytesField

FIGURES = ("row_count", "passed_count", "failed_count", "absent_count", "misconduct_count")


class ResultsUpload(models.Model):
    """One submission of a session's results, kept as it came. It is recorded whole or not at all."""

    public_id = models.UUIDField(_("Public number"), default=uuid.uuid4, unique=True, editable=False)
    session = models.ForeignKey(
        AssessmentSession,
        verbose_name=_("Assessment session"),
        on_delete=models.PROTECT,
        related_name="results_uploads",
    )
    source = models.CharField(_("Source"), max_length=8, choices=ResultsSource, default=ResultsSource.FILE)
    file_name = models.CharField(_("File"), max_length=255)
    # A workbook, or the body of a call of the API.
    content = EncryptedBytesField()
    sha256 = models.CharField("SHA-256", max_length=64)
    status = models.CharField(_("Status"), max_length=12, choices=ResultsStatus)
    row_count = models.PositiveIntegerField(_("Rows"), default=0)
    passed_count = models.PositiveIntegerField(_("Passed"), default=0)
    failed_count = models.PositiveIntegerField(_("Failed"), default=0)
    absent_count = models.PositiveIntegerField(_("Absent"), default=0)
    misconduct_count = models.PositiveIntegerField(_("Misconduct"), default=0)
    # Codes and parameters, no personal data: {"row", "column", "code", "severity", "parameters"}.
    problems = models.JSONField(_("Problems"), default=list)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("Uploaded by"), on_delete=models.PROTECT, related_name="+"
    )
    uploaded_at = models.DateTimeField(_("Uploaded"))
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("Recorded by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    recorded_at = models.DateTimeField(_("Recorded at"), null=True, blank=True)

    class Meta:
        verbose_name = _("Results upload")
        verbose_name_plural = _("Results uploads")
        ordering = ["-id"]
        constraints = [
            # However many submissions race each other, a session's results are one of them.
            models.UniqueConstraint(
                name="results_recorded_once_per_session",
                fields=["session"],
                condition=Q(status=ResultsStatus.RECORDED),
            ),
            # The same file again is the same upload; one that was refused or discarded may come again.
            models.UniqueConstraint(
                name="results_upload_once_per_session",
                fields=["session", "sha256"],
                condition=Q(status__in=[ResultsStatus.READY, ResultsStatus.RECORDED]),
            ),
            known_value("source", ResultsSource, name="results_source_known"),
            known_value("status", ResultsStatus, name="results_status_known"),
            both_or_neither("recorded_by", "recorded_at", name="results_recording_complete"),
            implies(
                Q(status=ResultsStatus.RECORDED),
                Q(recorded_at__isnull=False),
                name="results_recorded_by_somebody",
            ),
        ]
        triggers = [
            *frozen(
                "public_id",
                "session",
                "source",
                "file_name",
                "sha256",
                "uploaded_by",
                "uploaded_at",
                encrypted=["content"],
            ),
            frozen_when(
                "OLD.status = 'RECORDED'",
                "status",
                *FIGURES,
                "problems",
                "recorded_by",
                "recorded_at",
                name="results_stay_recorded",
            ),
        ]

    def __str__(self) -> str:
        return self.file_name
