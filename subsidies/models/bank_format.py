import uuid

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chongqing_dte.foundation.constraints import (
    both_or_neither,
    frozen,
    frozen_when,
    implies,
    known_value,
    not_the_same,
)
from chongqing_dte.foundation.crypto import EncryptedTextField
from subsidies.enums import BankSide, DeliveryWay, PaymentFormat


class BankFormat(models.Model):
    """How files are written for one agent bank, and how they get there. Set up by one person, approved by another.

    It never changes: another one takes its place. A batch keeps the one that it was written by.
    """

    public_id = models.UUIDField(_("Public number"), default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("Name of the format"), max_length=128)
    payment_format = models.CharField(_("Format"), max_length=12, choices=PaymentFormat)
    side = models.CharField(_("For"), max_length=8, choices=BankSide)
    # The first digits of the CNAPS codes of the agent bank's own branches: what tells own accounts from others.
    own_bank_code = models.CharField(
        _("First digits of the bank's own CNAPS codes"), max_length=12, blank=True
    )
    payer_name = models.CharField(_("Payer"), max_length=128, blank=True)
    payer_account = EncryptedTextField(_("Payer's account"), blank=True)
    payer_cnaps = models.CharField(_("Payer's CNAPS code"), max_length=12, blank=True)
    # Beside the policy's own limits; empty means none. Yuan.
    line_limit = models.PositiveIntegerField(_("Payments in one file at most"), null=True, blank=True)
    amount_limit = models.DecimalField(
        _("Sum of one file at most"), max_digits=14, decimal_places=2, null=True, blank=True
    )
    delivery = models.CharField(_("Way of delivery"), max_length=12, choices=DeliveryWay)
    # Of a bank's own template: what is written and read. See `bank/template.py` for what it may say.
    layout = models.JSONField(_("Layout"), default=dict, blank=True)
    drafted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("Drafted by"), on_delete=models.PROTECT, related_name="+"
    )
    drafted_at = models.DateTimeField(_("Drafted at"))
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("Approved by"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    approved_at = models.DateTimeField(_("Approved at"), null=True)
    closed_at = models.DateTimeField(_("Closed at"), null=True)

    class Meta:
        verbose_name = _("Bank format")
        verbose_name_plural = _("Bank formats")
        ordering = ["-id"]
        constraints = [
            known_value("payment_format", PaymentFormat, name="bank_format_format_known"),
            known_value("side", BankSide, name="bank_format_side_known"),
            known_value("delivery", DeliveryWay, name="bank_format_delivery_known"),
            both_or_neither("approved_by", "approved_at", name="bank_format_approval_complete"),
            not_the_same("drafted_by", "approved_by", name="bank_format_approved_by_someone_else"),
            # Two formats for one account would make the file a matter of luck.
            models.UniqueConstraint(
                name="bank_format_one_open_per_side",
                fields=["side"],
                condition=Q(approved_at__isnull=False, closed_at__isnull=True),
            ),
            # Two that tell own accounts by different digits would both take some of them, or leave some to nobody.
            ExclusionConstraint(
                name="bank_format_open_sides_of_one_bank",
                expressions=[("own_bank_code", "<>")],
                condition=Q(
                    side__in=[BankSide.OWN, BankSide.OTHER], approved_at__isnull=False, closed_at__isnull=True
                ),
            ),
            implies(
                Q(side__in=[BankSide.OWN, BankSide.OTHER]),
                ~Q(own_bank_code=""),
                name="bank_format_side_told_by_its_code",
            ),
            models.CheckConstraint(
                name="bank_format_limits_positive",
                condition=(Q(line_limit__isnull=True) | Q(line_limit__gt=0))
                & (Q(amount_limit__isnull=True) | Q(amount_limit__gt=0)),
            ),
        ]
        triggers = [
            *frozen(
                "public_id",
                "name",
                "payment_format",
                "side",
                "own_bank_code",
                "payer_name",
                "payer_cnaps",
                "line_limit",
                "amount_limit",
                "delivery",
                "layout",
                "drafted_by",
                "drafted_at",
                encrypted=["payer_account"],
            ),
            frozen_when(
                "OLD.approved_at IS NOT NULL", "approved_by", "approved_at", name="bank_format_stays_approved"
            ),
            frozen_when("OLD.closed_at IS NOT NULL", "closed_at", name="bank_format_stays_closed"),
        ]

    def __str__(self) -> str:
        return self.name
