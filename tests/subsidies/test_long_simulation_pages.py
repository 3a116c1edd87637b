"""The page of a policy version that a worker tries: how far it is, what it came to, and its files."""

import json

import pytest
from django.urls import reverse
from structlog.testing import capture_logs

from assessment.models import LevelCertificate
from chongqing_dte.foundation.long_work import PATIENCE
from chongqing_dte.foundation.models import AuditEvent
from institutions.enums import Role
from subsidies import tasks
from subsidies.models import Entitlement, PolicyVersion
from subsidies.services import simulations
from subsidies.views import simulations as simulation_views
from tests.interfaces.setup_forms import text_of
from tests.subsidies.long_simulations import (
    forget,
    forget_answers,
    half_for_everybody,
    nothing_at_once,
    one_step_a_turn,
    work,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def kept(monkeypatch):
    with nothing_at_once(monkeypatch) as client:
        yield client


@pytest.fixture
def version() -> PolicyVersion:
    return half_for_everybody()


@pytest.fixture
def reviewer(client_as):
    return in_english(client_as(Role.MUNICIPAL_REVIEWER))


def in_english(client):
    client.cookies["django_language"] = "en"
    return client


def given(version: PolicyVersion, **more: object) -> dict[str, object]:
    return {"version": version.pk, "first_day": "2026-01-01", "last_day": "2026-12-31", **more}


def test_the_page_shows_how_far_it_is_and_then_what_it_came_to(reviewer, version):
    page = reverse("policy-simulation")

    asked = text_of(reviewer.get(page, given(version)))
    again = text_of(reviewer.get(page, given(version)))
    work(one_step_a_turn())
    halfway = text_of(reviewer.get(page, given(version)))
    tasks.continue_simulations_task()
    done = text_of(reviewer.get(page, given(version)))

    for text in ("It waits for its turn.", "data-progress", '<meta http-equiv="refresh" content="5">'):
        assert text in asked, text
        assert text in again, text
    assert "of 4 certificates" in halfway
    assert "data-progress" not in done
    for text in (
        "Worked through by",
        "Amount, share or ceiling",
        "All changes as CSV",
        "for 0 of 4 certificates",
    ):
        assert text in done, text
    assert not Entitlement.objects.exists()


def test_page_and_file_are_those_of_a_simulation_at_once(reviewer, version, kept, monkeypatch):
    page, file = reverse("policy-simulation"), reverse("policy-simulation-export")
    reviewer.get(page, given(version))
    work()
    by_a_worker = reviewer.get(file, given(version, format="csv")).content
    shown = reviewer.get(page, given(version)).context

    monkeypatch.setattr(simulations, "MOST_CERTIFICATES", 1_000)
    forget(kept)
    at_once_shown = reviewer.get(page, given(version)).context

    # Line by line: which, under what name, what each side says and why.
    assert by_a_worker == reviewer.get(file, given(version, format="csv")).content
    assert len(by_a_worker.decode("utf-8-sig").splitlines()) == 5
    for key in ("total", "unchanged_count", "decisions", "by_district", "by_month", "by_cause"):
        assert shown[key] == at_once_shown[key], key


def test_somebody_else_at_the_same_address_waits_for_their_own(reviewer, version, client_as):
    reviewer.get(reverse("policy-simulation"), given(version))
    work()
    other = in_english(client_as(Role.MUNICIPAL_AUDITOR))

    assert "It waits for its turn." in text_of(other.get(reverse("policy-simulation"), given(version)))
    export = other.get(reverse("policy-simulation-export"), given(version, format="csv"))
    assert export.status_code == 302


def test_many_changes_go_out_in_several_files(reviewer, version, monkeypatch):
    monkeypatch.setattr(simulation_views, "FILE_ROWS", 3)
    reviewer.get(reverse("policy-simulation"), given(version))
    work()

    page = text_of(reviewer.get(reverse("policy-simulation"), given(version)))
    files = [
        reviewer.get(reverse("policy-simulation-export"), given(version, format="csv", part=part))
        for part in (1, 2)
    ]

    assert "Changes 1 to 3" in page
    assert "Changes 4 to 4" in page
    numbers = [line.split(",")[0] for file in files for line in file.content.decode().splitlines()[1:]]
    assert sorted(numbers) == sorted(LevelCertificate.objects.values_list("number", flat=True))
    assert "2026-12-31-4.csv" in files[1]["Content-Disposition"]
    events = AuditEvent.objects.filter(name="list.exported").order_by("pk")
    assert [event.facts["narrowed_to"].get("part") for event in events] == [None, "2"]


@pytest.mark.parametrize("part", ["", "0", "x", "-1", "٣", "9" * 30])
def test_what_is_no_part_is_the_first_one(part):
    assert simulation_views.rows_of_part(part) == slice(0, simulation_views.FILE_ROWS)


def test_a_file_that_is_not_kept_any_more_leads_to_the_page_that_says_so(reviewer, version, kept):
    reviewer.get(reverse("policy-simulation"), given(version))
    work()
    forget_answers(kept)

    answer = reviewer.get(reverse("policy-simulation-export"), given(version, format="csv"), follow=True)

    page = text_of(answer)
    assert "is not there, or not kept any more" in page
    assert "It has been begun again." in page


def test_a_failure_is_said_and_can_be_begun_again(reviewer, version, monkeypatch):
    page = reverse("policy-simulation")
    reviewer.get(page, given(version))
    with monkeypatch.context() as patched, capture_logs():
        patched.setattr(simulations._Engine, "take", lambda *_: {}["nothing"])
        work()
    failed = reviewer.get(page, given(version))
    run = failed.context["standing"].run

    assert "could not be tried on this period" in text_of(failed)
    assert "data-progress" not in failed.content.decode()
    led = reviewer.post(reverse("policy-simulation-again"), given(version, run=run), follow=True)
    assert "It waits for its turn." in text_of(led)
    assert work() == 1


def test_whoever_waits_in_vain_may_begin_again(reviewer, version, kept):
    page = reverse("policy-simulation")
    reviewer.get(page, given(version))
    (key,) = (key for key in kept.keys("work:simulations:*") if not key.endswith(b":waiting"))
    standing = json.loads(kept.get(key))
    kept.set(key, json.dumps({**standing, "moved_at": standing["moved_at"] - PATIENCE.total_seconds() - 1}))

    stuck = text_of(reviewer.get(page, given(version)))

    assert "Nothing has moved for some minutes." in stuck
    assert reverse("policy-simulation-again") in stuck


def test_without_redis_the_page_says_that_it_could_not_be_begun(reviewer, version, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    answer = reviewer.get(reverse("policy-simulation"), given(version))

    assert "cannot be handed on at present" in text_of(answer, 422)
