"""The life of a version of dated figures: checked, approved, ended. Steps of the services of each kind of figures."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Final

from django.db import IntegrityError
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import timezone

from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.days import check_end, check_span
from chongqing_dte.foundation.errors import DomainError, InvalidTransition
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.versions import Version
from chongqing_dte.foundation.words import stated

LONGEST_NAME: Final = 128


class VersionOverlap(DomainError):
    """Another approved version holds on days of this one, and cannot give way to it."""

    code = "version_overlap"

    def __init__(self, name: str) -> None:
        super().__init__(
            _(
                "The version “%(name)s” is approved for some of these days. A version gives way only to one that "
                "begins later than it, and not before tomorrow."
            )
            % {"name": name}
        )


def check_version_frame(*, name: str, starts_on: date, ends_before: date | None, source: str) -> None:
    """Raise DomainError for a version without a name or a source, or of days that cannot be."""
    check_span(starts_on, ends_before)
    if ends_before is not None and ends_before <= starts_on:
        raise DomainError(_("The last day comes before the first."), code="days_out_of_order")
    if not source:
        raise DomainError(_("Say which document the figures come from."), code="source_missing")
    if not 0 < len(name) <= LONGEST_NAME:
        raise DomainError(
            _("A name has 1 to %(count)s characters.") % {"count": LONGEST_NAME}, code="name_length"
        )


def approve_version(
    version: Version, *, approver: Any, former: Iterable[Version], prefix: str, now: datetime
) -> None:
    """Let a locked version count over its days. `former` are the approved ones of these days, locked: they give way.

    `prefix` names the kind of figures, in its constraints and events. Raises InvalidTransition if it is approved
    already, and VersionOverlap where an approved version cannot give way.
    """
    if version.approved_at is not None:
        raise InvalidTransition(_("This version is approved already."))
    for each in former:
        _give_way(each, version, approver, prefix, now)
    version.approved_by = approver
    version.approved_at = now
    try:
        version.save(update_fields=["approved_by", "approved_at"])
    except IntegrityError as race:
        if f"{prefix}_no_overlap" not in str(race):
            raise
        raise VersionOverlap(version.name) from race
    record_event(f"{prefix}.approved", subject=version, actor_id=approver.pk, at=now)


def end_version(
    version: Version, *, ends_before: date, reason: str, approver: Any, prefix: str, now: datetime
) -> None:
    """Let a locked, approved version count no longer than to the day before `ends_before`.

    Raises InvalidTransition for a draft, and DomainError without a reason, for a day that is not in the future, and
    for one that leaves no day or would not shorten anything.
    """
    if version.approved_at is None:
        raise InvalidTransition(_("This version is not approved yet, so there is nothing to end."))
    reason = stated(reason)
    if not reason:
        raise DomainError(_("Give a reason."), code="reason_missing")
    check_end(ends_before)
    # What was done this morning was done under this version.
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
        f"{prefix}.ended",
        subject=version,
        actor_id=approver.pk,
        at=now,
        reason=reason,
        facts={"ends_before": ends_before.isoformat()},
    )


def _give_way(former: Version, version: Version, approver: Any, prefix: str, now: datetime) -> None:
    starts_on = version.in_force.lower
    if former.in_force.lower >= starts_on or starts_on <= timezone.localdate(now):
        raise VersionOverlap(former.name)
    _end(former, starts_on)
    record_event(
        f"{prefix}.ended",
        subject=former,
        actor_id=approver.pk,
        at=now,
        facts={"ends_before": starts_on.isoformat(), "followed_by": version.pk},
    )


def _end(version: Version, ends_before: date) -> None:
    version.in_force = DateRange(version.in_force.lower, ends_before)
    version.save(update_fields=["in_force"])
