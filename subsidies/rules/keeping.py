"""A simulation as short texts, to be kept for an hour, and back. Pure. Ids, days, codes and amounts: nobody's name."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Any

from subsidies.rules.comparison import Comparison, Side
from subsidies.rules.facts import Check
from subsidies.rules.tallies import Tables, Tally

Kept = dict[str, Any]


def kept_change(change: Comparison) -> str:
    """Return one change as a line that begins with what changes are sorted by."""
    values = [
        change.certificate_id,
        change.issued_on.isoformat(),
        _kept_side(change.in_force),
        _kept_side(change.tried),
    ]
    cents = int(abs(change.difference) * 100)
    return f"{cents} {change.certificate_id} {json.dumps(values, ensure_ascii=False, separators=(',', ':'))}"


def greatest_first(line: str) -> tuple[int, int]:
    """Return the key that puts kept changes into the order in which they are shown."""
    cents, certificate_id, _rest = line.split(" ", 2)
    return -int(cents), int(certificate_id)


def change_of(line: str) -> Comparison:
    """Return the change that was kept. Of what a check saw, lists are left out: no sentence says them."""
    certificate_id, issued_on, in_force, tried = json.loads(line.split(" ", 2)[2])
    return Comparison(certificate_id, date.fromisoformat(issued_on), _side(in_force), _side(tried))


def kept_tables(tables: Tables) -> Kept:
    """Return the tallies as plain values."""
    return {
        "total": kept_tally(tables.total),
        "by_district": [[key, kept_tally(tally)] for key, tally in tables.by_district.items()],
        "by_month": [[key, kept_tally(tally)] for key, tally in tables.by_month.items()],
        "by_cause": [[key, kept_tally(tally)] for key, tally in tables.by_cause.items()],
        "decisions_in_force": tables.decisions_in_force,
        "decisions_tried": tables.decisions_tried,
    }


def tables_of(kept: Mapping[str, Any]) -> Tables:
    """Return the tallies that were kept, to be read or to be added to."""
    tables = Tables(
        total=tally_of(kept["total"]),
        decisions_in_force=Counter(kept["decisions_in_force"]),
        decisions_tried=Counter(kept["decisions_tried"]),
    )
    for key, tally in kept["by_district"]:
        tables.by_district[key] = tally_of(tally)
    for (year, month), tally in kept["by_month"]:
        tables.by_month[year, month] = tally_of(tally)
    for key, tally in kept["by_cause"]:
        tables.by_cause[key] = tally_of(tally)
    return tables


def kept_tally(tally: Tally) -> Kept:
    """Return one tally as plain values."""
    return {
        name: str(value) if isinstance(value, Decimal) else value for name, value in asdict(tally).items()
    }


def tally_of(kept: Mapping[str, Any]) -> Tally:
    """Return the tally that was kept."""
    values: Kept = {name: Decimal(value) if isinstance(value, str) else value for name, value in kept.items()}
    return Tally(**values)


def _kept_side(side: Side) -> list[Any]:
    check = side.check
    seen = {key: value for key, value in check.facts.items() if not isinstance(value, list)} if check else {}
    return [
        side.decision,
        str(side.owed),
        side.district_id,
        [check.name, check.outcome, seen] if check else None,
    ]


def _side(kept: list[Any]) -> Side:
    decision, owed, district_id, check = kept
    return Side(decision, Decimal(owed), district_id, Check(*check) if check else None)
