from collections.abc import Sequence
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from subsidies.enums import BudgetChangeKind, SubsidyKind

# What people type around an amount when they copy it from a document.
AROUND_AN_AMOUNT = str.maketrans("", "", " ,，¥￥元\u00a0\u3000")
LATER_CHANGES = [choice for choice in BudgetChangeKind.choices if choice[0] != BudgetChangeKind.ALLOTMENT]


class YuanField(forms.DecimalField):
    """An amount of money of more than nothing, as it stands in a document: with or without commas and signs."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            min_value=Decimal("0.01"),
            max_digits=14,
            decimal_places=2,
            localize=False,
            widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
            **options,
        )

    def to_python(self, value: Any) -> Any:
        return super().to_python(value.translate(AROUND_AN_AMOUNT) if isinstance(value, str) else value)


class AllotmentForm(forms.Form):
    """The first money of a year, and where it stands."""

    year = forms.TypedChoiceField(label=gettext_lazy("Year"), coerce=int)
    kind = forms.ChoiceField(label=gettext_lazy("Subsidy"), choices=SubsidyKind.choices)
    district = forms.ChoiceField(
        label=gettext_lazy("Whose budget"),
        required=False,
        help_text=gettext_lazy(
            "A district's own budget is used where the policy version asks for budgets by district."
        ),
    )
    amount = YuanField(label=gettext_lazy("Amount in yuan"))
    source = forms.CharField(
        label=gettext_lazy("Source"),
        help_text=gettext_lazy("The document that the money stands in: its name, number and date."),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(
        self, *arguments: Any, years: Sequence[int], districts: Sequence[tuple[int, str]], **named: Any
    ) -> None:
        super().__init__(*arguments, **named)
        cast(forms.ChoiceField, self.fields["year"]).choices = [(year, str(year)) for year in years]
        cast(forms.ChoiceField, self.fields["district"]).choices = [("", _("Municipal")), *districts]


class BudgetChangeForm(forms.Form):
    """A later change of what is allotted, and why."""

    kind = forms.ChoiceField(label=gettext_lazy("Change"), choices=LATER_CHANGES)
    amount = YuanField(label=gettext_lazy("Amount in yuan"))
    from_budget = forms.ChoiceField(
        label=gettext_lazy("From budget"),
        required=False,
        help_text=gettext_lazy(
            "Only for a transfer: the budget of the same year that the money is taken from."
        ),
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason and source"),
        help_text=gettext_lazy("The document that the change stands in: its name, number and date."),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *arguments: Any, budgets: Sequence[tuple[int, str]], **named: Any) -> None:
        super().__init__(*arguments, **named)
        cast(forms.ChoiceField, self.fields["from_budget"]).choices = [("", "—"), *budgets]

    def clean(self) -> dict[str, Any]:
        """Ask a transfer where from, and read nothing there otherwise."""
        values = super().clean() or {}
        if values.get("kind") != BudgetChangeKind.TRANSFER:
            values["from_budget"] = ""
        elif not values.get("from_budget") and "from_budget" not in self.errors:
            self.add_error("from_budget", _("Name the budget that the money is taken from."))
        return values


class BudgetDecisionForm(forms.Form):
    """What somebody has to say about a change that they approve or refuse."""

    reason = forms.CharField(
        label=gettext_lazy("Reason of the decision"),
        help_text=gettext_lazy("A refusal needs its reason."),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
