from typing import Any

from django import forms
from django.utils.translation import gettext_lazy, pgettext_lazy

from assessment.enums import CertificateStatus, ReissueReason
from chongqing_dte.foundation.days import DAY_VALIDATORS

LONGEST_REASON = 500


def _words(label: Any, help_text: Any = "", *, required: bool = True) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=help_text,
        max_length=LONGEST_REASON,
        required=required,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class CertificateSearchForm(forms.Form):
    """What a list of certificates is narrowed to. Asks for a name only where names are shown whole."""

    number = forms.CharField(
        label=gettext_lazy("Certificate number"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )
    name = forms.CharField(
        label=gettext_lazy("Whole name"),
        max_length=64,
        required=False,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )
    status = forms.ChoiceField(
        label=gettext_lazy("Status"),
        choices=[("", gettext_lazy("All")), *CertificateStatus.choices],
        required=False,
    )
    session = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, years: list[int], by_name: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not by_name:
            del self.fields["name"]
        self.fields["year"] = forms.TypedChoiceField(
            label=pgettext_lazy("certificate", "Year of issue"),
            choices=[("", gettext_lazy("All")), *((year, str(year)) for year in years)],
            coerce=int,
            empty_value=None,
            required=False,
        )


class RevocationForm(forms.Form):
    """Why a certificate should not stand."""

    reason = _words(
        gettext_lazy("Reason"),
        gettext_lazy("What came to light, and where it is written down. The municipal bureau reads it."),
    )


class RevocationDecisionForm(forms.Form):
    """Why a revocation was decided so. Only a refusal has to say it."""

    reason = _words(gettext_lazy("Reason of the decision"), required=False)


class ReissueForm(forms.Form):
    """What another certificate is issued for, and how. The portal asks for no number where it gives it."""

    why = forms.ChoiceField(
        label=gettext_lazy("Why it is issued again"), choices=[("", "—"), *ReissueReason.choices]
    )
    note = _words(gettext_lazy("Explanation"), required=False)
    number = forms.CharField(
        label=gettext_lazy("Number of the other certificate"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    issued_on = forms.DateField(
        label=gettext_lazy("Issued on"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
        validators=DAY_VALIDATORS,
    )

    def __init__(self, *args: Any, portal_numbers: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if portal_numbers:
            del self.fields["number"]
