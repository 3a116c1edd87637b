"""Constraint kinds that every app asks for, so that each is written and named in one way."""

from typing import Any

import pgtrigger
from django.db.models import CheckConstraint, F, Q, TextChoices


def known_value(
    field: str, choices: type[TextChoices], *, name: str, may_be_empty: bool = False
) -> CheckConstraint:
    """Refuse a value that is not one of the choices, which Django itself leaves to forms."""
    known = [*choices.values, ""] if may_be_empty else choices.values
    return CheckConstraint(name=name, condition=Q(**{f"{field}__in": known}))


def both_or_neither(first: str, second: str, *, name: str) -> CheckConstraint:
    """Refuse a row that has only one of two facts that belong together."""
    present = Q(**{f"{first}__isnull": False, f"{second}__isnull": False})
    absent = Q(**{f"{first}__isnull": True, f"{second}__isnull": True})
    return CheckConstraint(name=name, condition=present | absent)


def not_the_same(first: str, second: str, *, name: str) -> CheckConstraint:
    """Refuse a row where one person or body plays both parts."""
    return CheckConstraint(name=name, condition=Q(**{f"{second}__isnull": True}) | ~Q(**{first: F(second)}))


def implies(condition: Q, consequence: Q, *, name: str) -> CheckConstraint:
    """Refuse a row in a state whose facts are missing."""
    return CheckConstraint(name=name, condition=~condition | consequence)


def append_only() -> list[Any]:
    """Triggers that refuse every UPDATE, DELETE and TRUNCATE: what was written stays as it was written."""
    return [
        pgtrigger.Protect(name="no_update", operation=pgtrigger.Update),
        *never_deleted(),
    ]


def never_deleted() -> list[Any]:
    """Triggers that refuse DELETE and TRUNCATE."""
    return [
        pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete),
        pgtrigger.Trigger(
            name="no_truncate",
            operation=pgtrigger.Truncate,
            when=pgtrigger.Before,
            level=pgtrigger.Statement,
            func="RAISE EXCEPTION 'no_truncate: % keeps every row', TG_TABLE_NAME;",
        ),
    ]


def frozen(*fields: str) -> list[Any]:
    """Triggers that refuse DELETE, TRUNCATE and any change of these fields once the row stands."""
    return [pgtrigger.ReadOnly(name="frozen_facts", fields=list(fields)), *never_deleted()]
