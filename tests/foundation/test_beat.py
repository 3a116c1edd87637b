"""The sweeps go on whatever happened to the clock of the machine that sends them."""

from datetime import timedelta

import pytest
from django.conf import settings

from chongqing_dte.celery import app
from chongqing_dte.foundation.beat import ClockProofScheduler


class Sent(ClockProofScheduler):
    """Beat as it is, which keeps what it would send."""

    def __init__(self, *args, **named):
        self.sent = []
        super().__init__(*args, **named)

    def apply_async(self, entry, *_args, **_named):
        self.sent.append(entry.name)


@pytest.fixture
def beat(tmp_path):
    scheduler = Sent(app, schedule_filename=str(tmp_path / "schedule"))
    yield scheduler
    scheduler.close()


def run_by(scheduler, clock_is_off_by):
    """Put the scheduler where it is after it has run by this clock."""
    scheduler.tick()
    for entry in scheduler.schedule.values():
        entry.last_run_at = app.now() + clock_is_off_by
    scheduler.populate_heap()
    scheduler.sent.clear()


def test_beat_of_the_portal_is_proof_against_its_clock():
    assert app.conf.beat_scheduler == "chongqing_dte.foundation.beat:ClockProofScheduler"


def test_nothing_waits_for_the_time_at_which_the_clock_was_wrong(beat):
    run_by(beat, timedelta(days=400))

    assert beat.tick() <= settings.SWEEP_SECONDS
    tomorrow = app.now() + timedelta(days=1)
    assert all(entry.last_run_at <= app.now() for entry in beat.schedule.values())
    assert max(event.time for event in beat._heap) < tomorrow.timestamp()


def test_sweep_that_is_not_due_is_not_sent(beat):
    run_by(beat, timedelta())

    beat.tick()

    assert beat.sent == []
