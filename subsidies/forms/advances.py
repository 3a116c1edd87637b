from typing import Any, Final

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chongqing_dte.foundation.days import DAY_VALIDATORS
from subsidies.enums import AdvanceBasis, EvidenceKind
from subsidies.forms.budgets import YuanField
from subsidies.forms.recoveries import DayInput
from subsidies.rules.claim_evidence import MAX_BYTES
from subsidies.services.advances import AdvanceEntry

ENDINGS: Final = ".pdf,.ofd,.png,.jpg,.jpeg,.xlsx"


class AdvanceForm(forms.Form):
    """What an institution has spent on a class. Whether it can be so is the service's question."""

    basis = forms.ChoiceField(
        label=gettext_lazy("The cost is known"),
        choices=AdvanceBasis.choices,
        initial=AdvanceBasis.PER_TRAINEE,
    )
    unit_cost = YuanField(
        label=gettext_lazy("Cost in yuan"),
        help_text=gettext_lazy("Of one trainee, or of the whole class, as you have chosen above."),
    )
    unit_count = forms.IntegerField(
        label=gettext_lazy("For how many trainees"),
        help_text=gettext_lazy("Only where the cost is per trainee."),
        min_value=1,
        max_value=100_000,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    spent_on = forms.DateField(
        label=gettext_lazy("Last day on which it was spent"),
        help_text=gettext_lazy("It is owed to you from this day on."),
        widget=DayInput(),
        validators=DAY_VALIDATORS,
    )
    note = forms.CharField(
        label=gettext_lazy("Note"),
        help_text=gettext_lazy("What it was spent on, for example teachers, rooms and material."),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        is_per_trainee = cleaned.get("basis") == AdvanceBasis.PER_TRAINEE
        if is_per_trainee and not cleaned.get("unit_count") and "unit_count" not in self.errors:
            self.add_error("unit_count", _("Say for how many trainees."))
        return cleaned

    def entry(self) -> AdvanceEntry:
        """Return what a valid form says. The cost of a class counts once, whatever stands in the other field."""
        given = self.cleaned_data
        basis = AdvanceBasis(given["basis"])
        return AdvanceEntry(
            basis=basis,
            unit_cost=given["unit_cost"],
            spent_on=given["spent_on"],
            unit_count=given["unit_count"] if basis == AdvanceBasis.PER_TRAINEE else 1,
            note=given["note"],
        )


class AdvanceWithdrawalForm(forms.Form):
    """Why what was said of a class's cost is taken back."""

    reason = forms.CharField(
        label=gettext_lazy("Why it is taken back"),
        help_text=gettext_lazy("It stays on record, and counts no more."),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class EvidenceForm(forms.Form):
    """One file and what it shows. Its type is found by its content."""

    kind = forms.ChoiceField(label=gettext_lazy("What it shows"), choices=EvidenceKind.choices)
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy(
            "PDF, OFD, PNG, JPEG or Excel (.xlsx), 10 MB at most. No more than 20 files for a class."
        ),
        widget=forms.ClearableFileInput(attrs={"accept": ENDINGS}),
    )

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > MAX_BYTES:
            raise forms.ValidationError(_("The file is larger than 10 MB."), code="file_too_large")
        return file
