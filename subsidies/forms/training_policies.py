from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar, Final

from django import forms
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from chongqing_dte.foundation.templatetags.figures import yuan
from chongqing_dte.foundation.version_forms import VersionForm, count_field
from enrollment.enums import ParticipantCategory
from institutions.enums import Level
from subsidies.enums import (
    ClaimLineRule,
    GraduationYearRule,
    PassRateDenominator,
    PassRule,
    StandardRule,
    TrainingScope,
)
from subsidies.forms.policies import ShareField, percentage
from subsidies.models import TrainingPolicyVersion
from subsidies.rules.pass_rates import Points
from subsidies.services.training_policy_versions import FIGURES, MOST_MONEY

COLUMNS: Final = {column.name: column for column in TrainingPolicyVersion._meta.fields}
# Rows for points of the curve: the last ones may stay empty.
POINT_ROWS: Final = 10
LONGEST_CELL: Final = 16
SHARES: Final = ("least_attendance", "fee_share", "factor_floor", "factor_cap", "small_class_factor")
# What zero means.
ZERO: Final = {
    "least_attendance": _("Not asked for"),
    "small_class_size": _("No rule for small classes"),
    "notice_working_days": _("No public notice"),
    "one_signature_limit": _("Two signatures always"),
}
Cell = tuple[str, str]


class CurveInput(forms.Widget):
    """A row of two fields for each point: the pass rate and its factor."""

    def value_from_datadict(self, data: Mapping[str, Any], _files: object, name: str) -> list[Cell]:
        """Return the texts of every row, also of the empty ones."""
        rows = range(POINT_ROWS)
        return [(_cell(data, f"{name}-{row}-rate"), _cell(data, f"{name}-{row}-factor")) for row in rows]

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        """Return the rows as a table, with empty ones behind those that are filled in."""
        del renderer  # Django's own does not look into the project's templates.
        given = list(value or ())[:POINT_ROWS]
        rows = [*given, *[("", "")] * (POINT_ROWS - len(given))]
        shown = [{"number": number + 1, "rate": row[0], "factor": row[1]} for number, row in enumerate(rows)]
        return render_to_string(
            "subsidies/_curve_input.html", {"name": name, "rows": shown, "attrs": attrs or {}}
        )

    def id_for_label(self, id_: str) -> str:
        """Return the first field of the table."""
        return f"{id_}_1_rate"


class CurveField(forms.Field):
    """The points of a curve, each a pass rate and a factor, by rising rate. Empty rows are left out."""

    widget = CurveInput

    def to_python(self, value: Any) -> Points:
        share = ShareField(zero=True, required=False)
        points = []
        for rate_text, factor_text in value or ():
            rate, factor = share.clean(rate_text), share.clean(factor_text)
            if rate is None and factor is None:
                continue
            if rate is None or factor is None:
                raise forms.ValidationError(gettext("A point has a pass rate and a factor."), code="half")
            points.append((rate, factor))
        return tuple(points)


class StandardsInput(forms.Widget):
    """A row for each occupation with a field for each level."""

    occupations: Sequence[tuple[int, str]] = ()

    def value_from_datadict(self, data: Mapping[str, Any], _files: object, name: str) -> dict[Any, str]:
        """Return what stands in each place of the table, by occupation and level."""
        places = ((occupation, level) for occupation, _name in self.occupations for level in Level.values)
        found = {place: _cell(data, f"{name}-{place[0]}-{place[1]}") for place in places}
        return {place: text for place, text in found.items() if text}

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        """Return the table with its amounts."""
        del renderer  # Django's own does not look into the project's templates.
        given = value or {}
        rows = [
            {
                "id": occupation,
                "name": label,
                "cells": [
                    (level, title, given.get((occupation, level), "")) for level, title in Level.choices
                ],
            }
            for occupation, label in self.occupations
        ]
        context = {"name": name, "rows": rows, "levels": Level.labels, "attrs": attrs or {}}
        return render_to_string("subsidies/_standards_input.html", context)

    def id_for_label(self, id_: str) -> str:
        """Return the first field of the table."""
        return f"{id_}_{self.occupations[0][0]}_{Level.values[0]}" if self.occupations else id_


class StandardsField(forms.Field):
    """What is paid for one person of an occupation and level, in yuan. Empty places are left out."""

    widget = StandardsInput

    def to_python(self, value: Any) -> dict[tuple[int, str], Decimal]:
        return {place: _amount(text) for place, text in (value or {}).items()}


def _cell(data: Mapping[str, Any], name: str) -> str:
    return str(data.get(name, "")).strip()[:LONGEST_CELL]


def _amount(text: str) -> Decimal:
    try:
        amount = Decimal(text.replace(",", ""))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or not 0 < amount <= MOST_MONEY or amount != round(amount, 2):
        raise forms.ValidationError(
            gettext("“%(text)s” is no sum of yuan above nothing, in whole cents.") % {"text": text},
            code="invalid",
        )
    return round(amount, 2)


def _label(name: str) -> Any:
    return COLUMNS[name].verbose_name


def _count(name: str, help_text: Any = "", *, required: bool = True) -> forms.IntegerField:
    least, most = FIGURES[name]
    return count_field(_label(name), help_text, least=int(least), most=int(most), required=required)


def _share(name: str, help_text: Any, *, zero: bool = True) -> ShareField:
    return ShareField(label=_label(name), help_text=help_text, zero=zero)


def _rule(name: str, choices: Any, help_text: Any = "") -> forms.ChoiceField:
    return forms.ChoiceField(label=_label(name), help_text=help_text, choices=choices.choices)


class TrainingPolicyForm(VersionForm):
    """All values of a version of the training subsidy's policy."""

    groups: ClassVar = (
        (
            _("Who counts"),
            (
                "subsidized_once_per",
                "eligible_categories",
                "graduation_year_rule",
                "line_rule",
                "least_attendance",
            ),
        ),
        (_("How much"), ("standard_rule", "fee_share", "standards", "capped_by_advance")),
        (
            _("Pass rate"),
            (
                "denominator",
                "pass_rule",
                "cut_off_days",
                "curve_points",
                "factor_floor",
                "factor_cap",
                "small_class_size",
                "small_class_factor",
                "pass_rate_distance",
                "least_compared_classes",
            ),
        ),
        (
            _("How it is claimed and paid"),
            (
                "claim_window_days",
                "district_working_days",
                "municipal_working_days",
                "answer_working_days",
                "one_signature_limit",
                "notice_working_days",
                "budget_by_district",
            ),
        ),
    )

    subsidized_once_per = _rule("subsidized_once_per", TrainingScope)
    eligible_categories = forms.MultipleChoiceField(
        label=_label("eligible_categories"),
        choices=ParticipantCategory.choices,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "weekdays"}),
        error_messages={"required": _("Choose at least one category.")},
    )
    graduation_year_rule = _rule(
        "graduation_year_rule",
        GraduationYearRule,
        _("The year of the last day of the class, for graduating students."),
    )
    line_rule = _rule("line_rule", ClaimLineRule)
    least_attendance = _share(
        "least_attendance", _("Of the hours taught. Zero means that attendance is not asked for.")
    )
    standard_rule = _rule("standard_rule", StandardRule)
    fee_share = _share("fee_share", _("Only where the standard is a share of the fee."), zero=False)
    standards = StandardsField(
        label=_("Table of standards"),
        help_text=_(
            "Yuan for one person. Only where the standard is the table; what stays empty is not paid."
        ),
        required=False,
    )
    capped_by_advance = forms.BooleanField(label=_label("capped_by_advance"), required=False)
    denominator = _rule("denominator", PassRateDenominator)
    pass_rule = _rule("pass_rule", PassRule)
    cut_off_days = _count(
        "cut_off_days", _("After the last day of the class. What is passed later counts no more.")
    )
    curve_points = CurveField(
        label=_label("curve_points"),
        help_text=_(
            "Pass rate and factor, by rising pass rate, as percentages or parts of 1. Straight between two points, "
            "level before the first and after the last."
        ),
    )
    factor_floor = _share("factor_floor", _("Zero means no floor."))
    factor_cap = _share("factor_cap", _("100% means no cap."))
    small_class_size = _count("small_class_size", _("People in the pass rate. Zero means no such rule."))
    small_class_factor = _share("small_class_factor", _("Where one pass more or less is chance."))
    pass_rate_distance = _count(
        "pass_rate_distance",
        _(
            "Percentage points. What is further apart is flagged for the review. Left empty, nothing is compared."
        ),
        required=False,
    )
    least_compared_classes = _count(
        "least_compared_classes",
        _("Of the same occupation and level, with claims confirmed in the last twelve months."),
    )
    claim_window_days = _count("claim_window_days", _("From the day the claim could be opened."))
    district_working_days = _count("district_working_days")
    municipal_working_days = _count("municipal_working_days")
    answer_working_days = _count("answer_working_days")
    one_signature_limit = forms.DecimalField(
        label=_label("one_signature_limit"),
        help_text=_("Yuan; a claim of more takes two municipal signatures."),
        min_value=0,
        max_value=MOST_MONEY,
        decimal_places=2,
    )
    notice_working_days = _count("notice_working_days", _("Zero means that no notice is published."))
    budget_by_district = forms.BooleanField(
        label=_label("budget_by_district"),
        help_text=_("A district without a budget of its own draws on the one of the city."),
        required=False,
    )

    def __init__(self, *args: Any, occupations: Sequence[tuple[int, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        widget = self.fields["standards"].widget
        if isinstance(widget, StandardsInput):
            widget.occupations = occupations

    @classmethod
    def in_words(cls, name: str, value: Any) -> Any:
        if name in ZERO and value == 0:
            return ZERO[name]
        if name in SHARES:
            return percentage(value)
        if name == "one_signature_limit":
            return yuan(value)
        if name == "pass_rate_distance":
            return gettext("Nothing is compared") if value is None else points_in_words(value)
        if name == "curve_points":
            return curve_in_words(value)
        if name == "standards":
            return standards_in_words(value)
        return super().in_words(name, value)


def curve_in_words(points: Sequence[Sequence[str]]) -> str:
    """Return the points of a curve as they are kept, as people read them."""
    return " · ".join(
        f"{percentage(Decimal(rate))} → {percentage(Decimal(factor))}" for rate, factor in points
    )


def points_in_words(points: int) -> str:
    """Return so many percentage points, as people read them."""
    text = ngettext("%(count)s percentage point", "%(count)s percentage points", points)
    return text % {"count": points}


def standards_in_words(standards: Any) -> str | Promise:
    """Return the table of a version, as people read it."""
    rows = sorted(standards.all(), key=lambda each: (each.occupation.code, Level.values.index(each.level)))
    return " · ".join(
        f"{each.occupation.name} {each.get_level_display()} {yuan(each.amount)}" for each in rows
    )
