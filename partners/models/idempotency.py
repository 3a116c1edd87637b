import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chongqing_dte.foundation.constraints import both_or_neither, frozen_when, not_under_a_newer_key
from chongqing_dte.foundation.crypto import EncryptedBytesField
from partners.models.client import PartnerClient

# How long an answer is kept, at least, for whoever asks again.
KEPT_DAYS = 7


class IdempotentAnswer(models.Model):
    """One request that changes something, under the key that its client gave it, and how it was answered.

    Without a status code it is claimed: somebody is at work on it, or has died over it. Its answer never changes.
    """

    client = models.ForeignKey(
        PartnerClient, verbose_name=_("Partner system"), on_delete=models.PROTECT, related_name="+"
    )
    key = models.CharField(_("Idempotency key"), max_length=128)
    request = models.CharField(_("Method and address"), max_length=256)
    body_sha256 = models.CharField(_("Checksum of the body"), max_length=64)
    # Who is at work: of two who think they are, the answer of the later one is kept.
    claim = models.UUIDField(_("Number of the work"))
    claimed_at = models.DateTimeField(_("Claimed at"))
    status_code = models.PositiveSmallIntegerField(_("Status"), null=True)
    headers = models.JSONField(_("Headers"), default=dict)
    # None with a status code: the answer was too long to keep.
    body = EncryptedBytesField(_("What was answered"), null=True)
    answered_at = models.DateTimeField(_("Answered at"), null=True)

    class Meta:
        verbose_name = _("Answer to a repeated request")
        verbose_name_plural = _("Answers to repeated requests")
        constraints = [
            models.UniqueConstraint(name="idempotency_key_once_per_client", fields=["client", "key"]),
            models.CheckConstraint(name="idempotency_has_key", condition=~Q(key="")),
            models.CheckConstraint(
                name="idempotency_body_is_sha256", condition=Q(body_sha256__regex="^[0-9a-f]{64}$")
            ),
            both_or_neither("status_code", "answered_at", name="idempotency_answer_complete"),
            models.CheckConstraint(
                name="idempotency_no_body_without_status",
                condition=Q(body__isnull=True) | Q(status_code__isnull=False),
            ),
            models.CheckConstraint(
                name="idempotency_keeps_no_failure",
                condition=Q(status_code__isnull=True)
                | Q(status_code__isnull=False, status_code__range=(200, 499)),
            ),
        ]
        indexes = [models.Index(fields=["claimed_at"], name="idempotency_claimed_at")]
        triggers = [
            frozen_when(
                "OLD.status_code IS NOT NULL",
                "client",
                "key",
                "request",
                "body_sha256",
                "claim",
                "claimed_at",
                "status_code",
                "headers",
                "answered_at",
                name="idempotency_answer_stays",
            ),
            pgtrigger.Trigger(
                name="idempotency_body_stays",
                operation=pgtrigger.UpdateOf("body"),
                when=pgtrigger.Before,
                func=f"""
                IF OLD.status_code IS NOT NULL AND {not_under_a_newer_key(["body"])} THEN
                    RAISE EXCEPTION 'idempotency_body_stays: % keeps what it said', TG_TABLE_NAME;
                END IF;
                RETURN NEW;
                """,
            ),
            # A claim without an answer is given back when the work failed.
            pgtrigger.Trigger(
                name="idempotency_kept_for_days",
                operation=pgtrigger.Delete,
                when=pgtrigger.Before,
                func=f"""
                IF OLD.status_code IS NOT NULL AND OLD.answered_at > now() - interval '{KEPT_DAYS} days' THEN
                    RAISE EXCEPTION 'idempotency_kept_for_days: % keeps its rows so long', TG_TABLE_NAME;
                END IF;
                RETURN OLD;
                """,
            ),
            pgtrigger.Trigger(
                name="no_truncate",
                operation=pgtrigger.Truncate,
                when=pgtrigger.Before,
                level=pgtrigger.Statement,
                func="RAISE EXCEPTION 'no_truncate: % keeps its rows', TG_TABLE_NAME;",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.request} {self.status_code or ''}".strip()
