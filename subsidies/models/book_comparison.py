from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chongqing_dte.foundation.constraints import append_only


class BookComparison(models.Model):
    """One look at all the books, from the first payment on, and the balance of the journal that it carries forward.

    The journal is only ever added to: what it says up to a line does not change, and has to be added up once.
    """

    compared_at = models.DateTimeField(_("Compared at"))
    # How far the two books are apart that are furthest from each other, in yuan.
    difference = models.DecimalField(_("Difference"), max_digits=14, decimal_places=2)
    # The newest line of the journal at that moment. Some before it may not have been committed yet.
    newest_line = models.BigIntegerField(_("Newest line of the journal"))
    # Each budget's balance over all lines up to this one, and all of them were there.
    carried_to = models.BigIntegerField(_("Carried forward up to line"))
    carried = models.JSONField(_("Carried forward"), default=dict)

    class Meta:
        verbose_name = _("Comparison of the books")
        verbose_name_plural = _("Comparisons of the books")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(name="comparison_difference_not_negative", condition=Q(difference__gte=0)),
        ]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.compared_at:%Y-%m-%d %H:%M}"

    @property
    def agrees(self) -> bool:
        """Test whether all the books said the same, to the cent."""
        return not self.difference
