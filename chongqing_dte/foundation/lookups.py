"""How a column is compared with thousands of values at once."""

from collections.abc import Collection, Iterable
from typing import Any

from django.db.models import BooleanField, Func, Lookup, Value


class OneOf(Lookup):
    """`hash__one_of=hashes`: as `__in`, for thousands of keyed hashes, which go to the server as one parameter.

    Give it a set or the keys of a dict: Django looks into each item of a list.
    """

    lookup_name = "one_of"
    prepare_rhs = False
    rhs: Collection[str]

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """Return the condition. A keyed hash is hex digits, so a comma is never part of one."""
        column, parameters = self.process_lhs(compiler, connection)
        # As a list of rows, not as an array: each is looked up in the index, however large the table has become.
        return f"{column} IN (SELECT unnest(string_to_array(%s, ',')))", (*parameters, ",".join(self.rhs))


class Among(Func):
    """`filter(Among("trainee_id", ids))`: as `trainee_id__in=ids`, for thousands of ids.

    They go to the server as one parameter, and Django looks at none of them.
    """

    template = "%(expressions)s::bigint[])"
    arg_joiner = " = ANY ("
    output_field = BooleanField()

    def __init__(self, column: str, ids: Iterable[int]) -> None:
        super().__init__(column, Value(f"{{{','.join(map(str, ids))}}}"))
