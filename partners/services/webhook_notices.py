"""Letters about endpoints to which nothing is sent any more."""

from datetime import datetime
from smtplib import SMTPRecipientsRefused
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone, translation

from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.locks import session_lock
from chongqing_dte.foundation.sentences import gettext as _
from partners import webhook_queries
from partners.enums import EndpointReason
from partners.models import WebhookEndpoint

log = structlog.get_logger(__name__)


def tell_of_stopped_webhooks(*, now: datetime) -> int:
    """Write to the contact of each endpoint that was stopped, and to the administrators, and return how many were told.

    That somebody has to be told stands in the endpoint's row. Whoever is killed after the letter has left sends it
    again under the same number. A mail server that is away is asked again by the next sweep.
    """
    told_count = 0
    for endpoint_id in webhook_queries.endpoint_ids_to_tell_of():
        with session_lock(f"webhook-notice:{endpoint_id}") as is_ours:
            endpoint = webhook_queries.endpoint_to_tell_of(endpoint_id) if is_ours else None
            if endpoint is None:
                continue
            try:
                _write_to(endpoint)
            except OSError as problem:
                # Only what kind of problem: its text may name the address.
                log.warning("webhook_notice_not_sent", endpoint=endpoint_id, problem=type(problem).__name__)
                continue
            _note(endpoint, now)
            told_count += 1
    return told_count


def _write_to(endpoint: WebhookEndpoint) -> None:
    with translation.override(settings.LANGUAGE_CODE):
        facts = {
            "name": endpoint.client.name,
            "number": endpoint.public_id,
            "reason": EndpointReason(endpoint.reason).label,
            "since": f"{timezone.localtime(endpoint.since):%Y-%m-%d %H:%M}",
            "note": endpoint.note or "–",
        }
        subject = _("Webhooks of %(name)s are stopped") % facts
        text = (
            _(
                "Nothing is sent to this webhook endpoint any more.\n\n"
                "System: %(name)s\nEndpoint: %(number)s\nReason: %(reason)s\nSince: %(since)s\nNote: %(note)s\n\n"
                "Changes wait as long as it is only paused. Put your receiver in order and ask for a test by the API: "
                "once it arrives, everything that waits is sent."
            )
            % facts
        )
    addresses = [endpoint.contact, *webhook_queries.administrator_addresses()]
    # The same number under every try, so that a mailbox can tell.
    number = f"<webhook-{endpoint.public_id}-{endpoint.since:%Y%m%d%H%M%S%f}@{_domain()}>"
    for address in dict.fromkeys(addresses):
        try:
            EmailMessage(subject, text, to=[address], headers={"Message-ID": number}).send()
        except SMTPRecipientsRefused:
            # One who has no mailbox any more must not keep the others from being told.
            log.warning("webhook_notice_refused", endpoint=endpoint.pk)


def _domain() -> str:
    return urlsplit(settings.PORTAL_ORIGIN).hostname or "localhost"


@transaction.atomic(durable=True)
def _note(endpoint: WebhookEndpoint, now: datetime) -> None:
    current = webhook_queries.lock_endpoint(endpoint.pk)
    # What happened to it meanwhile has to be told by itself.
    if current.since == endpoint.since and current.status == endpoint.status:
        current.told_at = now
        current.save(update_fields=["told_at"])
        record_event("webhook.told", subject=current, at=now)
