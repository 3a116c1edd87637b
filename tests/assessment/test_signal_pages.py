import pytest
from django.urls import reverse

from assessment.enums import SignalKind
from assessment.models import IntegritySignal
from institutions.enums import MUNICIPAL_ROLES, Role
from tests.clock import NOW
from tests.factories.assessment import AssessmentSessionFactory

pytestmark = pytest.mark.django_db

MEASURED = {
    SignalKind.SCORE_HEAPING: (
        "practice",
        {"scored": 40, "in_band": 25, "share": "0.6250", "from": "60.0", "to": "62.0"},
        "Practice: 25 of 40 scores, 62.5%, lie between 60.0 and 62.0.",
    ),
    SignalKind.IDENTICAL_SCORES: (
        "",
        {"scored": 40, "groups": 2, "candidates": 9, "largest": 5},
        "9 of 40 candidates share their scores with others: 2 groups, the largest of 5.",
    ),
    SignalKind.SCORES_CHANGED: (
        "one",
        {
            "outcome": ["FAILED", "MISCONDUCT"],
            "theory_score": ["80.0", None],
            "practice_score": ["41.0", None],
            "days_after": 12,
        },
        "From Failed (80.0 / 41.0) to Misconduct, 12 days after the result was recorded.",
    ),
    SignalKind.MORE_CANDIDATES_THAN_SEATS: (
        "",
        {"candidates": 41, "seats": 40},
        "41 candidates admitted to 40 seats.",
    ),
    SignalKind.CERTIFICATE_BEFORE_SESSION: (
        "file",
        {"certificates": 3, "earliest": "2026-07-01"},
        "3 certificates in the file, the earliest of 2026-07-01.",
    ),
}


@pytest.fixture
def bureau(client_as):
    client = client_as(Role.MUNICIPAL_AUDITOR)
    client.cookies["django_language"] = "en"
    return client


def sign(kind=SignalKind.SCORE_HEAPING, session=None, **changed):
    subject, measured, _words = MEASURED[kind]
    return IntegritySignal.objects.create(
        **{
            "kind": kind,
            "session": session or AssessmentSessionFactory(),
            "subject": subject,
            "measured": measured,
            "found_at": NOW,
            **changed,
        }
    )


def shown(client, **chosen):
    return client.get(reverse("signal-list"), chosen).content.decode()


def test_every_kind_has_its_words():
    assert set(MEASURED) == set(SignalKind)


@pytest.mark.parametrize("kind", SignalKind)
def test_figures_are_told_in_words(bureau, kind):
    sign(kind)

    assert MEASURED[kind][2] in shown(bureau)


def test_figures_of_another_form_are_listed(bureau):
    sign(measured={"share": "0.5", "of": 3})

    assert "of: 3, share: 0.5" in shown(bureau)


def test_list_is_narrowed_to_a_kind(bureau):
    heaping, seats = sign(), sign(SignalKind.MORE_CANDIDATES_THAN_SEATS)

    text = shown(bureau, kind=SignalKind.SCORE_HEAPING)

    assert (heaping.session.reference in text, seats.session.reference in text) == (True, False)


def test_list_is_narrowed_to_an_institution(bureau):
    one, other = sign(), sign()

    text = shown(bureau, institution=one.session.institution.credit_code)

    assert (one.session.reference in text, other.session.reference in text) == (True, False)


def test_what_cannot_be_chosen_narrows_nothing(bureau):
    one = sign()

    assert one.session.reference in shown(bureau, kind="WEATHER")


@pytest.mark.parametrize("role", Role)
def test_only_the_municipal_bureau_sees_the_list(client_as, role):
    status = client_as(role).get(reverse("signal-list")).status_code

    assert status == (200 if role in MUNICIPAL_ROLES else 403)


def test_cost_does_not_grow_with_the_signs(bureau, django_assert_max_num_queries):
    for _time in range(4):
        sign()

    with django_assert_max_num_queries(8):
        shown(bureau)
