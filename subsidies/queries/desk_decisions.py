"""Decisions that are stuck, each with the moment `since` which it waits."""

from typing import Any

from django.db.models import DateTimeField, DurationField, ExpressionWrapper, F, Func, Q, QuerySet
from django.db.models.lookups import GreaterThan, LessThanOrEqual

from assessment.enums import CertificateStatus
from subsidies.enums import Decision
from subsidies.queries.corrected_evidence import granted_and_not_eligible_now
from subsidies.queries.desk_view import Desk
from subsidies.queries.merged_grants import paid_before_a_merge
from subsidies.queries.visible import certificates_visible_to, entitlements_visible_to
from subsidies.rules.desk import DECIDED_WITHIN, HELD

Rows = QuerySet[Any]


class Days(Func):
    """A number of days as a length of time."""

    template = "make_interval(days => %(expressions)s)"
    output_field = DurationField()


def undecided(desk: Desk) -> Rows:
    """Return the certificates that should have been decided by now."""
    due = certificates_visible_to(desk.user).filter(decision_due=True)
    return due.filter(recorded_at__lte=desk.now - DECIDED_WITHIN).annotate(since=F("recorded_at"))


def _held(desk: Desk) -> Rows:
    held = entitlements_visible_to(desk.user).filter(
        decision=Decision.HELD, superseded_at__isnull=True, certificate__status=CertificateStatus.VALID
    )
    return held.annotate(since=F("held_since"))


def held_for(reason: str, desk: Desk) -> Rows:
    """Return the decisions that are held for this reason."""
    return _held(desk).filter(reason=reason)


def _asked_until() -> ExpressionWrapper:
    """Return until when a missing account is asked for. Without a policy version it is asked for without end."""
    return ExpressionWrapper(
        F("held_since") + Days("policy_version__chase_days"), output_field=DateTimeField()
    )


def account_overdue(desk: Desk) -> Rows:
    """Return the decisions whose missing account was asked for long enough."""
    return held_for("account_is_known", desk).filter(Q(LessThanOrEqual(_asked_until(), desk.now)))


def account_asked_for(desk: Desk) -> Rows:
    """Return the decisions whose missing account is still asked for."""
    asked = Q(policy_version__isnull=True) | Q(GreaterThan(_asked_until(), desk.now))
    return held_for("account_is_known", desk).filter(asked)


def held_otherwise(desk: Desk) -> Rows:
    """Return the decisions that are held for a reason that has no matter of its own."""
    return _held(desk).exclude(reason__in=HELD.values())


def evidence_corrected(desk: Desk) -> Rows:
    """Return the grants that would be refused by evidence that was corrected since."""
    return granted_and_not_eligible_now(entitlements_visible_to(desk.user))


def granted_before_a_merge(desk: Desk) -> Rows:
    """Return the grants of one person that were all paid before a merge."""
    return paid_before_a_merge(entitlements_visible_to(desk.user))
