import uuid

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from chongqing_dte.foundation.changes import announces
from chongqing_dte.foundation.constraints import frozen, frozen_when, known_value
from chongqing_dte.foundation.proposals import Proposal, RequestStatus, proposal_constraints
from subsidies.enums import PAID_TWICE, RecoveryStatus, SettlementKind
from subsidies.models.claim_reckoning import TrainingSubsidy
from subsidies.models.payment import Payment


class Recovery(models.Model):
    """Money that was paid and is to come back, in yuan, opened by itself, with its reason.

    It is withdrawn once the pass that was paid stands again; the payment can be asked back anew afterwards. It is
    settled once all of it came back or was written off.
    """

    public_id = models.UUIDField(_("Public number"), default=uuid.uuid4, unique=True, editable=False)
    payment = models.ForeignKey(
        Payment, verbose_name=_("Payment"), on_delete=models.PROTECT, related_name="recoveries"
    )
    # Whose part of a claim it is; empty where all of the payment comes back.
    subsidy = models.ForeignKey(
        TrainingSubsidy,
        verbose_name=_("Training subsidy"),
        null=True,
        on_delete=models.PROTECT,
        related_name="recoveries",
    )
    amount = models.DecimalField(_("Amount"), max_digits=12, decimal_places=2)
    # A code, and the facts behind it. Ids, codes and dates; no personal data.
    reason = models.CharField(_("Reason"), max_length=40)
    facts = models.JSONField(_("Facts"), default=dict)
    opened_at = models.DateTimeField(_("Opened"))
    status = models.CharField(_("Status"), max_length=12, choices=RecoveryStatus, default=RecoveryStatus.OPEN)
    recovered = models.DecimalField(_("Came back"), max_digits=12, decimal_places=2, default=0)
    written_off = models.DecimalField(_("Written off"), max_digits=12, decimal_places=2, default=0)
    # What of it is not owed by now, because its ground fell away after money came, and since when; what was written off
    # or given back of it counts. Of that, what was given back.
    not_owed = models.DecimalField(
        _("Not owed by now"), max_digits=12, decimal_places=2, default=0, db_default=0
    )
    not_owed_since = models.DateTimeField(_("Not owed since"), null=True)
    given_back = models.DecimalField(
        _("Given back"), max_digits=12, decimal_places=2, default=0, db_default=0
    )
    # The day until which the person was asked to pay, and when they were asked.
    due_on = models.DateField(_("Due on"), null=True)
    asked_at = models.DateTimeField(_("Asked for"), null=True)
    settled_at = models.DateTimeField(_("Settled"), null=True)
    withdrawn_at = models.DateTimeField(pgettext_lazy("payment", "Withdrawn"), null=True)
    withdrawal_reason = models.CharField(max_length=40, blank=True, db_default="")
    withdrawal_facts = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("Recovery")
        verbose_name_plural = _("Recoveries")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                name="recovery_one_live_per_payment",
                fields=["payment"],
                # What was given back of one may be asked back anew.
                condition=Q(withdrawn_at__isnull=True, subsidy__isnull=True, given_back=0)
                & ~Q(reason=PAID_TWICE),
            ),
            # Of one person's part less may be owed, and then less again: the rest is asked back once that is settled.
            models.UniqueConstraint(
                name="recovery_one_open_per_subsidy",
                fields=["subsidy"],
                condition=Q(status=RecoveryStatus.OPEN),
            ),
            # What the bank paid a second time is asked back by itself, whatever becomes of the first.
            models.UniqueConstraint(
                name="recovery_one_live_of_a_second_amount",
                fields=["payment"],
                condition=Q(withdrawn_at__isnull=True, reason=PAID_TWICE),
            ),
            known_value("status", RecoveryStatus, name="recovery_status_known"),
            models.CheckConstraint(
                name="recovery_withdrawn_for_a_reason",
                condition=Q(withdrawn_at__isnull=True, withdrawal_reason="")
                | (Q(withdrawn_at__isnull=False) & ~Q(withdrawal_reason="")),
            ),
            models.CheckConstraint(
                name="recovery_status_is_its_facts",
                condition=Q(status=RecoveryStatus.OPEN, settled_at__isnull=True, withdrawn_at__isnull=True)
                | Q(status=RecoveryStatus.SETTLED, settled_at__isnull=False, withdrawn_at__isnull=True)
                | Q(status=RecoveryStatus.WITHDRAWN, settled_at__isnull=True, withdrawn_at__isnull=False),
            ),
            models.CheckConstraint(name="recovery_amount_positive", condition=Q(amount__gt=0)),
            models.CheckConstraint(
                name="recovery_never_more_than_its_amount",
                condition=Q(
                    recovered__gte=0, written_off__gte=0, amount__gte=F("recovered") + F("written_off")
                ),
            ),
            models.CheckConstraint(
                name="recovery_settled_to_the_cent",
                condition=Q(status=RecoveryStatus.SETTLED, amount=F("recovered") + F("written_off"))
                | (~Q(status=RecoveryStatus.SETTLED) & Q(amount__gt=F("recovered") + F("written_off"))),
            ),
            # What came back already would have to be paid out again, and that is nothing to happen by itself.
            models.CheckConstraint(
                name="recovery_withdrawn_before_money_came",
                condition=~Q(status=RecoveryStatus.WITHDRAWN) | Q(recovered=0, written_off=0),
            ),
            models.CheckConstraint(name="recovery_has_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="recovery_not_owed_since_some_time",
                condition=Q(not_owed=0, not_owed_since__isnull=True)
                | Q(not_owed__gt=0, not_owed__lte=F("amount"), not_owed_since__isnull=False),
            ),
            # What may still come would have to be given back again.
            models.CheckConstraint(
                name="recovery_gives_back_what_came_once_settled",
                condition=Q(given_back=0)
                | Q(given_back__gt=0, given_back__lte=F("recovered"), status=RecoveryStatus.SETTLED),
            ),
        ]
        indexes = [
            models.Index(name="recovery_open", fields=["due_on"], condition=Q(status=RecoveryStatus.OPEN)),
            models.Index(name="recovery_not_owed", fields=["id"], condition=Q(not_owed__gt=0)),
        ]
        triggers = [
            *frozen("public_id", "payment", "subsidy", "amount", "reason", "facts", "opened_at"),
            frozen_when(
                "OLD.status <> 'OPEN'",
                "status",
                "recovered",
                "written_off",
                "settled_at",
                "withdrawn_at",
                "withdrawal_reason",
                "withdrawal_facts",
                name="recovery_stays_ended",
            ),
            # Looked at when the transaction commits: never more is asked back than was paid, for all and for each.
            pgtrigger.Trigger(
                name="recovery_within_what_was_paid",
                operation=pgtrigger.Insert,
                when=pgtrigger.After,
                timing=pgtrigger.Deferred,
                func="""
                    IF EXISTS (
                        SELECT 1 FROM subsidies_payment payment
                        LEFT JOIN subsidies_trainingsubsidy subsidy ON subsidy.id = NEW.subsidy_id
                        WHERE payment.id = NEW.payment_id
                          AND (subsidy.claim_id IS DISTINCT FROM payment.claim_id AND NEW.subsidy_id IS NOT NULL
                               OR payment.amount < (
                                   SELECT sum(asked.amount - asked.given_back) FROM subsidies_recovery asked
                                   WHERE asked.payment_id = payment.id AND asked.withdrawn_at IS NULL
                                     AND asked.reason <> 'paid_twice')
                               OR subsidy.amount < (
                                   SELECT sum(asked.amount - asked.given_back) FROM subsidies_recovery asked
                                   WHERE asked.subsidy_id = subsidy.id AND asked.withdrawn_at IS NULL))
                    ) THEN
                        RAISE EXCEPTION 'recovery_within_what_was_paid' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NULL;
                """,
            ),
            *announces("payments", "payment_id"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class RecoverySettlement(Proposal):
    """One part of a recovery that came back, or that is given up, in yuan. Two people answer for it."""

    public_id = models.UUIDField(_("Public number"), default=uuid.uuid4, unique=True, editable=False)
    recovery = models.ForeignKey(
        Recovery, verbose_name=_("Recovery"), on_delete=models.PROTECT, related_name="settlements"
    )
    kind = models.CharField(_("What became of it"), max_length=12, choices=SettlementKind)
    amount = models.DecimalField(_("Amount"), max_digits=12, decimal_places=2)
    # Of the bank's statement, on which the money came.
    received_on = models.DateField(_("Received on"), null=True)
    bank_reference = models.CharField(_("Reference on the bank statement"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("Settlement of a recovery")
        verbose_name_plural = _("Settlements of recoveries")
        ordering = ["-id"]
        constraints = [
            *proposal_constraints("settlement"),
            known_value("kind", SettlementKind, name="settlement_kind_known"),
            models.CheckConstraint(name="settlement_amount_positive", condition=Q(amount__gt=0)),
            models.CheckConstraint(
                name="settlement_repayment_stands_on_a_statement",
                condition=(
                    Q(
                        kind__in=[SettlementKind.REPAYMENT, SettlementKind.GIVEN_BACK],
                        received_on__isnull=False,
                    )
                    & ~Q(bank_reference="")
                )
                | Q(kind=SettlementKind.WRITE_OFF, received_on__isnull=True, bank_reference=""),
            ),
            # One line of the bank's statement is money once.
            models.UniqueConstraint(
                name="settlement_statement_line_once",
                fields=["bank_reference"],
                condition=~Q(kind=SettlementKind.WRITE_OFF) & ~Q(status=RequestStatus.REFUSED),
            ),
        ]
        triggers = [
            *frozen(
                "public_id",
                "recovery",
                "kind",
                "amount",
                "received_on",
                "bank_reference",
                "reason",
                "proposed_by",
                "proposed_at",
            ),
            frozen_when(
                "OLD.status <> 'PROPOSED'",
                "status",
                "decided_by",
                "decided_at",
                "decision_reason",
                name="settlement_stays_decided",
            ),
            # Looked at when the transaction commits: what a recovery says is what was approved.
            pgtrigger.Trigger(
                name="settlement_counts_in_its_recovery",
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("status"),
                when=pgtrigger.After,
                timing=pgtrigger.Deferred,
                func="""
                    IF EXISTS (
                        SELECT 1 FROM subsidies_recovery recovery
                        WHERE recovery.id = NEW.recovery_id
                          AND (recovery.recovered + recovery.written_off <> coalesce((
                              SELECT sum(part.amount) FROM subsidies_recoverysettlement part
                              WHERE part.recovery_id = recovery.id AND part.status = 'APPROVED'
                                AND part.kind <> 'GIVEN_BACK'), 0) + coalesce((
                              SELECT sum(netting.amount) FROM subsidies_netting netting
                              WHERE netting.recovery_id = recovery.id AND netting.status = 'SET_OFF'), 0)
                           OR recovery.given_back <> coalesce((
                              SELECT sum(part.amount) FROM subsidies_recoverysettlement part
                              WHERE part.recovery_id = recovery.id AND part.status = 'APPROVED'
                                AND part.kind = 'GIVEN_BACK'), 0))
                    ) THEN
                        RAISE EXCEPTION 'settlement_counts_in_its_recovery' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.amount}"
