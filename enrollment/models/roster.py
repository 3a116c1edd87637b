import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chongqing_dte.foundation.constraints import append_only, both_or_neither, frozen, implies, known_value
from chongqing_dte.foundation.crypto import EncryptedBytesField, EncryptedTextField
from enrollment.enums import RosterStatus, RowOutcome
from enrollment.models.training_class import TrainingClass


class RosterUpload(models.Model):
    """One file of trainees for one class, kept as it came. Nothing goes in before somebody confirms it."""

    public_id = models.UUIDField(_("Public number"), default=uuid.uuid4, unique=True, editable=False)
    training_class = models.ForeignKey(
        TrainingClass,
        verbose_name=_("Training class"),
        on_delete=models.PROTECT,
        related_name="roster_uploads",
    )
    file_name = models.CharField(_("File"), max_length=255)
    content = EncryptedBytesField()
    sha256 = models.CharField("SHA-256", max_length=64)
    status = models.CharField(_("Status"), max_length=20, choices=RosterStatus)
    accepted_count = models.PositiveIntegerField(_("Accepted rows"))
    refused_count = models.PositiveIntegerField(_("Refused rows"))
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("Uploaded by"), on_delete=models.PROTECT, related_name="+"
    )
    uploaded_at = models.DateTimeField(_("Uploaded"))
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("Confirmed by"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    confirmed_at = models.DateTimeField(_("Confirmed at"), null=True)

    class Meta:
        verbose_name = _("Roster upload")
        verbose_name_plural = _("Roster uploads")
        ordering = ["-id"]
        constraints = [
            # The same file again is the same upload, and changes nothing; one that was put aside may come again.
            models.UniqueConstraint(
                name="roster_upload_once_per_class",
                fields=["training_class", "sha256"],
                condition=~Q(status=RosterStatus.REJECTED),
            ),
            known_value("status", RosterStatus, name="roster_upload_status_known"),
            both_or_neither("confirmed_by", "confirmed_at", name="roster_upload_confirmation_complete"),
            implies(
                Q(status__in=[RosterStatus.CONFIRMED, RosterStatus.PARTLY_CONFIRMED]),
                Q(confirmed_at__isnull=False),
                name="roster_upload_confirmed_by_somebody",
            ),
        ]
        triggers = frozen("training_class", "content", "sha256", "uploaded_by", "uploaded_at")

    def __str__(self) -> str:
        return self.file_name


class RosterRow(models.Model):
    """One line of a roster, as it was read, with every problem that was found in it."""

    upload = models.ForeignKey(RosterUpload, on_delete=models.PROTECT, related_name="rows")
    number = models.PositiveIntegerField(_("Row"))
    outcome = models.CharField(_("Outcome"), max_length=12, choices=RowOutcome)
    # The cells as JSON text, by column.
    cells = EncryptedTextField()
    # Codes and parameters, no personal data: {"column", "code", "severity", "parameters"}.
    problems = models.JSONField(default=list)

    class Meta:
        verbose_name = _("Roster row")
        verbose_name_plural = _("Roster rows")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(name="roster_row_number_once", fields=["upload", "number"]),
            known_value("outcome", RowOutcome, name="roster_row_outcome_known"),
            models.CheckConstraint(name="roster_row_number_positive", condition=Q(number__gt=0)),
        ]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.upload_id}:{self.number}"
