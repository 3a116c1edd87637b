import uuid

from django.contrib.postgres.fields import DateRangeField
from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.utils.translation import gettext_lazy as _

from chongqing_dte.foundation.changes import announces
from chongqing_dte.foundation.constraints import frozen, known_value, not_the_same
from institutions.enums import DistrictKind
from institutions.models.naming import BilingualName


class District(BilingualName):
    """One district, county or zone with a bureau of its own, over the dates in which it existed.

    A retired district keeps its row: what was done in its time keeps the code of its time.
    """

    public_id = models.UUIDField(
        _("Public number"), default=uuid.uuid4, db_default=RandomUUID(), unique=True, editable=False
    )
    code = models.CharField(_("Code"), max_length=6, unique=True)
    kind = models.CharField(_("Kind"), max_length=20, choices=DistrictKind)
    in_force = DateRangeField(_("In force"))

    class Meta:
        verbose_name = _("District")
        verbose_name_plural = _("Districts")
        ordering = ["code"]
        constraints = [known_value("kind", DistrictKind, name="district_kind_known")]
        triggers = [*frozen("public_id"), *announces("districts")]


class DistrictSuccession(models.Model):
    """One district that took over from a retired one, wholly or in part."""

    predecessor = models.ForeignKey(District, on_delete=models.PROTECT, related_name="successions")
    successor = models.ForeignKey(District, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("District succession")
        verbose_name_plural = _("District successions")
        constraints = [
            models.UniqueConstraint(name="succession_named_once", fields=["predecessor", "successor"]),
            not_the_same("predecessor", "successor", name="succession_of_two_districts"),
        ]

    def __str__(self) -> str:
        return f"{self.predecessor_id} → {self.successor_id}"
