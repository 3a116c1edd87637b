import uuid

from django import forms
from django.utils.translation import gettext_lazy as _

from enrollment.rules.identifiers import normalize_identifier
from subsidies.enums import ObjectionStatus


class PublicObjectionForm(forms.Form):
    """What somebody who reads a public notice says against a line of it."""

    statement = forms.CharField(
        label=_("What is wrong"),
        help_text=_("Say what you know and how you know it. Leave out what is not needed to look into it."),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    objector_name = forms.CharField(
        label=_("Your name"),
        help_text=_("Objections are raised under one's own name. It is not shown to whom you object to."),
        max_length=64,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    contact = forms.CharField(
        label=_("How to reach you"),
        help_text=_("A telephone number or an e-mail address, for questions about what you say."),
        max_length=128,
        widget=forms.TextInput(attrs={"autocomplete": "tel"}),
    )
    # Nobody sees it, and only a machine fills it in.
    website = forms.CharField(
        label=_("Leave this field empty"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"tabindex": "-1", "autocomplete": "off"}),
    )
    # The same form sent twice is one objection.
    receipt = forms.UUIDField(widget=forms.HiddenInput)

    def clean_website(self) -> str:
        if self.cleaned_data["website"]:
            raise forms.ValidationError(_("Leave this field empty."))
        return ""

    @classmethod
    def empty(cls) -> "PublicObjectionForm":
        """Return a form that has not been filled in, with a receipt number of its own."""
        return cls(initial={"receipt": uuid.uuid4()})


class OfficeObjectionForm(forms.Form):
    """What an office records against the live decision on a certificate."""

    number = forms.CharField(
        label=_("Certificate number"),
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    statement = forms.CharField(
        label=_("What is wrong"),
        help_text=_("What was reported or found, by whom, and on which evidence."),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    objector_name = forms.CharField(
        label=_("Reported by"),
        help_text=_("Empty if your office found it itself."),
        required=False,
        max_length=64,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    contact = forms.CharField(
        label=_("How to reach them"),
        required=False,
        max_length=128,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean_number(self) -> str:
        return normalize_identifier(self.cleaned_data["number"])


class ObjectionDecisionForm(forms.Form):
    """What the office decides about an objection, and why."""

    outcome = forms.ChoiceField(
        label=_("Decision"),
        choices=[
            ("", _("Choose")),
            (ObjectionStatus.UPHELD, ObjectionStatus.UPHELD.label),
            (ObjectionStatus.DISMISSED, ObjectionStatus.DISMISSED.label),
        ],
    )
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("Whoever objected reads it. Leave out what they must not learn about others."),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
