import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chongqing_dte.foundation.changes import announces
from chongqing_dte.foundation.constraints import both_or_neither, frozen, frozen_when, implies, known_value
from chongqing_dte.foundation.crypto import EncryptedBytesField
from enrollment.enums import DeliveryChannel, Presence
from enrollment.models.enrollment import Enrollment
from enrollment.models.training_class import TrainingClass


class Lesson(models.Model):
    """One session of a class: a day, its number on that day, and how many hours are taught.

    A timetable is written down beforehand, and days change: a lesson that did not take place is cancelled and stays.
    """

    public_id = models.UUIDField(_("Public number"), default=uuid.uuid4, unique=True, editable=False)
    training_class = models.ForeignKey(TrainingClass, on_delete=models.PROTECT, related_name="lessons")
    held_on = models.DateField(_("Held on"))
    number = models.PositiveSmallIntegerField(_("Number on the day"), default=1)
    hours = models.DecimalField(_("Hours"), max_digits=4, decimal_places=1)
    topic = models.CharField(_("Topic"), max_length=128, blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("Recorded by"), on_delete=models.PROTECT, related_name="+"
    )
    recorded_at = models.DateTimeField(_("Recorded at"))
    cancelled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("Cancelled by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    cancelled_at = models.DateTimeField(_("Cancelled at"), null=True, blank=True)
    cancel_reason = models.TextField(_("Reason"), blank=True)

    class Meta:
        verbose_name = _("Lesson")
        verbose_name_plural = _("Lessons")
        ordering = ["held_on", "number"]
        constraints = [
            models.UniqueConstraint(
                name="lesson_once",
                fields=["training_class", "held_on", "number"],
                condition=Q(cancelled_at__isnull=True),
            ),
            both_or_neither("cancelled_by", "cancelled_at", name="lesson_cancellation_complete"),
            implies(Q(cancelled_at__isnull=False), ~Q(cancel_reason=""), name="lesson_cancelled_with_reason"),
            models.CheckConstraint(name="lesson_hours_within_a_day", condition=Q(hours__gt=0, hours__lte=12)),
            models.CheckConstraint(name="lesson_number_positive", condition=Q(number__gt=0)),
        ]
        triggers = [
            *frozen("training_class", "held_on", "number", "hours", "recorded_at"),
            frozen_when(
                "OLD.cancelled_at IS NOT NULL",
                "cancelled_by",
                "cancelled_at",
                "cancel_reason",
                name="lesson_cancellation_stays",
            ),
            *announces("attendance"),
        ]

    def __str__(self) -> str:
        return f"{self.held_on} {self.number}"


class AttendanceDelivery(models.Model):
    """One file or one call of the API with the attendance of a class, kept as it came."""

    public_id = models.UUIDField(_("Public number"), default=uuid.uuid4, unique=True, editable=False)
    training_class = models.ForeignKey(
        TrainingClass, on_delete=models.PROTECT, related_name="attendance_deliveries"
    )
    channel = models.CharField(_("Channel"), max_length=8, choices=DeliveryChannel)
    file_name = models.CharField(_("File"), max_length=255, blank=True)
    content = EncryptedBytesField()
    sha256 = models.CharField("SHA-256", max_length=64)
    mark_count = models.PositiveIntegerField(_("Marks"))
    delivered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("Delivered by"), on_delete=models.PROTECT, related_name="+"
    )
    delivered_at = models.DateTimeField(_("Delivered at"))

    class Meta:
        verbose_name = _("Attendance delivery")
        verbose_name_plural = _("Attendance deliveries")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(name="attendance_delivery_once", fields=["training_class", "sha256"]),
            known_value("channel", DeliveryChannel, name="attendance_delivery_channel_known"),
        ]
        triggers = frozen(
            "training_class", "channel", "sha256", "delivered_by", "delivered_at", encrypted=["content"]
        )

    def __str__(self) -> str:
        return str(self.public_id)


class AttendanceMark(models.Model):
    """Whether one person was at one lesson, as a delivery said. No mark means not reported, never absent.

    A later delivery that says otherwise supersedes the mark and leaves it standing.
    """

    lesson = models.ForeignKey(Lesson, on_delete=models.PROTECT, related_name="marks")
    enrollment = models.ForeignKey(Enrollment, on_delete=models.PROTECT, related_name="attendance_marks")
    presence = models.CharField(_("Presence"), max_length=8, choices=Presence)
    delivery = models.ForeignKey(AttendanceDelivery, on_delete=models.PROTECT, related_name="marks")
    recorded_at = models.DateTimeField(_("Recorded at"))
    superseded_at = models.DateTimeField(_("Superseded at"), null=True, blank=True)

    class Meta:
        verbose_name = _("Attendance mark")
        verbose_name_plural = _("Attendance marks")
        constraints = [
            models.UniqueConstraint(
                name="attendance_mark_one_live",
                fields=["enrollment", "lesson"],
                condition=Q(superseded_at__isnull=True),
            ),
            known_value("presence", Presence, name="attendance_mark_presence_known"),
        ]
        triggers = [
            *frozen("lesson", "enrollment", "presence", "delivery", "recorded_at"),
            *announces("attendance", "lesson_id"),
        ]

    def __str__(self) -> str:
        return f"{self.enrollment_id} {self.presence}"


class TrainingCertificate(models.Model):
    """What the training institution certifies at the end: this person has completed this class."""

    enrollment = models.OneToOneField(
        Enrollment, on_delete=models.PROTECT, related_name="training_certificate"
    )
    number = models.CharField(_("Certificate number"), max_length=48, unique=True)
    issued_on = models.DateField(_("Issued on"))
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("Issued by"), on_delete=models.PROTECT, related_name="+"
    )
    issued_at = models.DateTimeField(_("Issued at"))

    class Meta:
        verbose_name = _("Training certificate")
        verbose_name_plural = _("Training certificates")
        ordering = ["-id"]
        triggers = [
            *frozen("enrollment", "number", "issued_on", "issued_by", "issued_at"),
            *announces("enrollments", "enrollment_id"),
        ]

    def __str__(self) -> str:
        return self.number
