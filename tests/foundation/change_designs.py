"""Two ways to follow what changes: the portal's, and the one that suggests itself and loses rows."""

from collections.abc import Collection
from typing import Any

from django.db import connection

from chongqing_dte.foundation.change_pages import BEGINNING, Position, changes_after
from institutions.models import Field

Page = tuple[dict[int, str], list[Position], Position]


class Stamped:
    """Triggers announce, and the stamper numbers what has been committed."""

    insert = (
        "INSERT INTO institutions_field (code, name_zh, name_en, is_key) VALUES (%(code)s, '', %(value)s, FALSE)"
        " RETURNING id"
    )
    update = "UPDATE institutions_field SET name_en = %(value)s WHERE id = %(id)s"
    beginning = BEGINNING

    def page(self, after: Position, limit: int) -> Page:
        """Return what changed after a position, by row, as it stands now, and how far that was."""
        found = changes_after(after, kind="fields", offices={"public"}, limit=limit).changes
        positions = [change.position for change in found]
        rows = self.rows([position.subject_id for position in positions])
        return rows, positions, positions[-1] if positions else after

    def rows(self, ids: Collection[int] | None = None) -> dict[int, str]:
        """Return what stands in these rows, or in all of them."""
        fields = Field.objects.all() if ids is None else Field.objects.filter(pk__in=ids)
        return dict(fields.order_by().values_list("pk", "name_en"))


class Naive:
    """Each row has the time of its last change, which the transaction notes when it makes it."""

    table = """
        CREATE TABLE naive_row (id bigserial PRIMARY KEY, code text, name_en text, changed_at timestamptz);
        CREATE OR REPLACE FUNCTION naive_note() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN NEW.changed_at := clock_timestamp(); RETURN NEW; END $$;
        CREATE TRIGGER naive_note BEFORE INSERT OR UPDATE ON naive_row FOR EACH ROW EXECUTE FUNCTION naive_note();
    """
    insert = "INSERT INTO naive_row (code, name_en) VALUES (%(code)s, %(value)s) RETURNING id"
    update = "UPDATE naive_row SET name_en = %(value)s WHERE id = %(id)s"
    beginning = BEGINNING

    def page(self, after: Position, limit: int) -> Page:
        """Return what changed after a position, by row, and how far that was."""
        found = self._asked(
            "SELECT id, name_en, changed_at FROM naive_row WHERE (changed_at, id) > (%s, %s)"
            " ORDER BY changed_at, id LIMIT %s",
            [after.changed_at, after.subject_id, limit],
        )
        positions = [Position(changed_at, row_id) for row_id, _value, changed_at in found]
        rows = {row_id: value for row_id, value, _changed_at in found}
        return rows, positions, positions[-1] if positions else after

    def rows(self) -> dict[int, str]:
        """Return what stands in all rows."""
        return dict(self._asked("SELECT id, name_en FROM naive_row", []))

    def _asked(self, statement: str, parameters: list[Any]) -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            return list(cursor.fetchall())
