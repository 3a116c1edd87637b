from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chongqing_dte.foundation.constraints import known_value
from chongqing_dte.foundation.versions import Version, version_constraints, version_triggers
from enrollment.enums import ParticipantCategory
from institutions.enums import Level
from subsidies.enums import (
    CompetentDistrictRule,
    FirstPassRule,
    FirstPassScope,
    GraduationYearRule,
    LadderRule,
    StackingRule,
)


class PolicyVersion(Version):
    """The rules of the assessment subsidy over the certificates issued in a span of dates."""

    # ── Who ──
    first_pass_scope = models.CharField(_("First pass counted over"), max_length=24, choices=FirstPassScope)
    first_pass_rule = models.CharField(_("First pass means"), max_length=24, choices=FirstPassRule)
    eligible_categories = ArrayField(
        models.CharField(max_length=20, choices=ParticipantCategory), verbose_name=_("Eligible categories")
    )
    graduation_year_rule = models.CharField(_("Graduation year"), max_length=12, choices=GraduationYearRule)
    # Subsidies that one person may be granted; empty means as many as there are first passes.
    lifetime_cap = models.PositiveSmallIntegerField(
        _("Subsidies in a lifetime at most"), null=True, blank=True
    )
    yearly_cap = models.PositiveSmallIntegerField(
        _("Subsidies in a calendar year at most"), null=True, blank=True
    )
    ladder_rule = models.CharField(
        _("Levels in order"), max_length=16, choices=LadderRule, default=LadderRule.NONE
    )
    stacking_rule = models.CharField(
        _("Beside other subsidies"), max_length=12, choices=StackingRule, default=StackingRule.ALLOWED
    )
    # Days from the day a certificate was issued to the day it was recorded; empty means any number.
    recording_window_days = models.PositiveSmallIntegerField(
        _("Days to record a certificate"), null=True, blank=True
    )
    competent_district_rule = models.CharField(
        _("Competent district"),
        max_length=12,
        choices=CompetentDistrictRule,
        default=CompetentDistrictRule.TRAINING,
    )
    # ── How much ──
    fee_share = models.DecimalField(_("Share of the published fee"), max_digits=5, decimal_places=4)
    # Yuan; the most that is paid for one certificate of the level.
    ceiling_junior = models.DecimalField(_("Ceiling, junior"), max_digits=12, decimal_places=2)
    ceiling_intermediate = models.DecimalField(_("Ceiling, intermediate"), max_digits=12, decimal_places=2)
    ceiling_senior = models.DecimalField(_("Ceiling, senior"), max_digits=12, decimal_places=2)
    budget_by_district = models.BooleanField(_("Budgets by district"), default=False)
    # ── How ──
    # Working days of the public notice; zero means that none is published.
    notice_working_days = models.PositiveSmallIntegerField(_("Working days of public notice"), default=0)
    # How long, and how often, what is missing is asked for. What is missing after that goes to a desk.
    chase_days = models.PositiveSmallIntegerField(_("Days in which a missing fact is asked for"), default=180)
    chase_every_days = models.PositiveSmallIntegerField(_("Days between two reminders"), default=14)
    batch_line_limit = models.PositiveIntegerField(_("Payments in one batch at most"))
    # Yuan; empty means any sum.
    batch_amount_limit = models.DecimalField(
        _("Sum of one batch at most"), max_digits=14, decimal_places=2, null=True, blank=True
    )
    # Monday is 1. Empty means every day.
    batch_weekdays = ArrayField(
        models.PositiveSmallIntegerField(), verbose_name=_("Weekdays of batches"), default=list, blank=True
    )
    # Yuan; a batch of no more than this is released without two signatures. Zero means never.
    automatic_release_limit = models.DecimalField(
        _("Automatic release up to"), max_digits=12, decimal_places=2
    )

    class Meta:
        verbose_name = _("Policy version")
        verbose_name_plural = _("Policy versions")
        ordering = ["-id"]
        constraints = [
            known_value("first_pass_scope", FirstPassScope, name="policy_first_pass_scope_known"),
            known_value("first_pass_rule", FirstPassRule, name="policy_first_pass_rule_known"),
            known_value("graduation_year_rule", GraduationYearRule, name="policy_graduation_year_rule_known"),
            known_value("ladder_rule", LadderRule, name="policy_ladder_rule_known"),
            known_value("stacking_rule", StackingRule, name="policy_stacking_rule_known"),
            known_value(
                "competent_district_rule", CompetentDistrictRule, name="policy_competent_district_rule_known"
            ),
            models.CheckConstraint(
                name="policy_fee_share_is_a_share", condition=Q(fee_share__gt=0, fee_share__lte=1)
            ),
            models.CheckConstraint(
                name="policy_ceilings_positive",
                condition=Q(ceiling_junior__gt=0, ceiling_intermediate__gt=0, ceiling_senior__gt=0),
            ),
            models.CheckConstraint(
                name="policy_caps_positive",
                condition=(Q(lifetime_cap__isnull=True) | Q(lifetime_cap__gt=0))
                & (Q(yearly_cap__isnull=True) | Q(yearly_cap__gt=0)),
            ),
            models.CheckConstraint(
                name="policy_chases_at_some_time", condition=Q(chase_days__gt=0, chase_every_days__gt=0)
            ),
            models.CheckConstraint(
                name="policy_batch_limits_positive",
                condition=Q(batch_line_limit__gt=0)
                & (Q(batch_amount_limit__isnull=True) | Q(batch_amount_limit__gt=0)),
            ),
            models.CheckConstraint(
                name="policy_batch_weekdays_are_weekdays",
                condition=Q(batch_weekdays__contained_by=[1, 2, 3, 4, 5, 6, 7]),
            ),
            models.CheckConstraint(
                name="policy_automatic_release_limit_not_negative",
                condition=Q(automatic_release_limit__gte=0),
            ),
            *version_constraints("policy"),
        ]
        # Decisions name the version that they were made by, so what it says must stay what it said.
        triggers = version_triggers("policy")

    def ceiling_of(self, level: str) -> Decimal:
        """Return the most that is paid for one certificate of this level, in yuan."""
        ceilings = {
            Level.JUNIOR: self.ceiling_junior,
            Level.INTERMEDIATE: self.ceiling_intermediate,
            Level.SENIOR: self.ceiling_senior,
        }
        return ceilings[Level(level)]
