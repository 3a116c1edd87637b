from collections.abc import Iterable, Sequence
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy

from assessment.enums import Outcome, ReviewKind, SignalKind
from assessment.forms.sessions import offer
from chongqing_dte.foundation.version_forms import day_field
from institutions.models import Institution

LONGEST_REASON = 500


def _words(label: Any, help_text: Any = "", *, required: bool = True) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=help_text,
        max_length=LONGEST_REASON,
        required=required,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


def _score(label: Any) -> forms.DecimalField:
    return forms.DecimalField(
        label=label, required=False, min_value=0, max_value=100, max_digits=4, decimal_places=1
    )


class ReviewForm(forms.Form):
    """What a candidate asks for. Offers the kinds that whoever takes it down may open at present."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=ReviewKind.choices)
    reason = _words(
        gettext_lazy("What the candidate asks for"),
        gettext_lazy("In the candidate's words, without ID numbers or telephone numbers."),
    )

    def __init__(self, *args: Any, kinds: Sequence[ReviewKind], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self.fields["kind"], [(kind, kind.label) for kind in kinds])


class ReviewClosingForm(forms.Form):
    """Why a result stands."""

    note = _words(
        gettext_lazy("Why the result stands"),
        gettext_lazy("What was looked at again, and by whom. The candidate is told this."),
    )


class AttemptCorrectionForm(forms.Form):
    """What a result should be. Asks for a certificate only where the institution would number one."""

    outcome = forms.ChoiceField(label=gettext_lazy("Outcome"), choices=Outcome.choices)
    theory_score = _score(gettext_lazy("Theory score"))
    practice_score = _score(gettext_lazy("Practice score"))
    certificate_number = forms.CharField(
        label=gettext_lazy("Certificate number"),
        help_text=gettext_lazy("Only if the result becomes a pass."),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    certificate_issued_on = day_field(gettext_lazy("Issued on"), required=False)
    reason = _words(
        gettext_lazy("Reason"), gettext_lazy("How the mistake came about and what shows the right result.")
    )

    def __init__(self, *args: Any, numbers_certificate: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not numbers_certificate:
            del self.fields["certificate_number"], self.fields["certificate_issued_on"]


class CorrectionDecisionForm(forms.Form):
    """Why a correction was decided so. Only a refusal has to say it."""

    reason = _words(gettext_lazy("Reason of the decision"), required=False)


class SignalFilterForm(forms.Form):
    """What the list of signals is narrowed to."""

    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"), choices=[("", gettext_lazy("All")), *SignalKind.choices], required=False
    )
    institution = forms.ChoiceField(label=gettext_lazy("Evaluation institution"), required=False)

    def __init__(self, *args: Any, institutions: Iterable[Institution], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [(institution.credit_code, institution.name) for institution in institutions]
        choices = [("", gettext_lazy("All")), *names]
        cast(forms.ChoiceField, self.fields["institution"]).choices = choices
