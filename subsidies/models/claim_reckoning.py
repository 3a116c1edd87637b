import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from chongqing_dte.foundation.changes import INSERT, announces
from chongqing_dte.foundation.constraints import append_only, frozen, frozen_when, implies, known_value
from subsidies.enums import ReckoningCause
from subsidies.models.claim import SubsidyClaim
from subsidies.models.training_policy import TrainingPolicyVersion


class ClaimReckoning(models.Model):
    """What a claim came to at one moment, in yuan: pass rate, factor, amount and a line for each person."""

    claim = models.ForeignKey(
        SubsidyClaim,
        verbose_name=_("Reimbursement claim"),
        on_delete=models.PROTECT,
        related_name="reckonings",
    )
    number = models.PositiveSmallIntegerField(_("Number"))
    cause = models.CharField(_("Because"), max_length=16, choices=ReckoningCause)
    policy_version = models.ForeignKey(
        TrainingPolicyVersion,
        verbose_name=_("Training policy version"),
        on_delete=models.PROTECT,
        related_name="+",
    )
    # The pass rate's two parts.
    pass_count = models.PositiveIntegerField(_("Passes"))
    rate_count = models.PositiveIntegerField(_("People in the pass rate"))
    factor = models.DecimalField(_("Pass-rate factor"), max_digits=5, decimal_places=4)
    # For how many people money is asked, and what their standards come to before the factor.
    counted_count = models.PositiveIntegerField(_("People who count"))
    standard_total = models.DecimalField(_("Standards"), max_digits=12, decimal_places=2)
    # What the institution has advanced, where the policy pays no more.
    advance_cap = models.DecimalField(_("Advanced"), max_digits=12, decimal_places=2, null=True)
    amount = models.DecimalField(_("Amount"), max_digits=12, decimal_places=2)
    # Whether nothing is missing without which nobody can say what it comes to.
    is_complete = models.BooleanField(_("Complete"))
    # Named checks over the whole claim, with what they saw. Ids, codes, dates and sums; no personal data.
    flags = models.JSONField(_("Checks"), default=list)
    facts_sha256 = models.CharField("SHA-256", max_length=64)
    reckoned_at = models.DateTimeField(_("Reckoned at"))

    class Meta:
        verbose_name = _("Reckoning of a claim")
        verbose_name_plural = _("Reckonings of claims")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(name="claim_reckoning_numbered_once", fields=["claim", "number"]),
            known_value("cause", ReckoningCause, name="claim_reckoning_cause_known"),
            models.CheckConstraint(
                name="claim_reckoning_is_possible",
                condition=Q(
                    pass_count__lte=F("rate_count"),
                    factor__gte=0,
                    factor__lte=1,
                    amount__gte=0,
                    amount__lte=F("standard_total"),
                ),
            ),
            models.CheckConstraint(
                name="claim_reckoning_within_the_advance",
                condition=Q(advance_cap__isnull=True) | Q(amount__lte=F("advance_cap")),
            ),
        ]
        triggers = [
            *append_only(),
            # Looked at when the transaction commits: the lines are the sum, to the cent.
            pgtrigger.Trigger(
                name="claim_reckoning_is_its_lines",
                operation=pgtrigger.Insert,
                when=pgtrigger.After,
                timing=pgtrigger.Deferred,
                func="""
                    IF (SELECT coalesce(sum(line.amount), 0) <> NEW.amount
                            OR coalesce(sum(line.standard) FILTER (WHERE line.counts), 0) <> NEW.standard_total
                            OR count(*) FILTER (WHERE line.counts) <> NEW.counted_count
                            OR count(*) FILTER (WHERE line.in_rate) <> NEW.rate_count
                            OR count(*) FILTER (WHERE line.is_pass) <> NEW.pass_count
                        FROM subsidies_claimline line WHERE line.reckoning_id = NEW.id) THEN
                        RAISE EXCEPTION 'claim_reckoning_is_its_lines' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NULL;
                """,
            ),
            *announces("claims", "claim_id", on=[INSERT]),
        ]

    def __str__(self) -> str:
        return f"{self.claim_id}:{self.number}"


class ClaimLine(models.Model):
    """One person of the class in one reckoning: whether they count, why not, and what is asked for them, in yuan."""

    reckoning = models.ForeignKey(ClaimReckoning, on_delete=models.PROTECT, related_name="lines")
    line_number = models.PositiveIntegerField(_("Line"))
    enrollment = models.ForeignKey(
        "enrollment.Enrollment", verbose_name=_("Enrollment"), on_delete=models.PROTECT, related_name="+"
    )
    # Whether they are in the pass rate, and whether as a pass.
    in_rate = models.BooleanField(_("In the pass rate"))
    is_pass = models.BooleanField(_("Counts as a pass"))
    # Whether money is asked for them; if not, the check that says so.
    counts = models.BooleanField(_("Counts"))
    reason = models.CharField(_("Reason"), max_length=40, blank=True)
    standard = models.DecimalField(_("Standard"), max_digits=12, decimal_places=2)
    amount = models.DecimalField(_("Amount"), max_digits=12, decimal_places=2)
    # The sitting that decided whether they passed, and the fees that the standard is a share of.
    attempt = models.ForeignKey(
        "assessment.Attempt", verbose_name=_("Attempt"), null=True, on_delete=models.PROTECT, related_name="+"
    )
    fee_schedule = models.ForeignKey(
        "institutions.FeeSchedule",
        verbose_name=_("Fee schedule"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    # Named checks with what they saw. Ids, codes, dates and sums; no personal data.
    checks = models.JSONField(_("Checks"), default=list)

    class Meta:
        verbose_name = _("Line of a claim")
        verbose_name_plural = _("Lines of claims")
        ordering = ["reckoning_id", "line_number"]
        constraints = [
            models.UniqueConstraint(name="claim_line_numbered_once", fields=["reckoning", "line_number"]),
            models.UniqueConstraint(
                name="claim_line_once_per_enrollment", fields=["reckoning", "enrollment"]
            ),
            models.CheckConstraint(
                name="claim_line_counts_or_says_why_not",
                condition=Q(counts=True, reason="") | (Q(counts=False, amount=0) & ~Q(reason="")),
            ),
            models.CheckConstraint(
                name="claim_line_amount_within_its_standard",
                condition=Q(amount__gte=0, standard__gte=0, amount__lte=F("standard")),
            ),
            implies(Q(is_pass=True), Q(in_rate=True), name="claim_line_passes_are_in_the_rate"),
        ]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.reckoning_id}:{self.line_number}"


class TrainingSubsidy(models.Model):
    """What a confirmed claim pays for one person, in yuan. One that is voided leaves room for another."""

    claim = models.ForeignKey(
        SubsidyClaim,
        verbose_name=_("Reimbursement claim"),
        on_delete=models.PROTECT,
        related_name="subsidies",
    )
    line = models.ForeignKey(
        ClaimLine, verbose_name=_("Line of a claim"), on_delete=models.PROTECT, related_name="+"
    )
    enrollment = models.ForeignKey(
        "enrollment.Enrollment", verbose_name=_("Enrollment"), on_delete=models.PROTECT, related_name="+"
    )
    # Over what the person is subsidized once, as the policy version derives it.
    subsidy_key = models.CharField(max_length=64)
    amount = models.DecimalField(_("Amount"), max_digits=12, decimal_places=2)
    granted_at = models.DateTimeField(_("Granted at"))
    voided_at = models.DateTimeField(_("Voided at"), null=True)

    class Meta:
        verbose_name = _("Training subsidy")
        verbose_name_plural = _("Training subsidies")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                name="training_subsidy_one_live_per_enrollment",
                fields=["enrollment"],
                condition=Q(voided_at__isnull=True),
            ),
            models.UniqueConstraint(
                name="training_subsidy_one_live_per_key",
                fields=["subsidy_key"],
                condition=Q(voided_at__isnull=True),
            ),
            models.CheckConstraint(name="training_subsidy_amount_not_negative", condition=Q(amount__gte=0)),
            models.CheckConstraint(name="training_subsidy_key_present", condition=~Q(subsidy_key="")),
        ]
        triggers = [
            *frozen("claim", "line", "enrollment", "subsidy_key", "amount", "granted_at"),
            # Unless what came back for it was given back: then it stands again, and keeps others from being paid.
            frozen_when(
                "OLD.voided_at IS NOT NULL AND (NEW.voided_at IS NOT NULL OR NOT EXISTS ("
                "SELECT 1 FROM subsidies_recovery recovery "
                "WHERE recovery.subsidy_id = OLD.id AND recovery.given_back > 0))",
                "voided_at",
                name="training_subsidy_stays_voided",
            ),
            *announces("claims", "claim_id"),
        ]

    def __str__(self) -> str:
        return f"{self.claim_id}:{self.enrollment_id}"
