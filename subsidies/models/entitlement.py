import uuid

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chongqing_dte.foundation.changes import announces
from chongqing_dte.foundation.constraints import frozen, implies, known_value
from subsidies.enums import Decision
from subsidies.models.budget import Budget
from subsidies.models.policy import PolicyVersion


class Entitlement(models.Model):
    """The decision on one certificate, with everything it was decided from, frozen.

    A decision never changes. Another one supersedes it: the former row gets `superseded_at` and stays.
    """

    public_id = models.UUIDField(_("Public number"), default=uuid.uuid4, unique=True, editable=False)
    certificate = models.ForeignKey(
        "assessment.LevelCertificate",
        verbose_name=_("Level certificate"),
        on_delete=models.PROTECT,
        related_name="+",
    )
    # Whom it was decided about, as their rows were known then.
    person = models.ForeignKey(
        "enrollment.Trainee", verbose_name=_("Trainee"), on_delete=models.PROTECT, related_name="+"
    )
    # The competent district on that day. It stays, whatever becomes of the district.
    district = models.ForeignKey(
        "institutions.District",
        verbose_name=_("District"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    decision = models.CharField(_("Decision"), max_length=8, choices=Decision)
    # The check that refused or holds it; empty when granted.
    reason = models.CharField(_("Reason"), max_length=40, blank=True)
    # The scope in which there can be one first pass, as the policy version derives it.
    first_pass_key = models.CharField(max_length=64)
    amount = models.DecimalField(_("Amount"), max_digits=12, decimal_places=2)
    policy_version = models.ForeignKey(
        PolicyVersion, verbose_name=_("Policy version"), null=True, on_delete=models.PROTECT, related_name="+"
    )
    fee_schedule = models.ForeignKey(
        "institutions.FeeSchedule",
        verbose_name=_("Fee schedule"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    budget = models.ForeignKey(
        Budget, verbose_name=_("Budget"), null=True, on_delete=models.PROTECT, related_name="+"
    )
    bank_account = models.ForeignKey(
        "enrollment.BankAccount",
        verbose_name=_("Bank account"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    # Which of the person's grants it is, in their lifetime and in the calendar year: no two have one place, and the
    # policy's caps end the places.
    lifetime_slot = models.PositiveSmallIntegerField(null=True)
    yearly_slot = models.PositiveSmallIntegerField(null=True)
    slot_year = models.PositiveSmallIntegerField(null=True)
    # Every named check with its outcome and the facts it saw. Ids, codes, dates and sums; no personal data.
    checks = models.JSONField(_("Checks"))
    decided_at = models.DateTimeField(_("Decided"))
    # Since when something is missing, whatever it was first: it is asked for from then on.
    held_since = models.DateTimeField(_("Held since"), null=True)
    # When its notification was written. What has none waits in a short list.
    announced_at = models.DateTimeField(null=True)
    supersedes = models.OneToOneField(
        "self", null=True, on_delete=models.PROTECT, related_name="superseded_by"
    )
    superseded_at = models.DateTimeField(_("Superseded at"), null=True)

    class Meta:
        verbose_name = _("Entitlement")
        verbose_name_plural = _("Entitlements")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                name="entitlement_one_live_per_certificate",
                fields=["certificate"],
                condition=Q(superseded_at__isnull=True),
            ),
            # First time means once: a second live claim on the same scope cannot exist.
            models.UniqueConstraint(
                name="entitlement_one_live_per_first_pass",
                fields=["first_pass_key"],
                condition=Q(superseded_at__isnull=True) & ~Q(decision=Decision.REFUSED),
            ),
            # At most so many in a lifetime and in a year, whoever decides at the same moment.
            models.UniqueConstraint(
                name="entitlement_one_per_lifetime_slot",
                fields=["person", "lifetime_slot"],
                condition=Q(superseded_at__isnull=True, decision=Decision.GRANTED),
            ),
            models.UniqueConstraint(
                name="entitlement_one_per_yearly_slot",
                fields=["person", "slot_year", "yearly_slot"],
                condition=Q(superseded_at__isnull=True, decision=Decision.GRANTED),
            ),
            models.CheckConstraint(
                name="entitlement_grant_has_its_slots",
                condition=Q(
                    decision=Decision.GRANTED,
                    # Nothing is neither above zero nor not: a check lets it through unless it is asked for by itself.
                    lifetime_slot__isnull=False,
                    yearly_slot__isnull=False,
                    lifetime_slot__gt=0,
                    yearly_slot__gt=0,
                    slot_year__isnull=False,
                )
                | (
                    ~Q(decision=Decision.GRANTED)
                    & Q(lifetime_slot__isnull=True, yearly_slot__isnull=True, slot_year__isnull=True)
                ),
            ),
            implies(
                Q(decision=Decision.HELD),
                Q(held_since__isnull=False),
                name="entitlement_held_since_some_time",
            ),
            known_value("decision", Decision, name="entitlement_decision_known"),
            models.CheckConstraint(name="entitlement_amount_not_negative", condition=Q(amount__gte=0)),
            models.CheckConstraint(
                name="entitlement_first_pass_key_present", condition=~Q(first_pass_key="")
            ),
            implies(
                Q(decision=Decision.GRANTED),
                Q(
                    amount__gt=0,
                    policy_version__isnull=False,
                    fee_schedule__isnull=False,
                    budget__isnull=False,
                    bank_account__isnull=False,
                    reason="",
                ),
                name="entitlement_granted_on_complete_facts",
            ),
            implies(
                ~Q(decision=Decision.GRANTED), ~Q(reason=""), name="entitlement_not_granted_for_a_reason"
            ),
        ]
        indexes = [
            # What is held stays a short list, however many decisions there have been.
            models.Index(
                name="entitlement_held",
                fields=["reason", "id"],
                condition=Q(superseded_at__isnull=True, decision=Decision.HELD),
            ),
            models.Index(
                name="entitlement_to_announce", fields=["id"], condition=Q(announced_at__isnull=True)
            ),
        ]
        triggers = [
            # Its payment may be on its way: only one whose payment was cancelled, or came back in full because it
            # should not have been made, leaves room for another decision.
            pgtrigger.Trigger(
                name="entitlement_grant_stays",
                operation=pgtrigger.Update,
                when=pgtrigger.Before,
                condition=pgtrigger.Q(old__decision="GRANTED", new__superseded_at__isnull=False),
                func="""
                    IF NOT EXISTS (
                        SELECT 1 FROM subsidies_payment payment
                        WHERE payment.entitlement_id = NEW.id AND (
                            payment.status = 'CANCELLED'
                            OR EXISTS (SELECT 1 FROM subsidies_recovery recovery
                                       WHERE recovery.payment_id = payment.id AND recovery.status = 'SETTLED'
                                         AND recovery.recovered = recovery.amount
                                         AND recovery.reason <> 'paid_twice'))
                    ) THEN
                        RAISE EXCEPTION 'entitlement_grant_stays' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="entitlement_within_caps",
                operation=pgtrigger.Insert,
                when=pgtrigger.Before,
                condition=pgtrigger.Q(new__decision="GRANTED"),
                func="""
                    IF EXISTS (
                        SELECT 1 FROM subsidies_policyversion policy
                        WHERE policy.id = NEW.policy_version_id
                          AND (NEW.lifetime_slot > policy.lifetime_cap OR NEW.yearly_slot > policy.yearly_cap)
                    ) THEN
                        RAISE EXCEPTION 'entitlement_within_caps' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
            # Looked at when the transaction commits: a grant without its payment would be a promise nobody keeps.
            pgtrigger.Trigger(
                name="entitlement_granted_has_payment",
                operation=pgtrigger.Insert,
                when=pgtrigger.After,
                timing=pgtrigger.Deferred,
                condition=pgtrigger.Q(new__decision="GRANTED"),
                func="""
                    IF NOT EXISTS (
                        SELECT 1 FROM subsidies_payment payment
                        WHERE payment.entitlement_id = NEW.id AND payment.amount = NEW.amount
                          AND payment.payee_id = NEW.person_id AND payment.budget_id = NEW.budget_id
                          AND payment.district_id IS NOT DISTINCT FROM NEW.district_id
                    ) THEN
                        RAISE EXCEPTION 'entitlement_granted_has_payment' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NULL;
                """,
            ),
            *frozen(
                "public_id",
                "certificate",
                "person",
                "district",
                "decision",
                "reason",
                "first_pass_key",
                "amount",
                "policy_version",
                "fee_schedule",
                "budget",
                "bank_account",
                "lifetime_slot",
                "yearly_slot",
                "slot_year",
                "held_since",
                "checks",
                "decided_at",
                "supersedes",
            ),
            *announces("entitlements", hides=["announced_at"]),
        ]

    def __str__(self) -> str:
        return str(self.public_id)
