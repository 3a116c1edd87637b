"""The rows of a roster as a person reads them: labels for codes, reasons in words, identifiers masked."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from chongqing_dte.foundation.tabular import Column
from enrollment import queries
from enrollment.enums import RowOutcome
from enrollment.models import RosterRow, RosterUpload
from enrollment.roster.columns import ROSTER_COLUMNS
from enrollment.roster.messages import message_for
from enrollment.rules.identifiers import mask_account, mask_id_number, mask_mobile, mask_name

COLUMNS: Final = {column.key: column for column in ROSTER_COLUMNS}
MASKS: Final = {"id_number": mask_id_number, "mobile": mask_mobile, "bank_account": mask_account}
# Codes of bodies, which are public.
SHOWN_WHOLE: Final = frozenset({"employer_credit_code", "bank_cnaps"})
# An identifier that somebody typed into the wrong column is one still.
LONG_NUMBER: Final = re.compile(r"[0-9]{11,}[0-9Xx]?")
TONES: Final = {"new": "good", "changed": "good", "unchanged": "quiet", "refused": "bad", "warned": "quiet"}


@dataclass(frozen=True)
class ShownProblem:
    """One thing wrong in one cell."""

    column: str
    value: str
    reason: str
    severity: str


@dataclass(frozen=True)
class ShownChange:
    """One thing that the row says otherwise than it was known."""

    column: str
    former: str
    value: str


@dataclass(frozen=True)
class ShownRow:
    """One row of the roster."""

    number: int
    name: str
    id_number: str
    category: str
    outcome: str
    outcome_label: str
    changes: list[ShownChange]
    problems: list[ShownProblem]


@dataclass(frozen=True)
class RowFilter:
    """One way to narrow the list."""

    key: str
    label: str
    tone: str
    count: int
    is_chosen: bool

    def of(self, rows: QuerySet[RosterRow]) -> QuerySet[RosterRow]:
        """Return those of the rows that stay in the list."""
        if self.key == "all":
            return rows
        if self.key == "warned":
            return rows.filter(has_warnings=True, outcome__in=[RowOutcome.NEW, RowOutcome.CHANGED])
        return rows.filter(outcome=self.key.upper())


@dataclass(frozen=True)
class ShownProblemCount:
    """How often one thing is wrong in one column."""

    column: str
    reason: str
    severity: str
    count: int
    rows: list[int]


def row_filters(upload: RosterUpload, *, chosen: str) -> list[RowFilter]:
    """Return the filters with their counts; a filter that does not exist means all rows."""
    counts = {
        "new": (_("New"), upload.new_count),
        "changed": (_("Changed"), upload.changed_count),
        "unchanged": (_("Unchanged"), upload.unchanged_count),
        "refused": (_("Refused"), upload.refused_count),
        "warned": (_("With warnings"), upload.warned_count),
    }
    everything = RowFilter("all", _("All rows"), "quiet", upload.row_count, is_chosen=chosen not in counts)
    return [
        everything,
        *(
            RowFilter(key, label, TONES[key], count, is_chosen=chosen == key)
            for key, (label, count) in counts.items()
        ),
    ]


def shown_rows(upload: RosterUpload, rows: Sequence[RosterRow], *, full_names: bool) -> list[ShownRow]:
    """Return rows as they are shown. A name is whole only to the trainee's own institution."""
    former = queries.former_facts(upload, rows)
    return [_shown_row(row, former.get(row.pk, {}), full_names=full_names) for row in rows]


def shown_problem_counts(upload: RosterUpload) -> list[ShownProblemCount]:
    """Return what is wrong in the roster, each thing once."""
    return [
        ShownProblemCount(
            column=_label(COLUMNS[found.column]),
            reason=message_for(found.code, found.parameters),
            severity=found.severity,
            count=found.count,
            rows=found.rows,
        )
        for found in queries.problem_counts_of(upload)
    ]


def shown_cell(key: str, text: str, *, full_names: bool) -> str:
    """Return the text of a cell, masked where it identifies a person."""
    if mask := MASKS.get(key):
        return mask(text)
    if key == "name":
        return _shown_name(text, full_names=full_names)
    if key in SHOWN_WHOLE:
        return text
    labels = {choice.code: choice.en if _in_english() else choice.zh for choice in COLUMNS[key].choices}
    return labels.get(text) or LONG_NUMBER.sub(lambda found: mask_id_number(found.group()), text)


def _shown_row(row: RosterRow, former: Mapping[str, str], *, full_names: bool) -> ShownRow:
    cells: dict[str, str] = json.loads(row.cells)
    return ShownRow(
        number=row.number,
        name=_shown_name(cells.get("name", ""), full_names=full_names),
        id_number=mask_id_number(cells.get("id_number", "")),
        category=shown_cell("category", cells.get("category", ""), full_names=full_names),
        outcome=row.outcome,
        outcome_label=row.get_outcome_display(),
        changes=[
            ShownChange(
                column=_label(COLUMNS[key]),
                former=shown_cell(key, former.get(key, ""), full_names=full_names),
                value=shown_cell(key, cells.get(key, ""), full_names=full_names),
            )
            for key in row.changed_columns
        ],
        problems=[_shown_problem(problem, cells, full_names=full_names) for problem in row.problems],
    )


def _shown_problem(problem: Mapping[str, Any], cells: Mapping[str, str], *, full_names: bool) -> ShownProblem:
    key = str(problem["column"])
    return ShownProblem(
        column=_label(COLUMNS[key]),
        value=shown_cell(key, cells.get(key, ""), full_names=full_names),
        reason=message_for(problem["code"], problem["parameters"]),
        severity=str(problem["severity"]),
    )


def _shown_name(name: str, *, full_names: bool) -> str:
    return (
        LONG_NUMBER.sub(lambda found: mask_id_number(found.group()), name) if full_names else mask_name(name)
    )


def _label(column: Column) -> str:
    return column.en if _in_english() else column.zh


def _in_english() -> bool:
    return (get_language() or "").startswith("en")
