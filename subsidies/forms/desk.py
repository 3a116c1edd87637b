from collections.abc import Iterable
from typing import Any, Final, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from institutions.models import District

# Days since when a row waits, from which it counts as old.
AGES: Final = (1, 3, 7, 30, 90)


class DeskFilterForm(forms.Form):
    """What the list of one stuck matter is narrowed to."""

    district = forms.ChoiceField(label=_("District"), required=False)
    age = forms.ChoiceField(label=_("Days since it waits"), required=False)

    def __init__(self, *arguments: Any, districts: Iterable[District], **named: Any) -> None:
        super().__init__(*arguments, **named)
        names = [(district.code, district.name) for district in districts]
        ages = [(str(age), _("%(days)s days and older") % {"days": age}) for age in AGES]
        cast(forms.ChoiceField, self.fields["age"]).choices = [("", _("All")), *ages]
        if names:
            cast(forms.ChoiceField, self.fields["district"]).choices = [("", _("All")), *names]
        else:
            del self.fields["district"]
