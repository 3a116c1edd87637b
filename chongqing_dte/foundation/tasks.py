from celery import shared_task
from django.utils import timezone

from chongqing_dte.foundation.health import record_heartbeat


@shared_task
def record_beat_task(**_later_arguments: object) -> None:
    """Say that beat, the broker and a worker are all alive."""
    record_heartbeat("beat", at=timezone.now())
