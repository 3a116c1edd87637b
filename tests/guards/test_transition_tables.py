"""Every status has its place in a table: a status with no way out is a decision and not an omission."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import models
from django.db.models import TextChoices

from assessment.enums import ReviewStatus, SessionStatus
from tests.guards.sources import APPS, REPOSITORY


def triggers_of(model: type[models.Model]) -> list[Any]:
    """Return the triggers that are declared on the model."""
    return list(getattr(model._meta, "triggers", ()))


Table = Mapping[TextChoices, frozenset[TextChoices]]
TABLES: dict[str, Table] = {
    f"{app}.{name}": table
    for app in APPS
    if (REPOSITORY / app / "transitions.py").exists()
    for name, table in vars(import_module(f"{app}.transitions")).items()
    if name.endswith("_TRANSITIONS")
}
STATUS_FIELDS = {
    f"{model._meta.label}.{field.name}": frozenset(value for value, _label in field.flatchoices)
    for app in APPS
    for model in apps.get_app_config(app).get_models()
    for field in model._meta.local_fields
    # What is written once and never changed has no next status.
    if field.name == "status" and "no_update" not in {trigger.name for trigger in triggers_of(model)}
}


def statuses_left_out(table: Table) -> set[str]:
    """Return the statuses that are no key of the table."""
    return {status.name for status in type(next(iter(table)))} - {status.name for status in table}


def targets_of_another_kind(table: Table) -> set[object]:
    """Return the targets that are no status of the table's own kind."""
    kind = type(next(iter(table)))
    return {target for targets in table.values() for target in targets if not isinstance(target, kind)}


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_every_status_is_a_key(table: Table) -> None:
    assert statuses_left_out(table) == set()


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_every_target_is_a_status(table: Table) -> None:
    assert targets_of_another_kind(table) == set()


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_no_status_becomes_itself(table: Table) -> None:
    assert [status for status, targets in table.items() if status in targets] == []


@pytest.mark.parametrize("values", STATUS_FIELDS.values(), ids=STATUS_FIELDS)
def test_every_status_field_has_a_table(values: frozenset[str]) -> None:
    assert values in [frozenset(status.value for status in table) for table in TABLES.values()]


def test_planted_omission_is_found() -> None:
    assert statuses_left_out({ReviewStatus.OPEN: frozenset({ReviewStatus.CLOSED})}) == {"CLOSED"}


def test_planted_stranger_is_found() -> None:
    assert targets_of_another_kind({SessionStatus.FILED: frozenset({"ARCHIVED"})}) == {"ARCHIVED"}
