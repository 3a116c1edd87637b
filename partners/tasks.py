from datetime import timedelta
from typing import Final

import structlog
from celery import shared_task
from django.conf import settings

from chongqing_dte.foundation.clock import database_now
from partners.gateways import sender_from_settings
from partners.services.access import purge_accesses, purge_tokens
from partners.services.idempotency import purge_idempotent_answers
from partners.services.webhook_notices import tell_of_stopped_webhooks
from partners.services.webhook_replays import purge_webhook_deliveries
from partners.services.webhook_sending import send_due_webhooks

log = structlog.get_logger(__name__)

# So long the rosters wait at most for webhooks, which go on after them.
WEBHOOK_TURN: Final = timedelta(seconds=20)


@shared_task
def send_webhooks_task(**_later_arguments: object) -> None:
    """Tell partners' systems what has changed. Losing or repeating it is harmless: the rows are the jobs."""
    arrived_count = send_due_webhooks(sender=sender_from_settings(), clock=database_now, turn=WEBHOOK_TURN)
    if arrived_count:
        log.info("webhooks_arrived", count=arrived_count)


@shared_task
def tell_of_stopped_webhooks_task(**_later_arguments: object) -> None:
    """Write to those whose webhooks were stopped."""
    told_count = tell_of_stopped_webhooks(now=database_now())
    if told_count:
        log.info("webhook_owners_told", count=told_count)


@shared_task
def purge_webhook_deliveries_task(**_later_arguments: object) -> None:
    """Delete what the log of deliveries need not show any more."""
    purged_count = purge_webhook_deliveries(now=database_now())
    if purged_count:
        log.info("webhook_deliveries_purged", count=purged_count)


@shared_task
def purge_api_log_task(**_later_arguments: object) -> None:
    """Delete the requests that were logged long enough ago, and the tokens that have ended."""
    now = database_now()
    purged_count = purge_accesses(kept_days=settings.API_ACCESS_KEPT_DAYS, now=now)
    log.info("api_log_purged", requests=purged_count, tokens=purge_tokens(now=now))


@shared_task
def purge_idempotent_answers_task(**_later_arguments: object) -> None:
    """Delete the answers that were kept long enough for whoever might ask again."""
    purged_count = purge_idempotent_answers(now=database_now())
    if purged_count:
        log.info("idempotent_answers_purged", count=purged_count)
