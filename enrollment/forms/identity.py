from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from enrollment.enums import IdentityField, RevealedField

LONGEST_REASON = 500


def reason_field(label: Any, help_text: Any = "", *, required: bool = True) -> forms.CharField:
    """Return a field for a sentence or two."""
    return forms.CharField(
        label=label,
        help_text=help_text,
        max_length=LONGEST_REASON,
        required=required,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class RevealForm(forms.Form):
    """Which masked value is needed whole, and why."""

    field = forms.ChoiceField(label=gettext_lazy("What you need to see"), choices=RevealedField.choices)
    reason = reason_field(
        gettext_lazy("Reason"), gettext_lazy("It is kept with your name, and auditors read it.")
    )


class CorrectionForm(forms.Form):
    """What is wrong about a person, and what shows it."""

    field = forms.ChoiceField(label=gettext_lazy("What is wrong"), choices=IdentityField.choices)
    corrected_value = forms.CharField(
        label=gettext_lazy("What it should be"),
        help_text=gettext_lazy("Exactly as on the ID card."),
        max_length=64,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    reason = reason_field(gettext_lazy("Reason"), gettext_lazy("How the mistake came about."))
    evidence = forms.FileField(
        label=gettext_lazy("Evidence"),
        help_text=gettext_lazy("A scan or photograph of the ID card: JPG, PNG or PDF, 5 MB at most."),
        widget=forms.ClearableFileInput(attrs={"accept": ".jpg,.jpeg,.png,.pdf"}),
    )


class MergeForm(forms.Form):
    """Two trainees who are one person, each by trainee number or ID number."""

    kept = forms.CharField(
        label=gettext_lazy("Who stays"),
        help_text=gettext_lazy("Trainee number or ID number of the row with the right data."),
        max_length=64,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    merged = forms.CharField(
        label=gettext_lazy("Who goes into it"),
        help_text=gettext_lazy("Trainee number or ID number of the other row."),
        max_length=64,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    reason = reason_field(gettext_lazy("How you know that they are one person"))


class ExportForm(forms.Form):
    """What a list with whole numbers is needed for."""

    reason = reason_field(
        gettext_lazy("What you need the list for"),
        gettext_lazy("It is kept with your name, and auditors read it."),
    )


class DecisionForm(forms.Form):
    """Why something was decided so. Only a refusal has to say it."""

    reason = reason_field(gettext_lazy("Reason of the decision"), required=False)
