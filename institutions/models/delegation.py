import uuid

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import DateRangeField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chongqing_dte.foundation.constraints import both_or_neither, frozen, frozen_when, not_the_same
from institutions.models.user import User


class Delegation(models.Model):
    """Days on which one person of an office stands in for another one of the same office who is absent.

    Whoever stands in acts under their own name, and every act says for whom. It may end earlier.
    """

    public_id = models.UUIDField(_("Public number"), default=uuid.uuid4, unique=True, editable=False)
    delegator = models.ForeignKey(
        User, verbose_name=_("Who is absent"), on_delete=models.PROTECT, related_name="delegations_given"
    )
    delegate = models.ForeignKey(
        User, verbose_name=_("Who stands in"), on_delete=models.PROTECT, related_name="delegations_taken"
    )
    in_force = DateRangeField(_("Days"))
    reason = models.TextField(_("Reason"))
    given_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("Given by"), on_delete=models.PROTECT, related_name="+"
    )
    given_at = models.DateTimeField(_("Given at"))
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("Ended by"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    ended_at = models.DateTimeField(_("Ended at"), null=True)

    class Meta:
        verbose_name = _("Delegation")
        verbose_name_plural = _("Delegations")
        ordering = ["-id"]
        constraints = [
            not_the_same("delegator", "delegate", name="delegation_to_someone_else"),
            models.CheckConstraint(name="delegation_has_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="delegation_has_its_days",
                condition=Q(
                    in_force__isempty=False,
                    in_force__startswith__isnull=False,
                    in_force__endswith__isnull=False,
                ),
            ),
            both_or_neither("ended_by", "ended_at", name="delegation_end_complete"),
        ]
        triggers = [
            *frozen("public_id", "delegator", "delegate", "in_force", "reason", "given_by", "given_at"),
            frozen_when("OLD.ended_at IS NOT NULL", "ended_by", "ended_at", name="delegation_stays_ended"),
            # Nobody gives away what another office may do.
            pgtrigger.Trigger(
                name="delegation_within_one_office",
                operation=pgtrigger.Insert,
                when=pgtrigger.Before,
                func="""
                    IF EXISTS (
                        SELECT 1 FROM institutions_user one JOIN institutions_user other ON true
                        WHERE one.id = NEW.delegator_id AND other.id = NEW.delegate_id
                          AND (one.district_id IS DISTINCT FROM other.district_id
                               OR one.institution_id IS DISTINCT FROM other.institution_id)
                    ) THEN
                        RAISE EXCEPTION 'delegation_within_one_office' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.delegator_id} → {self.delegate_id}"
