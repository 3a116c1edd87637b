from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, ClassVar

from django import forms

from chongqing_dte.foundation.days import DAY_VALIDATORS
from chongqing_dte.foundation.sentences import gettext, pgettext
from chongqing_dte.foundation.sentences import gettext_lazy as _

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


def count_field(
    label: Any, help_text: Any, *, least: int = 0, most: int, required: bool = True
) -> forms.IntegerField:
    """Return a field for a figure of a policy."""
    return forms.IntegerField(
        label=label, help_text=help_text, min_value=least, max_value=most, required=required
    )


class VersionForm(forms.Form):
    """A version of some figures: its name, its days and its source. Each kind of figures adds its own."""

    # Figures that are read together, each group with its heading; none where there are too few to need one.
    groups: ClassVar[Sequence[tuple[Any, Sequence[str]]]] = ()

    name = forms.CharField(label=_("Name of the version"), max_length=128)
    first_day = day_field(_("First day"))
    last_day = day_field(
        _("Last day"), required=False, help_text=_("Left empty, it holds until another follows.")
    )
    source = forms.CharField(
        label=_("Source"),
        help_text=_("The document that each figure comes from. Say of an example that it is one."),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order_fields(["name", "first_day", "last_day", *self.figures(), "source"])

    @classmethod
    def figures(cls) -> list[str]:
        """Return the names of the figures themselves, in their order."""
        frame = VersionForm.base_fields
        return [name for name in cls.base_fields if name not in frame]

    @classmethod
    def grouped_figures(cls) -> Sequence[tuple[Any, Sequence[str]]]:
        """Return the names of the figures by heading."""
        return cls.groups or [("", cls.figures())]

    @classmethod
    def in_words(cls, name: str, value: Any) -> Any:
        """Return what a figure says, as people read it."""
        if isinstance(value, bool):
            return gettext("Yes") if value else gettext("No")
        labels = dict(getattr(cls.base_fields[name], "choices", ()))
        if labels and isinstance(value, list):
            return pgettext("between the parts of a list", ", ").join(
                str(label) for choice, label in labels.items() if choice in value
            )
        return labels.get(value, value)

    def leave_missing_open(self) -> None:
        """Say nothing of what is not filled in: it was not asked for yet."""
        for name, errors in list(self.errors.items()):
            errors.data = [error for error in errors.as_data() if error.code != "required"]
            if not errors:
                del self.errors[name]

    def sections(self) -> list[tuple[Any, list[forms.BoundField]]]:
        """Return the fields by heading, in the order in which they are filled in."""
        parts = [("", ["name", "first_day", "last_day"]), *self.grouped_figures(), ("", ["source"])]
        return [(heading, [self[name] for name in names]) for heading, names in parts]

    def values(self) -> Mapping[str, Any]:
        """Return what was given, with the days as [starts_on, ends_before)."""
        given = dict(self.cleaned_data)
        starts_on, ends_before = given.pop("first_day"), day_after(given.pop("last_day"))
        return {**given, "starts_on": starts_on, "ends_before": ends_before}


class EndVersionForm(forms.Form):
    """The last day on which a version counts, and why."""

    last_day = day_field(_("Last day"), help_text=_("Today at the earliest."))
    reason = forms.CharField(label=_("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}))

    def ends_before(self) -> date:
        """Return the first day on which the version does not count any more."""
        last_day: date = self.cleaned_data["last_day"]
        return last_day + timedelta(days=1)
