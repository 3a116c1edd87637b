"""What the database does at a commit, and what it would let through without its triggers."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from assessment.models import LevelCertificate
from chongqing_dte.foundation.models import AuditEvent
from subsidies.models import Budget, Entitlement, JournalEntry, JournalLine, Payment


@contextmanager
def committed() -> Iterator[None]:
    """Run a block and then the checks that wait for the commit, which a test's own transaction never reaches."""
    with transaction.atomic():
        yield
        check_commit()


def check_commit() -> None:
    """Run the checks that wait for the commit over what a test has written so far."""
    connection.check_constraints()


@contextmanager
def triggers_off() -> Iterator[None]:
    """Run a block as replication would, which fires no trigger."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        yield
        cursor.execute("SET session_replication_role = origin")


def everything() -> dict[str, list[tuple[object, ...]]]:
    """Return every row that a decision could write, to be compared with later."""
    models = (LevelCertificate, Entitlement, Payment, Budget, JournalEntry, JournalLine, AuditEvent)
    columns = {
        model: [
            field.attname
            for field in model._meta.concrete_fields
            if field.get_internal_type() != "BinaryField"
        ]
        for model in models
    }
    return {
        model.__name__: list(model.objects.order_by("pk").values_list(*columns[model])) for model in models
    }
