"""What moves a row for partners: every table that a claim, a decision or a payment shows, and no note of a sweep."""

import pytest
from django.apps import apps
from django.db import connection, models

from chongqing_dte.foundation.changes import UPDATE, Announcement
from chongqing_dte.foundation.models import PendingChange
from subsidies.models import Entitlement, PaymentAttempt, SubsidyClaim
from tests.subsidies.database import triggers_off
from tests.subsidies.test_frozen_constraints import WRITE

pytestmark = pytest.mark.django_db

# By their names: announce_claims_insert, announce_claims_update, announce_entitlements_insert,
# announce_entitlements_update, announce_payments_insert and announce_payments_update.
ANNOUNCEMENTS = [
    (model, trigger)
    for model in apps.get_app_config("subsidies").get_models()
    for trigger in model._meta.triggers
    if isinstance(trigger, Announcement)
]
NOTES = [
    (SubsidyClaim, "reckoning_due_at"),
    (Entitlement, "announced_at"),
    (PaymentAttempt, "announced_at"),
]


def label(value):
    return getattr(value, "__name__", None) or getattr(value, "name", None) or str(value)


def run(*statements):
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def sql(statement, *parts):
    return statement.format(*parts)


def write(model):
    """Write a row of which nothing was announced, with all that it hangs on, and return its id."""
    with triggers_off():
        WRITE[model]()
    PendingChange.objects.all().delete()
    return model.objects.latest("pk").pk


def visible_change(model):
    if model is PaymentAttempt:
        return "line_number = line_number + 1000"
    moment = next(
        each for each in model._meta.fields if isinstance(each, models.DateTimeField) and not each.null
    )
    return f"{moment.column} = {moment.column} - interval '1 day'"


def announced_subjects(model, row_id, trigger):
    values = model.objects.filter(pk=row_id).values_list(*trigger.subjects).get()
    return {(trigger.kind, value) for value in values if value is not None}


@pytest.mark.parametrize(("model", "trigger"), ANNOUNCEMENTS, ids=label)
def test_change_is_announced(model, trigger):
    row_id, table = write(model), model._meta.db_table
    subjects = announced_subjects(model, row_id, trigger)
    if trigger.operation == UPDATE:
        act = sql("UPDATE {} SET {} WHERE id = {}", table, visible_change(model), row_id)
    else:
        act = sql("INSERT INTO {} SELECT * FROM kept", table)
        run(sql("CREATE TEMP TABLE kept ON COMMIT DROP AS SELECT * FROM {} WHERE id = {}", table, row_id))
        with triggers_off():
            run(sql("DELETE FROM {} WHERE id = {}", table, row_id))

    # As replication writes, which fires nothing but what is made to fire always: no other rule is in the way.
    run(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger.get_pgid(model)}")
    with triggers_off():
        run(act)

    assert set(PendingChange.objects.values_list("kind", "subject_id")) == subjects


@pytest.mark.parametrize(("model", "column"), NOTES, ids=label)
def test_note_of_a_sweep_announces_nothing(model, column):
    row_id = write(model)

    model.objects.filter(pk=row_id).update(**{column: "2026-12-24T00:00:00Z"})

    assert not PendingChange.objects.exists()
