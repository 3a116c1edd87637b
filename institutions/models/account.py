import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chongqing_dte.foundation.constraints import frozen, frozen_when, implies
from chongqing_dte.foundation.crypto import EncryptedTextField
from chongqing_dte.foundation.proposals import Proposal, RequestStatus, proposal_constraints
from institutions.models.institution import Institution


class InstitutionAccount(Proposal):
    """One bank account that an institution is paid to: proposed by the institution, approved by the municipal bureau.

    Another one replaces it; a payment keeps the one it used.
    """

    public_id = models.UUIDField(_("Public number"), default=uuid.uuid4, unique=True, editable=False)
    institution = models.ForeignKey(
        Institution, verbose_name=_("Institution"), on_delete=models.PROTECT, related_name="accounts"
    )
    # As the bank knows it.
    holder_name = models.CharField(_("Account holder"), max_length=128)
    number = EncryptedTextField(_("Account"))
    number_hash = models.CharField(max_length=64, db_index=True)
    last_four = models.CharField(max_length=4)
    bank_name = models.CharField(_("Bank"), max_length=128)
    cnaps = models.CharField(_("CNAPS code"), max_length=12)
    replaced_at = models.DateTimeField(_("Replaced at"), null=True)

    class Meta:
        verbose_name = _("Account of an institution")
        verbose_name_plural = _("Accounts of institutions")
        ordering = ["-id"]
        constraints = [
            *proposal_constraints("institution_account"),
            models.UniqueConstraint(
                name="institution_account_one_current",
                fields=["institution"],
                condition=Q(status=RequestStatus.APPROVED, replaced_at__isnull=True),
            ),
            models.UniqueConstraint(
                name="institution_account_one_proposal",
                fields=["institution"],
                condition=Q(status=RequestStatus.PROPOSED),
            ),
            models.CheckConstraint(
                name="institution_account_cnaps_has_12_digits", condition=Q(cnaps__regex=r"^[0-9]{12}$")
            ),
            models.CheckConstraint(
                name="institution_account_names_its_holder", condition=~Q(holder_name="") & ~Q(bank_name="")
            ),
            implies(
                Q(replaced_at__isnull=False),
                Q(status=RequestStatus.APPROVED),
                name="institution_account_replaced_once_approved",
            ),
        ]
        triggers = [
            *frozen(
                "public_id",
                "institution",
                "holder_name",
                "number_hash",
                "last_four",
                "bank_name",
                "cnaps",
                "reason",
                "proposed_by",
                "proposed_at",
                encrypted=["number"],
            ),
            frozen_when(
                "OLD.status <> 'PROPOSED'",
                "status",
                "decided_by",
                "decided_at",
                "decision_reason",
                name="institution_account_stays_decided",
            ),
        ]

    def __str__(self) -> str:
        return f"****{self.last_four}"
