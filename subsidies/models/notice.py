import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from chongqing_dte.foundation.constraints import (
    append_only,
    both_or_neither,
    frozen,
    frozen_when,
    implies,
    known_value,
    not_the_same,
)
from chongqing_dte.foundation.crypto import EncryptedTextField
from subsidies.enums import ObjectionKind, ObjectionStatus, SubsidyKind
from subsidies.models.claim import SubsidyClaim
from subsidies.models.entitlement import Entitlement
from subsidies.models.payment import Payment


class PublicNotice(models.Model):
    """One published list of who is to be paid, masked, with a period for objections. What was published stays."""

    reference = models.CharField(_("Reference"), max_length=32, unique=True)
    kind = models.CharField(_("Subsidy"), max_length=12, choices=SubsidyKind)
    district = models.ForeignKey(
        "institutions.District",
        verbose_name=_("District"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    opens_on = models.DateField(_("Published on"))
    # The last day on which an objection is taken.
    closes_on = models.DateField(_("Objections until"))
    working_days = models.PositiveSmallIntegerField(_("Working days"))
    line_count = models.PositiveIntegerField(_("Number of people"))
    total = models.DecimalField(_("Total"), max_digits=14, decimal_places=2)
    # The list as it was published, as canonical JSON, and what anybody can check it by.
    content = models.TextField()
    sha256 = models.CharField("SHA-256", max_length=64)
    published_at = models.DateTimeField(_("Published at"))
    closed_at = models.DateTimeField(_("Closed at"), null=True)

    class Meta:
        verbose_name = _("Public notice")
        verbose_name_plural = _("Public notices")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                name="notice_one_a_day_and_district",
                fields=["kind", "district", "opens_on"],
                nulls_distinct=False,
            ),
            known_value("kind", SubsidyKind, name="notice_kind_known"),
            models.CheckConstraint(
                name="notice_closes_after_it_opens", condition=Q(closes_on__gt=F("opens_on"))
            ),
            models.CheckConstraint(
                name="notice_has_lines", condition=Q(line_count__gt=0, total__gt=0, working_days__gt=0)
            ),
        ]
        indexes = [
            models.Index(name="notice_open", fields=["closes_on"], condition=Q(closed_at__isnull=True)),
        ]
        triggers = [
            *frozen(
                "reference",
                "kind",
                "district",
                "opens_on",
                "closes_on",
                "working_days",
                "line_count",
                "total",
                "content",
                "sha256",
                "published_at",
            ),
            frozen_when("OLD.closed_at IS NOT NULL", "closed_at", name="notice_stays_closed"),
        ]

    def __str__(self) -> str:
        return self.reference


class NoticeLine(models.Model):
    """One person on one notice: a masked name and the end of an ID number, never an account.

    Or one claim: the institution's name, and for how many people it is; never one of these.
    """

    notice = models.ForeignKey(PublicNotice, on_delete=models.PROTECT, related_name="lines")
    line_number = models.PositiveIntegerField(_("Line"))
    payment = models.OneToOneField(
        Payment, verbose_name=_("Payment"), on_delete=models.PROTECT, related_name="notice_line"
    )
    masked_name = models.CharField(_("Name"), max_length=128)
    id_ending = models.CharField(_("ID number ends in"), max_length=4, blank=True)
    # Of a claim.
    people_count = models.PositiveIntegerField(_("Number of people"), null=True)

    class Meta:
        verbose_name = _("Line of a public notice")
        verbose_name_plural = _("Lines of public notices")
        ordering = ["notice_id", "line_number"]
        constraints = [
            models.UniqueConstraint(name="notice_line_once_per_notice", fields=["notice", "line_number"]),
            models.CheckConstraint(
                name="notice_line_of_a_person_or_a_claim",
                condition=(Q(people_count__isnull=True) & ~Q(id_ending=""))
                | Q(people_count__isnull=False, people_count__gt=0, id_ending=""),
            ),
        ]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.notice_id}:{self.line_number}"


class Objection(models.Model):
    """What somebody says against one decision, and what became of it. It holds that decision's money and no other."""

    public_id = models.UUIDField(_("Public number"), default=uuid.uuid4, unique=True, editable=False)
    # Against a person's decision, or against an institution's claim.
    entitlement = models.ForeignKey(
        Entitlement,
        verbose_name=_("Entitlement"),
        null=True,
        on_delete=models.PROTECT,
        related_name="objections",
    )
    claim = models.ForeignKey(
        SubsidyClaim,
        verbose_name=_("Reimbursement claim"),
        null=True,
        on_delete=models.PROTECT,
        related_name="objections",
    )
    notice_line = models.ForeignKey(
        NoticeLine,
        verbose_name=_("Line of a public notice"),
        null=True,
        on_delete=models.PROTECT,
        related_name="objections",
    )
    kind = models.CharField(_("Raised"), max_length=8, choices=ObjectionKind)
    statement = EncryptedTextField(_("Statement"))
    objector_name = EncryptedTextField(_("Your name"), blank=True)
    contact = EncryptedTextField(_("How to reach you"), blank=True)
    raised_at = models.DateTimeField(_("Raised at"))
    raised_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("Recorded by"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    status = models.CharField(
        _("Status"), max_length=12, choices=ObjectionStatus, default=ObjectionStatus.RAISED
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("Decided by"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    decided_at = models.DateTimeField(_("Decided at"), null=True)
    # Fit to be read by whoever objected.
    decision_reason = models.TextField(_("Reason of the decision"), blank=True)

    class Meta:
        verbose_name = _("Objection")
        verbose_name_plural = _("Objections")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="objection_against_one_decision",
                condition=Q(entitlement__isnull=False, claim__isnull=True)
                | Q(entitlement__isnull=True, claim__isnull=False),
            ),
            known_value("kind", ObjectionKind, name="objection_kind_known"),
            known_value("status", ObjectionStatus, name="objection_status_known"),
            both_or_neither("decided_by", "decided_at", name="objection_decision_complete"),
            implies(
                ~Q(status=ObjectionStatus.RAISED),
                Q(decided_at__isnull=False) & ~Q(decision_reason=""),
                name="objection_decided_for_a_reason",
            ),
            not_the_same("raised_by", "decided_by", name="objection_decided_by_someone_else"),
            implies(
                Q(kind=ObjectionKind.OFFICE),
                Q(raised_by__isnull=False),
                name="objection_of_an_office_is_signed",
            ),
            implies(
                Q(kind=ObjectionKind.PUBLIC),
                Q(notice_line__isnull=False, raised_by__isnull=True),
                name="objection_of_the_public_names_a_line",
            ),
        ]
        indexes = [
            models.Index(
                name="objection_open", fields=["entitlement"], condition=Q(status=ObjectionStatus.RAISED)
            ),
            models.Index(
                name="objection_open_to_claim", fields=["claim"], condition=Q(status=ObjectionStatus.RAISED)
            ),
        ]
        triggers = [
            *frozen(
                "public_id",
                "entitlement",
                "claim",
                "notice_line",
                "kind",
                "raised_at",
                "raised_by",
                encrypted=["statement", "objector_name", "contact"],
            ),
            frozen_when(
                "OLD.status <> 'RAISED'",
                "status",
                "decided_by",
                "decided_at",
                "decision_reason",
                name="objection_stays_decided",
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)

    @property
    def subject(self) -> Entitlement | SubsidyClaim:
        """The decision about a person, or the claim, that it is against."""
        return self.against if self.claim is None else self.claim

    @property
    def against(self) -> Entitlement:
        """The decision about a person that it is against. Raises ValueError for one against a claim."""
        if self.entitlement is None:
            raise ValueError("an objection to a claim is against no entitlement")
        return self.entitlement
