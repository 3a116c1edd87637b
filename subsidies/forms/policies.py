from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar, Final

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chongqing_dte.foundation.templatetags.figures import yuan
from chongqing_dte.foundation.version_forms import VersionForm, count_field, day_field
from enrollment.enums import ParticipantCategory
from subsidies.enums import (
    CompetentDistrictRule,
    FirstPassRule,
    FirstPassScope,
    GraduationYearRule,
    LadderRule,
    StackingRule,
)
from subsidies.models import PolicyVersion
from subsidies.rules.pass_rates import FACTOR
from subsidies.services.policy_versions import FIGURES, LIMITS

ONE_PER_CENT: Final = Decimal("0.01")
# What an empty value means.
EMPTY: Final = {
    "lifetime_cap": _("No limit"),
    "yearly_cap": _("No limit"),
    "recording_window_days": _("No limit"),
    "batch_amount_limit": _("No limit"),
    "batch_weekdays": _("Every day"),
}
# And what zero means.
ZERO: Final = {"notice_working_days": _("No public notice"), "automatic_release_limit": _("Never")}
COLUMNS: Final = {column.name: column for column in PolicyVersion._meta.fields}
MONEY: Final = (
    "ceiling_junior",
    "ceiling_intermediate",
    "ceiling_senior",
    "batch_amount_limit",
    "automatic_release_limit",
)


def percentage(share: Decimal) -> str:
    """Return a part of 1 as a percentage, without needless zeros."""
    return f"{(share * 100).normalize():f}%"


class ShareField(forms.Field):
    """A part of 1, written as 80% or as 0.8."""

    widget = forms.TextInput(attrs={"maxlength": 12})
    default_error_messages: ClassVar = {"invalid": _("Write a percentage (80%) or a part of 1 (0.8).")}

    def __init__(self, *, zero: bool = False, **options: Any) -> None:
        super().__init__(**options)
        # Whether nothing is a share too.
        self.least = Decimal(0) if zero else FACTOR

    def to_python(self, value: Any) -> Any:
        text = str(value or "").replace("％", "%").replace(" ", "")
        if not text:
            return None
        try:
            share = Decimal(text.removesuffix("%")) * (ONE_PER_CENT if text.endswith("%") else 1)
        except InvalidOperation as flaw:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from flaw
        # More than two places of a percentage would be rounded when they are kept.
        if not share.is_finite() or not self.least <= share <= 1 or share != round(share, 4):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return round(share, 4)

    def prepare_value(self, value: Any) -> Any:
        return percentage(value) if isinstance(value, Decimal) else value


def figure_field(name: str, help_text: Any = "") -> forms.IntegerField:
    """Return a field for a whole number, within what can be meant; it may stay empty where that means no limit."""
    least, most = {**FIGURES, **LIMITS}[name]
    field = count_field(_label(name), help_text, least=int(least), most=int(most))
    field.required = name in FIGURES
    return field


def money_field(name: str, help_text: Any = "") -> forms.DecimalField:
    """Return a field for an amount in yuan; it may stay empty where that means no limit."""
    least, most = {**FIGURES, **LIMITS}[name]
    return forms.DecimalField(
        label=_label(name),
        help_text=help_text or _("Yuan."),
        required=name in FIGURES,
        min_value=least,
        max_value=most,
        decimal_places=2,
    )


def rule_field(name: str, choices: Any, help_text: Any = "") -> forms.ChoiceField:
    """Return a field for one of several rules."""
    return forms.ChoiceField(label=_label(name), help_text=help_text, choices=choices.choices)


def _label(name: str) -> Any:
    return COLUMNS[name].verbose_name


class PolicyVersionForm(VersionForm):
    """All values of a version of the subsidy's policy."""

    groups: ClassVar = (
        (
            _("Who is subsidized"),
            (
                "first_pass_scope",
                "first_pass_rule",
                "eligible_categories",
                "graduation_year_rule",
                "lifetime_cap",
                "yearly_cap",
                "ladder_rule",
                "stacking_rule",
                "recording_window_days",
                "competent_district_rule",
            ),
        ),
        (
            _("How much"),
            (
                "fee_share",
                "ceiling_junior",
                "ceiling_intermediate",
                "ceiling_senior",
                "budget_by_district",
            ),
        ),
        (
            _("How it is paid"),
            (
                "notice_working_days",
                "chase_days",
                "chase_every_days",
                "batch_line_limit",
                "batch_amount_limit",
                "batch_weekdays",
                "automatic_release_limit",
            ),
        ),
    )

    first_pass_scope = rule_field("first_pass_scope", FirstPassScope)
    first_pass_rule = rule_field("first_pass_rule", FirstPassRule)
    eligible_categories = forms.MultipleChoiceField(
        label=_label("eligible_categories"),
        choices=ParticipantCategory.choices,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "weekdays"}),
        error_messages={"required": _("Choose at least one category.")},
    )
    graduation_year_rule = rule_field(
        "graduation_year_rule", GraduationYearRule, _("The year of the certificate, for graduating students.")
    )
    lifetime_cap = figure_field("lifetime_cap", _("For one person. Left empty, there is no limit."))
    yearly_cap = figure_field("yearly_cap", _("For one person. Left empty, there is no limit."))
    ladder_rule = rule_field("ladder_rule", LadderRule)
    stacking_rule = rule_field("stacking_rule", StackingRule)
    recording_window_days = figure_field(
        "recording_window_days",
        _("From the day a certificate is issued to the day it is recorded. Left empty, there is no limit."),
    )
    competent_district_rule = rule_field("competent_district_rule", CompetentDistrictRule)
    fee_share = ShareField(label=_label("fee_share"), help_text=_("A percentage (80%) or a part of 1 (0.8)."))
    ceiling_junior = money_field("ceiling_junior", _("Yuan; the most for one certificate of the level."))
    ceiling_intermediate = money_field(
        "ceiling_intermediate", _("Yuan; the most for one certificate of the level.")
    )
    ceiling_senior = money_field("ceiling_senior", _("Yuan; the most for one certificate of the level."))
    budget_by_district = forms.BooleanField(
        label=_label("budget_by_district"),
        help_text=_("A district without a budget of its own draws on the one of the city."),
        required=False,
    )
    notice_working_days = figure_field("notice_working_days", _("Zero means that no notice is published."))
    chase_days = figure_field(
        "chase_days", _("After that, what is still missing goes to the municipal desk.")
    )
    chase_every_days = figure_field("chase_every_days")
    batch_line_limit = figure_field("batch_line_limit")
    batch_amount_limit = money_field("batch_amount_limit", _("Yuan. Left empty, there is no limit."))
    batch_weekdays = forms.TypedMultipleChoiceField(
        label=_label("batch_weekdays"),
        help_text=_("Days on which batches are put together. None chosen means every day."),
        choices=[(number + 1, name) for number, name in WEEKDAYS.items()],
        coerce=int,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "weekdays"}),
        required=False,
    )
    automatic_release_limit = money_field(
        "automatic_release_limit",
        _("Yuan; a batch of no more than this leaves without two signatures. Zero means never."),
    )

    @classmethod
    def in_words(cls, name: str, value: Any) -> Any:
        if name in EMPTY and (value is None or value == []):
            return EMPTY[name]
        if name in ZERO and value == 0:
            return ZERO[name]
        if name == "fee_share":
            return percentage(value)
        if name in MONEY:
            return yuan(value)
        return super().in_words(name, value)


class SimulationForm(forms.Form):
    """Which version is tried, and on the certificates of which days."""

    version = forms.ChoiceField(label=_("Version to try"))
    first_day = day_field(_("First day"))
    last_day = day_field(_("Last day"))

    def __init__(self, *args: Any, versions: Mapping[int, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"] = forms.ChoiceField(
            label=_("Version to try"), choices=[(str(key), name) for key, name in versions.items()]
        )

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        first_day, last_day = given.get("first_day"), given.get("last_day")
        if first_day and last_day and last_day < first_day:
            self.add_error("last_day", gettext("The last day comes before the first."))
        return given
