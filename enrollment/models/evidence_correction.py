import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chongqing_dte.foundation.constraints import frozen, frozen_when
from chongqing_dte.foundation.crypto import EncryptedBytesField, EncryptedTextField
from chongqing_dte.foundation.proposals import Proposal, RequestStatus, proposal_constraints
from enrollment.models.enrollment import Enrollment
from enrollment.models.evidence import EVIDENCE_FIELDS, CategoryEvidence, evidence_constraints


class EvidenceCorrection(Proposal, CategoryEvidence):
    """One proposal of what an enrollment should say of somebody's category, and what the district decided.

    It says all of it, and not only what is wrong: what was approved is what stands.
    """

    public_id = models.UUIDField(_("Public number"), default=uuid.uuid4, unique=True, editable=False)
    enrollment = models.ForeignKey(Enrollment, on_delete=models.PROTECT, related_name="evidence_corrections")
    # All that stood there before, as JSON text, by field.
    former_values = EncryptedTextField(_("Former values"))
    # A scan or photograph of a diploma, a labour contract or whatever else shows it.
    evidence = EncryptedBytesField()
    evidence_name = models.CharField(_("Evidence"), max_length=255)

    class Meta:
        verbose_name = _("Evidence correction")
        verbose_name_plural = _("Evidence corrections")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                name="evidence_correction_one_open_per_enrollment",
                fields=["enrollment"],
                condition=Q(status=RequestStatus.PROPOSED),
            ),
            *evidence_constraints("evidence_correction"),
            *proposal_constraints("evidence_correction"),
        ]
        triggers = [
            # The enrollment says what the last approved one says, and money follows it.
            frozen_when(
                "OLD.status <> 'PROPOSED'",
                "status",
                "decided_by",
                "decided_at",
                "decision_reason",
                name="evidence_correction_stays_decided",
            ),
            *frozen(
                "enrollment",
                *EVIDENCE_FIELDS,
                "reason",
                "evidence_name",
                "proposed_by",
                "proposed_at",
                encrypted=["former_values", "evidence"],
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)
