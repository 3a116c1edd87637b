"""What institutions have advanced and nobody has reimbursed yet: how much, since when, and how old it is."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from chongqing_dte.foundation.templatetags.figures import yuan
from institutions.enums import TRAINING_ROLES
from institutions.models import Institution
from institutions.requests import SignedInRequest
from subsidies import policies, queries
from subsidies.enums import ClaimStatus
from subsidies.rules.claim_days import ageing
from subsidies.statement_files import Cell, as_workbook
from subsidies.views.exports import Export, hand_out

# So many classes and institutions are on the page; the file has all of them.
SHOWN_AT_MOST: Final = 100
AGES: Final[dict[str, Promise]] = {
    "0-30": gettext_lazy("Up to 30 days"),
    "31-90": gettext_lazy("31 to 90 days"),
    "91-180": gettext_lazy("91 to 180 days"),
    "over-180": gettext_lazy("More than 180 days"),
}
AGE_COLUMNS: Final = (
    (gettext_lazy("Age"), ""),
    (gettext_lazy("Classes"), "numeric"),
    (gettext_lazy("Outstanding"), "numeric"),
)
INSTITUTION_COLUMNS: Final = (
    (gettext_lazy("Training institution"), ""),
    (gettext_lazy("Classes"), "numeric"),
    (gettext_lazy("Oldest, in days"), "numeric"),
    (gettext_lazy("Outstanding"), "numeric"),
)
CLASS_COLUMNS: Final = (
    (gettext_lazy("Training class"), ""),
    (gettext_lazy("Training institution"), ""),
    (gettext_lazy("District"), ""),
    (gettext_lazy("Claim"), ""),
    (gettext_lazy("Spent by"), "steady"),
    (gettext_lazy("Days"), "numeric"),
    (gettext_lazy("Advanced"), "numeric"),
    (gettext_lazy("Reimbursed"), "numeric"),
    (gettext_lazy("Outstanding"), "numeric"),
)
NO_CLAIM: Final = gettext_lazy("None yet")


@require_safe
@login_required
def advance_list(request: SignedInRequest) -> HttpResponse:
    """Show what is outstanding to an institution, or to all whose classes an office may see, oldest first."""
    policies.check_can_see_claims(request.user)
    today = timezone.localdate()
    owed = [each for each in queries.owed_by_class(request.user) if each.outstanding]
    is_own = request.user.role in TRAINING_ROLES
    institutions = queries.institutions_owed(owed)
    rows = _class_rows(owed[:SHOWN_AT_MOST], institutions, today)
    context = {
        "is_own": is_own,
        "sentence": _sentence(owed, today, is_own=is_own),
        "age_columns": AGE_COLUMNS,
        "ages": [
            _cells(AGE_COLUMNS, [str(AGES[age.name]), age.count, age.total])
            for age in ageing([each.as_outstanding for each in owed], today)
        ],
        "institution_columns": INSTITUTION_COLUMNS,
        "institutions": [] if is_own else _institution_rows(owed, institutions, today)[:SHOWN_AT_MOST],
        "columns": CLASS_COLUMNS,
        "rows": [_cells(CLASS_COLUMNS, row) for row in rows],
        "left_out": max(len(owed) - SHOWN_AT_MOST, 0),
    }
    return render(request, "subsidies/advance_list.html", context)


@require_safe
@login_required
def advance_export(request: SignedInRequest) -> HttpResponseBase:
    """Hand out every class of which anything was advanced, what was reimbursed too, as a workbook."""
    policies.check_can_see_claims(request.user)
    owed = queries.owed_by_class(request.user)
    heads: list[Cell] = [str(label) for label, _kind in CLASS_COLUMNS]
    rows = _class_rows(owed, queries.institutions_owed(owed), timezone.localdate())
    content = as_workbook(_("Advances"), [heads, *([_in_file(cell) for cell in row] for row in rows)])
    return hand_out(request, Export("advances", {}, len(rows), content, "advances.xlsx"))


def _sentence(owed: Sequence[queries.Owed], today: date, *, is_own: bool) -> str:
    """Return how much is outstanding, and since how many days the oldest of it is."""
    if not owed:
        return _("Nothing that was advanced is outstanding.")
    facts = {"amount": yuan(queries.total_outstanding(owed)), "days": max(e.days_since(today) for e in owed)}
    if is_own:
        return _("You are owed %(amount)s, the oldest of it since %(days)s days.") % facts
    return (
        _("Institutions have advanced %(amount)s that is outstanding, the oldest since %(days)s days.")
        % facts
    )


def _class_rows(
    owed: Sequence[queries.Owed], institutions: Mapping[int, Institution], today: date
) -> list[list[str | int | Decimal]]:
    districts = queries.districts_by_id()
    return [
        [
            each.reference,
            institutions[each.institution_id].name,
            districts[each.district_id].name,
            str(ClaimStatus(each.claim_status).label if each.claim_status else NO_CLAIM),
            each.spent_on.isoformat(),
            each.days_since(today),
            each.advanced,
            each.reimbursed,
            each.outstanding,
        ]
        for each in owed
    ]


def _institution_rows(
    owed: Sequence[queries.Owed], institutions: Mapping[int, Institution], today: date
) -> list[dict[str, object]]:
    """Return what each institution is owed, the most first."""
    of_each: dict[int, list[queries.Owed]] = defaultdict(list)
    for each in owed:
        of_each[each.institution_id].append(each)
    by_sum = sorted(of_each.items(), key=lambda item: (-queries.total_outstanding(item[1]), item[0]))
    return [
        _cells(
            INSTITUTION_COLUMNS,
            [
                institutions[institution_id].name,
                len(found),
                max(each.days_since(today) for each in found),
                queries.total_outstanding(found),
            ],
        )
        for institution_id, found in by_sum
    ]


def _cells(
    columns: Sequence[tuple[Promise, str]], values: Sequence[str | int | Decimal]
) -> dict[str, object]:
    """Return a row as its fragment shows it: each cell with the label and kind of its column."""
    return {
        "url": "",
        "cells": [
            (label, kind, yuan(value) if isinstance(value, Decimal) else str(value))
            for (label, kind), value in zip(columns, values, strict=True)
        ],
    }


def _in_file(value: str | int | Decimal) -> Cell:
    return str(value) if isinstance(value, int) else value
