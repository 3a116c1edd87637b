import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from chongqing_dte.foundation.constraints import (
    both_or_neither,
    implies,
    known_value,
    never_deleted,
    not_the_same,
)
from enrollment.enums import ClassStatus
from institutions.enums import Level


class TrainingClass(models.Model):
    """One cohort: an institution trains up to so many people for one occupation, direction and level."""

    public_id = models.UUIDField(_("Public number"), default=uuid.uuid4, unique=True, editable=False)
    reference = models.CharField(_("Reference"), max_length=32, unique=True)
    institution = models.ForeignKey(
        "institutions.Institution",
        verbose_name=_("Training institution"),
        on_delete=models.PROTECT,
        related_name="+",
    )
    # The district that was competent when the class was filed. It stays, whatever becomes of the district.
    district = models.ForeignKey(
        "institutions.District", verbose_name=_("District"), on_delete=models.PROTECT, related_name="+"
    )
    occupation = models.ForeignKey(
        "institutions.Occupation", verbose_name=_("Occupation"), on_delete=models.PROTECT, related_name="+"
    )
    direction = models.CharField(_("Direction"), max_length=64, blank=True)
    level = models.CharField(_("Level"), max_length=12, choices=Level)
    starts_on = models.DateField(_("Starts on"))
    ends_on = models.DateField(_("Ends on"))
    seat_count = models.PositiveSmallIntegerField(_("Seats"))
    status = models.CharField(_("Status"), max_length=12, choices=ClassStatus, default=ClassStatus.FILED)
    filed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("Filed by"), on_delete=models.PROTECT, related_name="+"
    )
    filed_at = models.DateTimeField(_("Filed at"))
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("Confirmed by"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    confirmed_at = models.DateTimeField(_("Confirmed at"), null=True)
    completed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("Completed by"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    completed_at = models.DateTimeField(_("Completed at"), null=True)

    class Meta:
        verbose_name = _("Training class")
        verbose_name_plural = _("Training classes")
        ordering = ["-id"]
        constraints = [
            known_value("status", ClassStatus, name="class_status_known"),
            known_value("level", Level, name="class_level_known"),
            models.CheckConstraint(
                name="class_ends_after_it_starts", condition=Q(ends_on__gte=F("starts_on"))
            ),
            models.CheckConstraint(name="class_has_seats", condition=Q(seat_count__gt=0)),
            both_or_neither("confirmed_by", "confirmed_at", name="class_confirmation_complete"),
            both_or_neither("completed_by", "completed_at", name="class_completion_complete"),
            not_the_same("filed_by", "confirmed_by", name="class_confirmed_by_someone_else"),
            implies(
                ~Q(status=ClassStatus.FILED),
                Q(confirmed_at__isnull=False),
                name="class_runs_only_after_confirmation",
            ),
            implies(
                Q(status=ClassStatus.COMPLETED),
                Q(completed_at__isnull=False),
                name="class_completed_by_somebody",
            ),
        ]
        triggers = never_deleted()

    def __str__(self) -> str:
        return self.reference
