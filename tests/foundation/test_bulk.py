import gc
from datetime import date
from traceback import format_exception

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chongqing_dte.foundation.bulk import (
    LINES_AT_ONCE,
    Doubled,
    commit_without_waiting,
    copy_rows,
    copy_unless_doubled,
    next_ids,
    without_search_for_cycles,
)
from chongqing_dte.foundation.models import AuditEvent
from enrollment.models import Enrollment, RosterRow, Trainee
from tests.clock import NOW
from tests.factories.enrollment import EnrollmentFactory, RosterUploadFactory, TraineeFactory

pytestmark = pytest.mark.django_db

ROW_COLUMNS = (
    "upload_id",
    "number",
    "outcome",
    "has_warnings",
    "changed_columns",
    "id_number_hash",
    "cells",
    "problems",
)
AWKWARD = [
    "",
    " ",
    "\\",
    "\\N",
    "\\.",
    "NULL",
    '"',
    '""',
    "'",
    ",",
    "\t",
    "\n",
    "\r",
    "\r\n",
    "a\rb",
    "{a,b}",
    "𠮷·",
    "=1+1",
]


@pytest.fixture
def texts():
    """Return a function that copies texts into a table of their own and returns what is in it."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE texts (place int, text text)")

    def copied(values):
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM texts")
            copy_rows("texts", ["place", "text"], enumerate(values))
            cursor.execute("SELECT text FROM texts ORDER BY place")
            return [text for (text,) in cursor.fetchall()]

    yield copied
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE texts")


def row_of(upload, number, **changed):
    values = {
        "upload_id": upload.pk,
        "number": number,
        "outcome": "NEW",
        "has_warnings": False,
        "changed_columns": [],
        "id_number_hash": "",
        "cells": "{}",
        "problems": [],
        **changed,
    }
    return [values[column] for column in ROW_COLUMNS]


def test_awkward_text_arrives_as_it_is(texts):
    assert texts([*AWKWARD, None]) == [*AWKWARD, None]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.none() | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))))
def test_any_text_arrives_as_it_is(texts, values):
    assert texts(values) == values


@pytest.mark.parametrize("text", AWKWARD)
def test_lone_column_arrives_as_it_is(text):
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE lone (text text) ON COMMIT DROP")
        copy_rows("lone", ["text"], [[text], [None]])
        cursor.execute("SELECT text FROM lone")
        assert cursor.fetchall() == [(text,), (None,)]


def test_more_rows_than_fit_into_one_chunk_arrive_in_order(texts):
    values = [f"{number:08d}" for number in range(3 * LINES_AT_ONCE + 1)]

    assert texts(values) == values


def test_rows_are_counted():
    upload = RosterUploadFactory()

    count = copy_rows(RosterRow, ROW_COLUMNS, (row_of(upload, number) for number in (2, 3)))

    assert count == RosterRow.objects.filter(upload=upload).count() == 2


def test_no_rows_write_nothing():
    assert copy_rows(RosterRow, ROW_COLUMNS, []) == 0


def test_encrypted_lists_and_json_come_back_through_the_model():
    upload = RosterUploadFactory()
    problems = [{"column": "name", "parameters": {"rows": '2, "3"'}}]
    changed = ['a"b', "c\\d", "e,f", ""]

    copy_rows(
        RosterRow,
        ROW_COLUMNS,
        [row_of(upload, 2, cells='{"name": "𠮷"}', changed_columns=changed, problems=problems)],
    )

    row = RosterRow.objects.get(upload=upload)
    assert (row.cells, row.changed_columns, row.problems) == ('{"name": "𠮷"}', changed, problems)


def test_encrypted_column_does_not_hold_the_plain_text():
    upload = RosterUploadFactory()
    copy_rows(RosterRow, ROW_COLUMNS, [row_of(upload, 2, cells="plain words")])

    with connection.cursor() as cursor:
        cursor.execute("SELECT cells FROM enrollment_rosterrow WHERE upload_id = %s", [upload.pk])
        assert b"plain words" not in bytes(cursor.fetchone()[0])


def test_ranges_days_and_nothing_come_back_through_the_model():
    like = EnrollmentFactory()
    trainee = TraineeFactory()
    columns = [
        field.column for field in Enrollment._meta.concrete_fields if field.name not in {"id", "public_id"}
    ]
    given_period = DateRange(date(2030, 1, 1), date(2030, 2, 1), "[)")
    values = {column: getattr(like, column) for column in columns} | {
        "trainee_id": trainee.pk,
        "roster_row_id": None,
        "transferred_from_id": like.pk,
        "training_period": given_period,
        "graduated_on": date(2026, 6, 30),
    }
    columns = ["public_id", *columns]
    values["public_id"] = "11111111-1111-4111-8111-111111111111"

    copy_rows(Enrollment, columns, [[values[column] for column in columns]])

    copied = Enrollment.objects.get(trainee=trainee)
    assert copied.training_period == given_period
    assert (copied.graduated_on, copied.left_at, copied.roster_row_id) == (date(2026, 6, 30), None, None)
    assert copied.enrolled_at == like.enrolled_at


def test_bytes_arrive_as_they_are():
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE raw (bytes bytea) ON COMMIT DROP")
        copy_rows("raw", ["bytes"], [[bytes(range(256))]])
        cursor.execute("SELECT bytes FROM raw")
        assert bytes(cursor.fetchone()[0]) == bytes(range(256))


@pytest.mark.parametrize("width", [1, 3])
def test_row_of_another_width_is_refused(width):
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE two (a text, b text) ON COMMIT DROP")

    with pytest.raises(ValueError, match="zip"), transaction.atomic():
        copy_rows("two", ["a", "b"], [["x"] * width])


def test_constraint_of_the_table_is_named_and_nothing_is_written():
    upload = RosterUploadFactory()

    with pytest.raises(IntegrityError, match="roster_row_outcome_known"), transaction.atomic():
        copy_rows(RosterRow, ROW_COLUMNS, [row_of(upload, 2), row_of(upload, 3, outcome="MAYBE")])

    assert not RosterRow.objects.filter(upload=upload).exists()


def test_refusal_does_not_quote_the_row():
    rows = [row_of(RosterUploadFactory(), 2, id_number_hash="canary", outcome="MAYBE")]

    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        copy_rows(RosterRow, ROW_COLUMNS, rows)

    assert "canary" not in "".join(format_exception(refusal.value))


def test_failure_of_the_source_is_not_swallowed():
    def rows():
        yield row_of(upload, 2)
        raise LookupError

    upload = RosterUploadFactory()

    with pytest.raises(LookupError), transaction.atomic():
        copy_rows(RosterRow, ROW_COLUMNS, rows())

    assert not RosterRow.objects.filter(upload=upload).exists()


def test_unknown_column_is_refused_before_anything_is_sent():
    with pytest.raises(LookupError, match="no_such_column"):
        copy_rows(RosterRow, ["no_such_column"], [])


def test_nullable_number_and_json_of_an_event():
    columns = [
        "name",
        "subject_type",
        "subject_id",
        "actor_id",
        "at",
        "request_id",
        "reason",
        "facts",
    ]

    copy_rows(AuditEvent, columns, [["a.b", "x.y", 1, None, NOW, "", "", {"n": 1}]])

    event = AuditEvent.objects.get()
    assert (event.actor_id, event.at, event.facts) == (None, NOW, {"n": 1})


def test_cycles_are_searched_for_again_whatever_happens():
    seen = []

    @without_search_for_cycles()
    def fail():
        seen.append(gc.isenabled())
        raise LookupError

    with pytest.raises(LookupError):
        fail()

    assert (seen, gc.isenabled()) == ([False], True)


def test_only_this_transaction_does_not_wait_for_the_disk():
    def setting():
        with connection.cursor() as cursor:
            cursor.execute("SHOW synchronous_commit")
            return cursor.fetchone()[0]

    before = setting()
    with transaction.atomic():
        commit_without_waiting()
        inside = setting()
        transaction.set_rollback(True)

    assert (inside, setting()) == ("off", before)


def test_rows_of_which_none_is_doubled_are_written():
    upload = RosterUploadFactory()

    assert copy_unless_doubled(RosterRow, ROW_COLUMNS, [row_of(upload, 2), row_of(upload, 3)])

    assert RosterRow.objects.filter(upload=upload).count() == 2


def test_one_doubled_row_keeps_all_from_being_written_and_the_transaction_goes_on():
    upload = RosterUploadFactory()
    copy_rows(RosterRow, ROW_COLUMNS, [row_of(upload, 2)])

    assert not copy_unless_doubled(RosterRow, ROW_COLUMNS, [row_of(upload, 3), row_of(upload, 2)])

    assert list(RosterRow.objects.filter(upload=upload).values_list("number", flat=True)) == [2]


def test_row_that_is_wrong_otherwise_is_not_taken_for_a_doubled_one():
    rows = [row_of(RosterUploadFactory(), 2, outcome="MAYBE")]

    with pytest.raises(IntegrityError, match="roster_row_outcome_known") as refusal, transaction.atomic():
        copy_unless_doubled(RosterRow, ROW_COLUMNS, rows)

    assert not isinstance(refusal.value, Doubled)


def test_ids_that_were_taken_are_nobody_elses():
    before = TraineeFactory()

    taken = next_ids(Trainee, 3)

    assert len({*taken, before.pk, TraineeFactory().pk}) == 5
    assert taken == sorted(taken)


def test_row_with_a_taken_id_can_be_pointed_at_before_it_is_written():
    upload = RosterUploadFactory()
    [row_id] = next_ids(RosterRow, 1)

    copy_rows(RosterRow, ("id", *ROW_COLUMNS), [[row_id, *row_of(upload, 2)]])

    assert RosterRow.objects.get(upload=upload).pk == row_id


def test_no_ids_are_taken_for_no_rows():
    assert next_ids(RosterRow, 0) == []
