"""Figures that hold over a span of days: drafted by one person, approved by another, and never changed after that."""

from collections.abc import Sequence
from typing import Any

import pgtrigger
from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import Q

from chongqing_dte.foundation.constraints import (
    both_or_neither,
    never_deleted,
    not_only_shortened,
    not_the_same,
)
from chongqing_dte.foundation.sentences import gettext_lazy as _


class Version(models.Model):
    """One version of some figures over a span of days. Only approved versions count.

    The Plan's full text is not public, so every version says in `source` where its figures come from, and example
    figures say so.
    """

    name = models.CharField(_("Name"), max_length=128)
    in_force = DateRangeField(_("In force"))
    source = models.TextField(_("Source"))
    drafted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("Drafted by"), on_delete=models.PROTECT, related_name="+"
    )
    drafted_at = models.DateTimeField(_("Drafted at"))
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("Approved by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    approved_at = models.DateTimeField(_("Approved at"), null=True, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


def version_constraints(prefix: str) -> Sequence[Any]:
    """Return what holds for the versions of every kind of figures, named after the kind."""
    return [
        models.CheckConstraint(name=f"{prefix}_has_source", condition=~Q(source="")),
        both_or_neither("approved_by", "approved_at", name=f"{prefix}_approval_complete"),
        not_the_same("drafted_by", "approved_by", name=f"{prefix}_approved_by_someone_else"),
        # Two versions for one day would make the figures a matter of luck.
        ExclusionConstraint(
            name=f"{prefix}_no_overlap",
            expressions=[("in_force", RangeOperators.OVERLAPS)],
            condition=Q(approved_at__isnull=False),
        ),
    ]


def version_triggers(prefix: str) -> Sequence[Any]:
    """Return the triggers that keep an approved version as it was: it may end earlier, and change in no other way."""
    return [
        pgtrigger.Trigger(
            name=f"{prefix}_approved_stays",
            operation=pgtrigger.Update,
            when=pgtrigger.Before,
            condition=pgtrigger.Q(old__approved_at__isnull=False),
            func=f"""
                IF to_jsonb(NEW) - 'in_force' IS DISTINCT FROM to_jsonb(OLD) - 'in_force'
                   OR {not_only_shortened("in_force")} THEN
                    RAISE EXCEPTION '{prefix}_approved_stays: % keeps what it said', TG_TABLE_NAME;
                END IF;
                RETURN NEW;
                """,
        ),
        *never_deleted(),
    ]
