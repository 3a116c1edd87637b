import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from chongqing_dte.foundation.constraints import append_only, frozen
from chongqing_dte.foundation.crypto import EncryptedBytesField
from enrollment.models.training_class import TrainingClass


class Export(models.Model):
    """One list of a class's people with whole identifiers, made for one person, for a reason, for a while."""

    public_id = models.UUIDField(_("Public number"), default=uuid.uuid4, unique=True, editable=False)
    training_class = models.ForeignKey(TrainingClass, on_delete=models.PROTECT, related_name="exports")
    reason = models.TextField(_("Reason"))
    row_count = models.PositiveIntegerField(_("Rows"))
    # Emptied when the link expires.
    content = EncryptedBytesField(null=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("Requested by"), on_delete=models.PROTECT, related_name="+"
    )
    requested_at = models.DateTimeField(_("Requested at"))
    expires_at = models.DateTimeField(_("Expires at"))

    class Meta:
        verbose_name = _("Export")
        verbose_name_plural = _("Exports")
        ordering = ["-id"]
        indexes = [
            models.Index(name="export_to_empty", fields=["expires_at"], condition=Q(content__isnull=False)),
        ]
        constraints = [
            models.CheckConstraint(name="export_has_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="export_expires_after_it_is_made", condition=Q(expires_at__gt=F("requested_at"))
            ),
        ]
        triggers = frozen(
            "training_class", "reason", "row_count", "requested_by", "requested_at", "expires_at"
        )

    def __str__(self) -> str:
        return str(self.public_id)


class ExportDownload(models.Model):
    """One time that an export was downloaded."""

    export = models.ForeignKey(Export, on_delete=models.PROTECT, related_name="downloads")
    downloaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("Downloaded by"), on_delete=models.PROTECT, related_name="+"
    )
    downloaded_at = models.DateTimeField(_("Downloaded at"))

    class Meta:
        verbose_name = _("Download")
        verbose_name_plural = _("Downloads")
        ordering = ["-id"]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.export_id} {self.downloaded_at:%F %T}"
