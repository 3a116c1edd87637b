import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from chongqing_dte.foundation.constraints import (
    both_or_neither,
    frozen,
    frozen_when,
    known_value,
    not_the_same,
)
from chongqing_dte.foundation.crypto import EncryptedTextField
from subsidies.enums import StopKind
from subsidies.models.batch import PaymentBatch


class BatchDownload(models.Model):
    """One permission to fetch a batch's file, encrypted, for a short time. The password goes another way."""

    public_id = models.UUIDField(_("Public number"), default=uuid.uuid4, unique=True, editable=False)
    batch = models.ForeignKey(
        PaymentBatch, verbose_name=_("Payment batch"), on_delete=models.PROTECT, related_name="downloads"
    )
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("Requested by"), on_delete=models.PROTECT, related_name="+"
    )
    requested_at = models.DateTimeField(_("Requested at"))
    expires_at = models.DateTimeField(_("Expires at"))
    password = EncryptedTextField()
    # The password is shown once.
    password_shown_at = models.DateTimeField(_("Password shown at"), null=True)
    fetched_at = models.DateTimeField(_("First fetched at"), null=True)
    fetched_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("Last fetched by"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    fetch_count = models.PositiveSmallIntegerField(_("Fetched"), default=0)

    class Meta:
        verbose_name = _("Download of a batch")
        verbose_name_plural = _("Downloads of batches")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="batch_download_expires", condition=Q(expires_at__gt=F("requested_at"))
            ),
            models.CheckConstraint(
                name="batch_download_counts_its_fetches",
                condition=Q(fetched_at__isnull=True, fetch_count=0)
                | Q(fetched_at__isnull=False, fetch_count__gt=0),
            ),
            # Whoever asked for it has the password.
            not_the_same("requested_by", "fetched_by", name="batch_download_fetched_by_another"),
        ]
        triggers = [
            *frozen(
                "public_id", "batch", "requested_by", "requested_at", "expires_at", encrypted=["password"]
            ),
            frozen_when(
                "OLD.password_shown_at IS NOT NULL",
                "password_shown_at",
                name="batch_download_password_shown_once",
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class SendingStop(models.Model):
    """One time in which nothing is released or sent to any bank. Two people end it."""

    kind = models.CharField(_("Why"), max_length=12, choices=StopKind)
    reason = models.TextField(_("Reason"))
    stopped_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("Stopped by"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    stopped_at = models.DateTimeField(_("Stopped at"))
    lift_proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("Going on proposed by"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    lift_proposed_at = models.DateTimeField(_("Going on proposed at"), null=True)
    lift_reason = models.TextField(_("Why it can go on"), blank=True)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("Lifted by"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    lifted_at = models.DateTimeField(_("Lifted at"), null=True)

    class Meta:
        verbose_name = _("Stop of all sending")
        verbose_name_plural = _("Stops of all sending")
        ordering = ["-id"]
        constraints = [
            known_value("kind", StopKind, name="sending_stop_kind_known"),
            models.CheckConstraint(name="sending_stop_has_reason", condition=~Q(reason="")),
            both_or_neither("lift_proposed_by", "lift_proposed_at", name="sending_stop_proposal_complete"),
            both_or_neither("lifted_by", "lifted_at", name="sending_stop_lift_complete"),
            not_the_same("lift_proposed_by", "lifted_by", name="sending_stop_lifted_by_two_people"),
            models.CheckConstraint(
                name="sending_stop_lifted_after_a_proposal",
                condition=Q(lifted_by__isnull=True)
                | (Q(lift_proposed_by__isnull=False) & ~Q(lift_reason="")),
            ),
            models.UniqueConstraint(
                name="sending_stop_one_at_a_time", fields=["kind"], condition=Q(lifted_at__isnull=True)
            ),
        ]
        triggers = [
            *frozen("kind", "reason", "stopped_by", "stopped_at"),
            frozen_when(
                "OLD.lifted_at IS NOT NULL",
                "lifted_by",
                "lifted_at",
                "lift_proposed_by",
                name="sending_stop_stays_lifted",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.stopped_at:%Y-%m-%d}"
