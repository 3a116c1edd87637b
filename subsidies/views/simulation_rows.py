"""What a simulated policy says, in words: for the page, and for the files to be sent on."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assessment.models import LevelCertificate
from chongqing_dte.foundation.tabular import Column
from chongqing_dte.foundation.tabular_writing import InfoSheet, TableTexts, write_table
from enrollment.rules.identifiers import mask_name
from institutions.models import User
from institutions.queries import districts_visible_to
from subsidies import queries
from subsidies.enums import Decision
from subsidies.explanations import check_name, check_sentence
from subsidies.rules.comparison import AMOUNT, Comparison, Side
from subsidies.services.simulations import Simulation

# What a spreadsheet would take for a formula.
FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")
# Why a decision stands that the simulation does not come to.
REALITY: Final = {
    "not_decided": gettext_lazy("Not decided yet"),
    "budget": gettext_lazy("Waits for the budget, which a simulation does not ask"),
    "ended": gettext_lazy("The certificate was revoked after the decision"),
    "objection": gettext_lazy("An objection was upheld after the decision"),
    "other_version": gettext_lazy("Decided by another policy version"),
    "other_fee": gettext_lazy("Decided by another fee"),
    "results": gettext_lazy("Results were corrected or are under review since"),
    "order": gettext_lazy("Decided in another order than that of issue"),
    "other_subsidy": gettext_lazy("Another subsidy became known since"),
    "facts": gettext_lazy("A missing fact has arrived since, or is missing by now"),
    "unexplained": gettext_lazy("For no reason that is known: please report this"),
}
COLUMNS: Final = (
    Column("number", "证书编号", "Certificate number"),
    Column("name", "姓名", "Trainee"),
    Column("occupation", "职业", "Occupation"),
    Column("level", "等级", "Level"),
    Column("issued_on", "发证日期", "Issued on"),
    Column("district", "区县", "District"),
    Column("decision_in_force", "现行政策：决定", "In force: decision"),
    Column("owed_in_force", "现行政策：金额", "In force: amount"),
    Column("decision_tried", "试算版本：决定", "Tried: decision"),
    Column("owed_tried", "试算版本：金额", "Tried: amount"),
    Column("difference", "差额", "Difference"),
    Column("cause", "原因", "Cause"),
    Column("sentence", "说明", "What the check found", max_length=400),
)
# How many certificates are read at once for a file.
ROWS_AT_ONCE: Final = 1_000
# Amounts, which may be below zero.
FIGURES: Final = frozenset({"owed_in_force", "owed_tried", "difference"})


def cause_name(cause: str) -> str:
    """Return what makes the difference, in the reader's language."""
    return _("Amount, share or ceiling") if cause == AMOUNT else check_name(cause)


def district_names(user: User) -> dict[int | None, str]:
    """Return the names of all districts, past ones too."""
    names: dict[int | None, str] = {
        district.pk: district.name for district in districts_visible_to(user).order_by("code")
    }
    return {**names, None: _("No district")}


def changed_rows(user: User, changes: Sequence[Comparison]) -> Iterator[dict[str, Any]]:
    """Yield what a list shows of each of these certificates. Names are masked."""
    districts = district_names(user)
    for start in range(0, len(changes), ROWS_AT_ONCE):
        some = changes[start : start + ROWS_AT_ONCE]
        certificates = queries.simulated_certificates(user, [change.certificate_id for change in some])
        for change in some:
            yield _row(change, certificates[change.certificate_id], districts)


def _row(
    change: Comparison, certificate: LevelCertificate, districts: Mapping[int | None, str]
) -> dict[str, Any]:
    return {
        "certificate": certificate,
        "number": certificate.number,
        "name": mask_name(certificate.trainee.name),
        "occupation": certificate.occupation.name,
        "level": certificate.get_level_display(),
        "issued_on": change.issued_on.isoformat(),
        "district": districts[change.tried.district_id],
        "in_force": change.in_force,
        "decision_in_force": Decision(change.in_force.decision).label,
        "owed_in_force": change.in_force.owed,
        "tried": change.tried,
        "decision_tried": Decision(change.tried.decision).label,
        "owed_tried": change.tried.owed,
        "difference": change.difference,
        "cause": cause_name(change.cause),
        "sentence": _sentence(change),
    }


def _sentence(change: Comparison) -> str:
    """Return what the check found that makes the difference, on the side where it was found."""
    sides: tuple[Side, ...] = (change.tried, change.in_force)
    found = next((side.check for side in sides if side.check and side.reason == change.cause), None)
    return check_sentence(asdict(found)) if found else ""


def as_workbook(simulation: Simulation, rows: Iterator[Mapping[str, Any]]) -> bytes:
    """Return the changes as a workbook, with the totals on a sheet of their own."""
    texts = TableTexts(
        sheet_name="变化 Changes",
        title=f"政策试算 Policy simulation：{simulation.version.name}",
        version="1",
        info=InfoSheet("汇总 Totals", _totals(simulation)),
    )
    return write_table(COLUMNS, texts, (_as_text(row) for row in rows))


def as_csv(rows: Iterator[Mapping[str, Any]]) -> bytes:
    """Return the changes as a CSV file that spreadsheets open in the right encoding."""
    target = io.StringIO(newline="")
    writer = csv.writer(target)
    writer.writerow([f"{column.zh} {column.en}" for column in COLUMNS])
    for row in rows:
        cells = _as_text(row)
        writer.writerow([_safe(column.key, cells[column.key]) for column in COLUMNS])
    return target.getvalue().encode("utf-8-sig")


def _as_text(row: Mapping[str, Any]) -> dict[str, str]:
    return {column.key: str(row[column.key]) for column in COLUMNS}


def _safe(key: str, text: str) -> str:
    """Return a cell that a spreadsheet takes for text, whatever somebody's name begins with."""
    return f"'{text}" if key not in FIGURES and text.startswith(FORMULA_STARTS) else text


def _totals(simulation: Simulation) -> dict[str, str]:
    total = simulation.tables.total
    return {
        "首日 First day": simulation.first_day.isoformat(),
        "末日 Last day": simulation.last_day.isoformat(),
        "现行版本 In force": "；".join(version.name for version in simulation.in_force),
        "证书数 Certificates": str(simulation.certificate_count),
        "现行政策：人次 In force: subsidies": str(total.in_force_count),
        "现行政策：金额 In force: amount": str(total.in_force_owed),
        "试算版本：人次 Tried: subsidies": str(total.tried_count),
        "试算版本：金额 Tried: amount": str(total.tried_owed),
        "差额 Difference": str(total.difference),
        "受益 Gain": f"{total.gain_count} / {total.gained}",
        "受损 Lose": f"{total.loss_count} / {total.lost}",
    }
