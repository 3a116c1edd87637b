from django import forms
from django.utils.translation import gettext_lazy as _


class VerificationForm(forms.Form):
    """What somebody reads off a certificate: its number and its holder's name."""

    number = forms.CharField(
        label=_("Certificate number"),
        max_length=60,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
    )
    name = forms.CharField(
        label=_("Name of the holder"),
        help_text=_("As it stands on the certificate."),
        max_length=64,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
