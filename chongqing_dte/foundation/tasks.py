from celery import shared_task

from chongqing_dte.foundation.change_steps import stamp_waiting_changes
from chongqing_dte.foundation.clock import database_now
from chongqing_dte.foundation.health import record_heartbeat


@shared_task
def record_beat_task(**_later_arguments: object) -> None:
    """Say that beat, the broker and a worker are all alive."""
    record_heartbeat("beat", at=database_now())


@shared_task
def stamp_changes_task(**_later_arguments: object) -> None:
    """Give what changed its place in the order that others follow."""
    stamp_waiting_changes()
