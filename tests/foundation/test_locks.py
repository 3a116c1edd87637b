from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from chongqing_dte.foundation.locks import session_lock

pytestmark = pytest.mark.django_db(transaction=True)


def hold_on_another_connection(name):
    """Return whether another connection would get the lock now."""

    def attempt():
        try:
            with session_lock(name) as is_ours:
                return is_ours
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(attempt).result(timeout=20)


def test_lock_that_nobody_holds_is_ours():
    with session_lock("deliver") as is_ours:
        assert is_ours


def test_second_connection_does_not_get_the_lock_and_does_not_wait():
    with session_lock("deliver"):
        assert hold_on_another_connection("deliver") is False


def test_lock_of_another_name_is_free():
    with session_lock("deliver"):
        assert hold_on_another_connection("collect") is True


def test_lock_is_free_after_the_end():
    with session_lock("deliver"):
        pass

    assert hold_on_another_connection("deliver") is True


def fail_while_holding(name):
    with session_lock(name):
        raise RuntimeError("the bank is on fire")


def test_lock_is_free_after_a_failure():
    with pytest.raises(RuntimeError, match="on fire"):
        fail_while_holding("deliver")

    assert hold_on_another_connection("deliver") is True


def test_who_did_not_get_the_lock_does_not_free_it():
    with session_lock("deliver"):
        hold_on_another_connection("deliver")

        assert hold_on_another_connection("deliver") is False
