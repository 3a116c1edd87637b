from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from subsidies.bank.channel import RESULT_ENDINGS
from subsidies.enums import ResolutionOutcome


class ReasonField(forms.CharField):
    """A reason of some lines."""

    def __init__(self, **named: Any) -> None:
        super().__init__(max_length=500, widget=forms.Textarea(attrs={"rows": 3}), **named)


class ResultFileForm(forms.Form):
    """One result file of a bank, in whatever format. What is in it is the reader's question."""

    file = forms.FileField(
        label=gettext_lazy("Result file of the bank"),
        help_text=gettext_lazy("As the bank gave it: CSV, TXT, XML or Excel (.xlsx), 20 MB at most."),
        widget=forms.ClearableFileInput(attrs={"accept": ",".join(RESULT_ENDINGS)}),
    )

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > settings.ROSTER_MAX_BYTES:
            raise forms.ValidationError(_("The file is larger than 20 MB."), code="file_too_large")
        return file


class AnotherLinkForm(forms.Form):
    """Why another link is needed, where there was one before."""

    reason = ReasonField(label=gettext_lazy("Why another link is needed"), required=False)


class DismissalForm(forms.Form):
    """Why a result file is set aside for good."""

    reason = ReasonField(
        label=gettext_lazy("Why it is set aside for good"),
        help_text=gettext_lazy(
            "The same content is never applied after that. A file that the bank corrects is another file."
        ),
    )


class RefusalForm(forms.Form):
    """Why a result file that somebody else has brought is not the bank's."""

    reason = ReasonField(
        label=gettext_lazy("Why it is refused"),
        help_text=gettext_lazy("The same content is never applied after that, whoever brings it."),
    )


class FindingForm(forms.Form):
    """What somebody found out at the bank about a line. Only what can be true of it is offered."""

    outcome = forms.ChoiceField(label=gettext_lazy("Finding"), choices=ResolutionOutcome)
    reason = ReasonField(
        label=gettext_lazy("What the bank told you"),
        help_text=gettext_lazy("When, by whom, and where it stands in writing."),
    )
    bank_reference = forms.CharField(
        label=gettext_lazy("Reference on the bank statement"),
        help_text=gettext_lazy(
            "For a payment that was found paid or not paid: the line of the statement or the number of the letter."
        ),
        max_length=64,
        required=False,
    )

    @classmethod
    def offering(cls, outcomes: list[ResolutionOutcome], sent: QueryDict | None = None) -> "FindingForm":
        """Return the form with these outcomes to choose from, none of them chosen beforehand."""
        form = cls(sent)
        # What is sent can be any of them: why it cannot be true is the service's to say.
        form.fields["outcome"].widget = forms.Select(
            choices=[("", "—"), *((outcome.value, outcome.label) for outcome in outcomes)]
        )
        return form


class FindingDecisionForm(forms.Form):
    """The second person's reason, which a refusal needs."""

    reason = ReasonField(label=gettext_lazy("Reason of the decision"), required=False)


class StopForm(forms.Form):
    """Why sending is stopped."""

    reason = ReasonField(label=gettext_lazy("Why nothing may be sent"))


class LiftForm(forms.Form):
    """Why sending can go on."""

    reason = ReasonField(
        label=gettext_lazy("Why it can go on"),
        help_text=gettext_lazy("What was checked, with which result. A second person of finance reads it."),
    )
