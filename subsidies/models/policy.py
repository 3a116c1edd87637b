import pgtrigger
from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateRangeField, RangeOperators
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chongqing_dte.foundation.constraints import both_or_neither, known_value, never_deleted, not_the_same
from enrollment.enums import ParticipantCategory
from subsidies.enums import FirstPassRule, FirstPassScope, GraduationYearRule


class PolicyVersion(models.Model):
    """The rules of the assessment subsidy over the certificates issued in a span of dates.

    Drafted by one person and approved by another; only approved versions decide. The Plan's full text is not
    public, so every value says in `source` where it comes from, and example values say that they are examples.
    """

    name = models.CharField(_("Name"), max_length=128)
    in_force = DateRangeField(_("In force"))
    first_pass_scope = models.CharField(_("First pass counted over"), max_length=24, choices=FirstPassScope)
    first_pass_rule = models.CharField(_("First pass means"), max_length=24, choices=FirstPassRule)
    eligible_categories = ArrayField(
        models.CharField(max_length=20, choices=ParticipantCategory), verbose_name=_("Eligible categories")
    )
    graduation_year_rule = models.CharField(_("Graduation year"), max_length=12, choices=GraduationYearRule)
    fee_share = models.DecimalField(_("Share of the published fee"), max_digits=5, decimal_places=4)
    # Yuan; the most that is paid for one certificate.
    ceiling = models.DecimalField(_("Ceiling"), max_digits=12, decimal_places=2)
    batch_line_limit = models.PositiveIntegerField(_("Payments in one batch at most"))
    # Yuan; a batch of no more than this is released without two signatures. Zero means never.
    automatic_release_limit = models.DecimalField(
        _("Automatic release up to"), max_digits=12, decimal_places=2
    )
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
        verbose_name = _("Policy version")
        verbose_name_plural = _("Policy versions")
        ordering = ["-id"]
        constraints = [
            known_value("first_pass_scope", FirstPassScope, name="policy_first_pass_scope_known"),
            known_value("first_pass_rule", FirstPassRule, name="policy_first_pass_rule_known"),
            known_value("graduation_year_rule", GraduationYearRule, name="policy_graduation_year_rule_known"),
            models.CheckConstraint(
                name="policy_fee_share_is_a_share", condition=Q(fee_share__gt=0, fee_share__lte=1)
            ),
            models.CheckConstraint(name="policy_ceiling_positive", condition=Q(ceiling__gt=0)),
            models.CheckConstraint(
                name="policy_batch_line_limit_positive", condition=Q(batch_line_limit__gt=0)
            ),
            models.CheckConstraint(
                name="policy_automatic_release_limit_not_negative",
                condition=Q(automatic_release_limit__gte=0),
            ),
            both_or_neither("approved_by", "approved_at", name="policy_approval_complete"),
            not_the_same("drafted_by", "approved_by", name="policy_approved_by_someone_else"),
            # Two policies for one day would make the decision a matter of luck.
            ExclusionConstraint(
                name="policy_no_overlap",
                expressions=[("in_force", RangeOperators.OVERLAPS)],
                condition=Q(approved_at__isnull=False),
            ),
        ]
        triggers = [
            # Decisions name the version that they were made by, so what it says must stay what it said.
            pgtrigger.Protect(
                name="policy_approved_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__approved_at__isnull=False),
            ),
            *never_deleted(),
        ]

    def __str__(self) -> str:
        return self.name
