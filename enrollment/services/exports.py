"""Lists of a class's people with whole numbers: for one person, for a reason, for a while."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from chongqing_dte.foundation.audit import record_event, record_events
from chongqing_dte.foundation.errors import DomainError, InvalidTransition
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.words import stated
from enrollment import policies, queries
from enrollment.models import Export, ExportDownload
from enrollment.roster.people_list import PersonLine, people_list
from institutions.models import User
from institutions.queries import districts_answered_for

EMPTIED_AT_ONCE = 100


class ExportExpired(InvalidTransition):
    """The link worked for a while, and what it led to is gone."""

    code = "export_expired"

    def __init__(self) -> None:
        super().__init__(_("This list has expired. Make another one if you still need it."))


@transaction.atomic(durable=True)
def prepare_export(*, class_id: int, reason: str, requester: User, now: datetime) -> Export:
    """Make a list of a class's people with whole numbers, which its requester can download for a while.

    Raises NotPermitted, IntakePolicyMissing, and DomainError without a reason or for a class without people.
    """
    training_class = queries.lock_class(class_id)
    policies.check_can_export(requester, training_class, districts_answered_for(requester))
    if not stated(reason):
        raise DomainError(_("Say what you need the list for."), code="reason_missing")
    lines = [
        PersonLine.of(enrollment, account) for enrollment, account in queries.people_of_class(training_class)
    ]
    if not lines:
        raise DomainError(_("Nobody is in this class yet."), code="nobody_in_class")
    policy = queries.intake_policy_on(timezone.localdate(now))
    export = Export.objects.create(
        training_class=training_class,
        reason=stated(reason),
        row_count=len(lines),
        content=people_list(training_class.reference, lines),
        requested_by=requester,
        requested_at=now,
        expires_at=now + timedelta(hours=policy.download_hours),
    )
    record_event(
        "export.prepared",
        subject=export,
        actor_id=requester.pk,
        at=now,
        reason=export.reason,
        facts={"rows": len(lines), "class": training_class.pk},
    )
    return export


@transaction.atomic(durable=True)
def download_export(*, export_id: int, downloader: User, now: datetime) -> Export:
    """Return a list with its content, and note that it was taken.

    Raises NotPermitted for anybody but its requester, and ExportExpired once its time is over.
    """
    export = queries.lock_export(export_id)
    policies.check_can_download_export(downloader, export, districts_answered_for(downloader))
    if export.content is None or now >= export.expires_at:
        raise ExportExpired
    ExportDownload.objects.create(export=export, downloaded_by=downloader, downloaded_at=now)
    record_event("export.downloaded", subject=export, actor_id=downloader.pk, at=now)
    return export


@transaction.atomic(durable=True)
def empty_expired_exports(*, now: datetime) -> int:
    """Throw away the content of expired lists and return how many. Who made and took them stays. Safe to repeat."""
    expired = queries.lock_expired_exports(now, limit=EMPTIED_AT_ONCE)
    Export.objects.filter(pk__in=[export.pk for export in expired]).update(content=None)
    record_events("export.emptied", subjects=expired, at=now)
    return len(expired)
