"""A policy version tried on more certificates than a page can wait for: by a worker, in turns."""

import json
import zlib
from datetime import date
from itertools import count as endless

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange
from structlog.testing import capture_logs

from assessment.models import LevelCertificate
from chongqing_dte.foundation.long_work import FAILED, WAITING, WORKING, NotBegun, Standing
from institutions.models import User
from subsidies.models import PolicyVersion
from subsidies.rules.keeping import kept_change
from subsidies.services import simulations
from subsidies.services.simulations import (
    Simulation,
    TooManyCertificates,
    ask_for_simulation,
    kept_simulation,
    simulate_policy,
)
from tests.clock import NOW
from tests.factories.enrollment import TraineeFactory
from tests.factories.institutions import UserFactory
from tests.factories.subsidies import PolicyVersionFactory, open_programme
from tests.subsidies.histories import merge
from tests.subsidies.long_simulations import (
    forget,
    forget_answers,
    half_for_everybody,
    nothing_at_once,
    one_step_a_turn,
    sat,
    work,
)

pytestmark = pytest.mark.django_db

DAYS = {"first_day": date(2026, 1, 1), "last_day": date(2026, 12, 31)}
ALL = slice(0, 1_000)


@pytest.fixture(autouse=True)
def kept(monkeypatch):
    with nothing_at_once(monkeypatch) as client:
        yield client


@pytest.fixture
def version() -> PolicyVersion:
    return half_for_everybody()


@pytest.fixture
def viewer() -> User:
    return UserFactory(municipal_auditor=True)


def ask(version: PolicyVersion, viewer: User, **how: object) -> Standing:
    return ask_for_simulation(version_id=version.pk, **DAYS, viewer=viewer, **{"now": NOW, **how})


def found(version: PolicyVersion, viewer: User, rows: slice = ALL) -> Simulation | Standing | None:
    return kept_simulation(version_id=version.pk, **DAYS, viewer=viewer, rows=rows)


def at_once(version: PolicyVersion, viewer: User, monkeypatch) -> Simulation:
    monkeypatch.setattr(simulations, "MOST_CERTIFICATES", 1_000)
    return simulate_policy(version_id=version.pk, **DAYS, viewer=viewer)


def what_it_says(simulation: Simulation) -> tuple[object, ...]:
    return (
        simulation.certificate_count,
        simulation.tables,
        simulation.change_count,
        [kept_change(change) for change in simulation.changes],
        simulation.reality,
        simulation.in_force,
    )


# ── What it comes to ─────────────────────────────────────────────────────────────────────────────────────
def test_a_worker_comes_to_what_it_comes_to_at_once(version, viewer, monkeypatch):
    ask(version, viewer)
    done_count = work()
    by_a_worker = found(version, viewer)

    assert done_count == 1
    assert what_it_says(by_a_worker) == what_it_says(at_once(version, viewer, monkeypatch))
    assert by_a_worker.change_count == 4


def test_in_turns_it_comes_to_the_same(version, viewer, monkeypatch):
    ask(version, viewer)

    steps = []
    while not work(one_step_a_turn()):
        steps.append(found(version, viewer).done_count)

    # Both certificates of the first person are one step, and the last step ends it.
    assert steps == [2, 3]
    assert what_it_says(found(version, viewer)) == what_it_says(at_once(version, viewer, monkeypatch))


def test_only_the_changes_that_were_asked_for_are_read(version, viewer, monkeypatch):
    monkeypatch.setattr(simulations, "BLOCK", 2)
    ask(version, viewer)
    work()

    everything = found(version, viewer).changes

    for rows in (slice(0, 1), slice(1, 3), slice(2, 4), slice(3, 9)):
        assert found(version, viewer, rows).changes == everything[rows]
    assert found(version, viewer, slice(0, 1)).change_count == 4


def test_whoever_was_merged_is_one_person_in_one_step(viewer, monkeypatch):
    open_programme(first_pass_scope="OCCUPATION_AND_LEVEL")
    kept_row, between, other_row = TraineeFactory.create_batch(3, with_account=True)
    sat(other_row, 3)
    sat(between, 5)
    sat(kept_row, 6, level="INTERMEDIATE")
    merge(kept_row, other_row)
    version = PolicyVersionFactory(
        in_force=DateRange(date(2027, 1, 1), None), first_pass_scope="OCCUPATION_AND_LEVEL", lifetime_cap=1
    )
    ask(version, viewer)
    work()

    assert [change.cause for change in found(version, viewer).changes] == ["within_lifetime_cap"]


# ── Whose it is ──────────────────────────────────────────────────────────────────────────────────────────
def test_nothing_is_there_before_somebody_asks(version, viewer):
    assert found(version, viewer) is None
    with pytest.raises(TooManyCertificates):
        simulate_policy(version_id=version.pk, **DAYS, viewer=viewer)


def test_nobody_else_finds_what_somebody_asked_for(version, viewer):
    ask(version, viewer)
    work()

    assert isinstance(found(version, viewer), Simulation)
    assert found(version, UserFactory(municipal_auditor=True)) is None


def test_whoever_lost_the_right_meanwhile_gets_nothing(version, viewer):
    ask(version, viewer)
    User.objects.filter(pk=viewer.pk).update(is_active=False)

    with capture_logs() as logs:
        work()

    assert found(version, viewer).stage == FAILED
    assert [line["event"] for line in logs] == ["simulation_failed"]


def test_what_is_kept_names_nobody_and_is_gone_after_an_hour(version, viewer, kept):
    ask(version, viewer)
    work()

    (answer,) = kept.keys("work:simulations:*:answer")
    texts = [text for block in kept.lrange(answer, 0, -1) for text in json.loads(zlib.decompress(block))]
    whole = "".join(texts)
    for trainee in (certificate.trainee for certificate in LevelCertificate.objects.all()):
        assert trainee.name not in whole
        assert trainee.id_number not in whole
        assert trainee.mobile not in whole
    assert 0 < kept.ttl(answer) <= 60 * 60
    assert not kept.keys("work:simulations:*:found")


# ── Asked twice, lost, begun again ───────────────────────────────────────────────────────────────────────
def test_two_clicks_begin_it_once(version, viewer, kept):
    assert ask(version, viewer).run == ask(version, viewer).run
    assert kept.zcard("work:simulations:waiting") == 1


def test_whoever_asks_rings_for_a_worker(version, viewer, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as callbacks:
        ask(version, viewer)

    assert len(callbacks) == 1


def test_of_two_who_begin_the_same_run_again_the_second_finds_the_first_one_s(version, viewer):
    stuck = ask(version, viewer)

    again = ask(version, viewer, instead_of=stuck.run)

    assert again.run != stuck.run
    assert ask(version, viewer, instead_of=stuck.run).run == again.run
    assert work() == 1


def test_a_run_that_was_begun_again_stops(version, viewer, monkeypatch):
    stuck, take = ask(version, viewer), simulations._Engine.take

    def taking(engine, certificates):
        ask(version, viewer, instead_of=stuck.run)
        take(engine, certificates)

    monkeypatch.setattr(simulations._Engine, "take", taking)
    assert work() == 0
    monkeypatch.setattr(simulations._Engine, "take", take)

    assert found(version, viewer).stage == WAITING
    assert work() == 1


def test_an_answer_that_is_gone_is_worked_out_again(version, viewer, kept):
    before = ask(version, viewer)
    work()
    forget_answers(kept)

    assert found(version, viewer) is None
    again = ask(version, viewer)
    assert (again.is_again, again.stage) == (True, WAITING)
    assert again.run != before.run
    work()
    assert isinstance(found(version, viewer), Simulation)


def test_after_redis_forgot_everything_it_begins_again(version, viewer, kept):
    ask(version, viewer)
    work(one_step_a_turn())
    forget(kept)

    assert work() == 0
    assert found(version, viewer) is None
    ask(version, viewer)
    assert work() == 1


def test_what_redis_forgets_during_a_turn_ends_the_turn(version, viewer, kept, monkeypatch):
    ask(version, viewer)
    take = simulations._Engine.take

    def taking(engine, certificates):
        forget(kept)
        take(engine, certificates)

    monkeypatch.setattr(simulations._Engine, "take", taking)

    assert work() == 0
    assert found(version, viewer) is None


def test_two_workers_do_not_work_at_one(version, viewer):
    run = ask(version, viewer).run
    (asked, waiting), *_others = simulations.WORK.waiting()
    assert waiting == run

    with simulations.WORK.turn_at(asked, run, now=NOW) as ours:
        assert ours.stage == WORKING
        assert work() == 0

    assert work() == 1


def test_while_redis_is_down_nothing_long_begins(version, viewer, settings, monkeypatch):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    assert found(version, viewer) is None
    with pytest.raises(NotBegun):
        ask(version, viewer)
    assert at_once(version, viewer, monkeypatch).change_count == 4


# ── A worker that dies ───────────────────────────────────────────────────────────────────────────────────
class Killed(BaseException):
    """What ends a worker in the middle."""


def dying_after(monkeypatch, steps: int) -> None:
    take, taken = simulations._Engine.take, endless(1)

    def taking(engine, certificates):
        if next(taken) > steps:
            raise Killed
        take(engine, certificates)

    monkeypatch.setattr(simulations._Engine, "take", taking)


def test_after_a_kill_the_next_turn_goes_on_from_there(version, viewer, monkeypatch):
    ask(version, viewer)
    with monkeypatch.context() as patched:
        dying_after(patched, 1)
        with pytest.raises(Killed):
            work()
        after_the_kill = found(version, viewer)

    assert after_the_kill.done_count > 0
    assert work() == 1
    assert what_it_says(found(version, viewer)) == what_it_says(at_once(version, viewer, monkeypatch))


def test_what_kills_every_worker_fails_after_three(version, viewer, monkeypatch):
    ask(version, viewer)
    dying_after(monkeypatch, 0)

    for _ in range(3):
        with pytest.raises(Killed):
            work()
    work()

    assert found(version, viewer).stage == FAILED


def test_a_worker_cannot_write(version, viewer, monkeypatch):
    true_values = simulations.values_of

    def writing(policy):
        LevelCertificate.objects.update(decision_due=False)
        return true_values(policy)

    monkeypatch.setattr(simulations, "values_of", writing)
    ask(version, viewer)
    with capture_logs() as logs:
        work()

    assert found(version, viewer).stage == FAILED
    assert "simulation_failed" in {line["event"] for line in logs}
    assert LevelCertificate.objects.filter(decision_due=True).count() == 4
