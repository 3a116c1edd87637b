"""A simulation of a training policy as short texts, to be kept for an hour, and back. Pure. Ids, days and sums."""

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from subsidies.rules.claim_sums import ClaimSum
from subsidies.rules.keeping import Kept, kept_tally, tally_of
from subsidies.rules.training_tallies import ClassComparison, TrainingTables


def kept_class(comparison: ClassComparison) -> str:
    """Return one class as a line that begins with what classes are sorted by."""
    values = [
        comparison.class_id,
        comparison.institution_id,
        comparison.district_id,
        comparison.ends_on.isoformat(),
        _kept_sum(comparison.in_force),
        _kept_sum(comparison.tried),
    ]
    cents = int(abs(comparison.difference) * 100)
    return f"{cents} {comparison.class_id} {json.dumps(values, separators=(',', ':'))}"


def class_of(line: str) -> ClassComparison:
    """Return the class that was kept."""
    class_id, institution_id, district_id, ends_on, in_force, tried = json.loads(line.split(" ", 2)[2])
    day = date.fromisoformat(ends_on)
    return ClassComparison(class_id, institution_id, district_id, day, _sum(in_force), _sum(tried))


def kept_training_tables(tables: TrainingTables) -> Kept:
    """Return the tallies as plain values."""
    return {
        "total": kept_tally(tables.total),
        "by_institution": [[key, kept_tally(tally)] for key, tally in tables.by_institution.items()],
        "by_district": [[key, kept_tally(tally)] for key, tally in tables.by_district.items()],
        "by_month": [[key, kept_tally(tally)] for key, tally in tables.by_month.items()],
        "people_in_force": tables.people_in_force,
        "people_tried": tables.people_tried,
        "open_count": tables.open_count,
    }


def training_tables_of(kept: Mapping[str, Any]) -> TrainingTables:
    """Return the tallies that were kept, to be read or to be added to."""
    tables = TrainingTables(
        total=tally_of(kept["total"]),
        people_in_force=kept["people_in_force"],
        people_tried=kept["people_tried"],
        open_count=kept["open_count"],
    )
    for key, tally in kept["by_institution"]:
        tables.by_institution[key] = tally_of(tally)
    for key, tally in kept["by_district"]:
        tables.by_district[key] = tally_of(tally)
    for (year, month), tally in kept["by_month"]:
        tables.by_month[year, month] = tally_of(tally)
    return tables


def _kept_sum(claim: ClaimSum) -> list[Any]:
    return [str(value) if isinstance(value, Decimal) else value for value in vars(claim).values()]


def _sum(kept: list[Any]) -> ClaimSum:
    # Only sums and the factor are texts.
    values: list[Any] = [Decimal(value) if isinstance(value, str) else value for value in kept]
    return ClaimSum(*values)
