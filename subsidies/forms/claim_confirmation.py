from collections.abc import Iterable
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from institutions.models import District
from subsidies.forms.bank import ReasonField


class SendBackForm(forms.Form):
    """Why a claim goes back to its district."""

    reason = ReasonField(
        label=_("What the district has to look at again"),
        help_text=_("The district and the institution read it."),
    )


class RefuseRecommendedForm(forms.Form):
    """Why a recommended claim is refused."""

    reason = ReasonField(label=_("Why the claim is refused"), help_text=_("The institution reads it."))


class DistrictFilterForm(forms.Form):
    """Which district's claims are listed."""

    district = forms.ChoiceField(label=_("District"), required=False)

    def __init__(self, *args: Any, districts: Iterable[District], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["district"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [("", _("All")), *((each.code, each.name) for each in districts)]


class HandoverForm(forms.Form):
    """Which claims of a retired district go to which successor, and why."""

    ALL: ClassVar = "ALL"

    which = forms.ChoiceField(
        label=_("Which claims"),
        choices=[(ALL, _("All of them")), ("CHOSEN", _("Those chosen in the list"))],
    )
    successor = forms.TypedChoiceField(label=_("Successor"), coerce=int)
    reason = ReasonField(label=_("Reason"), help_text=_("The decision on the districts, with its number."))

    def __init__(self, *args: Any, successors: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["successor"]
        if isinstance(field, forms.ChoiceField):
            field.choices = successors
