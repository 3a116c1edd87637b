from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chongqing_dte.foundation.days import DAY_VALIDATORS
from enrollment.models import ClassTrainer, TrainingClass
from enrollment.services.plan_checks import MOST_TRAINERS, ClassPlan, TrainerPlan
from institutions.enums import Level
from institutions.models import Accreditation, Occupation
from institutions.rules.plan import MOST_SEATS

Choice = tuple[object, object]
DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
ISO = ["%Y-%m-%d"]


class ClassPlanForm(forms.Form):
    """A plan for a class. What is needed only at the filing may still be empty."""

    reference = forms.CharField(
        label=gettext_lazy("Reference"),
        help_text=gettext_lazy("Your own number for the class. Left empty, the portal gives one."),
        max_length=32,
        required=False,
    )
    occupation = forms.TypedChoiceField(
        label=gettext_lazy("Occupation"),
        help_text=gettext_lazy("The occupations that your institution is accredited to train."),
        coerce=int,
    )
    direction = forms.CharField(
        label=gettext_lazy("Direction"),
        help_text=gettext_lazy("As in the accreditation. Empty if the occupation has no directions."),
        max_length=64,
        required=False,
        widget=forms.TextInput(attrs={"list": "directions"}),
    )
    level = forms.ChoiceField(label=gettext_lazy("Level"), choices=Level.choices)
    starts_on = forms.DateField(
        label=gettext_lazy("Starts on"), widget=DAY, input_formats=ISO, validators=DAY_VALIDATORS
    )
    ends_on = forms.DateField(
        label=gettext_lazy("Ends on"), widget=DAY, input_formats=ISO, validators=DAY_VALIDATORS
    )
    planned_hours = forms.DecimalField(
        label=gettext_lazy("Planned hours"), min_value=0, max_digits=6, decimal_places=1, required=False
    )
    seat_count = forms.IntegerField(
        label=gettext_lazy("Seats"),
        help_text=gettext_lazy("So many funded seats are reserved when the class is filed."),
        min_value=1,
        max_value=MOST_SEATS,
    )
    venue = forms.CharField(label=gettext_lazy("Venue"), max_length=200, required=False)
    intended_evaluator = forms.TypedChoiceField(
        label=gettext_lazy("Intended evaluation institution"),
        help_text=gettext_lazy(
            "Under each occupation the bodies accredited to assess it. Whoever trains does not assess."
        ),
        coerce=int,
        empty_value=None,
        required=False,
    )
    plan = forms.CharField(
        label=gettext_lazy("Training plan"), required=False, widget=forms.Textarea(attrs={"rows": 8})
    )

    def __init__(
        self, *args: Any, occupations: Sequence[Choice], evaluators: Sequence[Choice], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        for name, choices in (("occupation", occupations), ("intended_evaluator", evaluators)):
            field = self.fields[name]
            if isinstance(field, forms.ChoiceField):
                field.choices = [("", "—"), *choices]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        starts_on, ends_on = cleaned.get("starts_on"), cleaned.get("ends_on")
        if starts_on and ends_on and ends_on < starts_on:
            self.add_error("ends_on", forms.ValidationError(_("The class ends before it starts.")))
        return cleaned


class TrainerForm(forms.Form):
    """One trainer, or an empty line."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=64, required=False)
    qualification = forms.CharField(
        label=gettext_lazy("Title or certificate"), max_length=128, required=False
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if bool(cleaned.get("name")) != bool(cleaned.get("qualification")):
            raise forms.ValidationError(_("Each trainer has a name and a title or certificate."))
        return cleaned


TrainerFormSet = forms.formset_factory(
    TrainerForm, extra=MOST_TRAINERS, max_num=MOST_TRAINERS, absolute_max=MOST_TRAINERS, validate_max=True
)


class ReasonForm(forms.Form):
    """Why something is done."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        help_text=gettext_lazy("Everybody who sees the class reads it."),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class ClassSearchForm(forms.Form):
    """The beginning of a class's reference."""

    q = forms.CharField(max_length=32, required=False)


def plan_of(form: ClassPlanForm, trainers: Any) -> ClassPlan:
    """Return what two valid forms say together."""
    said = form.cleaned_data
    return ClassPlan(
        reference=said["reference"],
        occupation_id=said["occupation"],
        direction=said["direction"],
        level=said["level"],
        starts_on=said["starts_on"],
        ends_on=said["ends_on"],
        venue=said["venue"],
        plan=said["plan"],
        planned_hours=said["planned_hours"] or ClassPlan.planned_hours,
        seat_count=said["seat_count"],
        intended_evaluator_id=said["intended_evaluator"],
        trainers=tuple(
            TrainerPlan(name=line["name"], qualification=line["qualification"])
            for line in trainers.cleaned_data
            if line.get("name")
        ),
    )


def initial_of(training_class: TrainingClass) -> dict[str, object]:
    """Return what the form of an existing plan begins with."""
    return {
        "reference": training_class.reference,
        "occupation": training_class.occupation_id,
        "direction": training_class.direction,
        "level": training_class.level,
        "starts_on": training_class.starts_on,
        "ends_on": training_class.ends_on,
        "venue": training_class.venue,
        "plan": training_class.plan,
        "planned_hours": training_class.planned_hours or None,
        "seat_count": training_class.seat_count,
        "intended_evaluator": training_class.intended_evaluator_id,
    }


def initial_trainers(trainers: Iterable[ClassTrainer]) -> list[dict[str, str]]:
    """Return what the lines for trainers begin with."""
    return [{"name": trainer.name, "qualification": trainer.qualification} for trainer in trainers]


def occupation_choices(occupations: Iterable[Occupation]) -> list[Choice]:
    """Return the occupations with their codes, each once."""
    return [
        (occupation.pk, f"{occupation.code} {occupation.name}") for occupation in dict.fromkeys(occupations)
    ]


def evaluator_choices(accreditations: Iterable[Accreditation]) -> list[Choice]:
    """Return the evaluation institutions under the occupations that they assess."""
    groups: dict[str, list[tuple[int, str]]] = {}
    for accreditation in accreditations:
        body = (accreditation.institution_id, accreditation.institution.name)
        groups.setdefault(accreditation.occupation.name, []).append(body)
    return list(groups.items())
