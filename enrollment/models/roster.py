import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from chongqing_dte.foundation.changes import announces
from chongqing_dte.foundation.constraints import append_only, both_or_neither, frozen, implies, known_value
from chongqing_dte.foundation.crypto import EncryptedBytesField, EncryptedTextField
from enrollment.enums import RosterSource, RosterStatus, RowOutcome
from enrollment.models.training_class import TrainingClass

# What waits for a worker.
WAITING_FOR_CHECKS = (RosterStatus.RECEIVED, RosterStatus.CHECKING)
# What has been checked, row by row.
CHECKED = (RosterStatus.READY, RosterStatus.CONFIRMED, RosterStatus.PARTLY_CONFIRMED)


class RosterUpload(models.Model):
    """One list of trainees for one class, kept as it came. Nothing goes in before somebody confirms it."""

    public_id = models.UUIDField(_("Public number"), default=uuid.uuid4, unique=True, editable=False)
    training_class = models.ForeignKey(
        TrainingClass,
        verbose_name=_("Training class"),
        on_delete=models.PROTECT,
        related_name="roster_uploads",
    )
    source = models.CharField(
        _("Source"),
        max_length=8,
        choices=RosterSource,
        default=RosterSource.FILE,
        db_default=RosterSource.FILE,
    )
    file_name = models.CharField(_("File"), max_length=255)
    # A workbook, or the rows that a partner system reported, as JSON.
    content = EncryptedBytesField()
    sha256 = models.CharField("SHA-256", max_length=64)
    status = models.CharField(_("Status"), max_length=20, choices=RosterStatus, default=RosterStatus.RECEIVED)
    # Progress of the check. The row count is known once the file has been read.
    row_count = models.PositiveIntegerField(_("Rows"), default=0)
    checked_count = models.PositiveIntegerField(_("Checked rows"), default=0)
    # How often a worker has begun; a file that kills its worker is given up.
    check_attempt_count = models.PositiveSmallIntegerField(default=0)
    checking_since = models.DateTimeField(null=True, blank=True)
    checked_at = models.DateTimeField(_("Checked at"), null=True, blank=True)
    # Why the whole file was refused: a code, and the names of columns that its message shows.
    failure_code = models.CharField(_("Failure"), max_length=40, blank=True)
    failure_parameters = models.JSONField(default=dict, blank=True)
    new_count = models.PositiveIntegerField(_("New rows"), default=0)
    changed_count = models.PositiveIntegerField(_("Changed rows"), default=0)
    unchanged_count = models.PositiveIntegerField(_("Unchanged rows"), default=0)
    refused_count = models.PositiveIntegerField(_("Refused rows"), default=0)
    # Of the new and changed rows, those with a warning: they go in only if somebody ticks that they may.
    warned_count = models.PositiveIntegerField(_("Rows with warnings"), default=0)
    takes_warned_rows = models.BooleanField(_("Rows with warnings were put in"), default=False)
    put_in_count = models.PositiveIntegerField(_("Rows put in"), default=0)
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
        indexes = [
            models.Index(
                name="roster_upload_to_check", fields=["id"], condition=Q(status__in=WAITING_FOR_CHECKS)
            ),
        ]
        constraints = [
            # The same file again is the same upload, and changes nothing; one that was put aside may come again.
            models.UniqueConstraint(
                name="roster_upload_once_per_class",
                fields=["training_class", "sha256"],
                condition=~Q(status__in=[RosterStatus.REJECTED, RosterStatus.FAILED]),
            ),
            known_value("source", RosterSource, name="roster_upload_source_known"),
            known_value("status", RosterStatus, name="roster_upload_status_known"),
            both_or_neither("confirmed_by", "confirmed_at", name="roster_upload_confirmation_complete"),
            implies(
                Q(status__in=[RosterStatus.CONFIRMED, RosterStatus.PARTLY_CONFIRMED]),
                Q(confirmed_at__isnull=False),
                name="roster_upload_confirmed_by_somebody",
            ),
            implies(Q(status__in=CHECKED), Q(checked_at__isnull=False), name="roster_upload_checked_once"),
            implies(
                Q(status=RosterStatus.CHECKING),
                Q(checking_since__isnull=False),
                name="roster_upload_checking_since_some_time",
            ),
            implies(
                Q(status=RosterStatus.FAILED), ~Q(failure_code=""), name="roster_upload_failed_for_a_reason"
            ),
            models.CheckConstraint(
                name="roster_upload_puts_in_what_it_accepted",
                condition=Q(put_in_count__lte=F("new_count") + F("changed_count")),
            ),
        ]
        triggers = [
            *frozen(
                "training_class", "source", "sha256", "uploaded_by", "uploaded_at", encrypted=["content"]
            ),
            # How far a check has come is a matter of seconds.
            *announces(
                "roster-submissions", hides=["checked_count", "checking_since", "check_attempt_count"]
            ),
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def accepted_count(self) -> int:
        """How many rows may go in."""
        return self.new_count + self.changed_count


class RosterRow(models.Model):
    """One line of a roster, as it was read, with every problem that was found in it."""

    # The constraint below is an index of it too.
    upload = models.ForeignKey(RosterUpload, on_delete=models.PROTECT, related_name="rows", db_index=False)
    number = models.PositiveIntegerField(_("Row"))
    outcome = models.CharField(_("Outcome"), max_length=12, choices=RowOutcome)
    has_warnings = models.BooleanField(_("Has warnings"), default=False)
    # The columns in which the row differs from what is known of the person in this class.
    changed_columns = ArrayField(models.CharField(max_length=32), default=list)
    # Empty where the cell holds nothing that could be an ID number.
    id_number_hash = models.CharField(max_length=64, blank=True)
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
        triggers = append_only(encrypted=["cells"])

    def __str__(self) -> str:
        return f"{self.upload_id}:{self.number}"
