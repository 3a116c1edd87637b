"""A training policy tried on the classes that ended in a past period."""

import io
from datetime import date, timedelta
from decimal import Decimal
from itertools import count as endless

import openpyxl
import pytest
import redis
from django.conf import settings
from django.db import InternalError, OperationalError
from django.db.backends.postgresql.psycopg_any import DateRange
from django.urls import reverse

from chongqing_dte.foundation.errors import DomainError, NotPermitted
from chongqing_dte.foundation.long_work import Standing
from enrollment.models import TrainingClass
from subsidies.models import SubsidyClaim
from subsidies.services import training_simulations
from subsidies.services.claims import open_claim
from subsidies.services.training_simulations import (
    TooManyClasses,
    TrainingSimulation,
    ask_for_training_simulation,
    continue_training_simulations,
    kept_training_simulation,
    simulate_training_policy,
)
from tests.clock import NOW
from tests.factories.claims import (
    AdvanceFactory,
    TrainingPolicyVersionFactory,
    class_with_results,
    enroll,
    institution_user,
    open_training,
    session_for,
    sit,
)
from tests.factories.institutions import UserFactory

pytestmark = pytest.mark.django_db

YEAR = {"first_day": date(2026, 1, 1), "last_day": date(2026, 12, 31)}
ALL = slice(0, 1_000)


def draft(**values):
    """Return a version of the next year, to be tried on this one."""
    return TrainingPolicyVersionFactory(in_force=DateRange(date(2027, 1, 1), None), **values)


def try_version(version, viewer=None, **days) -> TrainingSimulation:
    viewer = viewer or UserFactory(municipal_auditor=True)
    return simulate_training_policy(version_id=version.pk, **{**YEAR, **days}, viewer=viewer, now=NOW)


def advanced_class(*passes: bool, **values) -> TrainingClass:
    training_class = class_with_results(*passes, **values)
    AdvanceFactory(training_class=training_class)
    return training_class


def taught_again(trainee) -> TrainingClass:
    """Let somebody pass in a second class, after the first one."""
    again = advanced_class(starts_on=date(2026, 7, 6), ends_on=date(2026, 8, 7), locked_count=1)
    enrollment = enroll(again, trainee=trainee, training_period=DateRange(again.starts_on, date(2026, 8, 8)))
    sit(enrollment, session_for(again, held_on=date(2026, 8, 14)), passed=True)
    return again


# ── Who gains, who loses ─────────────────────────────────────────────────────────────────────────────────
def test_the_version_in_force_tried_on_its_own_days_changes_nothing():
    version = open_training()
    training_class = advanced_class(True, True, False)

    simulation = try_version(version)

    claim = open_claim(class_id=training_class.pk, opener=institution_user(training_class), now=NOW)
    assert (simulation.class_count, simulation.changes, simulation.in_force) == (1, [], [version])
    assert simulation.tables.total.in_force_owed == claim.reckoning.amount > 0


def test_a_lower_share_takes_from_the_institution_its_district_and_the_month():
    open_training()
    training_class = advanced_class(True, True)

    simulation = try_version(draft(fee_share=Decimal("0.7500")))

    [change] = simulation.changes
    assert (change.in_force.amount, change.tried.amount) == (Decimal("1600.00"), Decimal("1200.00"))
    tables = simulation.tables
    for tally in (
        tables.total,
        tables.by_institution[training_class.institution_id],
        tables.by_district[training_class.district_id],
        tables.by_month[2026, 6],
    ):
        assert (tally.loss_count, tally.lost, tally.gain_count) == (1, Decimal("400.00"), 0)


def test_the_fee_is_that_of_the_sitting_which_counts_under_each_of_them():
    open_training(pass_rule="ANY_ATTEMPT", line_rule="PASSED")
    training_class = advanced_class(locked_count=1)
    enrollment = enroll(training_class)
    for passed, day in ((False, 3), (True, 24)):
        sit(enrollment, session_for(training_class, held_on=date(2026, 7, day)), passed=passed)

    simulation = try_version(draft(pass_rule="FIRST_ATTEMPT", line_rule="PASSED"))

    [change] = simulation.changes
    assert (change.in_force.pass_count, change.tried.pass_count) == (1, 0)
    assert (change.in_force.amount, change.tried.amount) == (Decimal("800.00"), Decimal("0.00"))


def test_without_a_version_in_force_everything_is_gained():
    advanced_class(True)

    simulation = try_version(draft())

    assert simulation.in_force == []
    assert simulation.tables.total.in_force_owed == 0
    assert simulation.tables.total.gained == Decimal("800.00")


def test_what_the_simulation_itself_pays_for_somebody_counts_for_their_later_class():
    open_training()
    first = advanced_class(True)
    taught_again(first.enrollments.get().trainee)

    simulation = try_version(draft(subsidized_once_per="PERSON"))

    assert simulation.tables.people_in_force == 2
    assert simulation.tables.people_tried == 1
    assert [change.ends_on.month for change in simulation.changes] == [8]


def test_classes_that_ended_on_other_days_are_left_out():
    version = open_training()
    advanced_class(True)

    assert try_version(version, first_day=date(2026, 6, 27)).class_count == 0
    assert try_version(version, last_day=date(2026, 6, 26)).class_count == 1


# ── Who may, and what it must not do ─────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("role", ["district_reviewer", "training_manager"])
def test_only_the_municipal_bureau_tries_versions(role):
    with pytest.raises(NotPermitted):
        try_version(open_training(), viewer=UserFactory(**{role: True}))


def test_days_in_the_wrong_order_are_refused():
    with pytest.raises(DomainError) as refused:
        try_version(open_training(), first_day=date(2026, 7, 1), last_day=date(2026, 6, 1))

    assert refused.value.code == "last_day"


def test_a_training_simulation_cannot_write(monkeypatch):
    version = open_training()
    training_class = advanced_class(True)
    true_sum = training_simulations.sum_of

    def writing(*facts):
        TrainingClass.objects.filter(pk=training_class.pk).update(venue="Elsewhere")
        return true_sum(*facts)

    monkeypatch.setattr(training_simulations, "sum_of", writing)
    with pytest.raises((InternalError, OperationalError), match="read-only transaction"):
        try_version(version)

    assert not SubsidyClaim.objects.exists()


# ── By a worker ──────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def too_many(monkeypatch):
    """Let one class be more than a page waits for, and a step of its own."""
    monkeypatch.setattr(training_simulations, "MOST_CLASSES", 0)
    monkeypatch.setattr(training_simulations, "CHUNK", 1)
    client = redis.Redis.from_url(settings.REDIS_URL)
    yield
    if keys := client.keys("work:training-simulations:*"):
        client.delete(*keys)
    client.close()


def test_in_turns_it_comes_to_the_same_as_at_once(too_many, monkeypatch):
    open_training()
    first = advanced_class(True)
    taught_again(first.enrollments.get().trainee)
    version, viewer = draft(subsidized_once_per="PERSON"), UserFactory(municipal_auditor=True)
    asked = {"version_id": version.pk, **YEAR, "viewer": viewer}
    with pytest.raises(TooManyClasses):
        simulate_training_policy(**asked, now=NOW)
    ask_for_training_simulation(**asked, now=NOW)
    ticks = endless()

    def clock():
        # Asked at the beginning, before the first simulation, when it is taken up, for the day, before its first chunk.
        return NOW + timedelta(seconds=0 if next(ticks) < 5 else 61)

    turn = timedelta(seconds=60)
    assert continue_training_simulations(clock=clock, turn=turn) == 0
    standing = kept_training_simulation(**asked, rows=ALL)
    assert isinstance(standing, Standing)
    assert (standing.done_count, standing.total_count) == (1, 2)
    assert continue_training_simulations(clock=lambda: NOW, turn=turn) == 1

    kept = kept_training_simulation(**asked, rows=ALL)
    monkeypatch.setattr(training_simulations, "MOST_CLASSES", 10)
    at_once = simulate_training_policy(**asked, now=NOW)
    assert isinstance(kept, TrainingSimulation)
    assert kept.tables == at_once.tables
    assert (kept.changes, kept.class_count) == (at_once.changes, at_once.class_count)
    assert kept.in_force == at_once.in_force


# ── Pages ────────────────────────────────────────────────────────────────────────────────────────────────
def query_of(version) -> dict[str, object]:
    return {"version": version.pk, "first_day": "2026-01-01", "last_day": "2026-12-31"}


def test_the_page_names_the_institution_and_the_class_that_lose(client):
    open_training()
    training_class = advanced_class(True, True)
    client.force_login(UserFactory(municipal_auditor=True))

    response = client.get(reverse("training-policy-simulation"), query_of(draft(fee_share=Decimal("0.7500"))))

    page = response.content.decode()
    assert response.status_code == 200
    assert training_class.reference in page
    assert training_class.institution.name in page
    assert "1,200.00" in page


def test_the_page_says_that_a_worker_is_at_it(client, too_many):
    version = open_training()
    advanced_class(True)
    client.force_login(UserFactory(municipal_auditor=True))

    response = client.get(reverse("training-policy-simulation"), query_of(version))

    assert "data-progress" in response.content.decode()


def test_the_file_holds_each_class_that_changes(client):
    open_training()
    training_class = advanced_class(True)
    client.force_login(UserFactory(municipal_auditor=True))
    version = draft(fee_share=Decimal("0.5000"))

    response = client.get(reverse("training-policy-simulation-export"), query_of(version))

    _head, row = openpyxl.load_workbook(io.BytesIO(response.getvalue())).active.values
    assert row[0] == training_class.reference
    assert row[-1] == -400
