import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from assessment.enums import SessionStatus
from chongqing_dte.foundation.constraints import append_only, frozen, known_value
from chongqing_dte.foundation.crypto import EncryptedBytesField
from institutions.enums import Level


class AssessmentSession(models.Model):
    """One sitting organized by an evaluation institution for one occupation, direction and level."""

    public_id = models.UUIDField(_("Public number"), default=uuid.uuid4, unique=True, editable=False)
    reference = models.CharField(_("Reference"), max_length=32, unique=True)
    institution = models.ForeignKey(
        "institutions.Institution",
        verbose_name=_("Evaluation institution"),
        on_delete=models.PROTECT,
        related_name="+",
    )
    occupation = models.ForeignKey(
        "institutions.Occupation", verbose_name=_("Occupation"), on_delete=models.PROTECT, related_name="+"
    )
    direction = models.CharField(_("Direction"), max_length=64, blank=True)
    level = models.CharField(_("Level"), max_length=12, choices=Level)
    held_on = models.DateField(_("Held on"))
    status = models.CharField(_("Status"), max_length=12, choices=SessionStatus, default=SessionStatus.FILED)
    filed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("Filed by"), on_delete=models.PROTECT, related_name="+"
    )
    filed_at = models.DateTimeField(_("Filed at"))

    class Meta:
        verbose_name = _("Assessment session")
        verbose_name_plural = _("Assessment sessions")
        ordering = ["-id"]
        constraints = [
            known_value("status", SessionStatus, name="session_status_known"),
            known_value("level", Level, name="session_level_known"),
        ]
        triggers = frozen(
            "institution", "occupation", "direction", "level", "held_on", "filed_by", "filed_at"
        )

    def __str__(self) -> str:
        return self.reference


class ResultsUpload(models.Model):
    """The file from which a session's results were taken, whole. A file that was refused leaves no row."""

    session = models.OneToOneField(AssessmentSession, on_delete=models.PROTECT, related_name="results_upload")
    file_name = models.CharField(_("File"), max_length=255)
    content = EncryptedBytesField()
    sha256 = models.CharField("SHA-256", max_length=64)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("Uploaded by"), on_delete=models.PROTECT, related_name="+"
    )
    uploaded_at = models.DateTimeField(_("Uploaded"))

    class Meta:
        verbose_name = _("Results upload")
        verbose_name_plural = _("Results uploads")
        triggers = append_only(encrypted=["content"])

    def __str__(self) -> str:
        return self.file_name
