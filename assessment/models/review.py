import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from assessment.enums import Outcome, ReviewFinding, ReviewKind, ReviewStatus
from assessment.models.attempt import SCORED, Attempt
from chongqing_dte.foundation.constraints import (
    both_or_neither,
    frozen,
    frozen_when,
    implies,
    known_value,
    not_the_same,
)
from chongqing_dte.foundation.proposals import Proposal, RequestStatus, proposal_constraints


class MarkReview(models.Model):
    """One person's request to look at their result again. While it is open, nothing is paid that depends on it."""

    public_id = models.UUIDField(_("Public number"), default=uuid.uuid4, unique=True, editable=False)
    attempt = models.ForeignKey(
        Attempt, verbose_name=_("Attempt"), on_delete=models.PROTECT, related_name="reviews"
    )
    kind = models.CharField(_("Kind"), max_length=8, choices=ReviewKind)
    reason = models.TextField(_("Reason"))
    status = models.CharField(_("Status"), max_length=8, choices=ReviewStatus, default=ReviewStatus.OPEN)
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("Opened by"), on_delete=models.PROTECT, related_name="+"
    )
    opened_at = models.DateTimeField(_("Opened at"))
    finding = models.CharField(_("Finding"), max_length=12, choices=ReviewFinding, blank=True)
    closing_note = models.TextField(_("Explanation"), blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("Closed by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    closed_at = models.DateTimeField(_("Closed at"), null=True, blank=True)

    class Meta:
        verbose_name = _("Mark review")
        verbose_name_plural = _("Mark reviews")
        ordering = ["-id"]
        indexes = [
            models.Index(name="mark_review_open", fields=["attempt"], condition=Q(status=ReviewStatus.OPEN)),
        ]
        constraints = [
            models.UniqueConstraint(
                name="mark_review_one_open_per_attempt",
                fields=["attempt"],
                condition=Q(status=ReviewStatus.OPEN),
            ),
            known_value("kind", ReviewKind, name="mark_review_kind_known"),
            known_value("status", ReviewStatus, name="mark_review_status_known"),
            known_value("finding", ReviewFinding, name="mark_review_finding_known", may_be_empty=True),
            models.CheckConstraint(name="mark_review_has_reason", condition=~Q(reason="")),
            both_or_neither("closed_by", "closed_at", name="mark_review_closing_complete"),
            implies(
                Q(status=ReviewStatus.CLOSED),
                Q(closed_at__isnull=False) & ~Q(finding="") & ~Q(closing_note=""),
                name="mark_review_closed_with_a_finding",
            ),
            not_the_same("opened_by", "closed_by", name="mark_review_closed_by_someone_else"),
        ]
        triggers = [
            *frozen("public_id", "attempt", "kind", "reason", "opened_by", "opened_at"),
            frozen_when(
                "OLD.status = 'CLOSED'",
                "status",
                "finding",
                "closing_note",
                "closed_by",
                "closed_at",
                name="mark_review_stays_closed",
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class AttemptCorrection(Proposal):
    """One proposal to correct a recorded result. The evaluation institution proposes, the municipal bureau decides."""

    public_id = models.UUIDField(_("Public number"), default=uuid.uuid4, unique=True, editable=False)
    attempt = models.ForeignKey(
        Attempt, verbose_name=_("Attempt"), on_delete=models.PROTECT, related_name="corrections"
    )
    # The review that found it, if there was one.
    review = models.ForeignKey(
        MarkReview, null=True, blank=True, on_delete=models.PROTECT, related_name="corrections"
    )
    outcome = models.CharField(_("Outcome"), max_length=12, choices=Outcome)
    theory_score = models.DecimalField(
        _("Theory score"), max_digits=4, decimal_places=1, null=True, blank=True
    )
    practice_score = models.DecimalField(
        _("Practice score"), max_digits=4, decimal_places=1, null=True, blank=True
    )
    # For a result that becomes a pass and whose certificate the institution numbers.
    certificate_number = models.CharField(_("Certificate number"), max_length=40, blank=True)
    certificate_issued_on = models.DateField(_("Issued on"), null=True, blank=True)

    class Meta:
        verbose_name = _("Correction of a result")
        verbose_name_plural = _("Corrections of results")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                name="attempt_correction_one_open_per_attempt",
                fields=["attempt"],
                condition=Q(status=RequestStatus.PROPOSED),
            ),
            *proposal_constraints("attempt_correction"),
            known_value("outcome", Outcome, name="attempt_correction_outcome_known"),
            implies(
                Q(outcome__in=SCORED),
                Q(theory_score__isnull=False, theory_score__range=(0, 100))
                & Q(practice_score__isnull=False, practice_score__range=(0, 100)),
                name="attempt_correction_scored_when_sat",
            ),
            implies(
                ~Q(outcome__in=SCORED),
                Q(theory_score__isnull=True, practice_score__isnull=True),
                name="attempt_correction_without_score_when_not_sat",
            ),
        ]
        triggers = frozen(
            "public_id",
            "attempt",
            "review",
            "outcome",
            "theory_score",
            "practice_score",
            "certificate_number",
            "certificate_issued_on",
            "reason",
            "proposed_by",
            "proposed_at",
        )

    def __str__(self) -> str:
        return str(self.public_id)
