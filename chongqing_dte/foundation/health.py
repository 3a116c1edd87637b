"""Is the process up, and can it do its work?"""

from datetime import datetime, timedelta

import redis
from django.conf import settings
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from chongqing_dte.foundation.clock import database_now
from chongqing_dte.foundation.models import Heartbeat


def record_heartbeat(name: str, *, at: datetime) -> None:
    """Note that a part of the system was alive at this time. Safe to repeat."""
    Heartbeat.objects.update_or_create(name=name, defaults={"seen_at": at})


@never_cache
@require_safe
def healthz(_request: HttpRequest) -> JsonResponse:
    """Answer as long as the process runs."""
    return JsonResponse({"status": "up"})


@never_cache
@require_safe
def readyz(_request: HttpRequest) -> JsonResponse:
    """Answer 200 when database, migrations, broker and beat are all well, and else 503 with the one that is not."""
    checks = {"database": _database_answers()}
    checks["migrations"] = checks["database"] and _migrations_applied()
    checks["broker"] = _broker_answers()
    checks["beat"] = checks["migrations"] and _beat_seen_lately(now=database_now())
    ready = all(checks.values())
    return JsonResponse({"status": "ready" if ready else "not ready", **checks}, status=200 if ready else 503)


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return False
    return True


def _migrations_applied() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def _broker_answers() -> bool:
    client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()


def _beat_seen_lately(*, now: datetime) -> bool:
    beat = Heartbeat.objects.filter(name="beat").first()
    return beat is not None and now - beat.seen_at < timedelta(seconds=max(60.0, 4 * settings.SWEEP_SECONDS))
