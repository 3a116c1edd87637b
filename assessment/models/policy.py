from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chongqing_dte.foundation.versions import Version, version_constraints, version_triggers


class AssessmentPolicy(Version):
    """The figures of level assessments over a span of days, read on the day of the session or of the act."""

    theory_pass_mark = models.DecimalField(_("Pass mark for theory"), max_digits=4, decimal_places=1)
    practice_pass_mark = models.DecimalField(_("Pass mark for practice"), max_digits=4, decimal_places=1)
    admits_outside_candidates = models.BooleanField(_("Admits people who trained elsewhere"))
    # A regular expression that the whole number has to match.
    certificate_number_pattern = models.CharField(_("Pattern of certificate numbers"), max_length=200)
    filing_lead_days = models.PositiveSmallIntegerField(_("Days that a filing comes before the session"))
    results_due_days = models.PositiveSmallIntegerField(_("Days after the session in which results are due"))
    review_window_days = models.PositiveSmallIntegerField(
        _("Days after the results in which a review may be asked for")
    )
    # When a session's scores look made: this share of them lies from the pass mark up to the mark and the band.
    heaping_band = models.DecimalField(_("Points above the pass mark"), max_digits=4, decimal_places=1)
    heaping_share = models.DecimalField(_("Share of the scores in this band"), max_digits=5, decimal_places=4)
    identical_count = models.PositiveSmallIntegerField(_("Candidates with the same scores"))
    signal_candidate_count = models.PositiveSmallIntegerField(_("Scored candidates from which signals count"))

    class Meta:
        verbose_name = _("Assessment policy")
        verbose_name_plural = _("Assessment policies")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="assessment_policy_pass_marks_in_range",
                condition=Q(theory_pass_mark__range=(0, 100), practice_pass_mark__range=(0, 100)),
            ),
            models.CheckConstraint(
                name="assessment_policy_has_number_pattern", condition=~Q(certificate_number_pattern="")
            ),
            models.CheckConstraint(
                name="assessment_policy_heaping_in_range",
                condition=Q(heaping_band__range=(0, 100), heaping_share__gt=0, heaping_share__lte=1),
            ),
            models.CheckConstraint(
                name="assessment_policy_identical_count_of_several", condition=Q(identical_count__gte=2)
            ),
            *version_constraints("assessment_policy"),
        ]
        triggers = version_triggers("assessment_policy")
