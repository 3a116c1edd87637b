from datetime import datetime

from django.db import IntegrityError, transaction

from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.words import stated
from institutions import policies, queries
from institutions.models import FundedQuota, User
from institutions.rules.plan import MOST_SEATS, PLAN_YEARS


class QuotaBelowReserved(DomainError):
    """The classes of the institution hold more seats than the quota would have."""

    code = "quota_below_reserved"

    def __init__(self, *, seat_count: int, reserved_count: int) -> None:
        super().__init__(
            _("%(seat_count)s seats are too few: %(reserved_count)s are reserved by classes already.")
            % {"seat_count": seat_count, "reserved_count": reserved_count}
        )


@transaction.atomic(durable=True)
def set_funded_quota(
    *, institution_id: int, year: int, seat_count: int, source: str, administrator: User, now: datetime
) -> FundedQuota:
    """Say how many seats of an institution the fund pays for in a year, for the first time or anew.

    Raises NotPermitted, QuotaBelowReserved, and DomainError without a source, for a year outside the Plan, a number
    that cannot be, or an institution that nobody knows.
    """
    policies.check_can_set_quota(administrator)
    source = stated(source)
    if not source:
        raise DomainError(_("Say which decision the number of seats comes from."), code="source_missing")
    _check_can_be(institution_id, year, seat_count)
    quota = queries.lock_quota(institution_id=institution_id, year=year)
    former = quota.seat_count if quota else None
    if quota is None:
        quota = _created(institution_id, year, seat_count, source)
    elif seat_count < quota.reserved_count:
        raise QuotaBelowReserved(seat_count=seat_count, reserved_count=quota.reserved_count)
    else:
        quota.seat_count, quota.source = seat_count, source
        quota.save(update_fields=["seat_count", "source"])
    record_event(
        "quota.set",
        subject=quota,
        actor_id=administrator.pk,
        at=now,
        reason=source,
        facts={"year": year, "seat_count": seat_count, "former_seat_count": former},
    )
    return quota


def _check_can_be(institution_id: int, year: int, seat_count: int) -> None:
    if year not in PLAN_YEARS:
        raise DomainError(
            _("The Plan has the years %(first)s to %(last)s.")
            % {"first": PLAN_YEARS[0], "last": PLAN_YEARS[-1]},
            code="year_outside_the_plan",
        )
    if not 0 <= seat_count <= MOST_SEATS:
        raise DomainError(
            _("A quota has between 0 and %(most)s seats.") % {"most": MOST_SEATS}, code="seats_out_of_range"
        )
    if not queries.institution_exists(institution_id):
        raise DomainError(_("There is no such institution."), code="institution_unknown")


def _created(institution_id: int, year: int, seat_count: int, source: str) -> FundedQuota:
    try:
        return FundedQuota.objects.create(
            institution_id=institution_id, year=year, seat_count=seat_count, source=source
        )
    except IntegrityError as race:
        if "funded_quota_once_per_year" not in str(race):
            raise
        raise DomainError(
            _("Somebody else has set this quota a moment ago. Look at it and try again."),
            code="quota_set_just_now",
        ) from race
