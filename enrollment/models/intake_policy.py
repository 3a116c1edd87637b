from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from chongqing_dte.foundation.versions import Version, version_constraints, version_triggers


class IntakePolicy(Version):
    """The figures of class filing and rosters over a span of days, read on the day of the act."""

    filing_lead_days = models.PositiveSmallIntegerField(_("Days that a filing comes before the start"))
    answer_working_days = models.PositiveSmallIntegerField(_("Working days for the district's answer"))
    near_duplicate_days = models.PositiveSmallIntegerField(_("Days within which two filings look alike"))
    min_age = models.PositiveSmallIntegerField(_("Lowest age"))
    max_age = models.PositiveSmallIntegerField(_("Highest age"))
    roster_lock_days = models.PositiveSmallIntegerField(_("Days from the start to the roster lock"))
    download_hours = models.PositiveSmallIntegerField(_("Hours that a download link works"))

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
            *version_constraints("intake_policy"),
        ]
        triggers = version_triggers("intake_policy")
