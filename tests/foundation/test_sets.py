"""One bad row does not stop the others, and a lost connection is nobody's row."""

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction
from structlog.testing import capture_logs

from chongqing_dte.foundation.sets import act_or_isolate, unless_deadlocked


def refusing(bad, problem=IntegrityError):
    """Return an act that fails for a set with one of these rows, and the list of sets that it was done to."""
    done = []

    def act(ids):
        if set(ids) & set(bad):
            raise problem
        done.append(tuple(ids))
        return len(ids)

    return act, done


def test_good_set_is_done_at_one_stroke():
    act, done = refusing([])

    assert act_or_isolate([1, 2, 3], act, complaint="refused") == 3
    assert done == [(1, 2, 3)]


def test_bad_row_is_left_and_the_others_are_done():
    act, done = refusing([2])

    assert act_or_isolate([1, 2, 3], act, complaint="refused") == 2
    assert done == [(1,), (3,)]


def test_set_with_a_bad_row_is_halved_until_the_row_is_alone():
    act, done = refusing([6])

    assert act_or_isolate(range(1, 9), act, complaint="refused") == 7
    assert done == [(1, 2, 3, 4), (5,), (7, 8)]


def test_bad_row_among_thousands_costs_a_few_attempts():
    act, done = refusing([700])
    attempts = []

    def counted(ids):
        attempts.append(len(ids))
        return act(ids)

    assert act_or_isolate(range(2048), counted, complaint="refused") == 2047
    # The whole, and two halves at each of eleven halvings.
    assert len(attempts) == 1 + 2 * 11
    assert sorted(row for part in done for row in part) == [row for row in range(2048) if row != 700]


@pytest.mark.parametrize("bad", [(1, 2, 3), (1, 4), (2, 3)])
def test_each_bad_row_is_named_and_no_other(bad):
    act, done = refusing(bad)

    with capture_logs() as lines:
        assert act_or_isolate([1, 2, 3, 4], act, complaint="refused") == 4 - len(bad)

    assert [(line["event"], line["row"]) for line in lines] == [("refused", row) for row in bad]
    assert {row for part in done for row in part} == {1, 2, 3, 4} - set(bad)


def test_bad_row_alone_ends_there():
    act, done = refusing([2])

    assert act_or_isolate([2], act, complaint="refused") == 0
    assert done == []


def test_lost_connection_is_told_and_not_put_on_a_row():
    act, _done = refusing([2], OperationalError)

    with pytest.raises(OperationalError):
        act_or_isolate([1, 2], act, complaint="refused")


def be_thrown_out(because="deadlock_detected") -> None:
    """Fail as whoever the database chose to end a ring of transactions that wait for each other."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"DO $$ BEGIN RAISE EXCEPTION 'in the way' USING ERRCODE = '{because}'; END $$")


@pytest.mark.django_db
@pytest.mark.parametrize("because", ["deadlock_detected", "lock_not_available"])
def test_set_that_a_deadlock_threw_out_is_left_whole_for_the_next_sweep(because):
    tried = []

    def act(ids):
        tried.append(tuple(ids))
        be_thrown_out(because)

    assert act_or_isolate([1, 2], act, complaint="refused") == 0
    assert tried == [(1, 2)]


@pytest.mark.django_db
def test_what_a_deadlock_threw_out_came_to_nothing_and_anything_else_is_told():
    assert unless_deadlocked(be_thrown_out, complaint="refused") is None
    assert unless_deadlocked(lambda: 3, complaint="refused") == 3

    act, _done = refusing([1], OperationalError)
    with pytest.raises(OperationalError):
        unless_deadlocked(lambda: act([1]), complaint="refused")
