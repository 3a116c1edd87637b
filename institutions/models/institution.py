import uuid

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from chongqing_dte.foundation.constraints import frozen, known_value, only_shortened
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
        triggers = frozen("public_id", "credit_code")


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
        ]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.kind} {self.occupation_id} {self.level}"


class FeeSchedule(models.Model):
    """What an evaluation institution has publicly announced that one assessment costs, in yuan, over dates.

    The subsidy's standard (Plan: "the level-assessment fee publicly announced by the evaluation institution").
    A published schedule is never edited, only followed by the next one.
    """

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

    class Meta:
        verbose_name = _("Fee schedule")
        verbose_name_plural = _("Fee schedules")
        constraints = [
            known_value("level", Level, name="fee_schedule_level_known"),
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
        triggers = frozen(
            "institution",
            "occupation",
            "direction",
            "level",
            "theory_fee",
            "practice_fee",
            "review_fee",
            "total",
            "announcement_url",
        )

    def __str__(self) -> str:
        return f"{self.institution_id} {self.occupation_id} {self.level} {self.total}"
