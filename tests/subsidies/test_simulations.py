"""A policy version tried on the certificates of a past period."""

import random
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import InternalError, OperationalError, connection
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test.utils import CaptureQueriesContext

from assessment.models import LevelCertificate
from chongqing_dte.foundation.errors import DomainError, NotPermitted
from institutions.enums import MUNICIPAL_ROLES, Role
from subsidies.models import Entitlement, Payment
from subsidies.rules.eligibility import PolicyValues
from subsidies.services import simulations
from subsidies.services.decisions import decide_due_certificates
from subsidies.services.simulations import Simulation, TooManyCertificates, simulate_policy
from tests.clock import NOW
from tests.factories.enrollment import BankAccountFactory, TraineeFactory
from tests.factories.institutions import UserFactory
from tests.factories.subsidies import (
    PolicyVersionFactory,
    due_certificate,
    granted_certificate,
    open_programme,
    reissue,
    revoke,
)

pytestmark = pytest.mark.django_db

YEAR = (date(2026, 1, 1), date(2026, 12, 31))


def try_version(version, first_day=YEAR[0], last_day=YEAR[1], viewer=None) -> Simulation:
    viewer = viewer or UserFactory(municipal_auditor=True)
    return simulate_policy(version_id=version.pk, first_day=first_day, last_day=last_day, viewer=viewer)


def draft(**values):
    """Return a version of the next year, to be tried on this one."""
    return PolicyVersionFactory(in_force=DateRange(date(2027, 1, 1), None), **values)


def decide() -> None:
    decide_due_certificates(now=NOW)


def change_of(simulation: Simulation, certificate: LevelCertificate):
    return next(each for each in simulation.changes if each.certificate_id == certificate.pk)


def real_of(simulation: Simulation) -> dict[str, int]:
    return dict(simulation.reality)


def sat(trainee, held_on: date, issued_on: date, **attributes) -> LevelCertificate:
    return due_certificate(
        attempt__enrollment__trainee=trainee,
        attempt__session__held_on=held_on,
        issued_on=issued_on,
        **attributes,
    )


# ── Who gains, who loses ─────────────────────────────────────────────────────────────────────────────────
def test_the_version_in_force_tried_on_its_own_days_changes_nothing():
    version = open_programme()
    due_certificate()
    decide()

    simulation = try_version(version)

    assert simulation.certificate_count == 1
    assert simulation.changes == []
    assert simulation.tables.total.difference == 0
    assert simulation.in_force == [version]


def test_a_lower_share_takes_from_whoever_is_granted_more_by_the_version_in_force():
    open_programme()
    certificate = due_certificate()

    simulation = try_version(draft(fee_share=Decimal("0.7500")))

    total = simulation.tables.total
    assert (total.in_force_owed, total.tried_owed) == (Decimal("800.00"), Decimal("600.00"))
    assert (total.loss_count, total.lost, total.gain_count) == (1, Decimal("200.00"), 0)
    assert change_of(simulation, certificate).cause == "amount"


def test_a_category_more_gives_to_whoever_was_refused():
    open_programme(eligible_categories=["ENTERPRISE_EMPLOYEE"])
    certificate = due_certificate(attempt__enrollment__category="GRADUATING_STUDENT")

    simulation = try_version(draft(eligible_categories=["ENTERPRISE_EMPLOYEE", "GRADUATING_STUDENT"]))

    change = change_of(simulation, certificate)
    assert (change.in_force.decision, change.tried.decision) == ("REFUSED", "GRANTED")
    assert (change.difference, change.cause) == (Decimal("800.00"), "category_is_eligible")
    assert simulation.tables.by_cause["category_is_eligible"].gain_count == 1
    assert simulation.tables.by_month[2026, 7].gained == Decimal("800.00")


def test_what_is_held_for_an_account_counts_as_owed_on_both_sides():
    open_programme()
    due_certificate(attempt__enrollment__trainee=TraineeFactory())

    simulation = try_version(draft(fee_share=Decimal("0.5000")))

    assert simulation.tables.decisions_tried == {"HELD": 1}
    assert simulation.tables.total.lost == Decimal("400.00")


def test_a_cap_counts_what_the_simulation_itself_has_granted():
    open_programme(first_pass_scope="OCCUPATION_AND_LEVEL")
    trainee = TraineeFactory(with_account=True)
    certificates = [
        sat(trainee, date(2026, month, 5), date(2026, month, 20), attempt__session__level=level)
        for month, level in ((3, "JUNIOR"), (6, "INTERMEDIATE"), (9, "SENIOR"))
    ]
    decide()
    assert Payment.objects.count() == 3

    simulation = try_version(draft(first_pass_scope="OCCUPATION_AND_LEVEL", yearly_cap=2))

    assert [change.certificate_id for change in simulation.changes] == [certificates[2].pk]
    assert change_of(simulation, certificates[2]).cause == "within_yearly_cap"


def test_the_ladder_looks_at_what_was_granted_before_the_first_day():
    open_programme(first_pass_scope="OCCUPATION_AND_LEVEL")
    trainee = TraineeFactory(with_account=True)
    senior = sat(trainee, date(2026, 3, 5), date(2026, 3, 20), attempt__session__level="SENIOR")
    junior = sat(
        trainee,
        date(2026, 6, 5),
        date(2026, 6, 20),
        attempt__session__level="JUNIOR",
        attempt__session__occupation=senior.occupation,
    )
    decide()
    version = draft(first_pass_scope="OCCUPATION_AND_LEVEL", ladder_rule="SAME_OCCUPATION")

    before = try_version(version, date(2026, 6, 1))
    # What the same version would not have granted before does not stand in its way.
    nothing_before = try_version(
        draft(
            first_pass_scope="OCCUPATION_AND_LEVEL",
            ladder_rule="SAME_OCCUPATION",
            recording_window_days=30,
        )
    )

    assert change_of(before, junior).cause == "ladder_is_kept"
    assert {change.cause for change in nothing_before.changes} == {"recorded_in_time"}


def test_a_first_pass_is_claimed_by_what_the_simulation_granted_and_not_by_what_was():
    PolicyVersionFactory(approved=True, in_force=DateRange(date(2026, 1, 1), date(2026, 6, 1)))
    PolicyVersionFactory(
        approved=True,
        in_force=DateRange(date(2026, 6, 1), None),
        first_pass_scope="OCCUPATION_AND_LEVEL",
    )
    trainee = TraineeFactory(with_account=True)
    sat(trainee, date(2026, 3, 5), date(2026, 3, 20), attempt__session__level="JUNIOR")
    second = sat(trainee, date(2026, 8, 5), date(2026, 8, 20), attempt__session__level="SENIOR")
    version = draft(first_pass_scope="OCCUPATION_AND_LEVEL")

    simulation = try_version(version)

    change = change_of(simulation, second)
    assert change.in_force.reason == "is_not_claimed_already"
    assert change.tried.decision == "GRANTED"


def test_money_moves_between_districts_where_another_one_is_competent():
    open_programme()
    certificate = due_certificate()
    training = certificate.attempt.enrollment.training_class.district_id
    evaluation = certificate.institution.district_id
    assert training != evaluation

    simulation = try_version(draft(competent_district_rule="EVALUATION"))

    by_district = simulation.tables.by_district
    assert by_district[training].difference == Decimal("-800.00")
    assert by_district[evaluation].difference == Decimal("800.00")
    assert simulation.tables.total.difference == 0


def test_a_certificate_that_was_issued_again_counts_once_on_its_first_day():
    open_programme()
    first = granted_certificate()
    reissue(first)

    simulation = try_version(draft(fee_share=Decimal("0.5000")))

    assert [change.certificate_id for change in simulation.changes] == [first.pk]
    assert real_of(simulation) == {"": 1}


def test_days_outside_the_period_are_left_out():
    open_programme()
    due_certificate(issued_on=date(2026, 7, 20))

    assert try_version(draft(), date(2026, 7, 21)).certificate_count == 0
    assert try_version(draft(), date(2026, 7, 20), date(2026, 7, 20)).certificate_count == 1


# ── Against the decisions that stand ─────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("seed", range(6))
def test_the_version_in_force_comes_to_the_decisions_that_were_made(seed):
    chance = random.Random(seed)
    version = open_programme(
        first_pass_scope=chance.choice(["PERSON", "OCCUPATION", "OCCUPATION_AND_LEVEL"]),
        first_pass_rule=chance.choice(["FIRST_CERTIFICATE", "FIRST_SITTING"]),
        lifetime_cap=chance.choice([None, 1, 2]),
        yearly_cap=chance.choice([None, 1]),
        ladder_rule=chance.choice(["NONE", "SAME_OCCUPATION", "ANY_OCCUPATION"]),
        recording_window_days=chance.choice([None, 60, 400]),
        eligible_categories=chance.choice(
            [["GRADUATING_STUDENT"], ["GRADUATING_STUDENT", "EARLIER_GRADUATE"]]
        ),
    )
    people = [TraineeFactory(with_account=chance.random() < 0.8) for _ in range(5)]
    for number in range(7):
        held_on = date(2026, 1, 3) + timedelta(days=40 * number)
        sat(
            chance.choice(people),
            held_on,
            held_on + timedelta(days=15),
            attempt__session__level=chance.choice(["JUNIOR", "INTERMEDIATE", "SENIOR"]),
            attempt__enrollment__category=chance.choice(["GRADUATING_STUDENT", "EARLIER_GRADUATE"]),
        )
        decide()

    simulation = try_version(version)

    assert real_of(simulation) == {"": 7}
    in_force = simulation.tables.total
    owed = sum(entitlement.amount for entitlement in Entitlement.objects.filter(superseded_at=None))
    assert in_force.in_force_owed == owed


def test_chunks_change_nothing(monkeypatch):
    version = open_programme(first_pass_scope="OCCUPATION_AND_LEVEL", lifetime_cap=2)
    trainee = TraineeFactory(with_account=True)
    for month, level in ((3, "JUNIOR"), (6, "INTERMEDIATE"), (9, "SENIOR")):
        sat(trainee, date(2026, month, 5), date(2026, month, 20), attempt__session__level=level)
    decide()
    monkeypatch.setattr(simulations, "CHUNK", 1)

    assert real_of(try_version(version)) == {"": 3}


def test_what_reality_decided_otherwise_has_a_cause_by_name():
    version = open_programme(allotted="900.00")
    granted, waiting = due_certificate(), due_certificate()
    decide()
    undecided = due_certificate()
    revoke(granted)

    assert real_of(try_version(version)) == {"ended": 1, "budget": 1, "not_decided": 1}
    assert waiting.pk < undecided.pk


def test_an_account_that_arrived_since_is_a_cause():
    version = open_programme()
    certificate = due_certificate(attempt__enrollment__trainee=TraineeFactory())
    decide()
    BankAccountFactory(trainee=certificate.trainee)

    assert real_of(try_version(version)) == {"facts": 1}


def test_rules_that_differ_from_the_decisions_are_told_apart(monkeypatch):
    version = open_programme()
    due_certificate()
    decide()
    true_values = simulations.gather_facts

    def with_half_the_share(certificates, **how):
        facts = true_values(certificates, **how)
        return {
            key: replace(fact, policy=replace(fact.policy, fee_share=Decimal("0.5000")))
            for key, fact in facts.items()
        }

    monkeypatch.setattr(simulations, "gather_facts", with_half_the_share)

    assert real_of(try_version(version)) == {"unexplained": 1}


# ── What it may not do ───────────────────────────────────────────────────────────────────────────────────
def test_a_simulation_cannot_write(monkeypatch):
    version = open_programme()
    certificate = due_certificate()
    true_values = simulations.values_of

    def writing(policy) -> PolicyValues:
        LevelCertificate.objects.filter(pk=certificate.pk).update(decision_due=False)
        return true_values(policy)

    monkeypatch.setattr(simulations, "values_of", writing)
    with pytest.raises((InternalError, OperationalError), match="read-only transaction"):
        try_version(version, viewer=UserFactory(municipal_auditor=True))

    certificate.refresh_from_db()
    assert certificate.decision_due


def test_a_simulation_writes_nothing_and_leaves_the_connection_as_it_was():
    version = open_programme()
    certificate = due_certificate()
    viewer = UserFactory(municipal_auditor=True)

    with CaptureQueriesContext(connection) as asked:
        try_version(version, viewer=viewer)

    verbs = {query["sql"].split()[0] for query in asked.captured_queries}
    assert verbs <= {"SET", "SELECT", "SAVEPOINT", "RELEASE"}
    assert not any("FOR UPDATE" in query["sql"] for query in asked.captured_queries)
    assert not Entitlement.objects.exists()
    decide()
    assert Payment.objects.filter(entitlement__certificate=certificate).exists()


def test_more_certificates_than_a_page_can_wait_for_are_not_tried_at_once(monkeypatch):
    version = open_programme()
    due_certificate()
    due_certificate()
    monkeypatch.setattr(simulations, "MOST_CERTIFICATES", 1)

    with pytest.raises(TooManyCertificates):
        try_version(version)


def test_days_the_wrong_way_round_are_refused():
    with pytest.raises(DomainError) as refusal:
        try_version(open_programme(), date(2026, 2, 1), date(2026, 1, 1))

    assert refusal.value.code == "last_day"


@pytest.mark.parametrize("role", [role for role in Role if role not in MUNICIPAL_ROLES])
def test_nobody_outside_the_municipal_bureau_simulates(role):
    version = open_programme()

    with pytest.raises(NotPermitted):
        try_version(version, viewer=UserFactory(**{role.lower(): True}))
