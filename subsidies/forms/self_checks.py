from django import forms
from django.utils.translation import gettext_lazy as _

from enrollment.rules.identifiers import normalize_identifier

TYPED = {"autocomplete": "off", "spellcheck": "false"}
DIGITS = {**TYPED, "inputmode": "numeric"}


class WhoForm(forms.Form):
    """What somebody knows who holds a certificate."""

    number = forms.CharField(
        label=_("Certificate number"),
        max_length=60,
        widget=forms.TextInput(attrs={**TYPED, "autocapitalize": "characters"}),
    )
    id_number = forms.CharField(
        label=_("ID number"),
        help_text=_("All 18 characters, as on your resident identity card."),
        max_length=40,
        widget=forms.TextInput(attrs={**TYPED, "autocapitalize": "characters"}),
    )


class CodeForm(forms.Form):
    """The six digits that were sent to a mobile."""

    code = forms.CharField(
        label=_("Code from the text message"),
        help_text=_("The six digits from the text message."),
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )

    def clean_code(self) -> str:
        return normalize_identifier(self.cleaned_data["code"])


class OwnAccountForm(forms.Form):
    """The account that somebody wants to be paid to, its number twice. Whether it is one, the service says."""

    number = forms.CharField(
        label=_("Account number"),
        help_text=_("The account of your own social security card, its bank function activated."),
        max_length=40,
        widget=forms.TextInput(attrs=DIGITS),
    )
    number_again = forms.CharField(
        label=_("Account number once more"), max_length=40, widget=forms.TextInput(attrs=DIGITS)
    )
    bank_name = forms.CharField(label=_("Bank"), max_length=128, widget=forms.TextInput(attrs=TYPED))
    cnaps = forms.CharField(
        label=_("CNAPS code"),
        help_text=_("12 digits. Your bank tells you, at the counter or by telephone."),
        max_length=20,
        widget=forms.TextInput(attrs=DIGITS),
    )

    def clean_number(self) -> str:
        return normalize_identifier(self.cleaned_data["number"])

    def clean_number_again(self) -> str:
        again = normalize_identifier(self.cleaned_data["number_again"])
        if again != self.cleaned_data.get("number"):
            raise forms.ValidationError(_("This is not the same number."))
        return again

    def clean_cnaps(self) -> str:
        return normalize_identifier(self.cleaned_data["cnaps"])


class OwnObjectionForm(forms.Form):
    """What somebody says against their own decision."""

    statement = forms.CharField(
        label=_("What is wrong with it"),
        help_text=_("Say which of the facts is wrong, and what proves it."),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    contact = forms.CharField(
        label=_("How to reach you"),
        help_text=_("May be left empty. What you write is read by the office alone."),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class LinkReasonForm(forms.Form):
    """Why an office hands out a link."""

    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("How you know who asked: the identity card that you saw, and why no code can be sent."),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
