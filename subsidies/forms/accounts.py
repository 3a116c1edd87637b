from django import forms
from django.utils.translation import gettext_lazy as _

from enrollment.rules.identifiers import normalize_identifier


class AccountForm(forms.Form):
    """A corrected bank account, and why. Whether it can be one is the service's question."""

    number = forms.CharField(
        label=_("Account number"),
        help_text=_("The account of the trainee's own social security card, its bank function activated."),
        max_length=40,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    bank_name = forms.CharField(
        label=_("Bank"), max_length=128, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    cnaps = forms.CharField(
        label=_("CNAPS code"),
        help_text=_("12 digits."),
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("Kept with the account: who told you, and what proves it."),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def clean_number(self) -> str:
        return normalize_identifier(self.cleaned_data["number"])

    def clean_cnaps(self) -> str:
        return normalize_identifier(self.cleaned_data["cnaps"])
