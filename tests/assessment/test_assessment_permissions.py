"""Who may do what with sessions and certificates: every role, in its own office and in another."""

from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from assessment import policies, queries
from assessment.enums import SessionStatus
from assessment.models import AssessmentSession
from chongqing_dte.foundation.errors import NotPermitted
from institutions.enums import DISTRICT_ROLES, EVALUATION_ROLES, MACHINE_ROLES, MUNICIPAL_ROLES, Role
from institutions.models import User
from tests.clock import NOW
from tests.factories.assessment import LevelCertificateFactory
from tests.factories.institutions import UserFactory

OWN, OTHER = 1, 2
TODAY = NOW.date()
SESSION = AssessmentSession(institution_id=OWN)
ALLOWED = {
    Role.MUNICIPAL_OPERATOR: set(),
    Role.MUNICIPAL_REVIEWER: set(),
    Role.MUNICIPAL_FINANCE: set(),
    Role.MUNICIPAL_AUDITOR: set(),
    Role.MUNICIPAL_ADMINISTRATOR: set(),
    Role.DISTRICT_REVIEWER: set(),
    Role.DISTRICT_LEAD: set(),
    # A training institution has institution_id too, and assesses nobody.
    Role.TRAINING_OPERATOR: set(),
    Role.TRAINING_MANAGER: set(),
    Role.EVALUATION_OPERATOR: {"record_results", "run_session"},
    Role.REGISTER_OPERATOR: set(),
}
# Role -> whose sessions and whose certificates its lists show.
SEEN = {
    **dict.fromkeys(MUNICIPAL_ROLES, ("all", "all")),
    **dict.fromkeys(DISTRICT_ROLES, ("none", "own")),
    Role.TRAINING_OPERATOR: ("none", "none"),
    Role.TRAINING_MANAGER: ("none", "none"),
    Role.EVALUATION_OPERATOR: ("own", "own"),
    Role.REGISTER_OPERATOR: ("none", "none"),
}


def somebody(role: Role, office: int) -> User:
    in_district, in_municipality = role in DISTRICT_ROLES, role in MUNICIPAL_ROLES
    return User(
        role=role,
        district_id=office if in_district else None,
        institution_id=None if in_district or in_municipality else office,
    )


def test_every_role_appears():
    assert set(ALLOWED) == set(SEEN) == set(Role)


def test_every_act_appears():
    acts = {name.removeprefix("can_") for name in vars(policies) if name.startswith("can_")}
    tables = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*_permissions.py"))

    assert [act for act in acts if f'"{act}"' not in tables and f"policies.can_{act}(" not in tables] == []


@pytest.mark.parametrize("office", [OWN, OTHER])
@pytest.mark.parametrize("act", ["record_results", "run_session"])
@pytest.mark.parametrize("role", Role)
def test_truth_table(role, act, office):
    user, is_allowed = somebody(role, office), act in ALLOWED[role] and office == OWN
    can, check = getattr(policies, f"can_{act}"), getattr(policies, f"check_can_{act}")

    assert can(user, SESSION) is is_allowed
    if is_allowed:
        check(user, SESSION)
    else:
        with pytest.raises(NotPermitted):
            check(user, SESSION)


@pytest.mark.parametrize("role", Role)
def test_evaluation_institutions_file_sessions(role):
    is_allowed = role in EVALUATION_ROLES

    assert policies.can_file_session(somebody(role, OWN)) is is_allowed
    assert not policies.can_file_session(User(role=role))
    if not is_allowed:
        with pytest.raises(NotPermitted):
            policies.check_can_file_session(somebody(role, OWN))


@pytest.mark.parametrize("office", [OWN, OTHER])
@pytest.mark.parametrize(
    ("status", "held_on", "is_bureau_s"),
    [
        (SessionStatus.FILED, TODAY - timedelta(days=1), False),
        (SessionStatus.ADMITTED, TODAY + timedelta(days=1), False),
        (SessionStatus.ADMITTED, TODAY, True),
    ],
)
@pytest.mark.parametrize("role", Role)
def test_who_cancels_a_session_depends_on_whether_it_may_have_been_held(
    role, status, held_on, is_bureau_s, office
):
    session = AssessmentSession(institution_id=OWN, status=status, held_on=held_on)
    by_bureau = role in (Role.MUNICIPAL_OPERATOR, Role.MUNICIPAL_REVIEWER)
    by_institution = role in EVALUATION_ROLES and office == OWN

    is_allowed = policies.can_cancel_session(somebody(role, office), session, TODAY)

    assert is_allowed is (by_bureau if is_bureau_s else by_institution)


def user_with(role, certificate):
    """Return somebody with this role in the office that this certificate has to do with."""
    if role in (*MUNICIPAL_ROLES, *MACHINE_ROLES):
        return UserFactory(**{role.lower(): True})
    training_class = certificate.attempt.enrollment.training_class
    if role in DISTRICT_ROLES:
        return UserFactory(**{role.lower(): True}, district=training_class.district)
    own = certificate.institution if role in EVALUATION_ROLES else training_class.institution
    return UserFactory(**{role.lower(): True}, institution=own)


@pytest.mark.django_db
@pytest.mark.parametrize("role", Role)
def test_lists_show_the_sessions_and_certificates_of_ones_own_office(role):
    own, other = LevelCertificateFactory.create_batch(2)
    user = user_with(role, own)
    sets = {"all": {own, other}, "own": {own}, "none": set()}
    sessions, certificates = (sets[seen] for seen in SEEN[role])

    assert set(queries.certificates_visible_to(user)) == certificates
    expected = {certificate.attempt.session for certificate in sessions}
    assert set(queries.sessions_visible_to(user)) == expected
    assert set(queries.candidates_visible_to(user)) == {
        candidate for session in expected for candidate in session.candidates.all()
    }
    assert set(queries.sessions_with_counts_visible_to(user)) == expected


@pytest.mark.django_db
@pytest.mark.parametrize(
    "stranger",
    [
        SimpleNamespace(role="JOURNALIST", district_id=None, institution_id=None),
        *(User(role=role) for role in (*DISTRICT_ROLES, *EVALUATION_ROLES)),
    ],
    ids=lambda stranger: str(stranger.role),
)
def test_who_has_no_known_role_or_no_office_sees_nothing(stranger):
    LevelCertificateFactory()

    assert not queries.sessions_visible_to(stranger).exists()
    assert not queries.certificates_visible_to(stranger).exists()
