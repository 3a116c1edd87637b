from typing import Any

from django.utils.translation import gettext_lazy as _

from chongqing_dte.foundation.version_forms import VersionForm, count_field


class IntakePolicyForm(VersionForm):
    """The figures of a version of the intake policy."""

    filing_lead_days = count_field(
        _("Days that a filing comes before the start"), _("Calendar days."), most=365
    )
    answer_working_days = count_field(
        _("Working days for the district's answer"),
        _("Counted from the day after the filing."),
        least=1,
        most=60,
    )
    near_duplicate_days = count_field(
        _("Days within which two filings look alike"),
        _("The institution is warned, and may go on."),
        most=365,
    )
    min_age = count_field(_("Lowest age"), _("In full years, on the day the class starts."), most=120)
    max_age = count_field(_("Highest age"), _("In full years, on the day the class starts."), most=120)
    roster_lock_days = count_field(
        _("Days from the start to the roster lock"),
        _("0 locks the roster on the day the class starts."),
        most=365,
    )
    download_hours = count_field(
        _("Hours that a download link works"),
        _("After that the file has to be asked for again."),
        least=1,
        most=720,
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        lowest, highest = given.get("min_age"), given.get("max_age")
        if lowest is not None and highest is not None and lowest > highest:
            self.add_error("max_age", _("The highest age lies below the lowest."))
        return given
