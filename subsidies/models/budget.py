from decimal import Decimal

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from chongqing_dte.foundation.constraints import frozen, frozen_when, known_value, not_the_same
from chongqing_dte.foundation.proposals import Proposal, RequestStatus, proposal_constraints
from subsidies.enums import BudgetChangeKind, SubsidyKind

# Whose a budget without a district is, in its reference.
CITY = "city"


class Budget(models.Model):
    """The money allotted to one subsidy in one year, in yuan, with what is reserved, paid and recovered of it.

    A locked row: whoever reserves waits for whoever reserved before. Without a district it is the municipality's.
    """

    year = models.PositiveSmallIntegerField(_("Year"))
    kind = models.CharField(_("Subsidy"), max_length=12, choices=SubsidyKind)
    district = models.ForeignKey(
        "institutions.District",
        verbose_name=_("District"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    # What it was opened with. Every later change is a row that two people answer for.
    opening = models.DecimalField(_("Opened with"), max_digits=14, decimal_places=2, default=0)
    allotted = models.DecimalField(_("Allotted"), max_digits=14, decimal_places=2)
    reserved = models.DecimalField(_("Reserved"), max_digits=14, decimal_places=2, default=0)
    paid = models.DecimalField(_("Paid"), max_digits=14, decimal_places=2, default=0)
    recovered = models.DecimalField(_("Recovered"), max_digits=14, decimal_places=2, default=0)
    source = models.TextField(_("Source"))

    class Meta:
        verbose_name = _("Budget")
        verbose_name_plural = _("Budgets")
        ordering = ["-year", "kind", "district_id"]
        constraints = [
            models.UniqueConstraint(
                name="budget_one_per_year_kind_and_district",
                fields=["year", "kind", "district"],
                nulls_distinct=False,
            ),
            known_value("kind", SubsidyKind, name="budget_kind_known"),
            models.CheckConstraint(
                name="budget_never_overspent",
                condition=Q(allotted__gte=F("reserved") + F("paid") - F("recovered")),
            ),
            models.CheckConstraint(
                name="budget_parts_not_negative",
                condition=Q(opening__gte=0, allotted__gte=0, reserved__gte=0, paid__gte=0, recovered__gte=0),
            ),
        ]
        triggers = [
            *frozen("year", "kind", "district", "opening"),
            # Looked at when the transaction commits: nobody allots alone.
            pgtrigger.Trigger(
                name="budget_allotted_by_two_people",
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("allotted"),
                when=pgtrigger.After,
                timing=pgtrigger.Deferred,
                func="""
                    IF EXISTS (
                        SELECT 1 FROM subsidies_budget budget
                        WHERE budget.id = NEW.id AND budget.allotted <> budget.opening + coalesce((
                            SELECT sum(CASE WHEN change.kind = 'REDUCTION' OR change.from_budget_id = budget.id
                                            THEN -change.amount ELSE change.amount END)
                            FROM subsidies_budgetchange change
                            WHERE change.status = 'APPROVED'
                              AND (change.budget_id = budget.id OR change.from_budget_id = budget.id)), 0)
                    ) THEN
                        RAISE EXCEPTION 'budget_allotted_by_two_people' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.year} {self.get_kind_display()}"

    @property
    def reference(self) -> str:
        """What names it in an address: year, subsidy and district."""
        return f"{self.year}-{self.kind.lower()}-{self.district.code if self.district else CITY}"

    @property
    def available(self) -> Decimal:
        """What can still be reserved, in yuan."""
        return self.allotted - self.reserved - self.paid + self.recovered


class BudgetChange(Proposal):
    """One change of what is allotted, in yuan: proposed by one person for a stated source, decided by another."""

    kind = models.CharField(_("Change"), max_length=12, choices=BudgetChangeKind)
    budget = models.ForeignKey(
        Budget, verbose_name=_("Budget"), on_delete=models.PROTECT, related_name="changes"
    )
    # The budget that a transfer is taken from.
    from_budget = models.ForeignKey(
        Budget, verbose_name=_("From budget"), null=True, on_delete=models.PROTECT, related_name="+"
    )
    amount = models.DecimalField(_("Amount"), max_digits=14, decimal_places=2)

    class Meta:
        verbose_name = _("Budget change")
        verbose_name_plural = _("Budget changes")
        ordering = ["-id"]
        constraints = [
            *proposal_constraints("budget_change"),
            known_value("kind", BudgetChangeKind, name="budget_change_kind_known"),
            models.CheckConstraint(name="budget_change_amount_positive", condition=Q(amount__gt=0)),
            not_the_same("budget", "from_budget", name="budget_change_between_two_budgets"),
            models.CheckConstraint(
                name="budget_change_transfers_from_somewhere",
                condition=Q(kind=BudgetChangeKind.TRANSFER, from_budget__isnull=False)
                | (~Q(kind=BudgetChangeKind.TRANSFER) & Q(from_budget__isnull=True)),
            ),
            # Nobody can propose the same budget's first allotment twice.
            models.UniqueConstraint(
                name="budget_change_one_allotment",
                fields=["budget"],
                condition=Q(kind=BudgetChangeKind.ALLOTMENT) & ~Q(status=RequestStatus.REFUSED),
            ),
        ]
        triggers = [
            *frozen("kind", "budget", "from_budget", "amount", "reason", "proposed_by", "proposed_at"),
            frozen_when(
                "OLD.status <> 'PROPOSED'",
                "status",
                "decided_by",
                "decided_at",
                "decision_reason",
                name="budget_change_stays_decided",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.amount}"
