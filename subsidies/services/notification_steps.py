"""Messages to people and offices, written with the rows they speak of. A step: needs the caller's transaction."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypedDict, Unpack

from chongqing_dte.foundation.bulk import copy_unless_doubled
from chongqing_dte.foundation.jobs import nudge_after_commit
from institutions.enums import Role
from subsidies import queries
from subsidies.enums import NotificationChannel, NotificationKind, NotificationStatus
from subsidies.models import Notification


class About(TypedDict):
    """What a message is about, from which its words are made."""

    # Ids, codes, dates and sums; no personal data.
    facts: Mapping[str, Any]
    entitlement_id: int | None


def notify_office(
    *,
    kind: NotificationKind,
    key: str,
    role: Role,
    district_id: int | None,
    now: datetime,
    **about: Unpack[About],
) -> None:
    """Tell an office something in the portal, and by e-mail where anybody there has an address.

    `district_id` is None for a municipal role. Safe to repeat: the same key says nothing again.
    """
    common = {
        "kind": kind,
        "key": key,
        "role": role,
        "district_id": district_id,
        "facts": dict(about["facts"]),
        "entitlement_id": about["entitlement_id"],
        "created_at": now,
    }
    # What stands in the portal has arrived there.
    shown = Notification(
        **common, channel=NotificationChannel.IN_APP, status=NotificationStatus.SENT, sent_at=now
    )
    mailed = Notification(**common, channel=NotificationChannel.EMAIL, next_try_at=now)
    has_address = bool(queries.office_addresses(role=role, district_id=district_id))
    say_once([shown, *([mailed] if has_address else [])])


def notify_person(
    *,
    kind: NotificationKind,
    key: str,
    person_id: int,
    now: datetime,
    **about: Unpack[About],
) -> None:
    """Tell a person something by text message; their self-check page shows the same.

    Safe to repeat: the same key says nothing again.
    """
    say_once([message_to(kind=kind, key=key, person_id=person_id, now=now, **about)])


def message_to(
    *,
    kind: NotificationKind,
    key: str,
    person_id: int,
    now: datetime,
    **about: Unpack[About],
) -> Notification:
    """Return an unsaved message to a person, for `say_once`."""
    return Notification(
        kind=kind,
        key=key,
        channel=NotificationChannel.SMS,
        person_id=person_id,
        facts=dict(about["facts"]),
        entitlement_id=about["entitlement_id"],
        created_at=now,
        next_try_at=now,
    )


def say_to_many(notifications: list[Notification]) -> None:
    """Write thousands of messages as `say_once` does: at a stroke, as long as none of them was said before."""
    if not notifications:
        return
    columns = [field.attname for field in Notification._meta.concrete_fields if not field.primary_key]
    rows = [[getattr(message, column) for column in columns] for message in notifications]
    if copy_unless_doubled(Notification, columns, rows):
        nudge_after_commit("notifications_queued")
    else:
        say_once(notifications)


def say_once(notifications: list[Notification]) -> None:
    """Write these messages in one statement. What was said under the same key before is left as it was."""
    if not notifications:
        return
    Notification.objects.bulk_create(notifications, ignore_conflicts=True)
    nudge_after_commit("notifications_queued")
