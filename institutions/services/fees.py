from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import timezone

from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.days import check_span
from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.words import one_line
from institutions import policies, queries
from institutions.enums import MUNICIPAL_ROLES, AccreditationKind, Level
from institutions.models import FeeSchedule, User

CENT: Final = Decimal("0.01")
HIGHEST_FEE: Final = Decimal("100000.00")
LONGEST_DIRECTION: Final = 64
LONGEST_URL: Final = 200
is_web_address = URLValidator(schemes=["http", "https"])


@dataclass(frozen=True)
class FeePublication:
    """What one assessment costs over the days [starts_on, ends_before), in yuan, and where that was announced."""

    institution_id: int
    occupation_id: int
    level: Level
    theory_fee: Decimal
    practice_fee: Decimal
    review_fee: Decimal
    announcement_url: str
    starts_on: date
    ends_before: date | None = None
    direction: str = ""

    @property
    def total(self) -> Decimal:
        """What a candidate pays, in yuan."""
        return self.theory_fee + self.practice_fee + self.review_fee


class FeeOverlap(DomainError):
    """Another fee is published for some of these days, and cannot give way."""

    code = "fee_overlap"

    def __init__(self) -> None:
        super().__init__(
            _(
                "A fee is published for some of these days already. A published fee gives way only to one that "
                "begins later than it, and not before tomorrow."
            )
        )


@transaction.atomic(durable=True)
def publish_fee_schedule(*, publication: FeePublication, publisher: User, now: datetime) -> FeeSchedule:
    """Publish a fee. The one in force until then ends the day before it; none is ever changed.

    The subsidy's standard is the fee on the day of the assessment, so an institution publishes from today on only.
    The bureau may write down what was announced earlier, for days that have no fee. Raises NotPermitted, DomainError
    for figures, days or an address that cannot be and for what the institution may not assess, and FeeOverlap.
    """
    publication = replace(publication, direction=one_line(publication.direction))
    policies.check_can_publish_fee(publisher, publication.institution_id)
    _check_figures(publication)
    _check_days(publication, publisher, timezone.localdate(now))
    queries.lock_institution(publication.institution_id)
    _check_accredited(publication)
    formers = queries.lock_fee_schedules_over(
        institution_id=publication.institution_id,
        occupation_id=publication.occupation_id,
        level=publication.level,
        direction=publication.direction,
        days=DateRange(publication.starts_on, publication.ends_before),
    )
    for former in formers:
        _give_way(former, publication, publisher, now)
    schedule = _published(publication, publisher, now)
    record_event(
        "fee_schedule.published",
        subject=schedule,
        actor_id=publisher.pk,
        at=now,
        facts={"institution": publication.institution_id, "starts_on": publication.starts_on.isoformat()},
    )
    return schedule


def _check_figures(publication: FeePublication) -> None:
    parts = {
        "theory_fee": publication.theory_fee,
        "practice_fee": publication.practice_fee,
        "review_fee": publication.review_fee,
    }
    for name, fee in parts.items():
        if not 0 <= fee <= HIGHEST_FEE or fee != fee.quantize(CENT):
            raise DomainError(
                _("A fee is an amount in yuan from 0 to 100,000, with at most two decimals."), code=name
            )
    if publication.total <= 0:
        raise DomainError(_("An assessment that costs nothing needs no fee."), code="theory_fee")
    if len(publication.direction) > LONGEST_DIRECTION:
        raise DomainError(_("The direction is too long."), code="direction")
    try:
        is_web_address(publication.announcement_url)
    except ValidationError as flaw:
        raise DomainError(_("Give the web address of the announcement."), code="announcement_url") from flaw
    if len(publication.announcement_url) > LONGEST_URL:
        raise DomainError(_("The address is too long."), code="announcement_url")


def _check_days(publication: FeePublication, publisher: User, today: date) -> None:
    check_span(publication.starts_on, publication.ends_before)
    if publication.ends_before is not None and publication.ends_before <= publication.starts_on:
        raise DomainError(_("The last day comes before the first."), code="days_out_of_order")
    if publication.starts_on < today and publisher.role not in MUNICIPAL_ROLES:
        raise DomainError(_("A fee begins today or later."), code="starts_in_the_past")


def _check_accredited(publication: FeePublication) -> None:
    accredited = queries.is_accredited(
        institution_id=publication.institution_id,
        kind=AccreditationKind.EVALUATION,
        occupation_id=publication.occupation_id,
        level=publication.level,
        on=publication.starts_on,
        direction=publication.direction,
    )
    if not accredited:
        raise DomainError(
            _("The institution is not accredited to assess this occupation and level on that day."),
            code="not_accredited",
        )


def _give_way(former: FeeSchedule, publication: FeePublication, publisher: User, now: datetime) -> None:
    starts_on = publication.starts_on
    if former.in_force.lower >= starts_on or starts_on <= timezone.localdate(now):
        raise FeeOverlap
    former.in_force = DateRange(former.in_force.lower, starts_on)
    former.save(update_fields=["in_force"])
    record_event(
        "fee_schedule.ended",
        subject=former,
        actor_id=publisher.pk,
        at=now,
        facts={"ends_before": starts_on.isoformat()},
    )


def _published(publication: FeePublication, publisher: User, now: datetime) -> FeeSchedule:
    try:
        return FeeSchedule.objects.create(
            institution_id=publication.institution_id,
            occupation_id=publication.occupation_id,
            direction=publication.direction,
            level=publication.level,
            theory_fee=publication.theory_fee,
            practice_fee=publication.practice_fee,
            review_fee=publication.review_fee,
            total=publication.total,
            announcement_url=publication.announcement_url,
            in_force=DateRange(publication.starts_on, publication.ends_before),
            published_by=publisher,
            published_at=now,
        )
    except IntegrityError as race:
        if "fee_schedule_no_overlap" not in str(race):
            raise
        raise FeeOverlap from race
