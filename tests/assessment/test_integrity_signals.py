from decimal import Decimal

import pytest

from assessment import queries
from assessment.enums import Outcome, SignalKind
from assessment.models import IntegritySignal
from assessment.services.signal_steps import record_session_signals, record_signal
from institutions.enums import MUNICIPAL_ROLES, Role
from tests.assessment.corrections import superseding
from tests.clock import NOW
from tests.factories.assessment import (
    AssessmentPolicyFactory,
    AssessmentSessionFactory,
    AttemptCorrectionFactory,
    AttemptFactory,
)
from tests.factories.institutions import UserFactory

pytestmark = pytest.mark.django_db


def session_with(*scores, **policy):
    """Return a session whose policy counts from four candidates on, with these pairs of scores."""
    figures = AssessmentPolicyFactory(**{"signal_candidate_count": 4, "identical_count": 3, **policy})
    session = AssessmentSessionFactory(recorded=True, policy=figures)
    for theory, practice in scores:
        is_pass = theory >= 60 and practice >= 60
        AttemptFactory(
            session=session,
            theory_score=Decimal(theory),
            practice_score=Decimal(practice),
            outcome=Outcome.PASSED if is_pass else Outcome.FAILED,
        )
    return session


def said():
    return {(sign.kind, sign.subject): sign.measured for sign in IntegritySignal.objects.all()}


def test_each_sign_of_a_session_is_recorded_with_its_figures():
    session = session_with((60, 90), (61, 90), (80, 90), (20, 10))

    record_session_signals(session=session, now=NOW)

    assert said() == {
        ("SCORE_HEAPING", "theory"): {
            "scored": 4,
            "in_band": 2,
            "share": "0.5000",
            "from": "60.0",
            "to": "62.0",
        }
    }


def test_heaping_is_measured_part_by_part():
    record_session_signals(session=session_with((90, 60), (20, 61), (80, 62), (21, 10)), now=NOW)

    assert list(said()) == [("SCORE_HEAPING", "practice")]


def test_identical_scores_are_recorded():
    record_session_signals(session=session_with((80, 90), (80, 90), (80, 90), (20, 10)), now=NOW)

    assert said() == {("IDENTICAL_SCORES", ""): {"scored": 4, "groups": 1, "candidates": 3, "largest": 3}}


def test_small_session_says_nothing():
    record_session_signals(session=session_with((60, 60), (60, 60), (60, 60)), now=NOW)

    assert said() == {}


def test_those_who_stayed_away_are_not_counted():
    session = session_with((60, 60), (60, 60), (60, 60))
    AttemptFactory(session=session, absent=True)

    record_session_signals(session=session, now=NOW)

    assert said() == {}


def test_session_without_a_policy_says_nothing():
    session = AssessmentSessionFactory(recorded=True)
    AttemptFactory.create_batch(12, session=session)

    record_session_signals(session=session, now=NOW)

    assert said() == {}


def test_score_that_was_corrected_counts_no_more():
    session = session_with((80, 41), (80, 41), (80, 41), (20, 10))
    former = session.attempts.filter(theory_score=80).first()
    superseding(former, AttemptCorrectionFactory(attempt=former)).save()

    record_session_signals(session=session, now=NOW)

    assert said() == {}


def test_looking_again_says_nothing_twice():
    session = session_with((80, 90), (80, 90), (80, 90), (20, 10))
    record_session_signals(session=session, now=NOW)

    record_session_signals(session=session, now=NOW)

    assert IntegritySignal.objects.count() == 1


def test_cost_does_not_grow_with_the_candidates(django_assert_num_queries):
    session = session_with((80, 90), (80, 90), (80, 90), (60, 10), (60, 11), (61, 12))

    with django_assert_num_queries(2):
        record_session_signals(session=session, now=NOW)

    assert len(said()) == 2


def test_one_sign_is_recorded_once():
    session = AssessmentSessionFactory()

    for _time in range(2):
        record_signal(
            kind=SignalKind.MORE_CANDIDATES_THAN_SEATS,
            session=session,
            subject="",
            measured={"candidates": 41, "seats": 40},
            now=NOW,
        )

    assert said() == {("MORE_CANDIDATES_THAN_SEATS", ""): {"candidates": 41, "seats": 40}}


@pytest.mark.parametrize("role", Role)
def test_signals_are_seen_by_the_municipal_bureau_alone(role):
    session = AssessmentSessionFactory()
    IntegritySignal.objects.create(kind="SCORES_CHANGED", session=session, measured={}, found_at=NOW)
    offices = {"EVALUATION_OPERATOR": {"institution": session.institution}}

    reader = UserFactory(**{role.lower(): True}, **offices.get(role, {}))

    assert queries.signals_visible_to(reader).exists() == (role in MUNICIPAL_ROLES)
