from django import forms
from django.utils.translation import gettext_lazy


class CandidateForm(forms.Form):
    """One person who is to sit a session."""

    id_number = forms.CharField(
        label=gettext_lazy("ID number"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    name = forms.CharField(
        label=gettext_lazy("Name"),
        help_text=gettext_lazy("Exactly as on the ID card."),
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    mobile = forms.CharField(
        label=gettext_lazy("Mobile"),
        help_text=gettext_lazy("Only for somebody who trained elsewhere and is not on record yet."),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )


class CandidateSearchForm(forms.Form):
    """The end of an admission number, or the beginning of a name."""

    q = forms.CharField(max_length=40, required=False)
