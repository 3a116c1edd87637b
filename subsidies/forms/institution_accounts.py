from django import forms
from django.utils.translation import gettext_lazy as _

from institutions.services.accounts import LONGEST_NAME, AccountEntry


class InstitutionAccountForm(forms.Form):
    """The account that an institution wants to be paid to. Its digits are the service's question."""

    holder_name = forms.CharField(
        label=_("Account holder"),
        help_text=_("As the bank knows your institution, to the letter."),
        max_length=LONGEST_NAME,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    number = forms.CharField(
        label=_("Account number"),
        help_text=_("8 to 32 digits. Only its last four are shown afterwards."),
        max_length=48,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )
    bank_name = forms.CharField(
        label=_("Bank"),
        help_text=_("With its branch."),
        max_length=LONGEST_NAME,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    cnaps = forms.CharField(
        label=_("CNAPS code"),
        help_text=_("12 digits. Your bank tells it."),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("Why the account is given or changed."),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def entry(self) -> AccountEntry:
        """Return what a valid form says."""
        return AccountEntry(
            **{name: self.cleaned_data[name] for name in ("holder_name", "number", "bank_name", "cnaps")}
        )
