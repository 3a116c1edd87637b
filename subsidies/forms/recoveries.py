from collections.abc import Iterable
from typing import Any, Final, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from chongqing_dte.foundation.days import DAY_VALIDATORS
from institutions.models import District
from subsidies.enums import SettlementKind
from subsidies.forms.budgets import YuanField

# Days since a recovery was opened, from which it counts as old.
AGES: Final = (30, 90, 180, 365)
STATES: Final = (
    ("open", _("To be paid back")),
    ("not_asked", _("Nobody asked yet")),
    ("overdue", _("Overdue")),
    ("to_decide", _("Waits for a second person")),
    ("settled", _("Settled")),
    ("withdrawn", _("Not asked for any more")),
)


class DayInput(forms.DateInput):
    """A day as browsers offer it to be chosen."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class RecoveryFilterForm(forms.Form):
    """What the list of recoveries is narrowed to."""

    state = forms.ChoiceField(label=_("Status"), choices=[("", _("All")), *STATES], required=False)
    district = forms.ChoiceField(label=_("District"), required=False)
    age = forms.ChoiceField(label=_("Days since it was opened"), required=False)
    least = YuanField(label=_("From yuan"), required=False)
    most = YuanField(label=_("To yuan"), required=False)

    def __init__(self, *arguments: Any, districts: Iterable[District], **named: Any) -> None:
        super().__init__(*arguments, **named)
        names = [(district.code, district.name) for district in districts]
        ages = [(str(age), _("%(days)s days and older") % {"days": age}) for age in AGES]
        cast(forms.ChoiceField, self.fields["district"]).choices = [("", _("All")), *names]
        cast(forms.ChoiceField, self.fields["age"]).choices = [("", _("All")), *ages]


class AskBackForm(forms.Form):
    """Until when the money is asked for."""

    due_on = forms.DateField(
        label=_("Due on"),
        help_text=_("The day in the letter until which the person is to pay."),
        widget=DayInput(),
        validators=DAY_VALIDATORS,
    )


class SettlementForm(forms.Form):
    """What became of a part of a recovery. Whether it can be so is the service's question."""

    kind = forms.ChoiceField(label=_("What became of it"), choices=SettlementKind.choices)
    amount = YuanField(label=_("Amount in yuan"))
    received_on = forms.DateField(
        label=_("Received on"),
        help_text=_("For a repayment: the day on the bank's statement."),
        required=False,
        widget=DayInput(),
        validators=DAY_VALIDATORS,
    )
    bank_reference = forms.CharField(
        label=_("Reference on the bank statement"),
        help_text=_("For a repayment. Each line of the statement counts once."),
        required=False,
        max_length=64,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("For a write-off: the document that allows it, with its number and date."),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class SettlementDecisionForm(forms.Form):
    """What the second person says."""

    reason = forms.CharField(
        label=_("Reason of the decision"),
        help_text=_("A refusal needs its reason."),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
