import pgtrigger
from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from chongqing_dte.foundation.constraints import (
    both_or_neither,
    never_deleted,
    not_only_shortened,
    not_the_same,
)


class IntakePolicy(models.Model):
    """The figures of class filing and rosters over a span of days, read on the day of the act.

    Drafted by one person and approved by another; only approved versions count. The Plan's full text is not
    public, so every version says in `source` where its figures come from, and example figures say so.
    """

    name = models.CharField(_("Name"), max_length=128)
    in_force = DateRangeField(_("In force"))
    filing_lead_days = models.PositiveSmallIntegerField(_("Days that a filing comes before the start"))
    answer_working_days = models.PositiveSmallIntegerField(_("Working days for the district's answer"))
    near_duplicate_days = models.PositiveSmallIntegerField(_("Days within which two filings look alike"))
    min_age = models.PositiveSmallIntegerField(_("Lowest age"))
    max_age = models.PositiveSmallIntegerField(_("Highest age"))
    roster_lock_days = models.PositiveSmallIntegerField(_("Days from the start to the roster lock"))
    download_hours = models.PositiveSmallIntegerField(_("Hours that a download link works"))
    source = models.TextField(_("Source"))
    drafted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("Drafted by"), on_delete=models.PROTECT, related_name="+"
    )
    drafted_at = models.DateTimeField(_("Drafted at"))
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("Approved by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    approved_at = models.DateTimeField(_("Approved at"), null=True, blank=True)

    class Meta:
        verbose_name = _("Intake policy")
        verbose_name_plural = _("Intake policies")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="intake_policy_ages_in_order", condition=Q(min_age__lte=F("max_age"))
            ),
            models.CheckConstraint(
                name="intake_policy_answer_days_positive", condition=Q(answer_working_days__gt=0)
            ),
            models.CheckConstraint(
                name="intake_policy_download_hours_positive", condition=Q(download_hours__gt=0)
            ),
            models.CheckConstraint(name="intake_policy_has_source", condition=~Q(source="")),
            both_or_neither("approved_by", "approved_at", name="intake_policy_approval_complete"),
            not_the_same("drafted_by", "approved_by", name="intake_policy_approved_by_someone_else"),
            ExclusionConstraint(
                name="intake_policy_no_overlap",
                expressions=[("in_force", RangeOperators.OVERLAPS)],
                condition=Q(approved_at__isnull=False),
            ),
        ]
        triggers = [
            # What was filed and answered under a version must stay explained by it. It may end earlier, so that
            # another can follow.
            pgtrigger.Trigger(
                name="intake_policy_approved_stays",
                operation=pgtrigger.Update,
                when=pgtrigger.Before,
                condition=pgtrigger.Q(old__approved_at__isnull=False),
                func=f"""
                IF to_jsonb(NEW) - 'in_force' IS DISTINCT FROM to_jsonb(OLD) - 'in_force'
                   OR {not_only_shortened("in_force")} THEN
                    RAISE EXCEPTION 'intake_policy_approved_stays: % keeps what it said', TG_TABLE_NAME;
                END IF;
                RETURN NEW;
                """,
            ),
            *never_deleted(),
        ]

    def __str__(self) -> str:
        return self.name
