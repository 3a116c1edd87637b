from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from chongqing_dte.foundation.version_forms import VersionForm, count_field


def points_field(label: Any, help_text: Any) -> forms.DecimalField:
    """Return a field for points of 100."""
    return forms.DecimalField(
        label=label, help_text=help_text, min_value=0, max_value=100, max_digits=4, decimal_places=1
    )


class AssessmentPolicyForm(VersionForm):
    """The figures of a version of the assessment policy."""

    theory_pass_mark = points_field(_("Pass mark for theory"), _("Points of 100."))
    practice_pass_mark = points_field(_("Pass mark for practice"), _("Points of 100."))
    admits_outside_candidates = forms.BooleanField(
        label=_("Admits people who trained elsewhere"),
        help_text=_("They may sit and be certified. The assessment subsidy is for the programme's trainees."),
        required=False,
    )
    certificate_number_pattern = forms.CharField(
        label=_("Pattern of certificate numbers"),
        help_text=_("A regular expression that the whole number has to match."),
        max_length=200,
    )
    filing_lead_days = count_field(
        _("Days that a filing comes before the session"), _("Calendar days."), most=365
    )
    results_due_days = count_field(
        _("Days after the session in which results are due"), _("Later ones are shown as overdue."), most=365
    )
    review_window_days = count_field(
        _("Days after the results in which a review may be asked for"),
        _("An appeal to the bureau has no such limit."),
        most=365,
    )
    heaping_band = points_field(
        _("Points above the pass mark"), _("The band in which scores that were lifted to the mark would lie.")
    )
    heaping_share = forms.DecimalField(
        label=_("Share of the scores in this band"),
        help_text=_("From this part of 1 on, a signal is recorded."),
        min_value=0,
        max_value=1,
        max_digits=5,
        decimal_places=4,
    )
    identical_count = count_field(
        _("Candidates with the same scores"),
        _("From this number on, a signal is recorded."),
        least=2,
        most=1000,
    )
    signal_candidate_count = count_field(
        _("Scored candidates from which signals count"),
        _("Figures of smaller sessions say little."),
        least=1,
        most=10_000,
    )
