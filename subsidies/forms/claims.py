from django import forms
from django.utils.translation import gettext_lazy as _


class ClaimWithdrawalForm(forms.Form):
    """Why the institution takes its claim back."""

    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("The bureaus read it. The claim stays on record."),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class ClaimAnswerForm(forms.Form):
    """What the institution answers to one question."""

    answer = forms.CharField(
        label=_("Your answer"),
        help_text=_("If a file answers it better, hand the file in first and name it here."),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
