import json
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.test import RequestFactory
from django.utils import timezone

from chongqing_dte.foundation import health
from chongqing_dte.foundation.models import Heartbeat
from chongqing_dte.foundation.tasks import record_beat_task

NOBODY_LISTENS = "redis://127.0.0.1:1/0"


def ask(view):
    """Return the status code and the words of the answer."""
    answer = view(RequestFactory().get("/"))
    return answer.status_code, json.loads(answer.content)


@pytest.fixture
def beat_seen(db):
    health.record_heartbeat("beat", at=timezone.now())


def test_health_asks_neither_database_nor_broker(settings):
    settings.REDIS_URL = NOBODY_LISTENS

    assert ask(health.healthz) == (200, {"status": "up"})


@pytest.mark.parametrize("view", [health.healthz, health.readyz])
def test_health_answers_no_post(view):
    assert view(RequestFactory().post("/")).status_code == 405


def test_no_cache_keeps_the_answer():
    assert "no-store" in health.healthz(RequestFactory().get("/")).headers["Cache-Control"]


@pytest.mark.usefixtures("beat_seen")
def test_ready_when_everything_is_well():
    well = {"database": True, "migrations": True, "broker": True, "beat": True}

    assert ask(health.readyz) == (200, {"status": "ready", **well})


@pytest.mark.usefixtures("beat_seen")
def test_not_ready_without_a_broker(settings):
    settings.REDIS_URL = NOBODY_LISTENS

    code, words = ask(health.readyz)

    assert (code, words["broker"], words["database"], words["beat"]) == (503, False, True, True)


@pytest.mark.usefixtures("beat_seen")
def test_not_ready_without_a_database(monkeypatch):
    def refuse():
        raise OperationalError("the server closed the connection")

    with monkeypatch.context() as broken:
        broken.setattr(health.connection, "cursor", refuse)
        code, words = ask(health.readyz)

    assert (code, words["database"], words["migrations"], words["beat"]) == (503, False, False, False)
    assert words["broker"] is True


@pytest.mark.usefixtures("beat_seen")
def test_not_ready_with_a_migration_missing():
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'subsidies'")

    code, words = ask(health.readyz)

    assert (code, words["migrations"], words["database"]) == (503, False, True)


@pytest.mark.django_db
def test_not_ready_when_beat_was_never_seen():
    code, words = ask(health.readyz)

    assert (code, words["beat"], words["migrations"]) == (503, False, True)


@pytest.mark.django_db
@pytest.mark.parametrize(("silent_seconds", "code"), [(115, 200), (125, 503)])
def test_beat_may_miss_three_sweeps_and_not_four(settings, silent_seconds, code):
    settings.SWEEP_SECONDS = 30.0
    health.record_heartbeat("beat", at=timezone.now() - timedelta(seconds=silent_seconds))

    assert ask(health.readyz)[0] == code


@pytest.mark.usefixtures("beat_seen")
def test_answer_tells_nothing_but_what_is_well():
    _code, words = ask(health.readyz)

    assert set(words) == {"status", "database", "migrations", "broker", "beat"}


@pytest.mark.django_db
def test_heartbeat_keeps_only_the_last_time():
    first, second = timezone.now(), timezone.now() + timedelta(seconds=30)
    health.record_heartbeat("beat", at=first)

    health.record_heartbeat("beat", at=second)

    assert [beat.seen_at for beat in Heartbeat.objects.filter(name="beat")] == [second]


@pytest.mark.django_db
def test_beat_task_is_what_readiness_looks_for():
    record_beat_task()

    assert ask(health.readyz)[0] == 200
