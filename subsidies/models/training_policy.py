import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from chongqing_dte.foundation.constraints import known_value
from chongqing_dte.foundation.versions import Version, version_constraints, version_triggers
from enrollment.enums import ParticipantCategory
from institutions.enums import Level
from subsidies.enums import (
    ClaimLineRule,
    GraduationYearRule,
    PassRateDenominator,
    PassRule,
    StandardRule,
    TrainingScope,
)


class TrainingPolicyVersion(Version):
    """The rules of the training subsidy over the classes that end in a span of dates."""

    # ── Who counts ──
    subsidized_once_per = models.CharField(
        _("Subsidized once per"), max_length=24, choices=TrainingScope, default=TrainingScope.ENROLLMENT
    )
    eligible_categories = ArrayField(
        models.CharField(max_length=20, choices=ParticipantCategory), verbose_name=_("Eligible categories")
    )
    graduation_year_rule = models.CharField(_("Graduation year"), max_length=12, choices=GraduationYearRule)
    line_rule = models.CharField(_("Money for"), max_length=12, choices=ClaimLineRule)
    # Share of the hours taught; zero means that attendance is not asked for.
    least_attendance = models.DecimalField(_("Attendance at least"), max_digits=5, decimal_places=4)
    # ── How much ──
    standard_rule = models.CharField(_("Standard"), max_length=12, choices=StandardRule)
    fee_share = models.DecimalField(_("Share of the published fee"), max_digits=5, decimal_places=4)
    # No more than the institution says that it has advanced.
    capped_by_advance = models.BooleanField(_("At most what was advanced"), default=True)
    # ── Pass rate ──
    denominator = models.CharField(_("Pass rate over"), max_length=12, choices=PassRateDenominator)
    pass_rule = models.CharField(_("Passes"), max_length=16, choices=PassRule)
    # Days after the last day of the class; sittings after that count no more.
    cut_off_days = models.PositiveSmallIntegerField(_("Days in which sittings count"))
    # Pairs of rate and factor, as texts, by rising rate.
    curve_points = models.JSONField(_("Curve"))
    factor_floor = models.DecimalField(_("Factor at least"), max_digits=5, decimal_places=4)
    factor_cap = models.DecimalField(_("Factor at most"), max_digits=5, decimal_places=4)
    small_class_size = models.PositiveSmallIntegerField(_("Small class below"), default=0)
    small_class_factor = models.DecimalField(
        _("Factor of a small class at least"), max_digits=5, decimal_places=4, default=0
    )
    # By how many percentage points a class may differ from others of its kind; empty where nothing is compared.
    pass_rate_distance = models.PositiveSmallIntegerField(
        _("Greatest distance from the pass rate of other classes"), null=True
    )
    # Beside fewer others, one class more or less is chance.
    least_compared_classes = models.PositiveSmallIntegerField(_("Other classes needed to compare"), default=5)
    # ── How ──
    claim_window_days = models.PositiveSmallIntegerField(_("Days to submit a claim"))
    district_working_days = models.PositiveSmallIntegerField(_("Working days of the district's review"))
    municipal_working_days = models.PositiveSmallIntegerField(_("Working days of the municipal confirmation"))
    answer_working_days = models.PositiveSmallIntegerField(_("Working days to answer a question"))
    # Yuan; a claim of more takes two municipal signatures.
    one_signature_limit = models.DecimalField(
        _("One municipal signature up to"), max_digits=12, decimal_places=2
    )
    notice_working_days = models.PositiveSmallIntegerField(_("Working days of public notice"), default=0)
    budget_by_district = models.BooleanField(_("Budgets by district"), default=False)

    class Meta:
        verbose_name = _("Training policy version")
        verbose_name_plural = _("Training policy versions")
        ordering = ["-id"]
        constraints = [
            known_value("subsidized_once_per", TrainingScope, name="training_policy_scope_known"),
            known_value(
                "graduation_year_rule", GraduationYearRule, name="training_policy_graduation_year_rule_known"
            ),
            known_value("line_rule", ClaimLineRule, name="training_policy_line_rule_known"),
            known_value("standard_rule", StandardRule, name="training_policy_standard_rule_known"),
            known_value("denominator", PassRateDenominator, name="training_policy_denominator_known"),
            known_value("pass_rule", PassRule, name="training_policy_pass_rule_known"),
            models.CheckConstraint(
                name="training_policy_shares_are_shares",
                condition=Q(
                    fee_share__gt=0,
                    fee_share__lte=1,
                    least_attendance__gte=0,
                    least_attendance__lte=1,
                    factor_floor__gte=0,
                    factor_floor__lte=F("factor_cap"),
                    factor_cap__lte=1,
                    small_class_factor__gte=0,
                    small_class_factor__lte=1,
                ),
            ),
            models.CheckConstraint(
                name="training_policy_days_positive",
                condition=Q(
                    claim_window_days__gt=0,
                    district_working_days__gt=0,
                    municipal_working_days__gt=0,
                    answer_working_days__gt=0,
                ),
            ),
            models.CheckConstraint(
                name="training_policy_comparison_possible",
                condition=Q(least_compared_classes__gt=0)
                & (Q(pass_rate_distance__isnull=True) | Q(pass_rate_distance__range=(1, 100))),
            ),
            models.CheckConstraint(
                name="training_policy_one_signature_limit_not_negative",
                condition=Q(one_signature_limit__gte=0),
            ),
            *version_constraints("training_policy"),
        ]
        # Claims name the version that they were reckoned by, so what it says must stay what it said.
        triggers = version_triggers("training_policy")


class TrainingStandard(models.Model):
    """What a policy version pays for one person of an occupation and level, in yuan, where it has a table."""

    policy_version = models.ForeignKey(
        TrainingPolicyVersion,
        verbose_name=_("Training policy version"),
        on_delete=models.PROTECT,
        related_name="standards",
    )
    occupation = models.ForeignKey(
        "institutions.Occupation", verbose_name=_("Occupation"), on_delete=models.PROTECT, related_name="+"
    )
    level = models.CharField(_("Level"), max_length=12, choices=Level)
    amount = models.DecimalField(_("Amount"), max_digits=12, decimal_places=2)

    class Meta:
        verbose_name = _("Training standard")
        verbose_name_plural = _("Training standards")
        ordering = ["occupation_id", "level"]
        constraints = [
            models.UniqueConstraint(
                name="training_standard_once", fields=["policy_version", "occupation", "level"]
            ),
            known_value("level", Level, name="training_standard_level_known"),
            models.CheckConstraint(name="training_standard_positive", condition=Q(amount__gt=0)),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="training_standard_stays_once_approved",
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                when=pgtrigger.Before,
                func="""
                IF (SELECT approved_at FROM subsidies_trainingpolicyversion
                    WHERE id = COALESCE(NEW.policy_version_id, OLD.policy_version_id)) IS NOT NULL THEN
                    RAISE EXCEPTION 'training_standard_stays_once_approved' USING ERRCODE = 'check_violation';
                END IF;
                RETURN COALESCE(NEW, OLD);
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.occupation_id} {self.level} {self.amount}"
