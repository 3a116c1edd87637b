"""Beat, on a machine whose clock is put right."""

from typing import Any

from celery.beat import PersistentScheduler


class ClockProofScheduler(PersistentScheduler):
    """Sends every sweep at its interval, also after the clock was ahead for a while.

    Celery compares when a sweep was last sent with the present time. What was sent by a clock that was a year ahead
    would be due again in a year, and the file in which beat remembers would take that over each restart.
    """

    def tick(self, *args: Any, **named: Any) -> float:
        """Send what is due, and return after how many seconds to look again."""
        self._forget_what_is_still_to_come()
        seconds: float = super().tick(*args, **named)
        return seconds

    def _forget_what_is_still_to_come(self) -> None:
        now = self.app.now()
        ahead = [each for each in self.schedule.values() if each.last_run_at and each.last_run_at > now]
        for entry in ahead:
            entry.last_run_at = now
        if ahead:
            # It is sorted by the times that were wrong.
            self._heap = None
