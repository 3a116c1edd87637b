"""A worker that dies in the middle of a roster leaves nothing behind, and the roster is checked all the same."""

import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection, connections, transaction
from django.db.models import F
from django.utils import timezone

from chongqing_dte.foundation.models import AuditEvent
from enrollment.enums import RosterStatus
from enrollment.models import RosterRow, RosterUpload, TrainingClass
from enrollment.queries import CHECK_IS_STALE_AFTER
from tests.chaos.workers import Crew, environment_of_workers, worker
from tests.enrollment.rosters import person, sent
from tests.factories.enrollment import TrainingClassFactory

pytestmark = [
    pytest.mark.chaos,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
]

PATIENCE_SECONDS = 60.0
SOMEBODY_WAITS = """
    SELECT EXISTS (SELECT FROM pg_locks WHERE relation = 'enrollment_rosterrow'::regclass AND NOT granted)
"""


def wait_for(seen: Callable[[], object], crew: Crew) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not seen():
        assert time.monotonic() < deadline, crew.logs()
        crew.start_the_dead()
        time.sleep(0.1)


def class_to_come() -> TrainingClass:
    # The workers go by the real day, and lock the rosters of classes that have begun.
    today = timezone.localdate()
    return TrainingClassFactory(
        confirmed=True, starts_on=today + timedelta(days=30), ends_on=today + timedelta(days=90)
    )


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(SOMEBODY_WAITS)
        return bool(cursor.fetchone()[0])


def die_in_the_middle(crew: Crew, upload: RosterUpload, *, attempt: int) -> None:
    """Kill the worker that is about to write the rows, and see that it has left none."""
    with transaction.atomic(), connection.cursor() as cursor:
        # Beyond this table no check can go. Only an INSERT waits for this lock, so that the check comes so far.
        cursor.execute("LOCK TABLE enrollment_rosterrow IN SHARE MODE")
        wait_for(somebody_waits, crew)
        crew.kill_every_child()
    upload.refresh_from_db()
    assert (upload.status, upload.check_attempt_count) == (RosterStatus.CHECKING, attempt)
    assert not RosterRow.objects.filter(upload=upload).exists()


def let_the_check_grow_old(upload: RosterUpload) -> None:
    earlier = F("checking_since") - CHECK_IS_STALE_AFTER - timedelta(seconds=1)
    RosterUpload.objects.filter(pk=upload.pk).update(checking_since=earlier)


def test_check_that_was_killed_is_begun_again_and_after_three_deaths_given_up(tmp_path):
    with Crew(tmp_path, environment_of_workers(tmp_path), workers={"alone": worker("alone")}) as crew:
        once = sent(class_to_come(), *(person(number) for number in range(1, 40)), now=timezone.now())
        die_in_the_middle(crew, once, attempt=1)
        # Until the check is stale it is somebody's, and nobody else begins.
        time.sleep(2)
        assert status_of(once) == RosterStatus.CHECKING
        let_the_check_grow_old(once)
        wait_for(lambda: status_of(once) == RosterStatus.READY, crew)

        often = sent(class_to_come(), *(person(number) for number in range(40, 80)), now=timezone.now())
        for attempt in (1, 2, 3):
            die_in_the_middle(crew, often, attempt=attempt)
            let_the_check_grow_old(often)
        wait_for(lambda: status_of(often) == RosterStatus.FAILED, crew)
    connections.close_all()

    once.refresh_from_db()
    often.refresh_from_db()
    assert (once.check_attempt_count, once.new_count, once.rows.count()) == (2, 39, 39)
    assert (often.check_attempt_count, often.failure_code, often.rows.count()) == (3, "worker_died", 0)
    assert AuditEvent.objects.filter(name="roster.checked").count() == 1


def status_of(upload: RosterUpload) -> str:
    return str(RosterUpload.objects.values_list("status", flat=True).get(pk=upload.pk))
