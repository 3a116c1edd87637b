import uuid

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chongqing_dte.foundation.changes import UPDATE, announces
from chongqing_dte.foundation.constraints import (
    append_only,
    frozen,
    implies,
    known_value,
    never_deleted,
    not_the_same,
)
from chongqing_dte.foundation.crypto import EncryptedBytesField, EncryptedTextField
from chongqing_dte.foundation.proposals import Proposal, proposal_constraints
from enrollment.enums import AccountSource, IdentityField, RequestStatus, RevealedField


class Trainee(models.Model):
    """One person, once, whatever classes they take. Found by the keyed hash of the ID number.

    Two rows that turned out to be one person are merged: the one that goes points at the one that stays, and
    keeps its own history. Who a person is, is `person_id`.
    """

    public_id = models.UUIDField(_("Public number"), default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("Name"), max_length=64)
    id_number = EncryptedTextField(_("ID number"))
    id_number_hash = models.CharField(max_length=64, unique=True)
    birth_date = models.DateField(_("Birth date"))
    mobile = EncryptedTextField(_("Mobile"))
    mobile_hash = models.CharField(max_length=64, db_index=True)
    recorded_at = models.DateTimeField(_("Recorded at"))
    # Never a chain: a row that stays points at nobody.
    merged_into = models.ForeignKey(
        "self",
        verbose_name=_("Merged into"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="merged",
    )

    class Meta:
        verbose_name = _("Trainee")
        verbose_name_plural = _("Trainees")
        constraints = [not_the_same("id", "merged_into", name="trainee_merged_into_another")]
        # Whoever looks for a certificate has a name.
        indexes = [models.Index(name="trainee_by_name", fields=["name"])]
        triggers = [
            # Looked at when the transaction commits, after all rows of a person have been turned round.
            pgtrigger.Trigger(
                name="trainee_merged_without_a_chain",
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("merged_into_id"),
                when=pgtrigger.After,
                timing=pgtrigger.Deferred,
                condition=pgtrigger.Q(new__merged_into__isnull=False),
                func="""
                    IF EXISTS (
                        SELECT 1 FROM enrollment_trainee merged
                        JOIN enrollment_trainee kept ON kept.id = merged.merged_into_id
                        WHERE merged.id = NEW.id AND (
                            kept.merged_into_id IS NOT NULL
                            OR EXISTS (SELECT 1 FROM enrollment_trainee follower
                                       WHERE follower.merged_into_id = merged.id))
                    ) THEN
                        RAISE EXCEPTION 'trainee_merged_without_a_chain' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NULL;
                """,
            ),
            *never_deleted(),
            # Whoever is new is in nothing yet.
            *announces("people", hides=["recorded_at"], on=[UPDATE]),
        ]

    def __str__(self) -> str:
        return str(self.public_id)

    @property
    def person_id(self) -> int:
        """The id of the row that stands for this person."""
        return self.merged_into_id or self.pk


class BankAccount(models.Model):
    """One bank account that a trainee is paid to. A correction is a new row: a payment keeps the one it used."""

    trainee = models.ForeignKey(Trainee, on_delete=models.PROTECT, related_name="bank_accounts")
    number = EncryptedTextField(_("Account"))
    number_hash = models.CharField(max_length=64, db_index=True)
    last_four = models.CharField(max_length=4)
    bank_name = models.CharField(_("Bank"), max_length=128)
    cnaps = models.CharField(_("CNAPS code"), max_length=12)
    source = models.CharField(_("Source"), max_length=12, choices=AccountSource)
    reason = models.TextField(_("Reason"), blank=True)
    # Nobody, where the person gave it themselves.
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("Recorded by"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    recorded_at = models.DateTimeField(_("Recorded at"))
    replaced_at = models.DateTimeField(_("Replaced at"), null=True, blank=True)

    class Meta:
        verbose_name = _("Bank account")
        verbose_name_plural = _("Bank accounts")
        constraints = [
            models.UniqueConstraint(
                name="bank_account_one_current_per_trainee",
                fields=["trainee"],
                condition=Q(replaced_at__isnull=True),
            ),
            known_value("source", AccountSource, name="bank_account_source_known"),
            models.CheckConstraint(
                name="bank_account_cnaps_has_12_digits", condition=Q(cnaps__regex=r"^[0-9]{12}$")
            ),
            implies(
                Q(source=AccountSource.CORRECTION), ~Q(reason=""), name="bank_account_correction_has_reason"
            ),
            models.CheckConstraint(
                name="bank_account_recorded_by_an_office_or_the_person",
                condition=Q(source=AccountSource.PERSON, recorded_by__isnull=True)
                | (~Q(source=AccountSource.PERSON) & Q(recorded_by__isnull=False)),
            ),
        ]
        triggers = frozen(
            "trainee", "number_hash", "last_four", "bank_name", "cnaps", "recorded_at", encrypted=["number"]
        )

    def __str__(self) -> str:
        return f"****{self.last_four}"


class IdentityCorrection(Proposal):
    """One proposal to correct a person's name or ID number, with its evidence, and what the district decided."""

    public_id = models.UUIDField(_("Public number"), default=uuid.uuid4, unique=True, editable=False)
    enrollment = models.ForeignKey(
        "enrollment.Enrollment", on_delete=models.PROTECT, related_name="identity_corrections"
    )
    field = models.CharField(_("What is corrected"), max_length=12, choices=IdentityField)
    former_value = EncryptedTextField(_("Former"))
    corrected_value = EncryptedTextField(_("Corrected"))
    # A scan or photograph of the ID card.
    evidence = EncryptedBytesField()
    evidence_name = models.CharField(_("Evidence"), max_length=255)

    class Meta:
        verbose_name = _("Identity correction")
        verbose_name_plural = _("Identity corrections")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                name="identity_correction_one_open_per_enrollment",
                fields=["enrollment", "field"],
                condition=Q(status=RequestStatus.PROPOSED),
            ),
            known_value("field", IdentityField, name="identity_correction_field_known"),
            *proposal_constraints("identity_correction"),
        ]
        triggers = frozen(
            "enrollment",
            "field",
            "reason",
            "evidence_name",
            "proposed_by",
            "proposed_at",
            encrypted=["former_value", "corrected_value", "evidence"],
        )

    def __str__(self) -> str:
        return str(self.public_id)


class TraineeMerge(Proposal):
    """One proposal that two rows are one person, and what somebody else decided."""

    public_id = models.UUIDField(_("Public number"), default=uuid.uuid4, unique=True, editable=False)
    kept = models.ForeignKey(Trainee, on_delete=models.PROTECT, related_name="merges_kept")
    merged = models.ForeignKey(Trainee, on_delete=models.PROTECT, related_name="merges_merged")

    class Meta:
        verbose_name = _("Merge of trainees")
        verbose_name_plural = _("Merges of trainees")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                name="trainee_merge_once",
                fields=["merged"],
                condition=~Q(status=RequestStatus.REFUSED),
            ),
            *proposal_constraints("trainee_merge"),
            not_the_same("kept", "merged", name="trainee_merge_of_two_rows"),
        ]
        triggers = frozen("kept", "merged", "reason", "proposed_by", "proposed_at")

    def __str__(self) -> str:
        return str(self.public_id)


class ChangedTraineeId(models.Model):
    """One public number that stands for somebody under another number from now on. The public feed's line.

    Whoever is merged on gets another line: the latest one of a number holds.
    """

    former_public_id = models.UUIDField()
    public_id = models.UUIDField()
    changed_at = models.DateTimeField()

    class Meta:
        verbose_name = _("Changed trainee number")
        verbose_name_plural = _("Changed trainee numbers")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                name="changed_trainee_number_said_once", fields=["former_public_id", "public_id"]
            ),
        ]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.former_public_id} → {self.public_id}"


class Reveal(models.Model):
    """One time that somebody saw one masked value of one person whole, and why."""

    trainee = models.ForeignKey(Trainee, on_delete=models.PROTECT, related_name="reveals")
    field = models.CharField(_("What was shown"), max_length=12, choices=RevealedField)
    reason = models.TextField(_("Reason"))
    revealed_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("Shown to"), on_delete=models.PROTECT, related_name="+"
    )
    revealed_at = models.DateTimeField(_("Shown at"))

    class Meta:
        verbose_name = _("Reveal")
        verbose_name_plural = _("Reveals")
        ordering = ["-id"]
        constraints = [
            known_value("field", RevealedField, name="reveal_field_known"),
            models.CheckConstraint(name="reveal_has_reason", condition=~Q(reason="")),
        ]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.trainee_id} {self.field}"
