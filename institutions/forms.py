from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from chongqing_dte.foundation.days import DAY_VALIDATORS
from institutions.enums import AccreditationKind, Level
from institutions.rules.plan import MOST_SEATS, PLAN_YEARS

Choices = Iterable[tuple[Any, Any]]


class DayInput(forms.DateInput):
    """The browser's own calendar. What it sends is the same in every language."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


def day_field(label: Any, *, required: bool = True, help_text: Any = "") -> forms.DateField:
    """Return a field for one day."""
    return forms.DateField(
        label=label,
        required=required,
        help_text=help_text,
        input_formats=["%Y-%m-%d"],
        widget=DayInput,
        validators=DAY_VALIDATORS,
    )


def reason_field(label: Any, help_text: Any) -> forms.CharField:
    """Return a field for a sentence or two that is kept with the act."""
    return forms.CharField(
        label=label, help_text=help_text, max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )


def day_after(day: date | None) -> date | None:
    """Return the first day that a span with this last day leaves out, or None for a span without an end."""
    return day + timedelta(days=1) if day else None


class CalendarDayForm(forms.Form):
    """Whether one day is worked, and on whose word."""

    day = day_field(_("Day"))
    is_working = forms.TypedChoiceField(
        label=_("The bureaus"),
        choices=[("yes", _("work on this day")), ("no", _("rest on this day"))],
        coerce=lambda value: value == "yes",
    )
    name = forms.CharField(
        label=_("Holiday"), help_text=_("May be left empty."), max_length=64, required=False
    )
    source = forms.CharField(
        label=_("Source"), help_text=_("The notice or decision, with its number."), max_length=128
    )


class GrantForm(forms.Form):
    """What an institution may do from a day on."""

    kind = forms.ChoiceField(label=_("Kind"), choices=AccreditationKind)
    occupation = forms.TypedChoiceField(label=_("Occupation"), coerce=int)
    direction = forms.CharField(
        label=_("Direction"),
        help_text=_("Left empty, it holds for every direction."),
        max_length=64,
        required=False,
    )
    level = forms.ChoiceField(label=_("Level"), choices=Level)
    first_day = day_field(_("First day"))
    last_day = day_field(
        _("Last day"), required=False, help_text=_("Left empty, it holds until it is ended.")
    )
    source = reason_field(_("Source"), _("The decision or the published list, with its number."))

    def __init__(self, *args: Any, occupations: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ChoiceField, self.fields["occupation"]).choices = list(occupations)


class EndForm(forms.Form):
    """Which accreditation ends, and when."""

    accreditation = forms.TypedChoiceField(label=_("Accreditation"), coerce=int)
    last_day = day_field(
        _("Last day"), help_text=_("The last day on which it holds: yesterday at the earliest.")
    )
    reason = reason_field(_("Reason"), _("The institution reads it."))

    def __init__(self, *args: Any, accreditations: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ChoiceField, self.fields["accreditation"]).choices = list(accreditations)


class QuotaForm(forms.Form):
    """How many seats of one year the fund pays for."""

    year = forms.TypedChoiceField(
        label=_("Year"), choices=[(year, str(year)) for year in PLAN_YEARS], coerce=int
    )
    seat_count = forms.IntegerField(
        label=_("Funded seats"),
        help_text=_("Not fewer than the classes hold."),
        min_value=0,
        max_value=MOST_SEATS,
    )
    source = reason_field(_("Source"), _("The decision that the number comes from."))


class SuspendForm(forms.Form):
    """From when, until when and why an institution takes on nothing new."""

    first_day = day_field(_("First day"))
    last_day = day_field(
        _("Last day"), required=False, help_text=_("Left empty, it holds until it is lifted.")
    )
    reason = reason_field(_("Reason"), _("The institution reads it."))


class LiftForm(forms.Form):
    """Which suspension is lifted, and why."""

    suspension = forms.TypedChoiceField(label=_("Suspension"), coerce=int)
    reason = reason_field(_("Reason for lifting"), _("The institution reads it."))

    def __init__(self, *args: Any, suspensions: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ChoiceField, self.fields["suspension"]).choices = list(suspensions)


def fee_field(label: Any) -> forms.DecimalField:
    """Return a field for a part of a fee, in yuan."""
    return forms.DecimalField(
        label=label, help_text=_("Yuan."), min_value=0, max_value=100_000, max_digits=8, decimal_places=2
    )


class FeeForm(forms.Form):
    """What one assessment costs from a day on, and where that was announced."""

    institution = forms.TypedChoiceField(label=_("Evaluation institution"), coerce=int)
    occupation = forms.TypedChoiceField(label=_("Occupation"), coerce=int)
    direction = forms.CharField(
        label=_("Direction"),
        help_text=_("Left empty, it holds for every direction."),
        max_length=64,
        required=False,
    )
    level = forms.ChoiceField(label=_("Level"), choices=Level)
    theory_fee = fee_field(_("Theory fee"))
    practice_fee = fee_field(_("Practice fee"))
    review_fee = fee_field(_("Review fee"))
    announcement_url = forms.URLField(
        label=_("Announcement"),
        help_text=_("The web address at which the public finds the fee."),
        max_length=200,
        assume_scheme="https",
    )
    first_day = day_field(_("First day"), help_text=_("A fee that is in force already ends the day before."))
    last_day = day_field(
        _("Last day"), required=False, help_text=_("Left empty, it holds until another follows.")
    )

    def __init__(self, *args: Any, institutions: Choices, occupations: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ChoiceField, self.fields["institution"]).choices = list(institutions)
        cast(forms.ChoiceField, self.fields["occupation"]).choices = list(occupations)


class SiteForm(forms.Form):
    """A place to assess in."""

    name = forms.CharField(label=pgettext_lazy("assessment site", "Name"), max_length=128)
    district = forms.TypedChoiceField(label=_("District"), coerce=int)
    address = forms.CharField(label=_("Address"), max_length=255)
    seat_count = forms.IntegerField(
        label=pgettext_lazy("assessment site", "Seats"),
        help_text=_("How many people can sit here at once."),
        min_value=1,
        max_value=10_000,
    )

    def __init__(self, *args: Any, districts: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ChoiceField, self.fields["district"]).choices = list(districts)


class CloseSiteForm(forms.Form):
    """Which site is closed."""

    site = forms.TypedChoiceField(label=_("Assessment site"), coerce=int)

    def __init__(self, *args: Any, sites: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ChoiceField, self.fields["site"]).choices = list(sites)


class DelegationForm(forms.Form):
    """Who is absent, who stands in, from when until when, and why."""

    absent = forms.TypedChoiceField(label=_("Who is absent"), coerce=int)
    stand_in = forms.TypedChoiceField(
        label=_("Who stands in"), help_text=_("Somebody of the same office."), coerce=int
    )
    first_day = day_field(_("First day"), help_text=_("Today at the earliest."))
    last_day = day_field(_("Last day"))
    reason = reason_field(_("Reason"), _("The office reads it."))

    def __init__(self, *args: Any, absent: Choices, stand_ins: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ChoiceField, self.fields["absent"]).choices = list(absent)
        cast(forms.ChoiceField, self.fields["stand_in"]).choices = list(stand_ins)
