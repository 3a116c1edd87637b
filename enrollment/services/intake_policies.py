from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Final

from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import timezone
from django.utils.translation import gettext as _

from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.days import check_end, check_span
from chongqing_dte.foundation.errors import DomainError, InvalidTransition
from chongqing_dte.foundation.words import one_line, stated
from enrollment import policies, queries
from enrollment.models import IntakePolicy
from institutions.models import User

LONGEST_NAME = 128
# The least and the most of each figure that can have been meant.
FIGURES: Final = {
    "filing_lead_days": (0, 365),
    "answer_working_days": (1, 60),
    "near_duplicate_days": (0, 365),
    "min_age": (0, 120),
    "max_age": (0, 120),
    "roster_lock_days": (0, 365),
    "download_hours": (1, 720),
}


@dataclass(frozen=True)
class IntakeDraft:
    """The figures of a version; the dates are [starts_on, ends_before)."""

    name: str
    starts_on: date
    ends_before: date | None
    filing_lead_days: int
    answer_working_days: int
    near_duplicate_days: int
    min_age: int
    max_age: int
    roster_lock_days: int
    download_hours: int
    source: str


class IntakePolicyOverlap(DomainError):
    """Another approved version holds on days of this one, and cannot give way to it."""

    code = "intake_policy_overlap"

    def __init__(self, name: str) -> None:
        super().__init__(
            _(
                "The version “%(name)s” is approved for some of these days. A version gives way only to one that "
                "begins later than it, and not before tomorrow."
            )
            % {"name": name}
        )


@transaction.atomic(durable=True)
def draft_intake_policy(*, draft: IntakeDraft, author: User, now: datetime) -> IntakePolicy:
    """Write down a version that counts for nothing until somebody else approves it.

    Raises NotPermitted, and DomainError for days or figures that cannot be, or without a source.
    """
    policies.check_can_draft_intake_policy(author)
    draft = replace(draft, name=one_line(draft.name), source=stated(draft.source))
    _check_draft(draft)
    values = asdict(draft)
    in_force = DateRange(values.pop("starts_on"), values.pop("ends_before"))
    version = IntakePolicy.objects.create(in_force=in_force, drafted_by=author, drafted_at=now, **values)
    record_event("intake_policy.drafted", subject=version, actor_id=author.pk, at=now)
    return version


@transaction.atomic(durable=True)
def approve_intake_policy(*, version_id: int, approver: User, now: datetime) -> IntakePolicy:
    """Let a version count over its days. The one in force until then ends the day before it, so that no day is without.

    Raises NotPermitted for its author and for whoever does not approve, InvalidTransition if it is approved already,
    and IntakePolicyOverlap where an approved version cannot give way.
    """
    version = queries.lock_intake_policy(version_id)
    policies.check_can_approve_intake_policy(approver, version)
    if version.approved_at is not None:
        raise InvalidTransition(_("This version is approved already."))
    for former in queries.lock_approved_intake_policies_over(version.in_force):
        _give_way(former, version, approver, now)
    version.approved_by = approver
    version.approved_at = now
    try:
        version.save(update_fields=["approved_by", "approved_at"])
    except IntegrityError as race:
        if "intake_policy_no_overlap" not in str(race):
            raise
        raise IntakePolicyOverlap(version.name) from race
    record_event("intake_policy.approved", subject=version, actor_id=approver.pk, at=now)
    return version


@transaction.atomic(durable=True)
def end_intake_policy(
    *, version_id: int, ends_before: date, reason: str, approver: User, now: datetime
) -> IntakePolicy:
    """Let an approved version count no longer than to the day before `ends_before`.

    Raises NotPermitted, InvalidTransition for a draft, and DomainError without a reason, for a day that is not in
    the future, and for one that leaves no day or would not shorten anything.
    """
    version = queries.lock_intake_policy(version_id)
    policies.check_can_end_intake_policies(approver)
    if version.approved_at is None:
        raise InvalidTransition(_("This version is not approved yet, so there is nothing to end."))
    reason = stated(reason)
    if not reason:
        raise DomainError(_("Give a reason."), code="reason_missing")
    check_end(ends_before)
    # What was filed this morning was filed under this version.
    if ends_before <= timezone.localdate(now):
        raise DomainError(_("A version ends tomorrow at the earliest."), code="ends_in_the_past")
    former = version.in_force.upper
    if ends_before <= version.in_force.lower or (former is not None and ends_before >= former):
        raise DomainError(
            _("The day has to lie after the first day of the version and before its present end."),
            code="day_out_of_range",
        )
    _end(version, ends_before)
    record_event(
        "intake_policy.ended",
        subject=version,
        actor_id=approver.pk,
        at=now,
        reason=reason,
        facts={"ends_before": ends_before.isoformat()},
    )
    return version


def _check_draft(draft: IntakeDraft) -> None:
    check_span(draft.starts_on, draft.ends_before)
    if draft.ends_before is not None and draft.ends_before <= draft.starts_on:
        raise DomainError(_("The last day comes before the first."), code="days_out_of_order")
    if not draft.source:
        raise DomainError(_("Say which document the figures come from."), code="source_missing")
    if not 0 < len(draft.name) <= LONGEST_NAME:
        raise DomainError(
            _("A name has 1 to %(count)s characters.") % {"count": LONGEST_NAME}, code="name_length"
        )
    if any(not least <= getattr(draft, name) <= most for name, (least, most) in FIGURES.items()):
        raise DomainError(_("One of the figures cannot be."), code="figure_out_of_range")
    if draft.min_age > draft.max_age:
        raise DomainError(_("The highest age lies below the lowest."), code="ages_out_of_order")


def _give_way(former: IntakePolicy, version: IntakePolicy, approver: User, now: datetime) -> None:
    starts_on = version.in_force.lower
    if former.in_force.lower >= starts_on or starts_on <= timezone.localdate(now):
        raise IntakePolicyOverlap(former.name)
    _end(former, starts_on)
    record_event(
        "intake_policy.ended",
        subject=former,
        actor_id=approver.pk,
        at=now,
        facts={"ends_before": starts_on.isoformat(), "followed_by": version.pk},
    )


def _end(version: IntakePolicy, ends_before: date) -> None:
    version.in_force = DateRange(version.in_force.lower, ends_before)
    version.save(update_fields=["in_force"])
