from collections.abc import Iterable
from datetime import timedelta
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from partners.models.client import FASTEST, SLOWEST, USUAL_RATE, PartnerClient

Choices = Iterable[tuple[Any, Any]]


class LimitsForm(forms.Form):
    """What a partner's system may ask for, from where, with which certificate and how often."""

    scopes = forms.MultipleChoiceField(
        label=_("Scopes"),
        help_text=_("What the system may do. Its office says with whose rows."),
        widget=forms.CheckboxSelectMultiple(attrs={"class": "weekdays"}),
    )
    networks = forms.CharField(
        label=_("Allowed networks"),
        help_text=_("One a line, as 192.0.2.0/24. Left empty, it may ask from anywhere."),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    certificate = forms.CharField(
        label=_("Checksum of its certificate"),
        help_text=_("SHA-256, 64 hexadecimal digits. Left empty, it needs to show no certificate."),
        max_length=128,
        required=False,
    )
    requests_per_minute = forms.IntegerField(
        label=_("Requests a minute"), min_value=SLOWEST, max_value=FASTEST, initial=USUAL_RATE
    )

    def __init__(self, *args: Any, scopes: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.MultipleChoiceField, self.fields["scopes"]).choices = list(scopes)


class IssueForm(LimitsForm):
    """Whose system gets access, and for what. The role was chosen before."""

    name = forms.CharField(
        label=_("Name of the system"),
        help_text=_("As the partner calls it, with the body that runs it."),
        max_length=64,
    )
    office = forms.TypedChoiceField(label=_("Office"), coerce=int)
    field_order = ["name", "office"]

    def __init__(self, *args: Any, offices: Choices | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if offices is None:
            del self.fields["office"]
        else:
            cast(forms.ChoiceField, self.fields["office"]).choices = [("", "—"), *offices]


class ChangeForm(LimitsForm):
    """Other limits for a system that has access, and why."""

    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("It is kept with the change."),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class RotateForm(forms.Form):
    """How long the former secret goes on opening."""

    overlap = forms.TypedChoiceField(
        label=_("The former secret"),
        choices=[
            ("24", _("opens for another 24 hours")),
            ("72", _("opens for another 72 hours")),
            ("1", _("opens for another hour")),
            ("0", _("ends at once, with every token: it has leaked")),
        ],
        coerce=lambda hours: timedelta(hours=int(hours)),
    )


class RevokeForm(forms.Form):
    """Why a system is shut out."""

    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("It cannot be undone: the partner would get another access."),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


def limits_of(client: PartnerClient) -> dict[str, Any]:
    """Return what the form for other limits begins with."""
    return {
        "scopes": client.scopes,
        "networks": "\n".join(client.allowed_networks),
        "certificate": client.certificate_sha256,
        "requests_per_minute": client.requests_per_minute,
    }
