from celery import shared_task
from django.utils import timezone

from assessment.services.progress import refresh_progress
from chongqing_dte.foundation.clock import database_now


@shared_task
def refresh_progress_task(**_later_arguments: object) -> None:
    """Refresh the public figures of the running year."""
    now = database_now()
    refresh_progress(year=timezone.localdate(now).year, now=now)
