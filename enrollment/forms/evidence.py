from django import forms
from django.utils.translation import gettext_lazy

from enrollment.enums import Education, ParticipantCategory
from enrollment.forms.identity import reason_field
from enrollment.roster.columns import ROSTER_COLUMNS

LONGEST = {column.key: column.max_length for column in ROSTER_COLUMNS}
DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class EvidenceCorrectionForm(forms.Form):
    """All that an enrollment should say of somebody's category, and what shows it."""

    category = forms.ChoiceField(
        label=gettext_lazy("Participant category"), choices=ParticipantCategory.choices
    )
    education = forms.ChoiceField(label=gettext_lazy("Education"), choices=Education.choices)
    school = forms.CharField(
        label=gettext_lazy("School"),
        help_text=gettext_lazy("Of graduating students and earlier graduates."),
        max_length=LONGEST["school"],
        required=False,
    )
    student_number = forms.CharField(
        label=gettext_lazy("Student number"),
        help_text=gettext_lazy("Of graduating students."),
        max_length=LONGEST["student_number"],
        required=False,
    )
    graduated_on = forms.DateField(
        label=gettext_lazy("Graduation date"),
        help_text=gettext_lazy("Of graduating students and earlier graduates, as on the diploma."),
        widget=DAY,
        input_formats=["%Y-%m-%d"],
        required=False,
    )
    employer_name = forms.CharField(
        label=gettext_lazy("Employer"),
        help_text=gettext_lazy("Of enterprise employees."),
        max_length=LONGEST["employer_name"],
        required=False,
    )
    employer_credit_code = forms.CharField(
        label=gettext_lazy("Employer's credit code"),
        help_text=gettext_lazy("Of enterprise employees: 18 characters."),
        max_length=LONGEST["employer_credit_code"],
        required=False,
    )
    reason = reason_field(gettext_lazy("Reason"), gettext_lazy("How the mistake came about."))
    evidence = forms.FileField(
        label=gettext_lazy("Evidence"),
        help_text=gettext_lazy(
            "A scan or photograph of what shows it, such as the diploma or the labour contract: JPG, PNG or PDF, 5 MB"
            " at most."
        ),
        widget=forms.ClearableFileInput(attrs={"accept": ".jpg,.jpeg,.png,.pdf"}),
    )
