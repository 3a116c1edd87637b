import uuid

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from chongqing_dte.foundation.changes import announces
from chongqing_dte.foundation.constraints import (
    both_or_neither,
    frozen,
    frozen_when,
    known_value,
    only_shortened,
)
from institutions.enums import AccreditationKind, Level
from institutions.models.district import District
from institutions.models.naming import BilingualName
from institutions.models.occupation import Occupation


class Institution(BilingualName):
    """One body that trains or assesses. What it may do stands in its accreditations."""

    public_id = models.UUIDField(_("Public number"), default=uuid.uuid4, unique=True, editable=False)
    credit_code = models.CharField(_("Unified social credit code"), max_length=18, unique=True)
    district = models.ForeignKey(
        District, verbose_name=_("District"), on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = _("Institution")
        verbose_name_plural = _("Institutions")
        ordering = ["id"]
        # Bank references are derived from the code, so it never changes.
        triggers = [*frozen("public_id", "credit_code"), *announces("institutions")]


class Accreditation(models.Model):
    """One approval of an institution to train, or to assess, one occupation at one level, over dates.

    Without a direction it covers every direction of the occupation. It can end earlier than it said, and change in
    no other way.
    """

    institution = models.ForeignKey(
        Institution, verbose_name=_("Institution"), on_delete=models.PROTECT, related_name="accreditations"
    )
    kind = models.CharField(_("Kind"), max_length=12, choices=AccreditationKind)
    occupation = models.ForeignKey(
        Occupation, verbose_name=_("Occupation"), on_delete=models.PROTECT, related_name="+"
    )
    direction = models.CharField(_("Direction"), max_length=64, blank=True)
    level = models.CharField(_("Level"), max_length=12, choices=Level)
    in_force = DateRangeField(_("In force"))

    class Meta:
        verbose_name = _("Accreditation")
        verbose_name_plural = _("Accreditations")
        constraints = [
            known_value("kind", AccreditationKind, name="accreditation_kind_known"),
            known_value("level", Level, name="accreditation_level_known"),
            ExclusionConstraint(
                name="accreditation_no_overlap",
                expressions=[
                    ("institution", RangeOperators.EQUAL),
                    ("kind", RangeOperators.EQUAL),
                    ("occupation", RangeOperators.EQUAL),
                    ("direction", RangeOperators.EQUAL),
                    ("level", RangeOperators.EQUAL),
                    ("in_force", RangeOperators.OVERLAPS),
                ],
            ),
        ]
        triggers = [
            *frozen("institution", "kind", "occupation", "direction", "level"),
            only_shortened("in_force", name="accreditation_only_shortened"),
            *announces("institutions", "institution_id"),
        ]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.kind} {self.occupation_id} {self.level}"


class FeeSchedule(models.Model):
    """What an evaluation institution has publicly announced that one assessment costs, in yuan, over dates.

    The subsidy's standard (Plan: "the level-assessment fee publicly announced by the evaluation institution").
    A published schedule is never edited, only followed by the next one.
    """

    public_id = models.UUIDField(
        _("Public number"), default=uuid.uuid4, db_default=RandomUUID(), unique=True, editable=False
    )
    institution = models.ForeignKey(
        Institution, verbose_name=_("Evaluation institution"), on_delete=models.PROTECT, related_name="+"
    )
    occupation = models.ForeignKey(
        Occupation, verbose_name=_("Occupation"), on_delete=models.PROTECT, related_name="+"
    )
    direction = models.CharField(_("Direction"), max_length=64, blank=True)
    level = models.CharField(_("Level"), max_length=12, choices=Level)
    theory_fee = models.DecimalField(_("Theory fee"), max_digits=12, decimal_places=2)
    practice_fee = models.DecimalField(_("Practice fee"), max_digits=12, decimal_places=2)
    review_fee = models.DecimalField(_("Review fee"), max_digits=12, decimal_places=2, default=0)
    total = models.DecimalField(_("Total"), max_digits=12, decimal_places=2)
    announcement_url = models.URLField(_("Announcement"))
    in_force = DateRangeField(_("In force"))
    # Empty for what was published before the portal was there.
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("Published by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    published_at = models.DateTimeField(_("Published at"), null=True, blank=True)

    class Meta:
        verbose_name = _("Fee schedule")
        verbose_name_plural = _("Fee schedules")
        constraints = [
            known_value("level", Level, name="fee_schedule_level_known"),
            both_or_neither("published_by", "published_at", name="fee_schedule_publication_complete"),
            models.CheckConstraint(name="fee_schedule_total_positive", condition=Q(total__gt=0)),
            models.CheckConstraint(
                name="fee_schedule_parts_not_negative",
                condition=Q(theory_fee__gte=0, practice_fee__gte=0, review_fee__gte=0),
            ),
            models.CheckConstraint(
                name="fee_schedule_total_is_sum_of_parts",
                condition=Q(total=F("theory_fee") + F("practice_fee") + F("review_fee")),
            ),
            # Two fees for one assessment on one day would make the amount a matter of luck.
            ExclusionConstraint(
                name="fee_schedule_no_overlap",
                expressions=[
                    ("institution", RangeOperators.EQUAL),
                    ("occupation", RangeOperators.EQUAL),
                    ("direction", RangeOperators.EQUAL),
                    ("level", RangeOperators.EQUAL),
                    ("in_force", RangeOperators.OVERLAPS),
                ],
            ),
        ]
        triggers = [
            *frozen(
                "public_id",
                "institution",
                "occupation",
                "direction",
                "level",
                "theory_fee",
                "practice_fee",
                "review_fee",
                "total",
                "announcement_url",
                "published_by",
                "published_at",
            ),
            # The one that follows it ends it.
            only_shortened("in_force", name="fee_schedule_only_shortened"),
            *announces("fee-schedules"),
        ]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.occupation_id} {self.level} {self.total}"


class AssessmentSite(models.Model):
    """One place where an evaluation institution assesses, and how many people can sit there at once.

    What a site was stays: one that changes is closed, and another one opened.
    """

    public_id = models.UUIDField(_("Public number"), default=uuid.uuid4, unique=True, editable=False)
    institution = models.ForeignKey(
        Institution, verbose_name=_("Evaluation institution"), on_delete=models.PROTECT, related_name="sites"
    )
    name = models.CharField(_("Name"), max_length=128)
    district = models.ForeignKey(
        District, verbose_name=_("District"), on_delete=models.PROTECT, related_name="+"
    )
    address = models.CharField(_("Address"), max_length=255)
    seat_count = models.PositiveIntegerField(_("Seats"))
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("Opened by"), on_delete=models.PROTECT, related_name="+"
    )
    opened_at = models.DateTimeField(_("Opened at"))
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("Closed by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    closed_at = models.DateTimeField(_("Closed at"), null=True, blank=True)

    class Meta:
        verbose_name = _("Assessment site")
        verbose_name_plural = _("Assessment sites")
        ordering = ["institution", "name"]
        constraints = [
            models.UniqueConstraint(
                name="assessment_site_name_once",
                fields=["institution", "name"],
                condition=Q(closed_at__isnull=True),
            ),
            models.CheckConstraint(name="assessment_site_has_seats", condition=Q(seat_count__gt=0)),
            models.CheckConstraint(
                name="assessment_site_is_somewhere", condition=~Q(name="") & ~Q(address="")
            ),
            both_or_neither("closed_by", "closed_at", name="assessment_site_closing_complete"),
        ]
        triggers = [
            *frozen(
                "public_id",
                "institution",
                "name",
                "district",
                "address",
                "seat_count",
                "opened_by",
                "opened_at",
            ),
            frozen_when(
                "OLD.closed_at IS NOT NULL", "closed_by", "closed_at", name="assessment_site_stays_closed"
            ),
            *announces("institutions", "institution_id"),
        ]

    def __str__(self) -> str:
        return self.name
