"""The rows of a roster as a person reads them: labels for codes, reasons in words, identifiers masked."""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from chongqing_dte.foundation.tabular import Column
from enrollment.enums import RowOutcome
from enrollment.models import RosterRow
from enrollment.roster.columns import ROSTER_COLUMNS
from enrollment.roster.messages import message_for
from enrollment.rules.identifiers import mask_account, mask_id_number, mask_mobile, mask_name

COLUMNS: Final = {column.key: column for column in ROSTER_COLUMNS}
MASKS: Final = {"id_number": mask_id_number, "mobile": mask_mobile, "bank_account": mask_account}
# Codes of bodies, which are public.
SHOWN_WHOLE: Final = frozenset({"employer_credit_code", "bank_cnaps"})
# An identifier that somebody typed into the wrong column is one still.
LONG_NUMBER: Final = re.compile(r"[0-9]{11,}[0-9Xx]?")
FILTER_TONES: Final = {"refused": "bad", "accepted": "good", "unchanged": "quiet"}


@dataclass(frozen=True)
class ShownProblem:
    """One thing wrong in one cell."""

    column: str
    value: str
    reason: str
    severity: str


@dataclass(frozen=True)
class ShownRow:
    """One row of the roster."""

    number: int
    name: str
    id_number: str
    category: str
    outcome: str
    outcome_label: str
    problems: list[ShownProblem]


@dataclass(frozen=True)
class OutcomeFilter:
    """One way to narrow the list."""

    key: str
    label: str
    tone: str
    count: int
    is_chosen: bool

    def takes(self, row: ShownRow) -> bool:
        """Test whether the row stays in the list."""
        return self.key == "all" or row.outcome == self.key.upper()


@dataclass(frozen=True)
class ProblemCount:
    """How often one thing is wrong in one column."""

    column: str
    reason: str
    severity: str
    rows: list[int]


def shown_row(row: RosterRow, *, full_names: bool) -> ShownRow:
    """Return one row as it is shown. A name is whole only to the trainee's own institution."""
    cells: dict[str, str] = json.loads(row.cells)
    return ShownRow(
        number=row.number,
        name=_shown_name(cells["name"], full_names=full_names),
        id_number=mask_id_number(cells["id_number"]),
        category=shown_cell("category", cells["category"], full_names=full_names),
        outcome=row.outcome,
        outcome_label=row.get_outcome_display(),
        problems=[_shown_problem(problem, cells, full_names=full_names) for problem in row.problems],
    )


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


def outcome_filters(rows: Sequence[ShownRow], *, chosen: str) -> list[OutcomeFilter]:
    """Return the filters with their counts; a filter that does not exist means all rows."""
    counts = Counter(row.outcome for row in rows)
    everything = OutcomeFilter("all", _("All rows"), "quiet", len(rows), is_chosen=chosen not in FILTER_TONES)
    return [
        everything,
        *(
            OutcomeFilter(
                key, str(RowOutcome(key.upper()).label), tone, counts[key.upper()], is_chosen=chosen == key
            )
            for key, tone in FILTER_TONES.items()
            if counts[key.upper()] or chosen == key or key != "unchanged"
        ),
    ]


def summary_of_problems(rows: Sequence[ShownRow]) -> list[ProblemCount]:
    """Return each different problem once with its rows: errors before warnings, most frequent first."""
    found: dict[tuple[str, str, str], list[int]] = {}
    for row in rows:
        for problem in row.problems:
            found.setdefault((problem.column, problem.reason, problem.severity), []).append(row.number)
    counts = [ProblemCount(*key, numbers) for key, numbers in found.items()]
    return sorted(counts, key=lambda count: (count.severity != "error", -len(count.rows), count.rows))


def _shown_problem(problem: Mapping[str, Any], cells: Mapping[str, str], *, full_names: bool) -> ShownProblem:
    key = str(problem["column"])
    return ShownProblem(
        column=_label(COLUMNS[key]),
        value=shown_cell(key, cells[key], full_names=full_names),
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
