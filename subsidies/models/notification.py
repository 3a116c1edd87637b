import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from chongqing_dte.foundation.constraints import both_or_neither, frozen, frozen_when, implies, known_value
from institutions.enums import Role
from subsidies.enums import (
    AccessKind,
    AccessPurpose,
    NotificationChannel,
    NotificationKind,
    NotificationStatus,
)
from subsidies.models.claim import SubsidyClaim
from subsidies.models.entitlement import Entitlement


class Notification(models.Model):
    """One message to one person or one office about one event, over one channel. Said once.

    What it says is written when it is sent or shown, from `facts`: no personal data is kept here.
    """

    public_id = models.UUIDField(_("Public number"), default=uuid.uuid4, unique=True, editable=False)
    # The event and the number of the reminder: "granted:<entitlement>", "account_missing:<entitlement>:2".
    key = models.CharField(max_length=96)
    kind = models.CharField(_("About"), max_length=20, choices=NotificationKind)
    channel = models.CharField(_("Channel"), max_length=8, choices=NotificationChannel)
    person = models.ForeignKey(
        "enrollment.Trainee",
        verbose_name=_("Trainee"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    # An office is a role, of a district or an institution where the role has one.
    role = models.CharField(_("Role"), max_length=32, choices=Role, blank=True)
    district = models.ForeignKey(
        "institutions.District",
        verbose_name=_("District"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    institution = models.ForeignKey(
        "institutions.Institution",
        verbose_name=_("Institution"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    entitlement = models.ForeignKey(
        Entitlement, verbose_name=_("Entitlement"), null=True, on_delete=models.PROTECT, related_name="+"
    )
    claim = models.ForeignKey(
        SubsidyClaim,
        verbose_name=_("Reimbursement claim"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    # Ids, codes, dates and sums; no personal data.
    facts = models.JSONField(_("Facts"), default=dict)
    status = models.CharField(
        _("Status"), max_length=8, choices=NotificationStatus, default=NotificationStatus.QUEUED
    )
    created_at = models.DateTimeField(_("Created at"))
    tried_count = models.PositiveSmallIntegerField(_("Number of tries"), default=0)
    # Not tried again before.
    next_try_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(_("Sent"), null=True)
    # A code; what a gateway answers is not kept.
    problem = models.CharField(_("Problem"), max_length=40, blank=True)
    read_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("Read by"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    read_at = models.DateTimeField(_("Read at"), null=True)

    class Meta:
        verbose_name = _("Notification")
        verbose_name_plural = _("Notifications")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                name="notification_said_once",
                fields=["key", "channel", "person", "role", "district", "institution"],
                nulls_distinct=False,
            ),
            known_value("kind", NotificationKind, name="notification_kind_known"),
            known_value("channel", NotificationChannel, name="notification_channel_known"),
            known_value("status", NotificationStatus, name="notification_status_known"),
            known_value("role", Role, name="notification_role_known", may_be_empty=True),
            models.CheckConstraint(
                name="notification_to_a_person_or_an_office",
                condition=Q(person__isnull=False, role="") | (Q(person__isnull=True) & ~Q(role="")),
            ),
            implies(
                Q(status=NotificationStatus.SENT),
                Q(sent_at__isnull=False),
                name="notification_sent_at_some_time",
            ),
            implies(
                Q(status=NotificationStatus.FAILED), ~Q(problem=""), name="notification_failed_for_a_reason"
            ),
            both_or_neither("read_by", "read_at", name="notification_reading_complete"),
        ]
        indexes = [
            models.Index(
                name="notification_queued", fields=["id"], condition=Q(status=NotificationStatus.QUEUED)
            ),
            # What could not be sent stands on a desk, however many messages there have been.
            models.Index(
                name="notification_failed", fields=["id"], condition=Q(status=NotificationStatus.FAILED)
            ),
            # What nobody has read is counted on every page.
            models.Index(
                name="notification_unread",
                fields=["role", "district", "institution"],
                condition=Q(channel=NotificationChannel.IN_APP, read_at__isnull=True),
            ),
            models.Index(name="notification_of_office", fields=["role", "district", "institution", "-id"]),
            models.Index(name="notification_of_person", fields=["person", "-id"]),
        ]
        triggers = [
            *frozen(
                "public_id",
                "key",
                "kind",
                "channel",
                "person",
                "role",
                "district",
                "institution",
                "entitlement",
                "claim",
                "facts",
                "created_at",
            ),
            frozen_when(
                "OLD.status = 'SENT'", "status", "sent_at", "tried_count", name="notification_stays_sent"
            ),
        ]

    def __str__(self) -> str:
        return self.key


class SelfCheckAccess(models.Model):
    """One key to one's own decision: a code to the mobile, or a link that an office handed out. Used once."""

    trainee = models.ForeignKey(
        "enrollment.Trainee", verbose_name=_("Trainee"), on_delete=models.PROTECT, related_name="+"
    )
    certificate = models.ForeignKey(
        "assessment.LevelCertificate",
        verbose_name=_("Level certificate"),
        on_delete=models.PROTECT,
        related_name="+",
    )
    kind = models.CharField(_("Key"), max_length=8, choices=AccessKind)
    purpose = models.CharField(_("Opens"), max_length=8, choices=AccessPurpose, default=AccessPurpose.LOOK)
    # Of a link, the keyed hash of its token. Of a code, what the code is derived from by the key: whoever sends it can
    # tell it, and whoever reads this table cannot.
    secret_hash = models.CharField(max_length=64, unique=True)
    # The last digits of the account that a code confirms, which its message names.
    account_ends_in = models.CharField(max_length=4, blank=True, db_default="")
    created_at = models.DateTimeField(_("Created at"))
    expires_at = models.DateTimeField(_("Expires at"))
    # When a code was handed to the gateway. What was not, waits in a short list.
    sent_at = models.DateTimeField(_("Sent"), null=True)
    wrong_tries = models.PositiveSmallIntegerField(_("Wrong tries"), default=0)
    used_at = models.DateTimeField(_("Used at"), null=True)
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("Handed out by"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    reason = models.TextField(_("Reason"), blank=True)

    class Meta:
        verbose_name = _("Key to a self-check")
        verbose_name_plural = _("Keys to self-checks")
        ordering = ["-id"]
        constraints = [
            known_value("kind", AccessKind, name="self_check_kind_known"),
            known_value("purpose", AccessPurpose, name="self_check_purpose_known"),
            models.CheckConstraint(name="self_check_few_wrong_tries", condition=Q(wrong_tries__lte=5)),
            # After the last wrong try it opens nothing any more, and neither does it late.
            implies(
                Q(used_at__isnull=False),
                Q(wrong_tries__lt=5, used_at__lte=F("expires_at")),
                name="self_check_used_while_it_held",
            ),
            models.CheckConstraint(
                name="self_check_account_only_where_one_is_confirmed",
                condition=Q(purpose=AccessPurpose.ACCOUNT) | Q(account_ends_in=""),
            ),
            # Who holds a link has shown nobody their mobile, and so changes no account by it.
            implies(
                Q(kind=AccessKind.LINK), Q(purpose=AccessPurpose.LOOK), name="self_check_link_only_looks"
            ),
            models.CheckConstraint(
                name="self_check_link_handed_out_for_a_reason",
                condition=Q(kind=AccessKind.CODE, issued_by__isnull=True)
                | (Q(kind=AccessKind.LINK, issued_by__isnull=False) & ~Q(reason="")),
            ),
        ]
        indexes = [
            models.Index(
                name="self_check_code_to_send",
                fields=["expires_at"],
                condition=Q(kind=AccessKind.CODE, sent_at__isnull=True),
            ),
        ]
        triggers = [
            *frozen(
                "trainee",
                "certificate",
                "kind",
                "purpose",
                "secret_hash",
                "account_ends_in",
                "created_at",
                "expires_at",
                "issued_by",
                "reason",
            ),
            frozen_when("OLD.used_at IS NOT NULL", "used_at", "wrong_tries", name="self_check_used_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.certificate_id}"
