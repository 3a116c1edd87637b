from django import forms
from django.utils.translation import gettext_lazy as _

from chongqing_dte.foundation.days import DAY_VALIDATORS
from enrollment.rules.identifiers import normalize_name
from institutions.enums import Level


class OtherSubsidyForm(forms.Form):
    """What another programme paid one person, cell by cell as in the list."""

    id_number = forms.CharField(
        label=_("ID number"), max_length=40, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    name = forms.CharField(
        label=_("Name"), max_length=60, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    occupation = forms.CharField(label=_("Occupation code"), max_length=12)
    level = forms.ChoiceField(label=_("Level"), choices=Level.choices)
    programme = forms.CharField(label=_("Programme"), max_length=128)
    amount = forms.CharField(
        label=_("Amount in yuan"), max_length=15, widget=forms.TextInput(attrs={"inputmode": "decimal"})
    )
    paid_on = forms.DateField(
        label=_("Paid on"), validators=DAY_VALIDATORS, widget=forms.DateInput(attrs={"type": "date"})
    )
    source = forms.CharField(
        label=_("Source"),
        help_text=_("Where this is known from, such as the number of a letter."),
        max_length=500,
    )

    def typed(self) -> dict[str, str]:
        """Return what was typed, as the cells of a list."""
        return {name: str(value) for name, value in self.cleaned_data.items()}


class OtherSubsidyFilterForm(forms.Form):
    name = forms.CharField(label=_("Name"), required=False, max_length=60)
    programme = forms.CharField(label=_("Programme"), required=False, max_length=128)
    status = forms.ChoiceField(
        label=_("Status"),
        required=False,
        choices=[("", _("All")), ("STANDING", _("Is counted")), ("WITHDRAWN", _("Taken back"))],
    )

    def clean_name(self) -> str:
        return normalize_name(self.cleaned_data["name"])


class WithdrawalForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("It stays on record with this reason, and counts no more."),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
