"""Who sets up what, and who sees which institution's standing: every role."""

import pytest

from chongqing_dte.foundation.errors import NotPermitted
from institutions import policies, queries
from institutions.enums import DISTRICT_ROLES, EVALUATION_ROLES, MUNICIPAL_ROLES, TRAINING_ROLES, Role
from institutions.models import User
from tests.factories.institutions import AccreditationFactory, FundedQuotaFactory, UserFactory
from tests.factories.standing import CalendarDayFactory, SuspensionFactory

ACTS = ("set_calendar", "set_quota", "accredit", "suspend")
ALLOWED = {role: frozenset() for role in Role} | {
    Role.MUNICIPAL_REVIEWER: frozenset({"suspend"}),
    Role.MUNICIPAL_ADMINISTRATOR: frozenset(ACTS),
}


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("role", Role)
def test_policy_and_its_check_say_the_same(role, act):
    user, allowed = User(role=role), act in ALLOWED[role]

    assert getattr(policies, f"can_{act}")(user) is allowed
    if allowed:
        getattr(policies, f"check_can_{act}")(user)
    else:
        with pytest.raises(NotPermitted):
            getattr(policies, f"check_can_{act}")(user)


@pytest.fixture
def institution(db):
    """Return an institution with something of each kind."""
    suspension = SuspensionFactory()
    AccreditationFactory(institution=suspension.institution)
    FundedQuotaFactory(institution=suspension.institution)
    return suspension.institution


def seen_by(user: User) -> list[int]:
    """Return how many institutions, accreditations, quotas and suspensions somebody sees."""
    visible = ("institutions", "accreditations", "quotas", "suspensions")
    return [getattr(queries, f"{rows}_visible_to")(user).count() for rows in visible]


@pytest.mark.parametrize("role", MUNICIPAL_ROLES)
def test_municipal_bureau_sees_every_institution(institution, role):
    assert seen_by(UserFactory(**{role.lower(): True})) == [1, 1, 1, 1]


@pytest.mark.parametrize("role", DISTRICT_ROLES)
def test_district_sees_the_institutions_in_it(institution, role):
    assert seen_by(UserFactory(**{role.lower(): True}, district=institution.district)) == [1, 1, 1, 1]
    assert seen_by(UserFactory(**{role.lower(): True})) == [0, 0, 0, 0]


@pytest.mark.parametrize("role", [*TRAINING_ROLES, *EVALUATION_ROLES])
def test_institution_sees_itself(institution, role):
    assert seen_by(UserFactory(**{role.lower(): True}, institution=institution)) == [1, 1, 1, 1]
    assert seen_by(UserFactory(**{role.lower(): True})) == [1, 0, 0, 0]


@pytest.mark.parametrize("role", Role)
def test_who_has_no_office_sees_nothing_of_one(institution, role):
    assert seen_by(User(role=role)) == ([1, 1, 1, 1] if role in MUNICIPAL_ROLES else [0, 0, 0, 0])


@pytest.mark.parametrize("role", Role)
def test_everybody_reads_the_calendar(db, role):
    CalendarDayFactory()

    assert queries.calendar_visible_to(User(role=role)).count() == 1
    assert not queries.calendar_visible_to(User(role=role, is_active=False)).exists()
