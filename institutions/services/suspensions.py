from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import timezone

from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.days import check_span
from chongqing_dte.foundation.errors import DomainError, InvalidTransition
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.words import stated
from institutions import policies, queries
from institutions.models import Suspension, User


@transaction.atomic(durable=True)
def suspend_institution(
    *,
    institution_id: int,
    starts_on: date,
    ends_before: date | None,
    reason: str,
    reviewer: User,
    now: datetime,
) -> Suspension:
    """Stop an institution from taking on anything new over the days [starts_on, ends_before).

    Without an end it holds until it is lifted. Raises NotPermitted, and DomainError without a reason, for days that
    lie in the past, in the wrong order or nowhere, for an institution that nobody knows,
    and for the same suspension again.
    """
    policies.check_can_suspend(reviewer)
    reason = _given(reason)
    check_span(starts_on, ends_before)
    if not queries.institution_exists(institution_id):
        raise DomainError(_("There is no such institution."), code="institution_unknown")
    # What was filed on a day that has passed was filed by an institution that was not suspended.
    if starts_on < timezone.localdate(now):
        raise DomainError(_("A suspension begins today or later."), code="starts_in_the_past")
    if ends_before is not None and ends_before <= starts_on:
        raise DomainError(_("The last day comes before the first."), code="days_out_of_order")
    suspension = _imposed(
        Suspension(
            institution_id=institution_id,
            in_force=DateRange(starts_on, ends_before),
            reason=reason,
            imposed_by=reviewer,
            imposed_at=now,
        )
    )
    record_event(
        "institution.suspended",
        subject=suspension,
        actor_id=reviewer.pk,
        at=now,
        reason=reason,
        facts={
            "institution": institution_id,
            "starts_on": starts_on.isoformat(),
            "ends_before": ends_before.isoformat() if ends_before else None,
        },
    )
    return suspension


@transaction.atomic(durable=True)
def lift_suspension(*, suspension_id: int, reason: str, reviewer: User, now: datetime) -> Suspension:
    """End a suspension from this day on. Its row stays, with who lifted it and why.

    Raises NotPermitted, InvalidTransition if it is over or was lifted already, and DomainError without a reason.
    """
    suspension = queries.lock_suspension(suspension_id)
    policies.check_can_suspend(reviewer)
    if suspension.lifted_at is not None:
        raise InvalidTransition(_("This suspension was lifted already."))
    if suspension.in_force.upper is not None and suspension.in_force.upper <= timezone.localdate(now):
        raise InvalidTransition(_("This suspension is over already."))
    suspension.lift_reason = _given(reason)
    suspension.lifted_by = reviewer
    suspension.lifted_at = now
    suspension.save(update_fields=["lift_reason", "lifted_by", "lifted_at"])
    record_event(
        "institution.suspension_lifted",
        subject=suspension,
        actor_id=reviewer.pk,
        at=now,
        reason=suspension.lift_reason,
        facts={"institution": suspension.institution_id},
    )
    return suspension


def _given(reason: str) -> str:
    if not (given := stated(reason)):
        raise DomainError(_("Give a reason. The institution reads it."), code="reason_missing")
    return given


def _imposed(suspension: Suspension) -> Suspension:
    try:
        suspension.save(force_insert=True)
    except IntegrityError as repeated:
        if "suspension_imposed_once" not in str(repeated):
            raise
        raise DomainError(
            _("The institution is suspended over these days for this reason already."),
            code="suspended_already",
        ) from repeated
    return suspension
