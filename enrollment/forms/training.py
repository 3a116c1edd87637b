from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enrollment.models import TrainingClass
from enrollment.services.lessons import LONGEST_TIMETABLE, PlannedLesson

DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
ISO = ["%Y-%m-%d"]
MONDAY_TO_FRIDAY = ("0", "1", "2", "3", "4")


class TransferForm(forms.Form):
    """Where somebody goes, and why."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, targets: Iterable[TrainingClass], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", "—"), *((str(target.public_id), _shown(target)) for target in targets)]
        self.fields["to_class"] = forms.ChoiceField(label=gettext_lazy("To which class"), choices=choices)


class TimetableForm(forms.Form):
    """One lesson, or the lessons of several weeks at once."""

    first_day = forms.DateField(label=gettext_lazy("First day"), widget=DAY, input_formats=ISO)
    last_day = forms.DateField(
        label=gettext_lazy("Last day"),
        help_text=gettext_lazy("Left empty, there are lessons on the first day only."),
        widget=DAY,
        input_formats=ISO,
        required=False,
    )
    weekdays = forms.MultipleChoiceField(
        label=gettext_lazy("On these days of the week"),
        choices=[(str(number), name) for number, name in WEEKDAYS.items()],
        initial=MONDAY_TO_FRIDAY,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "weekdays"}),
        required=False,
    )
    per_day = forms.IntegerField(label=gettext_lazy("Lessons a day"), min_value=1, max_value=8, initial=1)
    first_number = forms.IntegerField(
        label=gettext_lazy("Number of the first one"),
        help_text=gettext_lazy("2 if the day has a lesson already."),
        min_value=1,
        max_value=20,
        initial=1,
    )
    hours = forms.DecimalField(
        label=gettext_lazy("Hours of each lesson"),
        min_value=Decimal("0.5"),
        max_value=12,
        max_digits=4,
        decimal_places=1,
    )
    topic = forms.CharField(label=gettext_lazy("Topic"), max_length=128, required=False)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        first, last = cleaned.get("first_day"), cleaned.get("last_day")
        if first and last and last < first:
            self.add_error("last_day", _("The last day lies before the first."))
        elif first and last and not cleaned.get("weekdays"):
            self.add_error("weekdays", _("Tick at least one day of the week."))
        elif first and last and (last - first).days > LONGEST_TIMETABLE:
            self.add_error("last_day", _("These days are too far apart to be entered at once."))
        return cleaned

    def planned(self) -> list[PlannedLesson]:
        """Return the lessons that the form asks for."""
        given = self.cleaned_data
        numbers = range(given["first_number"], given["first_number"] + given["per_day"])
        return [
            PlannedLesson(day, number, given["hours"], given["topic"])
            for day in _days(given["first_day"], given["last_day"], given["weekdays"])
            for number in numbers
        ]


def _days(first: date, last: date | None, weekdays: Iterable[str]) -> list[date]:
    if last is None:
        return [first]
    every = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return [day for day in every if str(day.weekday()) in weekdays]


def _shown(training_class: TrainingClass) -> str:
    return (
        f"{training_class.reference} · {training_class.institution.name} · "
        f"{training_class.starts_on.isoformat()} – {training_class.ends_on.isoformat()}"
    )
