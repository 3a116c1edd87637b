from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import timezone

from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.days import check_end, check_span
from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.words import one_line, stated
from institutions import policies, queries
from institutions.enums import AccreditationKind, Level
from institutions.models import Accreditation, User

LONGEST_DIRECTION = 64


@dataclass(frozen=True)
class AccreditationGrant:
    """What an institution may do over the days [starts_on, ends_before). Without a direction: every direction."""

    institution_id: int
    kind: AccreditationKind
    occupation_id: int
    level: Level
    starts_on: date
    ends_before: date | None
    direction: str = ""


@transaction.atomic(durable=True)
def grant_accreditation(
    *, grant: AccreditationGrant, source: str, administrator: User, now: datetime
) -> Accreditation:
    """Let an institution train, or assess, one occupation at one level.

    Raises NotPermitted, and DomainError without a source, for days that cannot be, for what nobody knows, and where
    it may do so on one of these days already.
    """
    policies.check_can_accredit(administrator)
    source = stated(source)
    if not source:
        raise DomainError(_("Say which decision the accreditation comes from."), code="source_missing")
    _check_grant(grant)
    accreditation = _granted(grant)
    record_event(
        "accreditation.granted",
        subject=accreditation,
        actor_id=administrator.pk,
        at=now,
        reason=source,
        facts={"institution": grant.institution_id, "starts_on": grant.starts_on.isoformat()},
    )
    return accreditation


@transaction.atomic(durable=True)
def end_accreditation(
    *, accreditation_id: int, ends_before: date, reason: str, administrator: User, now: datetime
) -> Accreditation:
    """Let an accreditation hold no longer than to the day before `ends_before`. The row stays.

    Raises NotPermitted, and DomainError without a reason, for a day in the past, and for one that leaves no day or
    would not shorten anything.
    """
    accreditation = queries.lock_accreditation(accreditation_id)
    policies.check_can_accredit(administrator)
    reason = stated(reason)
    if not reason:
        raise DomainError(_("Give a reason. The institution reads it."), code="reason_missing")
    check_end(ends_before)
    # What was filed under it until now was filed rightly.
    if ends_before < timezone.localdate(now):
        raise DomainError(_("An accreditation cannot end in the past."), code="ends_in_the_past")
    starts_on, former = accreditation.in_force.lower, accreditation.in_force.upper
    if (starts_on is not None and ends_before <= starts_on) or (former is not None and ends_before >= former):
        raise DomainError(
            _("The day has to lie after the first day of the accreditation and before its present end."),
            code="day_out_of_range",
        )
    accreditation.in_force = DateRange(starts_on, ends_before)
    accreditation.save(update_fields=["in_force"])
    record_event(
        "accreditation.ended",
        subject=accreditation,
        actor_id=administrator.pk,
        at=now,
        reason=reason,
        facts={
            "ends_before": ends_before.isoformat(),
            "former_ends_before": former.isoformat() if former else None,
        },
    )
    return accreditation


def _check_grant(grant: AccreditationGrant) -> None:
    check_span(grant.starts_on, grant.ends_before)
    if grant.ends_before is not None and grant.ends_before <= grant.starts_on:
        raise DomainError(_("The last day comes before the first."), code="days_out_of_order")
    if grant.kind not in AccreditationKind.values or grant.level not in Level.values:
        raise DomainError(_("There is no such kind of accreditation or level."), code="kind_or_level_unknown")
    if not queries.institution_exists(grant.institution_id):
        raise DomainError(_("There is no such institution."), code="institution_unknown")
    if not queries.occupation_exists(grant.occupation_id):
        raise DomainError(_("There is no such occupation."), code="occupation_unknown")
    if len(one_line(grant.direction)) > LONGEST_DIRECTION:
        raise DomainError(
            _("The direction is longer than %(count)s characters.") % {"count": LONGEST_DIRECTION},
            code="direction_too_long",
        )


def _granted(grant: AccreditationGrant) -> Accreditation:
    try:
        return Accreditation.objects.create(
            institution_id=grant.institution_id,
            kind=grant.kind,
            occupation_id=grant.occupation_id,
            direction=one_line(grant.direction),
            level=grant.level,
            in_force=DateRange(grant.starts_on, grant.ends_before),
        )
    except IntegrityError as overlap:
        if "accreditation_no_overlap" not in str(overlap):
            raise
        raise DomainError(
            _("The institution has this accreditation on some of these days already."),
            code="accredited_already",
        ) from overlap
