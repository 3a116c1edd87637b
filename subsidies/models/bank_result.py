import uuid

import pgtrigger
from django.conf import settings
from django.contrib.postgres.functions import RandomUUID
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
from chongqing_dte.foundation.crypto import EncryptedBytesField
from chongqing_dte.foundation.proposals import Proposal, RequestStatus, proposal_constraints
from subsidies.enums import (
    ENDS_AN_INSTRUCTION,
    BankAnswer,
    LineProblem,
    ResolutionOutcome,
    ResultFileStatus,
)
from subsidies.models.batch import PaymentAttempt, PaymentBatch


class BankResultFile(models.Model):
    """One file in which the bank says what became of a batch. Applied whole or set aside whole."""

    public_id = models.UUIDField(
        _("Public number"), default=uuid.uuid4, db_default=RandomUUID(), unique=True, editable=False
    )
    file_name = models.CharField(_("File"), max_length=255)
    content = EncryptedBytesField()
    sha256 = models.CharField("SHA-256", max_length=64, unique=True)
    batch = models.ForeignKey(
        PaymentBatch,
        verbose_name=_("Payment batch"),
        null=True,
        on_delete=models.PROTECT,
        related_name="result_files",
    )
    status = models.CharField(_("Status"), max_length=12, choices=ResultFileStatus)
    # The batch that the file itself names, whether there is one or not. Some banks' files name none.
    named_batch = models.CharField(_("Batch named in the file"), max_length=64, blank=True, db_default="")
    # Why it was set aside.
    problem = models.CharField(_("Problem"), max_length=40, blank=True)
    received_at = models.DateTimeField(_("Received"))
    # Whoever handed it in, where no machine did.
    received_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("Handed in by"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    # The other person, who has looked at what it would do.
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("Confirmed by"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    confirmed_at = models.DateTimeField(_("Confirmed"), null=True)
    # When the bank itself put the same content down, after a person had brought it.
    put_down_at = models.DateTimeField(_("Put down by the bank"), null=True)
    # What it says, by answer: how many, and their sum in yuan. Counted when it began to wait.
    tally = models.JSONField(default=dict, db_default={})
    dismissed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("Set aside for good by"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    dismissed_at = models.DateTimeField(_("Set aside for good at"), null=True)
    dismissal_reason = models.TextField(_("Reason"), blank=True)

    class Meta:
        verbose_name = _("Bank result file")
        verbose_name_plural = _("Bank result files")
        ordering = ["-id"]
        constraints = [
            known_value("status", ResultFileStatus, name="result_file_status_known"),
            models.CheckConstraint(
                name="result_file_applied_to_a_batch_or_set_aside_for_a_reason",
                condition=Q(
                    status__in=[ResultFileStatus.APPLIED, ResultFileStatus.WAITING],
                    batch__isnull=False,
                    problem="",
                )
                | (Q(status__in=[ResultFileStatus.QUARANTINED, ResultFileStatus.DISMISSED]) & ~Q(problem="")),
            ),
            both_or_neither("confirmed_by", "confirmed_at", name="result_file_confirmation_complete"),
            not_the_same("received_by", "confirmed_by", name="result_file_confirmed_by_someone_else"),
            implies(
                Q(status=ResultFileStatus.WAITING),
                Q(received_by__isnull=False, confirmed_at__isnull=True),
                name="result_file_waits_only_if_brought",
            ),
            both_or_neither("dismissed_by", "dismissed_at", name="result_file_dismissal_complete"),
            models.CheckConstraint(
                name="result_file_dismissed_for_a_reason",
                condition=Q(
                    ~Q(dismissal_reason=""), status=ResultFileStatus.DISMISSED, dismissed_at__isnull=False
                )
                | (~Q(status=ResultFileStatus.DISMISSED) & Q(dismissed_at__isnull=True)),
            ),
        ]
        indexes = [
            models.Index(
                name="result_file_set_aside",
                fields=["id"],
                condition=Q(status=ResultFileStatus.QUARANTINED),
            ),
        ]
        triggers = [
            *frozen("public_id", "file_name", "sha256", "received_at", "received_by", encrypted=["content"]),
            pgtrigger.Trigger(
                name="result_file_by_hand_is_confirmed",
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("status"),
                when=pgtrigger.Before,
                condition=pgtrigger.Q(
                    new__status=ResultFileStatus.APPLIED,
                    new__received_by__isnull=False,
                    new__confirmed_at__isnull=True,
                    new__put_down_at__isnull=True,
                ),
                func="""
                    RAISE EXCEPTION 'result_file_by_hand_is_confirmed: one person alone is not the bank'
                        USING ERRCODE = 'check_violation';
                """,
            ),
            frozen_when(
                "OLD.status NOT IN ('WAITING', 'QUARANTINED')",
                "status",
                "batch",
                "problem",
                "confirmed_by",
                "confirmed_at",
                "put_down_at",
                "tally",
                "dismissed_by",
                "dismissed_at",
                "dismissal_reason",
                name="result_file_stays_ended",
            ),
        ]

    def __str__(self) -> str:
        return self.file_name


class BankResultLine(models.Model):
    """What the bank says of one instruction. A line with a problem waits for a person and keeps its batch open."""

    result_file = models.ForeignKey(BankResultFile, on_delete=models.PROTECT, related_name="lines")
    line_number = models.PositiveIntegerField(_("Line"))
    attempt = models.ForeignKey(
        PaymentAttempt,
        verbose_name=_("Payment attempt"),
        null=True,
        on_delete=models.PROTECT,
        related_name="result_lines",
    )
    reference = models.CharField(_("Bank reference"), max_length=64)
    amount = models.DecimalField(_("Amount"), max_digits=14, decimal_places=2)
    answer = models.CharField(_("Answer"), max_length=8, choices=BankAnswer)
    return_code = models.CharField(_("Return code"), max_length=40, blank=True)
    problem = models.CharField(_("Problem"), max_length=20, choices=LineProblem, blank=True)
    # No line of the file names it: the bank answered for the whole batch.
    is_of_whole = models.BooleanField(_("Said of the whole batch"), default=False, db_default=False)
    resolved_at = models.DateTimeField(_("Resolved"), null=True)

    class Meta:
        verbose_name = _("Bank result line")
        verbose_name_plural = _("Bank result lines")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(name="result_line_once_per_file", fields=["result_file", "line_number"]),
            known_value("answer", BankAnswer, name="result_line_answer_known"),
            known_value("problem", LineProblem, name="result_line_problem_known", may_be_empty=True),
            models.CheckConstraint(
                name="result_line_matches_or_has_a_problem",
                condition=Q(attempt__isnull=False) | ~Q(problem=""),
            ),
            implies(
                Q(is_of_whole=True),
                Q(attempt__isnull=False, answer__in=[BankAnswer.PAID, BankAnswer.RETURNED]),
                name="result_line_of_the_whole_ends_an_instruction",
            ),
        ]
        indexes = [
            models.Index(
                name="result_line_unresolved",
                fields=["result_file"],
                condition=~Q(problem="") & Q(resolved_at__isnull=True),
            ),
        ]
        triggers = [
            *frozen(
                "result_file",
                "line_number",
                "attempt",
                "reference",
                "amount",
                "answer",
                "return_code",
                "problem",
                "is_of_whole",
            ),
            # Looked at when the transaction commits: what the bank said against itself is not for one person to judge.
            pgtrigger.Trigger(
                name="result_line_resolved_by_two_people",
                operation=pgtrigger.Update,
                when=pgtrigger.After,
                timing=pgtrigger.Deferred,
                condition=pgtrigger.Q(old__resolved_at__isnull=True, new__resolved_at__isnull=False),
                func="""
                    IF NOT EXISTS (
                        SELECT 1 FROM subsidies_lineresolution resolution
                        WHERE resolution.line_id = NEW.id AND resolution.status = 'APPROVED'
                    ) THEN
                        RAISE EXCEPTION 'result_line_resolved_by_two_people' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.result_file_id}:{self.line_number}"


class LineResolution(Proposal):
    """What one person found out at the bank about a line that could not be applied, and another one confirmed."""

    line = models.ForeignKey(
        BankResultLine,
        verbose_name=_("Bank result line"),
        on_delete=models.PROTECT,
        related_name="resolutions",
    )
    outcome = models.CharField(_("Finding"), max_length=16, choices=ResolutionOutcome)
    # Where the bank says so, if not in this line.
    bank_reference = models.CharField(
        _("Reference on the bank statement"), max_length=64, blank=True, db_default=""
    )

    class Meta:
        verbose_name = _("Resolution of a bank line")
        verbose_name_plural = _("Resolutions of bank lines")
        ordering = ["-id"]
        constraints = [
            *proposal_constraints("resolution"),
            known_value("outcome", ResolutionOutcome, name="resolution_outcome_known"),
            implies(
                Q(outcome__in=ENDS_AN_INSTRUCTION),
                ~Q(bank_reference=""),
                name="resolution_ends_an_instruction_by_a_statement",
            ),
            models.UniqueConstraint(
                name="resolution_one_live_per_line",
                fields=["line"],
                condition=~Q(status=RequestStatus.REFUSED),
            ),
        ]
        triggers = [
            *frozen("line", "outcome", "bank_reference", "reason", "proposed_by", "proposed_at"),
            frozen_when(
                "OLD.status <> 'PROPOSED'",
                "status",
                "decided_by",
                "decided_at",
                "decision_reason",
                name="resolution_stays_decided",
            ),
        ]

    def __str__(self) -> str:
        return str(self.get_outcome_display())
