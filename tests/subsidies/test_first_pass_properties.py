"""Whatever happened, in whatever order, the derived first pass is the one of the policy's words.

A history is lived through on real rows, by the services, and told to the reference, which knows nothing of them.
More histories are tried with PORTAL_HISTORIES=1000.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assessment.models import AssessmentSession, Attempt, LevelCertificate, MarkReview
from assessment.queries import sittings_of_trainees
from chongqing_dte.foundation.errors import DomainError
from enrollment.models import Trainee
from institutions.enums import Level
from subsidies.rules import first_pass
from subsidies.rules.eligibility import CertificateFacts, PolicyValues, passes_for_the_first_time
from subsidies.rules.first_pass import Sitting
from subsidies.services import evidence
from subsidies.services.evidence import gather_facts
from tests.factories.assessment import (
    AssessmentPolicyFactory,
    AssessmentSessionFactory,
    AttemptFactory,
    LevelCertificateFactory,
)
from tests.factories.enrollment import TraineeFactory
from tests.factories.institutions import InstitutionFactory, OccupationFactory
from tests.subsidies import histories
from tests.subsidies.first_pass_reference import Line, Place, Story

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

HISTORIES = int(os.environ.get("PORTAL_HISTORIES", "120"))
SCOPES = ("PERSON", "OCCUPATION", "OCCUPATION_AND_LEVEL")
RULES = ("FIRST_CERTIFICATE", "FIRST_SITTING")
DAYS = (date(2025, 11, 8), date(2026, 5, 9), date(2026, 7, 11))
OUTCOMES = ("PASSED", "FAILED", "ABSENT", "MISCONDUCT")
POLICY = PolicyValues(
    version_id=1,
    first_pass_scope="PERSON",
    first_pass_rule="FIRST_CERTIFICATE",
    eligible_categories=frozenset(),
    graduation_year_rule="CALENDAR",
    fee_share=Decimal("1.0000"),
    ceilings=dict.fromkeys(Level.values, Decimal("2000.00")),
)

Event = tuple[object, ...]


# ── The same on real rows ────────────────────────────────────────────────────────────────────────────────
class History:
    """Three rows of people who sit, with all that becomes of it; what a service refuses did not happen."""

    def __init__(self) -> None:
        self.story = Story()
        self.rows: list[Trainee] = [TraineeFactory() for _ in range(3)]
        self.institutions = [InstitutionFactory() for _ in range(2)]
        self.occupations = [OccupationFactory() for _ in range(2)]
        self.sessions: dict[Place, AssessmentSession] = {}
        self.sittings: list[Attempt] = []
        self.policy = AssessmentPolicyFactory._meta.model.objects.first() or AssessmentPolicyFactory()

    def live(self, events: Sequence[Event]) -> "History":
        for name, *words in events:
            with suppress(DomainError):
                getattr(self, f"_{name}")(*words)
        return self

    def _sit(self, row: int, place: Place, outcome: str) -> None:
        session = self._session(place)
        if any((a.session_id, a.trainee_id) == (session.pk, self.rows[row].pk) for a in self.sittings):
            return
        theory_score, practice_score = histories.SCORES[outcome]
        attempt = AttemptFactory(
            session=session,
            trainee=self.rows[row],
            enrollment=None,
            outcome=outcome,
            theory_score=theory_score,
            practice_score=practice_score,
        )
        if outcome == "PASSED":
            LevelCertificateFactory(attempt=attempt)
        self.story.lines.append(Line(len(self.sittings), row, place, outcome))
        self.sittings.append(attempt)

    def _correct(self, number: int, outcome: str) -> None:
        for sitting in self._chosen(number):
            histories.correct(self.sittings[sitting], outcome)
            self.story.lines.append(replace(self.story.result(sitting), outcome=outcome))
            self.story.reviews.append((sitting, "CLOSED"))

    def _appeal(self, number: int) -> None:
        for sitting in self._chosen(number):
            histories.appeal(self.sittings[sitting])
            self.story.reviews.append((sitting, "OPEN"))

    def _uphold(self, number: int) -> None:
        for sitting in self._chosen(number):
            for review in MarkReview.objects.filter(
                attempt=histories.live_of(self.sittings[sitting]), status="OPEN"
            ):
                histories.uphold(review)
                self.story.reviews.append((sitting, "CLOSED"))

    def _merge(self, kept: int, merged: int) -> None:
        histories.merge(self.rows[kept], self.rows[merged])
        self.story.merges.append((merged, kept))

    def _revoke(self, number: int) -> None:
        certificates = self.certificates()
        for certificate in certificates[number % max(1, len(certificates)) :][:1]:
            histories.revoke(certificate)

    def _reissue(self, number: int) -> None:
        certificates = self.certificates()
        for certificate in certificates[number % max(1, len(certificates)) :][:1]:
            histories.reissue(certificate)

    def _chosen(self, number: int) -> list[int]:
        """Return one of the sittings there have been, or none before the first."""
        return [number % len(self.sittings)] if self.sittings else []

    def certificates(self) -> list[LevelCertificate]:
        return list(LevelCertificate.objects.filter(trainee__in=self.rows).order_by("pk"))

    def sitting_of(self, certificate: LevelCertificate) -> int:
        where = (certificate.attempt.session_id, certificate.trainee_id)
        return [(a.session_id, a.trainee_id) for a in self.sittings].index(where)

    def _session(self, place: Place) -> AssessmentSession:
        institution, occupation, level, held_on = place
        if place not in self.sessions:
            self.sessions[place] = AssessmentSessionFactory(
                recorded=True,
                institution=self.institutions[institution],
                occupation=self.occupations[occupation],
                level=level,
                held_on=held_on,
                policy=self.policy,
            )
        return self.sessions[place]


def derivations(facts: CertificateFacts) -> Iterator[tuple[str, str, bool]]:
    """Yield by scope and by rule whether these facts are of a first pass."""
    for scope, rule in product(SCOPES, RULES):
        policy = replace(POLICY, first_pass_scope=scope, first_pass_rule=rule)
        yield scope, rule, passes_for_the_first_time(replace(facts, policy=policy)).outcome == "PASSED"


def compare(history: History) -> None:
    """Compare what is derived for every certificate, one that has ended too, with the reference."""
    certificates = history.certificates()
    found = gather_facts(certificates)
    for certificate in certificates:
        facts, sitting = found[certificate.pk], history.sitting_of(certificate)
        own = history.story.result(sitting)
        assert facts.sitting.outcome == own.outcome
        assert facts.is_under_review == history.story.is_under_review(own.row)
        for scope, rule, is_first in derivations(facts):
            expected = history.story.passes_for_the_first_time(sitting, scope, rule)
            assert is_first == expected, (scope, rule, own)


# ── Any history ──────────────────────────────────────────────────────────────────────────────────────────
# Mostly one person in one scope, where one sitting bears on another.
rows, few = st.sampled_from([0, 0, 0, 1, 2]), st.integers(0, 5)
outcomes = st.sampled_from(["PASSED", "PASSED", *OUTCOMES])
places = st.tuples(
    st.integers(0, 1),
    st.sampled_from([0, 0, 1]),
    st.sampled_from(["JUNIOR", "JUNIOR", "SENIOR"]),
    st.sampled_from(DAYS),
)
sits = st.tuples(st.just("sit"), rows, places, outcomes)
corrections = st.tuples(st.just("correct"), few, st.sampled_from(OUTCOMES))
others = st.one_of(
    st.tuples(st.just("appeal"), few),
    st.tuples(st.just("uphold"), few),
    st.tuples(st.just("merge"), rows, rows),
    st.tuples(st.just("revoke"), few),
    st.tuples(st.just("reissue"), few),
)
events = st.lists(st.one_of(sits, sits, corrections, others), min_size=6, max_size=16)
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]


@settings(max_examples=HISTORIES, suppress_health_check=SLOW)
@given(happened=events)
def test_derived_first_pass_is_the_one_of_the_policys_words(happened):
    compare(History().live(happened))


@settings(max_examples=max(1, HISTORIES // 3), suppress_health_check=SLOW)
@given(happened=events, data=st.data())
def test_the_same_facts_in_another_order_give_the_same_derivation(happened, data):
    history = History().live(happened)

    for facts in gather_facts(history.certificates()).values():
        others = tuple(data.draw(st.permutations(facts.other_sittings)))
        shuffled = replace(facts, other_sittings=others, policy=POLICY)
        assert passes_for_the_first_time(shuffled) == passes_for_the_first_time(replace(facts, policy=POLICY))


# ── A broken rule is found ───────────────────────────────────────────────────────────────────────────────
AT_NOON = (0, 0, "JUNIOR", DAYS[2])
ELSEWHERE_AT_NOON = (1, 0, "JUNIOR", DAYS[2])
BEFORE = (0, 0, "JUNIOR", DAYS[1])
LAST_YEAR_ELSEWHERE = (1, 1, "SENIOR", DAYS[0])


def count_superseded_attempts(monkeypatch):
    def as_first_recorded(trainee_ids):
        outcomes = Attempt.objects.filter(supersedes=None).values_list("pk", "outcome")
        return [
            record._replace(outcome=dict(outcomes)[record.sitting_id])
            for record in sittings_of_trainees(trainee_ids)
        ]

    monkeypatch.setattr(evidence, "sittings_of_trainees", as_first_recorded)


def ignore_merges(monkeypatch):
    monkeypatch.setattr(evidence, "rows_of_persons", lambda rows: {row: row for row in rows})


def order_by_attempt(monkeypatch):
    monkeypatch.setattr(Sitting, "order", property(lambda sitting: (sitting.held_on, sitting.attempt_id)))


def order_by_recording(monkeypatch):
    monkeypatch.setattr(Sitting, "order", property(lambda sitting: sitting.sitting_id))


def count_absences(monkeypatch):
    monkeypatch.setattr(Sitting, "took_place", property(lambda _: True))


def pardon_misconduct(monkeypatch):
    sat = property(lambda sitting: sitting.outcome in ("PASSED", "FAILED"))
    monkeypatch.setattr(Sitting, "took_place", sat)


def look_at_one_institution(monkeypatch):
    everywhere = evidence.chains_of

    def at_one(persons):
        chains = everywhere(persons)
        least = min(sitting.institution_id for sitting in chains.by_key.values())
        for person_id, sittings in chains.of_person.items():
            chains.of_person[person_id] = [each for each in sittings if each.institution_id == least]
        return chains

    monkeypatch.setattr(evidence, "chains_of", at_one)


def count_every_scope(monkeypatch):
    monkeypatch.setattr(first_pass, "is_same_first_pass", lambda *_: True)


def forget_the_freeze(monkeypatch):
    monkeypatch.setattr(evidence, "frozen_persons", lambda _: set())


BREAKING = [
    (
        count_superseded_attempts,
        [("sit", 0, BEFORE, "PASSED"), ("sit", 0, AT_NOON, "PASSED"), ("correct", 0, "FAILED")],
    ),
    (ignore_merges, [("sit", 0, BEFORE, "PASSED"), ("sit", 1, AT_NOON, "PASSED"), ("merge", 1, 0)]),
    (
        order_by_attempt,
        [("sit", 0, AT_NOON, "FAILED"), ("sit", 0, ELSEWHERE_AT_NOON, "PASSED"), ("correct", 0, "PASSED")],
    ),
    (order_by_recording, [("sit", 0, AT_NOON, "PASSED"), ("sit", 0, BEFORE, "PASSED")]),
    (count_absences, [("sit", 0, BEFORE, "ABSENT"), ("sit", 0, AT_NOON, "PASSED")]),
    (pardon_misconduct, [("sit", 0, BEFORE, "MISCONDUCT"), ("sit", 0, AT_NOON, "PASSED")]),
    (
        look_at_one_institution,
        [("sit", 0, LAST_YEAR_ELSEWHERE, "PASSED"), ("sit", 0, AT_NOON, "PASSED")],
    ),
    (count_every_scope, [("sit", 0, LAST_YEAR_ELSEWHERE, "PASSED"), ("sit", 0, AT_NOON, "PASSED")]),
    (forget_the_freeze, [("sit", 0, BEFORE, "PASSED"), ("appeal", 0)]),
]


@pytest.mark.parametrize(("breaking", "happened"), BREAKING, ids=lambda part: getattr(part, "__name__", ""))
def test_a_broken_rule_is_found(monkeypatch, breaking, happened):
    history = History().live(happened)
    compare(history)
    breaking(monkeypatch)

    with pytest.raises(AssertionError):
        compare(history)


WHOLE_LIVES = [
    ("sit", 0, BEFORE, "PASSED"),
    ("sit", 1, AT_NOON, "FAILED"),
    ("appeal", 1),
    ("uphold", 1),
    ("correct", 1, "PASSED"),
    ("reissue", 0),
    ("revoke", 1),
    ("merge", 0, 1),
]


def test_everything_that_a_history_names_really_happens():
    history = History().live(WHOLE_LIVES)

    assert [len(part) for part in (history.story.lines, history.story.merges)] == [3, 1]
    assert history.story.reviews == [(1, "OPEN"), (1, "CLOSED"), (1, "CLOSED")]
    statuses = {"VALID": 1, "SUPERSEDED": 1, "REVOKED": 1}
    found = [certificate.status for certificate in history.certificates()]
    assert {status: found.count(status) for status in set(found)} == statuses
