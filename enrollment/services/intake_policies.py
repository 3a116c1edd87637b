from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Final

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.version_steps import approve_version, check_version_frame, end_version
from chongqing_dte.foundation.words import one_line, stated
from enrollment import policies, queries
from enrollment.models import IntakePolicy
from institutions.models import User

PREFIX: Final = "intake_policy"
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
    and VersionOverlap where an approved version cannot give way.
    """
    version = queries.lock_intake_policy(version_id)
    policies.check_can_approve_intake_policy(approver, version)
    former = queries.lock_approved_intake_policies_over(version.in_force)
    approve_version(version, approver=approver, former=former, prefix=PREFIX, now=now)
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
    end_version(version, ends_before=ends_before, reason=reason, approver=approver, prefix=PREFIX, now=now)
    return version


def _check_draft(draft: IntakeDraft) -> None:
    check_version_frame(
        name=draft.name, starts_on=draft.starts_on, ends_before=draft.ends_before, source=draft.source
    )
    if any(not least <= getattr(draft, name) <= most for name, (least, most) in FIGURES.items()):
        raise DomainError(_("One of the figures cannot be."), code="figure_out_of_range")
    if draft.min_age > draft.max_age:
        raise DomainError(_("The highest age lies below the lowest."), code="ages_out_of_order")
