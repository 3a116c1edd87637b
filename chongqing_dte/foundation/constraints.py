"""Constraint kinds that every app asks for, so that each is written and named in one way."""

from collections.abc import Sequence
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


def append_only(*, encrypted: Sequence[str] = ()) -> list[Any]:
    """Triggers that refuse every UPDATE, DELETE and TRUNCATE: what was written stays as it was written.

    `encrypted` columns may be written again under a newer key, and nothing else may change with them.
    """
    if not encrypted:
        return [pgtrigger.Protect(name="no_update", operation=pgtrigger.Update), *never_deleted()]
    columns = ", ".join(f"'{column}'" for column in encrypted)
    return [
        pgtrigger.Trigger(
            name="no_update",
            operation=pgtrigger.Update,
            when=pgtrigger.Before,
            func=f"""
            IF to_jsonb(NEW) - ARRAY[{columns}] IS DISTINCT FROM to_jsonb(OLD) - ARRAY[{columns}]
               OR {not_under_a_newer_key(encrypted)} THEN
                RAISE EXCEPTION 'no_update: % keeps what was written', TG_TABLE_NAME;
            END IF;
            RETURN NEW;
            """,
        ),
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


def frozen(*fields: str, encrypted: Sequence[str] = ()) -> list[Any]:
    """Triggers that refuse DELETE, TRUNCATE and any change of these fields once the row stands.

    `encrypted` columns may be written again under a newer key, and in no other way.
    """
    triggers: list[Any] = [pgtrigger.ReadOnly(name="frozen_facts", fields=list(fields))] if fields else []
    if encrypted:
        triggers.append(
            pgtrigger.Trigger(
                name="frozen_secrets",
                operation=pgtrigger.UpdateOf(*encrypted),
                when=pgtrigger.Before,
                func=f"""
                IF {not_under_a_newer_key(encrypted)} THEN
                    RAISE EXCEPTION 'frozen_secrets: % keeps what was written', TG_TABLE_NAME;
                END IF;
                RETURN NEW;
                """,
            )
        )
    return [*triggers, *never_deleted()]


def frozen_when(condition: str, *fields: str, name: str) -> Any:
    """A trigger that refuses any change of these fields of a row for which `condition`, SQL about OLD, is true."""
    return pgtrigger.Trigger(
        name=name,
        operation=pgtrigger.Update,
        when=pgtrigger.Before,
        condition=pgtrigger.AnyChange(*fields),
        func=f"""
        IF {condition} THEN
            RAISE EXCEPTION '{name}: % keeps what it said', TG_TABLE_NAME;
        END IF;
        RETURN NEW;
        """,
    )


def only_shortened(span: str, *, name: str) -> Any:
    """A trigger that refuses any change of a span of days but an earlier end, and one that leaves no day."""
    return pgtrigger.Trigger(
        name=name,
        operation=pgtrigger.UpdateOf(span),
        when=pgtrigger.Before,
        func=f"""
        IF {not_only_shortened(span)} THEN
            RAISE EXCEPTION '{name}: % may end earlier, and change in no other way', TG_TABLE_NAME;
        END IF;
        RETURN NEW;
        """,
    )


def not_only_shortened(span: str) -> str:
    """Return the SQL that is true if a span of days changed otherwise than by an earlier end, or has no day left."""
    return (
        f"(isempty(NEW.{span}) OR NOT NEW.{span} <@ OLD.{span}"
        f" OR lower(NEW.{span}) IS DISTINCT FROM lower(OLD.{span}))"
    )


def not_under_a_newer_key(columns: Sequence[str]) -> str:
    """Return the SQL that is true if one of these columns changed otherwise than by a newer key.

    The first byte of an encrypted value is the version of its key.
    """
    return " OR ".join(
        f"(NEW.{column} IS DISTINCT FROM OLD.{column} AND"
        f" COALESCE(get_byte(NEW.{column}, 0) <= get_byte(OLD.{column}, 0), TRUE))"
        for column in columns
    )
