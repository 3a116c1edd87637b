from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from chongqing_dte.foundation.days import DAY_VALIDATORS

DAY = "%Y-%m-%d"


def day_field(label: Any, *, required: bool = True, help_text: Any = "") -> forms.DateField:
    """Return a field for one day, with the browser's own calendar."""
    widget = forms.DateInput(attrs={"type": "date"}, format=DAY)
    return forms.DateField(
        label=label,
        required=required,
        help_text=help_text,
        input_formats=[DAY],
        widget=widget,
        validators=DAY_VALIDATORS,
    )


def day_after(day: date | None) -> date | None:
    """Return the first day that a span with this last day leaves out, or None for a span without an end."""
    return day + timedelta(days=1) if day else None


def count_field(label: Any, help_text: Any, *, least: int = 0, most: int) -> forms.IntegerField:
    """Return a field for a figure of the policy."""
    return forms.IntegerField(label=label, help_text=help_text, min_value=least, max_value=most)


class IntakePolicyForm(forms.Form):
    """The figures of a version of the intake policy."""

    name = forms.CharField(label=_("Name of the version"), max_length=128)
    first_day = day_field(_("First day"))
    last_day = day_field(
        _("Last day"), required=False, help_text=_("Left empty, it holds until another follows.")
    )
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
    source = forms.CharField(
        label=_("Source"),
        help_text=_("The document that each figure comes from. Say of an example that it is one."),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        lowest, highest = given.get("min_age"), given.get("max_age")
        if lowest is not None and highest is not None and lowest > highest:
            self.add_error("max_age", _("The highest age lies below the lowest."))
        return given


class EndIntakePolicyForm(forms.Form):
    """The last day on which a version counts, and why."""

    last_day = day_field(_("Last day"), help_text=_("Today at the earliest."))
    reason = forms.CharField(label=_("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}))

    def ends_before(self) -> date:
        """Return the first day on which the version no longer counts."""
        last_day: date = self.cleaned_data["last_day"]
        return last_day + timedelta(days=1)
