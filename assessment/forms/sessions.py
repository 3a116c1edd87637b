from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from assessment.enums import CertificateOrigin, SessionStatus
from assessment.models import AssessmentSession
from assessment.services.session_checks import LONGEST_DIRECTION, LONGEST_REFERENCE, SessionPlan
from chongqing_dte.foundation.days import DAY_VALIDATORS
from institutions.enums import Level
from institutions.models import AssessmentSite, Occupation

Choice = tuple[object, object]
DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
TIME = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
# When a day of assessments mostly begins, so that nobody has to type it.
MORNING, AFTERNOON = "09:00", "14:00"


class PlaceForm(forms.Form):
    """Where a session takes place, and when its parts begin."""

    site = forms.TypedChoiceField(
        label=gettext_lazy("Assessment site"),
        help_text=gettext_lazy("The open sites of your institution, with their seats."),
        coerce=int,
    )
    theory_time = forms.TimeField(
        label=gettext_lazy("Theory begins"), widget=TIME, input_formats=["%H:%M", "%H:%M:%S"]
    )
    practice_time = forms.TimeField(
        label=gettext_lazy("Practice begins"), widget=TIME, input_formats=["%H:%M", "%H:%M:%S"]
    )

    def __init__(self, *args: Any, sites: Sequence[Choice], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self.fields["site"], sites)


class SessionPlanForm(PlaceForm):
    """What an evaluation institution files."""

    reference = forms.CharField(
        label=gettext_lazy("Reference"),
        help_text=gettext_lazy("Your own number for the session. Left empty, the portal gives one."),
        max_length=LONGEST_REFERENCE,
        required=False,
    )
    occupation = forms.TypedChoiceField(
        label=gettext_lazy("Occupation"),
        help_text=gettext_lazy("The occupations that your institution is accredited to assess."),
        coerce=int,
    )
    direction = forms.CharField(
        label=gettext_lazy("Direction"),
        help_text=gettext_lazy(
            "As in the classes of the candidates. Empty if the occupation has no directions."
        ),
        max_length=LONGEST_DIRECTION,
        required=False,
        widget=forms.TextInput(attrs={"list": "directions"}),
    )
    level = forms.ChoiceField(label=gettext_lazy("Level"), choices=Level.choices)
    held_on = forms.DateField(
        label=gettext_lazy("Held on"), widget=DAY, input_formats=["%Y-%m-%d"], validators=DAY_VALIDATORS
    )
    certificate_origin = forms.ChoiceField(
        label=gettext_lazy("Certificates numbered by"),
        help_text=gettext_lazy("The evaluation institution gives its own numbers, or the portal gives them."),
        choices=CertificateOrigin.choices,
    )

    def __init__(self, *args: Any, occupations: Sequence[Choice], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self.fields["occupation"], occupations)


class CancellationForm(forms.Form):
    """Why a session does not take place."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        help_text=gettext_lazy("Everybody who sees the session reads it."),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class SessionSearchForm(forms.Form):
    """The beginning of a session's reference, and one of its states."""

    q = forms.CharField(max_length=LONGEST_REFERENCE, required=False)
    status = forms.ChoiceField(choices=SessionStatus.choices, required=False)


def offer(field: forms.Field, choices: Sequence[Choice]) -> None:
    """Let a field take one of these; the only one is chosen already."""
    if isinstance(field, forms.ChoiceField):
        field.choices = list(choices) if len(choices) == 1 else [("", "—"), *choices]


def plan_of(form: SessionPlanForm) -> SessionPlan:
    """Return what a valid form says."""
    said = form.cleaned_data
    return SessionPlan(
        reference=said["reference"],
        occupation_id=said["occupation"],
        direction=said["direction"],
        level=said["level"],
        held_on=said["held_on"],
        site_id=said["site"],
        theory_time=said["theory_time"],
        practice_time=said["practice_time"],
        certificate_origin=said["certificate_origin"],
    )


def place_of(session: AssessmentSession) -> dict[str, object]:
    """Return what the form of an existing session begins with."""
    return {
        "site": session.site_id,
        "theory_time": session.theory_time or MORNING,
        "practice_time": session.practice_time or AFTERNOON,
    }


def occupation_choices(occupations: Iterable[Occupation]) -> list[Choice]:
    """Return the occupations with their codes."""
    return [(occupation.pk, f"{occupation.code} {occupation.name}") for occupation in occupations]


def site_choices(sites: Iterable[AssessmentSite]) -> list[Choice]:
    """Return the sites with their seats."""
    return [(site.pk, f"{site.name} ({site.seat_count})") for site in sites]
