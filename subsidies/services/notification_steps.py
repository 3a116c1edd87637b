"""Messages to people and offices, written with the rows they speak of. A step: needs the caller's transaction."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NotRequired, TypedDict, Unpack

from chongqing_dte.foundation.bulk import copy_unless_doubled
from chongqing_dte.foundation.jobs import nudge_after_commit
from institutions.enums import TRAINING_ROLES, Role
from subsidies import queries
from subsidies.enums import NotificationChannel, NotificationKind, NotificationStatus
from subsidies.models import Notification, SubsidyClaim


class About(TypedDict):
    """What a message is about, from which its words are made."""

    # Ids, codes, dates and sums; no personal data.
    facts: Mapping[str, Any]
    entitlement_id: int | None
    claim_id: NotRequired[int | None]
    # Whose office it is, where the role is one of institutions.
    institution_id: NotRequired[int | None]


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

    `district_id` is None for a role that has no district. Safe to repeat: the same key says nothing again.
    """
    institution_id = about.get("institution_id")
    common = {
        "kind": kind,
        "key": key,
        "role": role,
        "district_id": district_id,
        "institution_id": institution_id,
        "facts": dict(about["facts"]),
        "entitlement_id": about["entitlement_id"],
        "claim_id": about.get("claim_id"),
        "created_at": now,
    }
    # What stands in the portal has arrived there.
    shown = Notification(
        **common, channel=NotificationChannel.IN_APP, status=NotificationStatus.SENT, sent_at=now
    )
    mailed = Notification(**common, channel=NotificationChannel.EMAIL, next_try_at=now)
    addresses = queries.office_addresses(role=role, district_id=district_id, institution_id=institution_id)
    say_once([shown, *([mailed] if addresses else [])])


def notify_institution(
    *, kind: NotificationKind, key: str, claim: SubsidyClaim, facts: Mapping[str, Any], now: datetime
) -> None:
    """Tell everybody of the institution who works on its claims. Safe to repeat as `notify_office` is."""
    for role in TRAINING_ROLES:
        notify_office(
            kind=kind,
            key=key,
            role=role,
            district_id=None,
            now=now,
            facts=facts,
            entitlement_id=None,
            claim_id=claim.pk,
            institution_id=claim.institution_id,
        )


def notify_institutions(
    *,
    kind: NotificationKind,
    event: str,
    said: Sequence[tuple[SubsidyClaim, Mapping[str, Any]]],
    now: datetime,
) -> None:
    """Tell the same as `notify_institution` of many claims, each with its facts, in two statements.

    An event happens to a claim once, so that its key is the event and the claim.
    """
    with_address = queries.offices_with_an_address({claim.institution_id for claim, _facts in said})
    told = []
    for claim, facts in said:
        for role in TRAINING_ROLES:
            common = {
                "kind": kind,
                "key": f"{event}:{claim.pk}",
                "role": role,
                "institution_id": claim.institution_id,
                "claim_id": claim.pk,
                "facts": dict(facts),
                "created_at": now,
            }
            told.append(
                Notification(
                    **common, channel=NotificationChannel.IN_APP, status=NotificationStatus.SENT, sent_at=now
                )
            )
            if (claim.institution_id, role) in with_address:
                told.append(Notification(**common, channel=NotificationChannel.EMAIL, next_try_at=now))
    say_once(told)


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
