"""What a partner sets up to be told of changes, and what the bureau may stop of it."""

import base64
import secrets
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction

from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.errors import DomainError, InvalidTransition
from chongqing_dte.foundation.jobs import nudge_after_commit
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.transitions import check_transition
from institutions.models import User
from partners import policies, webhook_queries
from partners.enums import EndpointReason, EndpointStatus
from partners.models import PartnerClient, WebhookDelivery, WebhookEndpoint, WebhookSecret
from partners.rules.addresses import read_address
from partners.rules.webhooks import TEST_KIND, event_id, kinds_readable_with
from partners.services.webhook_state_steps import activate, drop_waiting, stop, wait_for_test
from partners.transitions import ENDPOINT_TRANSITIONS

MOST_ENDPOINTS: Final = 5
SECRET_BYTES: Final = 32
LONGEST_OVERLAP: Final = timedelta(days=3)


class AddressRefused(DomainError):
    """No webhook is sent there."""

    code = "webhook_address_refused"

    def __init__(self) -> None:
        super().__init__(
            _(
                "A webhook goes to a public name over https, to port 443 or one from 1024 on: "
                "no user, no fragment, no IP address."
            )
        )


class KindNotReadable(DomainError):
    """The client may not read what it wants to be told of."""

    code = "webhook_kind_not_readable"

    def __init__(self, kinds: Iterable[str]) -> None:
        super().__init__(_("You may not read: %(kinds)s.") % {"kinds": ", ".join(sorted(kinds))})


# ── By the partner ───────────────────────────────────────────────────────────────────────────────────────────
@transaction.atomic(durable=True)
def make_endpoint(
    *, maker: User, client_id: int, url: str, kinds: Collection[str], contact: str, now: datetime
) -> tuple[WebhookEndpoint, str]:
    """Make an endpoint, which waits for its first test, and return it with the secret that nobody sees again.

    Raises NotPermitted, AddressRefused, KindNotReadable, and DomainError if there is one at this address, or too many.
    """
    client = webhook_queries.lock_client_of_endpoints(client_id)
    policies.check_can_keep_webhooks(maker, client)
    if read_address(url, local=settings.WEBHOOK_LOCAL_RECEIVERS) is None:
        raise AddressRefused
    _check_kinds(client, kinds)
    if webhook_queries.count_of_open_endpoints(client) >= MOST_ENDPOINTS:
        raise DomainError(
            _("A system has at most %(most)s endpoints. Close one first.") % {"most": MOST_ENDPOINTS},
            code="webhook_too_many",
        )
    if webhook_queries.open_endpoint_at(client, url):
        raise DomainError(_("There is an endpoint at this address already."), code="webhook_address_taken")
    endpoint = WebhookEndpoint.objects.create(
        client=client, url=url, kinds=sorted(set(kinds)), contact=contact, since=now, made_at=now
    )
    secret = _new_secret()
    WebhookSecret.objects.create(endpoint=endpoint, secret=secret, made_at=now)
    record_event("webhook.made", subject=endpoint, actor_id=maker.pk, at=now, facts={"kinds": endpoint.kinds})
    return endpoint, secret


@transaction.atomic(durable=True)
def change_endpoint(
    *,
    changer: User,
    endpoint_id: int,
    kinds: Collection[str] | None = None,
    contact: str | None = None,
    now: datetime,
) -> WebhookEndpoint:
    """Change what an endpoint is told of, or whom to write to.

    Raises NotPermitted, InvalidTransition once it is closed, and KindNotReadable.
    """
    endpoint = _lock_own(endpoint_id, changer)
    _check_open(endpoint)
    if kinds is not None:
        _check_kinds(endpoint.client, kinds)
        endpoint.kinds = sorted(set(kinds))
    if contact is not None:
        endpoint.contact = contact
    endpoint.save(update_fields=["kinds", "contact"])
    record_event(
        "webhook.changed", subject=endpoint, actor_id=changer.pk, at=now, facts={"kinds": endpoint.kinds}
    )
    return endpoint


@transaction.atomic(durable=True)
def ask_for_test(*, asker: User, endpoint_id: int, now: datetime) -> WebhookDelivery:
    """Have a test sent, and return its delivery. Once it arrives, an endpoint that waits for it or was dead is active.

    One test at a time: whoever asks meanwhile is given that one. Raises NotPermitted and InvalidTransition.
    """
    endpoint = _lock_own(endpoint_id, asker)
    _check_open(endpoint)
    if endpoint.reason == EndpointReason.BUREAU:
        raise DomainError(
            _("The bureau has paused this endpoint, and lets it go on."), code="webhook_paused_by_bureau"
        )
    if present := webhook_queries.test_under_way(endpoint):
        return present
    delivery = WebhookDelivery.objects.create(
        endpoint=endpoint,
        client_id=endpoint.client_id,
        event_id=event_id(kind=TEST_KIND, subject=str(endpoint.public_id), changed_at=now, is_gone=False),
        kind=TEST_KIND,
        subject=endpoint.public_id,
        changed_at=now,
        is_gone=False,
        version=endpoint.client.api_version,
        next_attempt_at=now,
    )
    record_event("webhook.test_asked", subject=endpoint, actor_id=asker.pk, at=now)
    nudge_after_commit("webhooks_queued")
    return delivery


@transaction.atomic(durable=True)
def rotate_webhook_secret(*, rotator: User, endpoint_id: int, overlap: timedelta, now: datetime) -> str:
    """Sign with a new secret from now on, and with the former one for as long as they overlap, and return the new one.

    A secret that is on its way out keeps its end, and an overlap of nothing ends the former one at once. Raises
    NotPermitted, InvalidTransition, and DomainError for an overlap beyond three days.
    """
    endpoint = _lock_own(endpoint_id, rotator)
    _check_open(endpoint)
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise DomainError(
            _("Both secrets hold for at most %(hours)s hours.")
            % {"hours": LONGEST_OVERLAP // timedelta(hours=1)},
            code="webhook_overlap_too_long",
        )
    former = webhook_queries.newest_secret(endpoint)
    former.ends_at = now + overlap
    former.save(update_fields=["ends_at"])
    secret = _new_secret()
    WebhookSecret.objects.create(endpoint=endpoint, secret=secret, made_at=now)
    record_event("webhook.secret_rotated", subject=endpoint, actor_id=rotator.pk, at=now)
    return secret


@transaction.atomic(durable=True)
def close_endpoint(*, closer: User, endpoint_id: int, now: datetime) -> WebhookEndpoint:
    """Close an endpoint for good. What waits is dropped. Raises NotPermitted and InvalidTransition."""
    endpoint = _lock_own(endpoint_id, closer)
    stop(endpoint, EndpointStatus.CLOSED, EndpointReason.PARTNER, now=now)
    drop_waiting(endpoint, now=now)
    record_event("webhook.closed", subject=endpoint, actor_id=closer.pk, at=now)
    return endpoint


# ── By the bureau ────────────────────────────────────────────────────────────────────────────────────────────
@transaction.atomic(durable=True)
def pause_endpoint(*, pauser: User, endpoint_id: int, note: str, now: datetime) -> WebhookEndpoint:
    """Send nothing to an endpoint until the bureau lets it go on; what changes waits. Raises NotPermitted,
    InvalidTransition, and DomainError without a reason.
    """
    endpoint = webhook_queries.lock_endpoint(endpoint_id)
    policies.check_can_keep_clients(pauser)
    if not note.strip():
        raise DomainError(_("Say why."), code="reason_missing")
    stop(endpoint, EndpointStatus.PAUSED, EndpointReason.BUREAU, now=now, note=note.strip())
    record_event("webhook.paused", subject=endpoint, actor_id=pauser.pk, at=now, reason=endpoint.note)
    return endpoint


@transaction.atomic(durable=True)
def resume_endpoint(*, resumer: User, endpoint_id: int, now: datetime) -> WebhookEndpoint:
    """Let an endpoint go on from where it stopped; one that never answered waits for its test again.

    Raises NotPermitted and InvalidTransition.
    """
    endpoint = webhook_queries.lock_endpoint(endpoint_id)
    policies.check_can_keep_clients(resumer)
    check_transition(
        ENDPOINT_TRANSITIONS, current=EndpointStatus(endpoint.status), target=EndpointStatus.ACTIVE
    )
    if endpoint.verified_at is None:
        wait_for_test(endpoint, now=now)
    else:
        activate(endpoint, now=now)
    record_event("webhook.resumed", subject=endpoint, actor_id=resumer.pk, at=now)
    return endpoint


def _lock_own(endpoint_id: int, actor: User) -> WebhookEndpoint:
    endpoint = webhook_queries.lock_endpoint(endpoint_id)
    policies.check_can_keep_webhooks(actor, endpoint.client)
    return endpoint


def _check_open(endpoint: WebhookEndpoint) -> None:
    if endpoint.status == EndpointStatus.CLOSED:
        raise InvalidTransition(_("This endpoint is closed."))


def _check_kinds(client: PartnerClient, kinds: Collection[str]) -> None:
    if not kinds:
        raise DomainError(_("Name at least one kind."), code="webhook_kinds_missing")
    if unreadable := set(kinds) - kinds_readable_with(client.scopes):
        raise KindNotReadable(unreadable)


def _new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
