import uuid

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from chongqing_dte.foundation.constraints import (
    frozen,
    frozen_when,
    known_value,
)
from chongqing_dte.foundation.crypto import EncryptedTextField
from partners.enums import DeliveryProblem, DeliveryStatus, EndpointReason, EndpointStatus
from partners.models.client import PartnerClient
from partners.rules.webhooks import SCOPE_OF_KIND, TEST_KIND, payload

# How long the log of deliveries reaches back.
KEPT_DAYS = 90
ENDED = (
    DeliveryStatus.DELIVERED,
    DeliveryStatus.SUPERSEDED,
    DeliveryStatus.FAILED,
    DeliveryStatus.DROPPED,
)


class WebhookEndpoint(models.Model):
    """One address of a partner's system that is told what has changed. Another address is another endpoint.

    Its row is the lock of its deliveries: whoever changes one holds it.
    """

    public_id = models.UUIDField(_("Public number"), default=uuid.uuid4, unique=True, editable=False)
    client = models.ForeignKey(
        PartnerClient, verbose_name=_("Partner system"), on_delete=models.PROTECT, related_name="endpoints"
    )
    url = models.CharField(_("Address"), max_length=500)
    kinds = ArrayField(models.CharField(max_length=32), verbose_name=_("Told of changes of"))
    # Who is told when nothing arrives any more.
    contact = models.EmailField(_("E-mail"))
    status = models.CharField(
        _("Status"), max_length=12, choices=EndpointStatus, default=EndpointStatus.UNVERIFIED
    )
    since = models.DateTimeField(_("Since"))
    reason = models.CharField(_("Reason"), max_length=8, choices=EndpointReason, blank=True)
    note = models.TextField(_("Note"), blank=True)
    made_at = models.DateTimeField(_("Made at"))
    # When it answered a test for the first time: from then on changes wait for it, also while it is paused.
    verified_at = models.DateTimeField(_("First answered at"), null=True)
    # Tries in a row that did not arrive, and since when; nothing is sent before it has rested.
    failures = models.PositiveIntegerField(_("Failures in a row"), default=0)
    failing_since = models.DateTimeField(_("Failing since"), null=True)
    rests_until = models.DateTimeField(_("Rests until"), null=True)
    # When its contact was told why nothing is sent.
    told_at = models.DateTimeField(_("Told at"), null=True)

    class Meta:
        verbose_name = _("Webhook endpoint")
        verbose_name_plural = _("Webhook endpoints")
        ordering = ["pk"]
        constraints = [
            known_value("status", EndpointStatus, name="webhook_status_known"),
            known_value("reason", EndpointReason, name="webhook_reason_known", may_be_empty=True),
            models.CheckConstraint(
                name="webhook_kinds_are_readable", condition=Q(kinds__contained_by=sorted(SCOPE_OF_KIND))
            ),
            models.CheckConstraint(name="webhook_has_kinds", condition=Q(kinds__len__gt=0)),
            models.CheckConstraint(
                name="webhook_address_is_https",
                condition=Q(url__regex=r"^https://[A-Za-z0-9.-]+(:[0-9]+)?([/?]|$)"),
            ),
            models.CheckConstraint(
                name="webhook_stopped_for_a_reason",
                condition=Q(status__in=[EndpointStatus.UNVERIFIED, EndpointStatus.ACTIVE], reason="")
                | (Q(status__in=[EndpointStatus.PAUSED, EndpointStatus.CLOSED]) & ~Q(reason="")),
            ),
            models.CheckConstraint(
                name="webhook_active_once_it_answered",
                condition=~Q(status=EndpointStatus.ACTIVE) | Q(verified_at__isnull=False),
            ),
            models.CheckConstraint(
                name="webhook_failures_have_a_beginning",
                condition=Q(failures=0, failing_since__isnull=True)
                | Q(failures__gt=0, failing_since__isnull=False),
            ),
            models.UniqueConstraint(
                name="webhook_one_of_an_address",
                fields=["client", "url"],
                condition=~Q(status=EndpointStatus.CLOSED),
            ),
        ]
        triggers = [
            *frozen("public_id", "client", "url", "made_at"),
            frozen_when(
                "OLD.status = 'CLOSED'", "status", "since", "reason", "kinds", name="webhook_stays_closed"
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)

    @property
    def shown_url(self) -> str:
        """The address without what a partner may have put behind a question mark for itself alone."""
        return self.url.partition("?")[0]


class WebhookSecret(models.Model):
    """One secret that messages to an endpoint are signed with. For a while two may hold, and both sign."""

    endpoint = models.ForeignKey(
        WebhookEndpoint, verbose_name=_("Endpoint"), on_delete=models.PROTECT, related_name="secrets"
    )
    secret = EncryptedTextField()
    made_at = models.DateTimeField(_("Made at"))
    # None: the one that is newest.
    ends_at = models.DateTimeField(_("Ends at"), null=True)

    class Meta:
        verbose_name = _("Webhook secret")
        verbose_name_plural = _("Webhook secrets")
        constraints = [
            models.CheckConstraint(
                name="webhook_secret_ends_later",
                condition=Q(ends_at__isnull=True) | Q(ends_at__isnull=False, ends_at__gte=F("made_at")),
            ),
            models.UniqueConstraint(
                name="webhook_secret_one_newest", fields=["endpoint"], condition=Q(ends_at__isnull=True)
            ),
        ]
        triggers = [
            *frozen("endpoint", "made_at", encrypted=["secret"]),
            frozen_when("OLD.ends_at IS NOT NULL", "ends_at", name="webhook_secret_ends_once"),
        ]

    def __str__(self) -> str:
        return f"{self.endpoint_id} {self.made_at:%F}"


class WebhookDelivery(models.Model):
    """One event for one endpoint: that a row changed, was tried so often, and arrived or did not.

    Nothing of the row is kept: what is sent is made of these columns alone, and so is the same at every try.
    """

    public_id = models.UUIDField(_("Public number"), default=uuid.uuid4, unique=True, editable=False)
    endpoint = models.ForeignKey(
        WebhookEndpoint,
        verbose_name=_("Endpoint"),
        on_delete=models.PROTECT,
        related_name="deliveries",
        db_index=False,
    )
    client = models.ForeignKey(
        PartnerClient,
        verbose_name=_("Partner system"),
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    event_id = models.CharField(_("Number of the event"), max_length=40)
    kind = models.CharField(_("Kind"), max_length=32)
    # The number of the row outside.
    subject = models.UUIDField(_("Row"))
    changed_at = models.DateTimeField(_("Changed at"))
    is_gone = models.BooleanField(_("Not visible any more"))
    version = models.CharField(_("Version of the API"), max_length=10)
    status = models.CharField(
        _("Status"), max_length=12, choices=DeliveryStatus, default=DeliveryStatus.WAITING
    )
    # Counted before each try, so that whoever comes too late with an outcome can tell.
    attempts = models.PositiveIntegerField(_("Tries"), default=0)
    next_attempt_at = models.DateTimeField(_("Next try at"))
    # Whoever sends it and died leaves it to the next one after this.
    leased_until = models.DateTimeField(_("Being sent until"), null=True)
    last_attempt_at = models.DateTimeField(_("Last try at"), null=True)
    last_status = models.PositiveSmallIntegerField(_("Last status code"), null=True)
    problem = models.CharField(_("Problem"), max_length=16, choices=DeliveryProblem, blank=True)
    ended_at = models.DateTimeField(_("Ended at"), null=True)
    replays = models.PositiveSmallIntegerField(_("Asked for again"), default=0)

    class Meta:
        verbose_name = _("Webhook delivery")
        verbose_name_plural = _("Webhook deliveries")
        ordering = ["-pk"]
        constraints = [
            known_value("status", DeliveryStatus, name="webhook_delivery_status_known"),
            known_value("problem", DeliveryProblem, name="webhook_delivery_problem_known", may_be_empty=True),
            # A restore or a second stamping finds the row that is there.
            models.UniqueConstraint(name="webhook_delivery_one_of_an_event", fields=["endpoint", "event_id"]),
            models.UniqueConstraint(
                name="webhook_delivery_one_of_a_change",
                fields=["endpoint", "kind", "subject", "changed_at"],
            ),
            # In order: what is newer waits until what is older has ended, and takes the place of what waits.
            models.UniqueConstraint(
                name="webhook_delivery_one_waiting",
                fields=["endpoint", "kind", "subject"],
                condition=Q(status=DeliveryStatus.WAITING),
            ),
            models.UniqueConstraint(
                name="webhook_delivery_one_being_sent",
                fields=["endpoint", "kind", "subject"],
                condition=Q(status=DeliveryStatus.SENDING),
            ),
            models.CheckConstraint(
                name="webhook_delivery_leased_while_sent",
                condition=Q(status=DeliveryStatus.SENDING, leased_until__isnull=False)
                | (~Q(status=DeliveryStatus.SENDING) & Q(leased_until__isnull=True)),
            ),
            models.CheckConstraint(
                name="webhook_delivery_ended_at_some_time",
                condition=Q(status__in=ENDED, ended_at__isnull=False)
                | (~Q(status__in=ENDED) & Q(ended_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="webhook_delivery_arrived_with_2xx",
                condition=~Q(status=DeliveryStatus.DELIVERED)
                | Q(last_status__isnull=False, last_status__range=(200, 299), problem=""),
            ),
        ]
        indexes = [
            models.Index(
                name="webhook_delivery_due",
                fields=["endpoint", "next_attempt_at", "id"],
                condition=Q(status=DeliveryStatus.WAITING),
            ),
            models.Index(
                name="webhook_delivery_leased",
                fields=["leased_until"],
                condition=Q(status=DeliveryStatus.SENDING),
            ),
            models.Index(name="webhook_delivery_of_client", fields=["client", "-id"]),
            models.Index(name="webhook_delivery_of_days", fields=["endpoint", "changed_at"]),
            models.Index(name="webhook_delivery_changed", fields=["changed_at"]),
        ]
        triggers = [
            pgtrigger.ReadOnly(
                name="frozen_facts",
                fields=[
                    "public_id",
                    "endpoint",
                    "client",
                    "event_id",
                    "kind",
                    "subject",
                    "changed_at",
                    "is_gone",
                    "version",
                ],
            ),
            pgtrigger.Trigger(
                name="webhook_delivery_kept",
                operation=pgtrigger.Delete,
                when=pgtrigger.Before,
                func=f"""
                IF OLD.changed_at > now() - interval '{KEPT_DAYS} days' THEN
                    RAISE EXCEPTION 'webhook_delivery_kept: % keeps its rows so long', TG_TABLE_NAME;
                END IF;
                RETURN OLD;
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.event_id

    @property
    def body(self) -> bytes:
        """What is sent: the same at every try."""
        return payload(
            kind=self.kind,
            version=self.version,
            subject=str(self.subject),
            changed_at=self.changed_at,
            is_gone=self.is_gone,
        )

    @property
    def is_test(self) -> bool:
        """Whether this only asks whether the endpoint is there."""
        return self.kind == TEST_KIND
