from collections.abc import Iterable
from typing import Any, Final, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from chongqing_dte.foundation.days import DAY_VALIDATORS
from enrollment.rules.identifiers import normalize_identifier, normalize_name
from institutions.models import District
from subsidies.enums import Decision, PaymentStatus
from subsidies.explanations import CHECK_NAMES
from subsidies.forms.recoveries import DayInput

# What the list shows of a certificate that nobody has decided on yet.
WAITING: Final = "WAITING"


class CertificateFilterForm(forms.Form):
    """What the list of certificates and their decisions is narrowed to."""

    q = forms.CharField(
        label=_("Certificate number"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )
    decision = forms.ChoiceField(
        label=_("Decision"),
        choices=[("", _("All")), *Decision.choices, (WAITING, _("Waiting"))],
        required=False,
    )
    reason = forms.ChoiceField(
        label=_("Check that is not met"), choices=[("", _("All")), *CHECK_NAMES.items()], required=False
    )
    payment = forms.ChoiceField(
        label=_("Payment"), choices=[("", _("All")), *PaymentStatus.choices], required=False
    )
    district = forms.ChoiceField(label=_("District"), required=False)
    since = forms.DateField(
        label=_("Decided from"), required=False, widget=DayInput(), validators=DAY_VALIDATORS
    )
    until = forms.DateField(
        label=_("Decided until"), required=False, widget=DayInput(), validators=DAY_VALIDATORS
    )

    def __init__(self, *arguments: Any, districts: Iterable[District], **named: Any) -> None:
        super().__init__(*arguments, **named)
        names = [(district.code, district.name) for district in districts]
        if names:
            cast(forms.ChoiceField, self.fields["district"]).choices = [("", _("All")), *names]
        else:
            del self.fields["district"]

    def clean_q(self) -> str:
        return normalize_identifier(self.cleaned_data["q"])


class PersonForm(forms.Form):
    """Whom somebody looks for. It is posted: no address holds a name or an ID number."""

    person = forms.CharField(
        label=_("A person's full name or ID number"),
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean_person(self) -> str:
        return normalize_name(self.cleaned_data["person"])
