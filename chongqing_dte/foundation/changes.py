"""Triggers that write down which rows changed, in the transaction that changes them.

They cannot say when others will see it: that is when the transaction commits, and somebody may have read on by then.
The order is made afterwards, of what was committed (change_steps.py), and read in pages (change_pages.py).
"""

from collections.abc import Sequence
from typing import Any, Final

import pgtrigger
from django.db.models import Model

from chongqing_dte.foundation.crypto import EncryptedBytesField, EncryptedTextField

INSERT, UPDATE, DELETE = pgtrigger.Insert, pgtrigger.Update, pgtrigger.Delete
# Where the rows of the statement stand, and which of them count.
ONE_SIDED: Final[dict[Any, tuple[str, str]]] = {INSERT: ("new_rows", "TRUE"), DELETE: ("old_rows", "TRUE")}
CHANGED: Final = "new_rows JOIN old_rows ON old_rows.id = new_rows.id"
SIDES: Final = {
    INSERT: pgtrigger.Referencing(new="new_rows"),
    UPDATE: pgtrigger.Referencing(old="old_rows", new="new_rows"),
    DELETE: pgtrigger.Referencing(old="old_rows"),
}


class Announcement(pgtrigger.Trigger):
    """Writes down the subjects of the rows that one statement wrote, each once."""

    when = pgtrigger.After
    level = pgtrigger.Statement
    func = pgtrigger.Func(
        """
        INSERT INTO foundation_pendingchange (kind, subject_id)
        SELECT DISTINCT '{kind}', subject.id
        FROM {rows} CROSS JOIN LATERAL (VALUES {subjects}) AS subject (id)
        WHERE subject.id IS NOT NULL AND {counts};
        RETURN NULL;
        """
    )

    def __init__(
        self,
        kind: str,
        subjects: Sequence[str],
        *,
        operation: pgtrigger.Operation,
        shows: Sequence[str],
        hides: Sequence[str],
    ) -> None:
        self.kind, self.subjects, self.shows, self.hides = kind, subjects, shows, hides
        super().__init__(
            name=f"announce_{kind.replace('-', '_')}_{str(operation).lower()}",
            operation=operation,
            referencing=SIDES[operation],
        )

    def get_func_template_kwargs(self, model: Any) -> dict[str, Any]:
        """Return the parts of the SQL. Which columns count is asked of the model, so that a new one counts."""
        rows, counts = (
            (CHANGED, self._differs(model)) if self.operation == UPDATE else ONE_SIDED[self.operation]
        )
        side = rows.partition(" ")[0]
        named = ", ".join(f"({side}.{subject})" for subject in self.subjects)
        return {"kind": self.kind, "rows": rows, "subjects": named, "counts": counts}

    def _differs(self, model: type[Model]) -> str:
        after, before = (
            ", ".join(f"{side}.{column}" for column in self._columns(model))
            for side in ("new_rows", "old_rows")
        )
        return f"ROW({after}) IS DISTINCT FROM ROW({before})"

    def _columns(self, model: type[Model]) -> Sequence[str]:
        # A newer key changes nothing of what was encrypted.
        return self.shows or [
            str(field.column)
            for field in model._meta.concrete_fields
            if field.column not in ("id", *self.hides)
            and not isinstance(field, EncryptedTextField | EncryptedBytesField)
        ]


def announces(
    kind: str,
    *subjects: str,
    shows: Sequence[str] = (),
    hides: Sequence[str] = (),
    on: Sequence[pgtrigger.Operation] = (INSERT, UPDATE),
) -> list[Any]:
    """Triggers that say which rows of a kind change with the rows of this table.

    `subjects` are the columns that name those rows, the row itself if none is given; they never change. An UPDATE
    counts if it changes one of the columns in `shows`, or without them any that is not in `hides`.
    """
    return [
        Announcement(kind, subjects or ("id",), operation=operation, shows=shows, hides=hides)
        for operation in on
    ]
