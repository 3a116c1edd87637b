from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from chongqing_dte.foundation.constraints import known_value, never_deleted
from subsidies.enums import SubsidyKind


class Budget(models.Model):
    """The money allotted to one subsidy in one year, in yuan, with what is reserved, paid and recovered of it.

    A locked row: whoever reserves waits for whoever reserved before.
    """

    year = models.PositiveSmallIntegerField(_("Year"))
    kind = models.CharField(_("Subsidy"), max_length=12, choices=SubsidyKind)
    allotted = models.DecimalField(_("Allotted"), max_digits=14, decimal_places=2)
    reserved = models.DecimalField(_("Reserved"), max_digits=14, decimal_places=2, default=0)
    paid = models.DecimalField(_("Paid"), max_digits=14, decimal_places=2, default=0)
    recovered = models.DecimalField(_("Recovered"), max_digits=14, decimal_places=2, default=0)
    source = models.TextField(_("Source"))

    class Meta:
        verbose_name = _("Budget")
        verbose_name_plural = _("Budgets")
        ordering = ["-year", "kind"]
        constraints = [
            models.UniqueConstraint(name="budget_one_per_year_and_kind", fields=["year", "kind"]),
            known_value("kind", SubsidyKind, name="budget_kind_known"),
            models.CheckConstraint(
                name="budget_never_overspent",
                condition=Q(allotted__gte=F("reserved") + F("paid") - F("recovered")),
            ),
            models.CheckConstraint(
                name="budget_parts_not_negative",
                condition=Q(allotted__gte=0, reserved__gte=0, paid__gte=0, recovered__gte=0),
            ),
        ]
        triggers = never_deleted()

    def __str__(self) -> str:
        return f"{self.year} {self.get_kind_display()}"

    @property
    def available(self) -> Decimal:
        """What can still be reserved, in yuan."""
        return self.allotted - self.reserved - self.paid + self.recovered
