from collections.abc import Iterable
from typing import Any, Final, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from institutions.models import District, Institution
from subsidies.enums import ClaimStatus

ALL: Final = ("", _("All"))
DUE: Final = (
    ("late", _("Overdue")),
    ("today", _("Due today")),
    ("asked", _("Waits for the institution's answer")),
    ("no_day", _("Without a day")),
)
FLAGGED: Final = (("yes", _("A check failed")), ("no", _("Nothing is flagged")))
WORKED_ON: Final = (
    ("me", _("Begun by me")),
    ("others", _("Begun by a colleague")),
    ("nobody", _("Not begun")),
)


class ClaimQueueForm(forms.Form):
    """What the queue of a bureau is narrowed to."""

    q = forms.CharField(
        label=_("Reference or institution"),
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )
    due = forms.ChoiceField(label=_("Answer due on"), required=False, choices=[ALL, *DUE])
    flagged = forms.ChoiceField(label=_("Automatic checks"), required=False, choices=[ALL, *FLAGGED])
    status = forms.ChoiceField(
        label=_("Status"),
        required=False,
        choices=[
            ALL,
            (ClaimStatus.RECOMMENDED.value, ClaimStatus.RECOMMENDED.label),
            (ClaimStatus.SUBMITTED.value, ClaimStatus.SUBMITTED.label),
        ],
    )
    worked_on = forms.ChoiceField(label=_("Review progress"), required=False, choices=[ALL, *WORKED_ON])
    institution = forms.ChoiceField(label=_("Training institution"), required=False)
    district = forms.ChoiceField(label=_("District"), required=False)

    def __init__(
        self,
        *arguments: Any,
        institutions: Iterable[Institution],
        districts: Iterable[District],
        **named: Any,
    ) -> None:
        super().__init__(*arguments, **named)
        self._offer("institution", [(str(each.pk), each.name) for each in institutions])
        names = [(each.code, each.name) for each in districts]
        if names:
            self._offer("district", names)
        else:
            # A district's own queue holds what was submitted to it, and nothing else.
            del self.fields["district"], self.fields["status"]

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        cast(forms.ChoiceField, self.fields[name]).choices = [ALL, *choices]

    def clean_q(self) -> str:
        return str(self.cleaned_data["q"]).strip()
