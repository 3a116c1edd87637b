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
)
from subsidies.enums import LineRefusal, LineVerdict
from subsidies.models.claim import SubsidyClaim
from subsidies.models.claim_reckoning import ClaimLine


class LineReview(models.Model):
    """What a district says of one line of a claim, as it saw it. The latest one of an enrollment holds."""

    claim = models.ForeignKey(SubsidyClaim, on_delete=models.PROTECT, related_name="line_reviews")
    line = models.ForeignKey(
        ClaimLine, verbose_name=_("Line of a claim"), on_delete=models.PROTECT, related_name="reviews"
    )
    enrollment = models.ForeignKey(
        "enrollment.Enrollment", verbose_name=_("Enrollment"), on_delete=models.PROTECT, related_name="+"
    )
    verdict = models.CharField(_("Verdict"), max_length=8, choices=LineVerdict)
    reason_code = models.CharField(_("Reason"), max_length=32, choices=LineRefusal, blank=True)
    note = models.TextField(_("Note"), blank=True)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("Reviewed by"), on_delete=models.PROTECT, related_name="+"
    )
    reviewed_at = models.DateTimeField(_("Reviewed at"))

    class Meta:
        verbose_name = _("Review of a line")
        verbose_name_plural = _("Reviews of lines")
        ordering = ["id"]
        constraints = [
            known_value("verdict", LineVerdict, name="line_review_verdict_known"),
            known_value("reason_code", LineRefusal, name="line_review_reason_known", may_be_empty=True),
            models.CheckConstraint(
                name="line_review_refuses_for_a_reason",
                condition=Q(verdict=LineVerdict.ACCEPTED, reason_code="")
                | (Q(verdict=LineVerdict.REFUSED) & ~Q(reason_code="")),
            ),
            implies(Q(reason_code=LineRefusal.OTHER), ~Q(note=""), name="line_review_other_reason_is_said"),
        ]
        indexes = [models.Index(name="line_review_latest", fields=["claim", "enrollment", "-id"])]
        triggers = [*append_only(), *announces("claims", "claim_id", on=[INSERT])]

    def __str__(self) -> str:
        return f"{self.claim_id}:{self.enrollment_id} {self.verdict}"


class ClaimQuery(models.Model):
    """What a reviewer asks the institution about a claim or one of its lines, and its answer."""

    public_id = models.UUIDField(_("Public number"), default=uuid.uuid4, unique=True, editable=False)
    claim = models.ForeignKey(SubsidyClaim, on_delete=models.PROTECT, related_name="queries")
    # Empty for a question about the whole claim.
    enrollment = models.ForeignKey(
        "enrollment.Enrollment",
        verbose_name=_("Enrollment"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    question = models.TextField(_("Question"))
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("Asked by"), on_delete=models.PROTECT, related_name="+"
    )
    asked_at = models.DateTimeField(_("Asked at"))
    # The last day for the answer. Empty while the calendar of that year is not published.
    due_on = models.DateField(_("Answer due on"), null=True)
    answer = models.TextField(_("Answer"), blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("Answered by"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    answered_at = models.DateTimeField(_("Answered at"), null=True)

    class Meta:
        verbose_name = _("Question about a claim")
        verbose_name_plural = _("Questions about claims")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(name="claim_query_asks_something", condition=~Q(question="")),
            both_or_neither("answered_by", "answered_at", name="claim_query_answer_complete"),
            implies(Q(answered_at__isnull=False), ~Q(answer=""), name="claim_query_answered_with_words"),
        ]
        indexes = [
            models.Index(name="claim_query_open", fields=["claim"], condition=Q(answered_at__isnull=True)),
        ]
        triggers = [
            *frozen("public_id", "claim", "enrollment", "question", "asked_by", "asked_at"),
            frozen_when(
                "OLD.answered_at IS NOT NULL",
                "answer",
                "answered_by",
                "answered_at",
                name="claim_query_stays_answered",
            ),
            *announces("claims", "claim_id"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class ClaimHandover(models.Model):
    """One claim given from a retired district to one that took over from it: by whom, when and why."""

    claim = models.ForeignKey(SubsidyClaim, on_delete=models.PROTECT, related_name="handovers")
    from_district = models.ForeignKey(
        "institutions.District", verbose_name=_("From"), on_delete=models.PROTECT, related_name="+"
    )
    to_district = models.ForeignKey(
        "institutions.District", verbose_name=_("To"), on_delete=models.PROTECT, related_name="+"
    )
    reason = models.TextField(_("Reason"))
    handed_over_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("By"), on_delete=models.PROTECT, related_name="+"
    )
    handed_over_at = models.DateTimeField(_("At"))

    class Meta:
        verbose_name = _("Handover of a claim")
        verbose_name_plural = _("Handovers of claims")
        ordering = ["id"]
        constraints = [models.CheckConstraint(name="claim_handover_has_reason", condition=~Q(reason=""))]
        triggers = [*append_only(), *announces("claims", "claim_id", on=[INSERT])]

    def __str__(self) -> str:
        return f"{self.claim_id}: {self.from_district_id} → {self.to_district_id}"
