"""Acts that one person proposes and another one decides."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, Q, TextChoices

from chongqing_dte.foundation.constraints import both_or_neither, implies, known_value, not_the_same
from chongqing_dte.foundation.sentences import gettext_lazy as _


class RequestStatus(TextChoices):
    """What became of something that one person proposed and another one decides."""

    PROPOSED = "PROPOSED", _("Proposed")
    APPROVED = "APPROVED", _("Approved")
    REFUSED = "REFUSED", _("Refused")


class Proposal(models.Model):
    """One act that somebody proposed for a reason, and what somebody else decided."""

    reason = models.TextField(_("Reason"))
    status = models.CharField(
        _("Status"), max_length=12, choices=RequestStatus, default=RequestStatus.PROPOSED
    )
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("Proposed by"), on_delete=models.PROTECT, related_name="+"
    )
    proposed_at = models.DateTimeField(_("Proposed at"))
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("Decided by"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    decided_at = models.DateTimeField(_("Decided at"), null=True)
    decision_reason = models.TextField(_("Reason of the decision"), blank=True)

    class Meta:
        abstract = True


def proposal_constraints(prefix: str) -> Sequence[Any]:
    """Return what holds for every proposal, named after what is proposed."""
    return [
        known_value("status", RequestStatus, name=f"{prefix}_status_known"),
        CheckConstraint(name=f"{prefix}_has_reason", condition=~Q(reason="")),
        both_or_neither("decided_by", "decided_at", name=f"{prefix}_decision_complete"),
        implies(
            ~Q(status=RequestStatus.PROPOSED),
            Q(decided_at__isnull=False),
            name=f"{prefix}_decided_by_somebody",
        ),
        not_the_same("proposed_by", "decided_by", name=f"{prefix}_decided_by_someone_else"),
    ]
