"""What a district says of a claim: of its lines, in one form; what it asks; and why it gives a claim back."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from subsidies.enums import LineRefusal, LineVerdict

LONGEST: Final = 2000
# The fields of a line are named by its key.
LINE_FIELD: Final = re.compile(r"verdict-([0-9]{1,18})")
NOT_SAID: Final = ("", "—")


class LinesForm(forms.Form):
    """What is said of some lines: one choice for each, which accepts it or names why it is refused, and a note."""

    def __init__(self, line_ids: Iterable[int], *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.line_ids = list(line_ids)
        for line_id in self.line_ids:
            self.fields[f"verdict-{line_id}"] = forms.ChoiceField(
                label=_("District's word"), required=False, choices=_choices()
            )
            self.fields[f"note-{line_id}"] = forms.CharField(
                label=_("Note"),
                required=False,
                max_length=500,
                widget=forms.TextInput(
                    attrs={"class": "reason", "autocomplete": "off", "placeholder": _("Note")}
                ),
            )

    @classmethod
    def sent(cls, given: Mapping[str, Any]) -> "LinesForm":
        """Return the form that somebody sent, with the lines that they looked at."""
        found = (LINE_FIELD.fullmatch(name) for name in given)
        return cls([int(match[1]) for match in found if match], given)

    def clean(self) -> dict[str, Any]:
        entered = super().clean() or {}
        for line_id in self.line_ids:
            verdict, note = entered.get(f"verdict-{line_id}"), entered.get(f"note-{line_id}")
            if note and verdict == "":
                self.add_error(f"verdict-{line_id}", _("Say whether you accept or refuse the line."))
            if verdict == LineRefusal.OTHER and not note:
                self.add_error(f"note-{line_id}", _("Say in words why the line is refused."))
        return entered

    def said(self) -> list[tuple[int, str, str]]:
        """Return each line of which something is said, with the choice and the note."""
        entered = self.cleaned_data
        said = [
            (line_id, entered.get(f"verdict-{line_id}", ""), entered.get(f"note-{line_id}", ""))
            for line_id in self.line_ids
        ]
        return [each for each in said if each[1]]


class QuestionForm(forms.Form):
    """What the institution is asked about a claim, or about one person of it."""

    about = forms.ChoiceField(label=_("About"), required=False)
    question = forms.CharField(
        label=_("Question"),
        help_text=_(
            "The institution reads it. Until it has answered, or the day for its answer is over, your working days "
            "stand still."
        ),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, people: Iterable[tuple[str, str]], *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        about = self.fields["about"]
        if isinstance(about, forms.ChoiceField):
            about.choices = [("", _("The whole claim")), *people]


class ClaimReasonForm(forms.Form):
    """Why a claim is given back or refused."""

    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("The institution reads it."),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class RecommendationForm(forms.Form):
    """What somebody saw who recommends a claim."""

    sha256 = forms.CharField(widget=forms.HiddenInput, max_length=64)


def _choices() -> list[tuple[str, Any]]:
    return [
        NOT_SAID,
        (LineVerdict.ACCEPTED.value, _("Accept")),
        (str(_("Refuse, because …")), [(code.value, code.label) for code in LineRefusal]),
    ]
