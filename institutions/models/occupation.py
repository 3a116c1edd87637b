import uuid

from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chongqing_dte.foundation.changes import announces
from chongqing_dte.foundation.constraints import frozen
from institutions.models.naming import BilingualName


class Field(BilingualName):
    """One key field of the Plan. The list can grow: the Plan says "such as"."""

    public_id = models.UUIDField(
        _("Public number"), default=uuid.uuid4, db_default=RandomUUID(), unique=True, editable=False
    )
    code = models.SlugField(_("Code"), max_length=40, unique=True)
    is_key = models.BooleanField(_("Named by the Plan"), default=False)

    class Meta:
        verbose_name = _("Field")
        verbose_name_plural = _("Fields")
        ordering = ["-is_key", "id"]
        triggers = [*frozen("public_id"), *announces("fields")]


class Occupation(BilingualName):
    """One occupation of the national classification. Both generations of its code lead to this one row."""

    public_id = models.UUIDField(
        _("Public number"), default=uuid.uuid4, db_default=RandomUUID(), unique=True, editable=False
    )
    code = models.CharField(_("Code"), max_length=12, unique=True)
    former_code = models.CharField(_("Former code"), max_length=12, blank=True)
    field = models.ForeignKey(Field, verbose_name=_("Field"), on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("Occupation")
        verbose_name_plural = _("Occupations")
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(
                name="occupation_former_code_once", fields=["former_code"], condition=~Q(former_code="")
            ),
        ]
        triggers = [*frozen("public_id"), *announces("occupations")]


class ProgrammeYear(models.Model):
    """One calendar year of the Plan with the number of engineers it means to train."""

    public_id = models.UUIDField(
        _("Public number"), default=uuid.uuid4, db_default=RandomUUID(), unique=True, editable=False
    )
    year = models.PositiveSmallIntegerField(_("Year"), unique=True)
    target = models.PositiveIntegerField(_("Target"))
    source = models.TextField(_("Source"))

    class Meta:
        verbose_name = _("Programme year")
        verbose_name_plural = _("Programme years")
        ordering = ["year"]
        constraints = [
            models.CheckConstraint(name="programme_year_in_the_plan", condition=Q(year__range=(2025, 2030))),
            models.CheckConstraint(name="programme_year_target_positive", condition=Q(target__gt=0)),
        ]
        triggers = [*frozen("public_id"), *announces("programme-years")]

    def __str__(self) -> str:
        return str(self.year)
