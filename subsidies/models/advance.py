import uuid

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from chongqing_dte.foundation.constraints import both_or_neither, frozen, frozen_when, implies, known_value
from chongqing_dte.foundation.crypto import EncryptedBytesField
from subsidies.enums import AdvanceBasis, EvidenceKind, ScanStatus

# What the bureau looks at stays what it was shown.
ONLY_WITH_THE_INSTITUTION = """
    IF EXISTS (SELECT 1 FROM subsidies_subsidyclaim claim
               WHERE claim.training_class_id = NEW.training_class_id
                 AND claim.status IN ('SUBMITTED', 'RECOMMENDED', 'CONFIRMED')) THEN
        RAISE EXCEPTION '{name}' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""


class Advance(models.Model):
    """What an institution has spent on a class before anybody reimburses it, in yuan. A mistake is withdrawn."""

    public_id = models.UUIDField(_("Public number"), default=uuid.uuid4, unique=True, editable=False)
    training_class = models.ForeignKey(
        "enrollment.TrainingClass",
        verbose_name=_("Training class"),
        on_delete=models.PROTECT,
        related_name="+",
    )
    basis = models.CharField(_("Basis"), max_length=12, choices=AdvanceBasis)
    # Of one trainee, and for how many; or of the class, and 1.
    unit_cost = models.DecimalField(_("Cost"), max_digits=12, decimal_places=2)
    unit_count = models.PositiveIntegerField(_("Number of people"))
    amount = models.DecimalField(_("Amount"), max_digits=12, decimal_places=2)
    # The last day on which it was spent: it is owed from then on.
    spent_on = models.DateField(_("Spent by"))
    note = models.TextField(_("Note"), blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("Recorded by"), on_delete=models.PROTECT, related_name="+"
    )
    recorded_at = models.DateTimeField(_("Recorded at"))
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("Withdrawn by"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    withdrawn_at = models.DateTimeField(pgettext_lazy("claim", "Withdrawn"), null=True)
    withdrawal_reason = models.TextField(_("Reason"), blank=True)

    class Meta:
        verbose_name = _("Advance")
        verbose_name_plural = _("Advances")
        ordering = ["-id"]
        constraints = [
            known_value("basis", AdvanceBasis, name="advance_basis_known"),
            models.CheckConstraint(
                name="advance_is_cost_times_people",
                condition=Q(unit_cost__gt=0, unit_count__gt=0, amount=F("unit_cost") * F("unit_count")),
            ),
            implies(Q(basis=AdvanceBasis.PER_CLASS), Q(unit_count=1), name="advance_of_a_class_counts_once"),
            both_or_neither("withdrawn_by", "withdrawn_at", name="advance_withdrawal_complete"),
            implies(
                Q(withdrawn_at__isnull=False),
                ~Q(withdrawal_reason=""),
                name="advance_withdrawn_for_a_reason",
            ),
        ]
        indexes = [
            models.Index(
                name="advance_of_class", fields=["training_class"], condition=Q(withdrawn_at__isnull=True)
            ),
        ]
        triggers = [
            *frozen(
                "public_id",
                "training_class",
                "basis",
                "unit_cost",
                "unit_count",
                "amount",
                "spent_on",
                "note",
                "recorded_by",
                "recorded_at",
            ),
            frozen_when("OLD.withdrawn_at IS NOT NULL", "withdrawn_at", name="advance_stays_withdrawn"),
            pgtrigger.Trigger(
                name="advance_stays_while_reviewed",
                operation=pgtrigger.Insert | pgtrigger.Update,
                when=pgtrigger.Before,
                func=ONLY_WITH_THE_INSTITUTION.format(name="advance_stays_while_reviewed"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.training_class_id} {self.amount}"


class ClaimEvidence(models.Model):
    """One file that shows what a class has cost or that it was held, kept as it came."""

    public_id = models.UUIDField(_("Public number"), default=uuid.uuid4, unique=True, editable=False)
    training_class = models.ForeignKey(
        "enrollment.TrainingClass",
        verbose_name=_("Training class"),
        on_delete=models.PROTECT,
        related_name="+",
    )
    kind = models.CharField(_("Kind"), max_length=12, choices=EvidenceKind)
    file_name = models.CharField(_("File"), max_length=255)
    # By what the bytes are, and not by what the name says.
    media_type = models.CharField(_("Type"), max_length=96)
    size = models.PositiveIntegerField(_("Bytes"))
    content = EncryptedBytesField()
    sha256 = models.CharField("SHA-256", max_length=64)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("Uploaded by"), on_delete=models.PROTECT, related_name="+"
    )
    uploaded_at = models.DateTimeField(_("Uploaded at"))
    scan_status = models.CharField(
        _("Virus scan"), max_length=12, choices=ScanStatus, default=ScanStatus.WAITING
    )
    scanned_at = models.DateTimeField(_("Scanned at"), null=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("Withdrawn by"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    withdrawn_at = models.DateTimeField(pgettext_lazy("claim", "Withdrawn"), null=True)

    class Meta:
        verbose_name = _("Evidence of a claim")
        verbose_name_plural = _("Evidence of claims")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                name="claim_evidence_once_per_class",
                fields=["training_class", "sha256"],
                condition=Q(withdrawn_at__isnull=True),
            ),
            known_value("kind", EvidenceKind, name="claim_evidence_kind_known"),
            known_value("scan_status", ScanStatus, name="claim_evidence_scan_known"),
            models.CheckConstraint(name="claim_evidence_is_not_empty", condition=Q(size__gt=0)),
            both_or_neither("withdrawn_by", "withdrawn_at", name="claim_evidence_withdrawal_complete"),
            implies(
                Q(scan_status__in=[ScanStatus.CLEAN, ScanStatus.INFECTED]),
                Q(scanned_at__isnull=False),
                name="claim_evidence_scanned_at_some_time",
            ),
        ]
        indexes = [
            models.Index(
                name="claim_evidence_to_scan", fields=["id"], condition=Q(scan_status=ScanStatus.WAITING)
            ),
        ]
        triggers = [
            *frozen(
                "public_id",
                "training_class",
                "kind",
                "file_name",
                "media_type",
                "size",
                "sha256",
                "uploaded_by",
                "uploaded_at",
                encrypted=["content"],
            ),
            frozen_when(
                "OLD.withdrawn_at IS NOT NULL", "withdrawn_at", name="claim_evidence_stays_withdrawn"
            ),
            pgtrigger.Trigger(
                name="claim_evidence_stays_while_reviewed",
                operation=pgtrigger.UpdateOf("withdrawn_at"),
                when=pgtrigger.Before,
                func=ONLY_WITH_THE_INSTITUTION.format(name="claim_evidence_stays_while_reviewed"),
            ),
        ]

    def __str__(self) -> str:
        return self.file_name
