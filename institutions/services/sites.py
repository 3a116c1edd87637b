from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import IntegrityError, transaction
from django.utils import timezone

from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.words import one_line
from institutions import policies, queries
from institutions.models import AssessmentSite, User

LONGEST_NAME: Final = 128
LONGEST_ADDRESS: Final = 255
MOST_SEATS: Final = 10_000


@dataclass(frozen=True)
class SitePlan:
    """Where an institution assesses, and how many people sit there at once."""

    name: str
    district_id: int
    address: str
    seat_count: int


@transaction.atomic(durable=True)
def open_site(*, plan: SitePlan, operator: User, now: datetime) -> AssessmentSite:
    """Open a site of the operator's own institution.

    Raises NotPermitted, and DomainError for a name, address or number of seats that cannot be, a district that is
    none today, and a name that an open site bears already.
    """
    policies.check_can_keep_sites(operator)
    if operator.institution_id is None:
        raise ValueError("a role that keeps sites has an institution")
    name, address = one_line(plan.name), one_line(plan.address)
    _check_plan(name, address, plan)
    if all(
        district.pk != plan.district_id for district in queries.districts_in_force(timezone.localdate(now))
    ):
        raise DomainError(_("There is no such district today."), code="district")
    try:
        site = AssessmentSite.objects.create(
            institution_id=operator.institution_id,
            name=name,
            district_id=plan.district_id,
            address=address,
            seat_count=plan.seat_count,
            opened_by=operator,
            opened_at=now,
        )
    except IntegrityError as repeated:
        if "assessment_site_name_once" not in str(repeated):
            raise
        raise DomainError(_("An open site bears this name already."), code="name") from repeated
    record_event("assessment_site.opened", subject=site, actor_id=operator.pk, at=now)
    return site


@transaction.atomic(durable=True)
def close_site(*, site_id: int, operator: User, now: datetime) -> AssessmentSite:
    """Close a site: no session is filed for it any more. Sessions that name it stay as they are.

    Raises NotPermitted for another institution's site, and InvalidTransition if it is closed already.
    """
    site = queries.lock_site(site_id)
    policies.check_can_keep_sites(operator)
    if site.institution_id != operator.institution_id:
        raise NotPermitted
    if site.closed_at is not None:
        raise InvalidTransition(_("This site is closed already."))
    site.closed_by = operator
    site.closed_at = now
    site.save(update_fields=["closed_by", "closed_at"])
    record_event("assessment_site.closed", subject=site, actor_id=operator.pk, at=now)
    return site


def _check_plan(name: str, address: str, plan: SitePlan) -> None:
    if not 0 < len(name) <= LONGEST_NAME:
        raise DomainError(_("A name has 1 to %(count)s characters.") % {"count": LONGEST_NAME}, code="name")
    if not 0 < len(address) <= LONGEST_ADDRESS:
        raise DomainError(
            _("An address has 1 to %(count)s characters.") % {"count": LONGEST_ADDRESS}, code="address"
        )
    if not 0 < plan.seat_count <= MOST_SEATS:
        raise DomainError(_("A site has 1 to %(count)s seats.") % {"count": MOST_SEATS}, code="seat_count")
