from django.conf import settings
from django.contrib.postgres.fields import DateRangeField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import MD5
from django.utils.translation import gettext_lazy as _

from chongqing_dte.foundation.changes import announces
from chongqing_dte.foundation.constraints import both_or_neither, frozen, implies, never_deleted
from institutions.models.institution import Institution


class Suspension(models.Model):
    """One span of days in which an institution takes on nothing new, and why. Lifting it keeps the row."""

    institution = models.ForeignKey(
        Institution, verbose_name=_("Institution"), on_delete=models.PROTECT, related_name="suspensions"
    )
    in_force = DateRangeField(_("In force"))
    reason = models.TextField(_("Reason"))
    imposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("Imposed by"), on_delete=models.PROTECT, related_name="+"
    )
    imposed_at = models.DateTimeField(_("Imposed at"))
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("Lifted by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    lifted_at = models.DateTimeField(_("Lifted at"), null=True, blank=True)
    lift_reason = models.TextField(_("Reason for lifting"), blank=True)

    class Meta:
        verbose_name = _("Suspension")
        verbose_name_plural = _("Suspensions")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(name="suspension_has_reason", condition=~Q(reason="")),
            both_or_neither("lifted_by", "lifted_at", name="suspension_lifting_complete"),
            implies(Q(lifted_at__isnull=False), ~Q(lift_reason=""), name="suspension_lifted_with_reason"),
            models.CheckConstraint(
                name="suspension_begins_on_a_day",
                condition=Q(in_force__isempty=False, in_force__startswith__isnull=False),
            ),
            # Two matters may suspend one institution over the same days, and each is lifted for itself. The same
            # matter twice is a form sent twice.
            models.UniqueConstraint(
                F("institution"),
                F("in_force"),
                MD5("reason"),
                name="suspension_imposed_once",
                condition=Q(lifted_at__isnull=True),
            ),
        ]
        triggers = [
            *frozen("institution", "in_force", "reason", "imposed_by", "imposed_at"),
            *announces("institutions", "institution_id"),
        ]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.in_force}"


class FundedQuota(models.Model):
    """How many seats of one institution the fund pays for in one year, and how many its classes hold.

    Seats are reserved while this row is locked, so that the last one is given once.
    """

    institution = models.ForeignKey(
        Institution, verbose_name=_("Training institution"), on_delete=models.PROTECT, related_name="quotas"
    )
    year = models.PositiveSmallIntegerField(_("Year"))
    seat_count = models.PositiveIntegerField(_("Funded seats"))
    reserved_count = models.PositiveIntegerField(_("Reserved seats"), default=0)
    source = models.TextField(_("Source"))

    class Meta:
        verbose_name = _("Funded quota")
        verbose_name_plural = _("Funded quotas")
        ordering = ["-year", "institution"]
        constraints = [
            models.UniqueConstraint(name="funded_quota_once_per_year", fields=["institution", "year"]),
            models.CheckConstraint(
                name="funded_quota_not_exceeded", condition=Q(reserved_count__lte=F("seat_count"))
            ),
            models.CheckConstraint(name="funded_quota_in_the_plan", condition=Q(year__range=(2025, 2030))),
            models.CheckConstraint(name="funded_quota_has_source", condition=~Q(source="")),
        ]
        triggers = frozen("institution", "year")

    def __str__(self) -> str:
        return f"{self.institution_id} {self.year}"

    @property
    def free_count(self) -> int:
        """How many funded seats no class holds."""
        return self.seat_count - self.reserved_count


class CalendarDay(models.Model):
    """One day and whether the bureaus work on it: the State Council's holidays and make-up days as data."""

    day = models.DateField(_("Day"), unique=True)
    is_working = models.BooleanField(_("Working day"))
    name = models.CharField(_("Holiday"), max_length=64, blank=True)
    source = models.CharField(_("Source"), max_length=128)

    class Meta:
        verbose_name = _("Calendar day")
        verbose_name_plural = _("Calendar days")
        ordering = ["day"]
        constraints = [
            models.CheckConstraint(name="calendar_day_has_source", condition=~Q(source="")),
        ]
        triggers = never_deleted()

    def __str__(self) -> str:
        return self.day.isoformat()
