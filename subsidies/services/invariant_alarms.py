"""Promises about money that do not hold: an alarm from when that is first seen until they hold again."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from django.db import transaction

from chongqing_dte.foundation.audit import record_event, record_events
from subsidies import queries
from subsidies.models import InvariantAlarm


@transaction.atomic(durable=True)
def record_alarms(
    *, broken: Mapping[str, Sequence[str]], left_out: Collection[str] = (), now: datetime
) -> list[InvariantAlarm]:
    """Record which promises do not hold, each with the first rows that show it, and return the alarms that are new.

    What was recorded before is seen again, and what holds again is ended; of what was `left_out` nobody knows
    whether it does. Safe to repeat and to run beside itself: `now` is from before the promises were looked at, and
    what somebody saw broken since then is not ended.
    """
    live = queries.lock_live_alarms()
    for name in broken.keys() & live.keys():
        live[name].ids = list(broken[name])
        live[name].last_seen_at = max(now, live[name].last_seen_at)
    InvariantAlarm.objects.bulk_update(live.values(), ["ids", "last_seen_at"])
    holding = live.keys() - broken.keys() - set(left_out)
    ended = [alarm for name, alarm in live.items() if name in holding and alarm.last_seen_at <= now]
    for alarm in ended:
        alarm.ended_at = now
    InvariantAlarm.objects.bulk_update(ended, ["ended_at"])
    record_events("alarm.ended", subjects=ended, at=now)
    opened = [_open(name, broken[name], now) for name in sorted(broken.keys() - live.keys())]
    return [alarm for alarm in opened if alarm is not None]


def _open(name: str, ids: Sequence[str], now: datetime) -> InvariantAlarm | None:
    """Open an alarm; None if another worker, who looked at the same moment, was first."""
    alarm, is_new = InvariantAlarm.objects.get_or_create(
        invariant=name,
        ended_at=None,
        defaults={"ids": list(ids), "first_seen_at": now, "last_seen_at": now},
    )
    if not is_new:
        return None
    record_event("alarm.raised", subject=alarm, at=now, facts={"invariant": name, "ids": list(ids)})
    return alarm
