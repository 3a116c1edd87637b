import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chongqing_dte.foundation.changes import INSERT, announces
from chongqing_dte.foundation.constraints import (
    append_only,
    both_or_neither,
    frozen,
    frozen_when,
    implies,
    known_value,
    not_the_same,
)
from subsidies.enums import (
    CLAIM_ENDED,
    CLAIM_SIGNED_BY_THE_DISTRICT,
    CLAIM_WITH_THE_INSTITUTION,
    ClaimStatus,
)


class SubsidyClaim(models.Model):
    """One class's request to be reimbursed for what the institution has advanced.

    What it comes to stands in its reckonings. A claim that ended stays, and leaves room for another one.
    """

    public_id = models.UUIDField(_("Public number"), default=uuid.uuid4, unique=True, editable=False)
    reference = models.CharField(_("Reference"), max_length=40, unique=True)
    training_class = models.ForeignKey(
        "enrollment.TrainingClass",
        verbose_name=_("Training class"),
        on_delete=models.PROTECT,
        related_name="+",
    )
    institution = models.ForeignKey(
        "institutions.Institution",
        verbose_name=_("Training institution"),
        on_delete=models.PROTECT,
        related_name="+",
    )
    # Whose bureau reviews it: the class's, until somebody hands it over to a successor.
    district = models.ForeignKey(
        "institutions.District", verbose_name=_("District"), on_delete=models.PROTECT, related_name="+"
    )
    status = models.CharField(_("Status"), max_length=12, choices=ClaimStatus, default=ClaimStatus.OPEN)
    # The one that holds by now; the former ones stay.
    reckoning = models.ForeignKey(
        "subsidies.ClaimReckoning",
        verbose_name=_("Reckoning"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    opened_at = models.DateTimeField(_("Opened"))
    # Nobody, where it was opened by itself.
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("Opened by"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    # The last day on which it can be submitted.
    submit_until = models.DateField(_("Submit until"))
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("Submitted by"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    submitted_at = models.DateTimeField(_("Submitted at"), null=True)
    recommended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("Recommended by"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    recommended_at = models.DateTimeField(_("Recommended at"), null=True)
    first_confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("First confirmation by"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    first_confirmed_at = models.DateTimeField(_("First confirmation at"), null=True)
    second_confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("Second confirmation by"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    second_confirmed_at = models.DateTimeField(_("Second confirmation at"), null=True)
    # The last day for the answer of whoever has it. Empty while the calendar of that year is not published.
    due_on = models.DateField(_("Answer due on"), null=True)
    # When it went up because no answer had come in time.
    escalated_at = models.DateTimeField(_("Escalated at"), null=True)
    # Why it was returned, refused or withdrawn.
    status_reason = models.TextField(_("Reason"), blank=True)
    # A confirmed claim waits for room in its budget until its payment is opened.
    payment_due = models.BooleanField(_("Payment to be opened"), default=False)
    # When its facts are looked at anew. Empty for one that nothing moves any more.
    reckoning_due_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("Reimbursement claim")
        verbose_name_plural = _("Reimbursement claims")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                name="claim_one_live_per_class",
                fields=["training_class"],
                condition=~Q(status__in=CLAIM_ENDED),
            ),
            known_value("status", ClaimStatus, name="claim_status_known"),
            both_or_neither("submitted_by", "submitted_at", name="claim_submission_complete"),
            both_or_neither("recommended_by", "recommended_at", name="claim_recommendation_complete"),
            both_or_neither(
                "first_confirmed_by", "first_confirmed_at", name="claim_first_signature_complete"
            ),
            both_or_neither(
                "second_confirmed_by", "second_confirmed_at", name="claim_second_signature_complete"
            ),
            # Whoever hands in, recommends and confirms are different people, whatever their offices.
            not_the_same("submitted_by", "recommended_by", name="claim_recommended_by_someone_else"),
            not_the_same("submitted_by", "first_confirmed_by", name="claim_confirmed_by_someone_else"),
            not_the_same("recommended_by", "first_confirmed_by", name="claim_confirmed_by_another_reviewer"),
            not_the_same("submitted_by", "second_confirmed_by", name="claim_signed_by_someone_else"),
            not_the_same("recommended_by", "second_confirmed_by", name="claim_signed_by_another_reviewer"),
            not_the_same("first_confirmed_by", "second_confirmed_by", name="claim_signed_by_two_people"),
            implies(
                Q(status=ClaimStatus.SUBMITTED) | Q(status__in=CLAIM_SIGNED_BY_THE_DISTRICT),
                Q(submitted_at__isnull=False, reckoning__isnull=False),
                name="claim_reviewed_only_after_submission",
            ),
            implies(
                Q(status__in=CLAIM_SIGNED_BY_THE_DISTRICT),
                Q(recommended_at__isnull=False),
                name="claim_goes_up_only_recommended",
            ),
            implies(
                Q(status=ClaimStatus.CONFIRMED),
                Q(first_confirmed_at__isnull=False),
                name="claim_confirmed_by_somebody",
            ),
            implies(
                Q(second_confirmed_by__isnull=False),
                Q(first_confirmed_by__isnull=False),
                name="claim_second_signature_after_first",
            ),
            # A claim that went back has to be signed anew.
            implies(
                Q(status__in=[*CLAIM_WITH_THE_INSTITUTION, ClaimStatus.SUBMITTED]),
                Q(recommended_at__isnull=True, first_confirmed_at__isnull=True),
                name="claim_signatures_end_with_a_return",
            ),
            implies(
                Q(status__in=[ClaimStatus.RETURNED, ClaimStatus.REFUSED, ClaimStatus.WITHDRAWN]),
                ~Q(status_reason=""),
                name="claim_returned_or_ended_for_a_reason",
            ),
            implies(Q(payment_due=True), Q(status=ClaimStatus.CONFIRMED), name="claim_paid_only_confirmed"),
        ]
        indexes = [
            models.Index(name="claim_of_district", fields=["district", "status", "due_on", "id"]),
            models.Index(name="claim_of_institution", fields=["institution", "status", "-id"]),
            models.Index(name="claim_by_status", fields=["status", "due_on", "id"]),
            models.Index(
                name="claim_waits_to_be_submitted",
                fields=["submit_until"],
                condition=Q(status__in=CLAIM_WITH_THE_INSTITUTION),
            ),
            models.Index(name="claim_payment_due", fields=["id"], condition=Q(payment_due=True)),
            models.Index(
                name="claim_reckoning_due",
                fields=["reckoning_due_at"],
                condition=Q(reckoning_due_at__isnull=False),
            ),
        ]
        triggers = [
            *frozen("public_id", "reference", "training_class", "institution", "opened_at", "opened_by"),
            frozen_when(
                "OLD.status IN ('REFUSED', 'WITHDRAWN', 'LAPSED')",
                "status",
                "status_reason",
                "reckoning",
                name="claim_stays_ended",
            ),
            # Whoever signed, signed this sum.
            frozen_when(
                "OLD.status = 'CONFIRMED' AND NEW.status = 'CONFIRMED'",
                "reckoning",
                "submitted_by",
                "recommended_by",
                "first_confirmed_by",
                "second_confirmed_by",
                name="claim_keeps_what_was_confirmed",
            ),
            *announces("claims", hides=["reckoning_due_at"]),
        ]

    def __str__(self) -> str:
        return self.reference


class ClaimStep(models.Model):
    """One change of a claim's state: who, for whom, when and why. Without an actor the calendar did it."""

    claim = models.ForeignKey(SubsidyClaim, on_delete=models.PROTECT, related_name="steps")
    # Empty for the first.
    from_status = models.CharField(_("From"), max_length=12, choices=ClaimStatus, blank=True)
    to_status = models.CharField(_("To"), max_length=12, choices=ClaimStatus)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("By"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    # Whose absence the actor stood in for.
    on_behalf_of = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("On behalf of"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    at = models.DateTimeField(_("At"))
    reason = models.TextField(_("Reason"), blank=True)

    class Meta:
        verbose_name = _("Step of a claim")
        verbose_name_plural = _("Steps of claims")
        ordering = ["id"]
        constraints = [
            known_value("from_status", ClaimStatus, name="claim_step_from_known", may_be_empty=True),
            known_value("to_status", ClaimStatus, name="claim_step_to_known"),
            not_the_same("actor", "on_behalf_of", name="claim_step_on_behalf_of_someone_else"),
        ]
        triggers = [*append_only(), *announces("claims", "claim_id", on=[INSERT])]

    def __str__(self) -> str:
        return f"{self.claim_id}: {self.from_status} → {self.to_status}"
