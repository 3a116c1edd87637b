"""What depends on a class's state: who answers a late filing, and who calls off a class that runs."""

import pytest

from chongqing_dte.foundation.errors import NotPermitted
from enrollment import policies, queries
from enrollment.enums import ClassStatus
from enrollment.models import TrainingClass
from institutions.enums import (
    DISTRICT_ROLES,
    EVALUATION_ROLES,
    MACHINE_ROLES,
    MUNICIPAL_ROLES,
    TRAINING_ROLES,
    Role,
)
from institutions.models import User
from tests.clock import NOW
from tests.factories.enrollment import TrainingClassFactory
from tests.factories.institutions import UserFactory

OWN, OTHER = 1, 2
LATE = TrainingClass(institution_id=OWN, district_id=OWN, status=ClassStatus.FILED, escalated_at=NOW)
RUNNING = TrainingClass(institution_id=OWN, district_id=OWN, status=ClassStatus.RUNNING)


def somebody(role, office):
    return User(
        role=role,
        district_id=office if role in DISTRICT_ROLES else None,
        institution_id=office if role in (*TRAINING_ROLES, *EVALUATION_ROLES) else None,
    )


TRUTH = [
    (
        act,
        row,
        role,
        office,
        (role in DISTRICT_ROLES and office == OWN)
        or (act == "answer_filing" and role == Role.MUNICIPAL_REVIEWER),
    )
    for act, row in (("answer_filing", LATE), ("cancel_class", RUNNING))
    for role in Role
    for office in (OWN, OTHER)
]


@pytest.mark.parametrize(("act", "row", "role", "office", "is_allowed"), TRUTH)
def test_truth_table(act, row, role, office, is_allowed):
    asked = (somebody(role, office), row, {office})

    assert getattr(policies, f"can_{act}")(*asked) is is_allowed
    if is_allowed:
        getattr(policies, f"check_can_{act}")(*asked)
    else:
        with pytest.raises(NotPermitted):
            getattr(policies, f"check_can_{act}")(*asked)


@pytest.mark.parametrize("role", TRAINING_ROLES)
def test_role_without_an_office_plans_nothing(role):
    assert not policies.can_draft_class(User(role=role))


@pytest.mark.django_db
@pytest.mark.parametrize("role", Role)
def test_who_sees_which_filings_wait(role):
    in_time = TrainingClassFactory()
    late = TrainingClassFactory(district=in_time.district, institution=in_time.institution, escalated_at=NOW)
    TrainingClassFactory(escalated_at=NOW, confirmed=True, institution=in_time.institution)
    office = {}
    if role in DISTRICT_ROLES:
        office = {"district": in_time.district}
    elif role not in (*MUNICIPAL_ROLES, *MACHINE_ROLES):
        office = {"institution": in_time.institution}
    user = UserFactory(**{role.lower(): True}, **office)

    found = set(queries.filings_waiting_visible_to(user))

    if role in MUNICIPAL_ROLES:
        assert found == {late}
    else:
        assert found == (set() if role in (*EVALUATION_ROLES, *MACHINE_ROLES) else {late, in_time})


@pytest.mark.django_db
@pytest.mark.parametrize("role", [*DISTRICT_ROLES, *TRAINING_ROLES, *EVALUATION_ROLES])
def test_nobody_chooses_another_office_s_filings(role):
    training_class = TrainingClassFactory()

    chosen = queries.filings_chosen(UserFactory(**{role.lower(): True}), [training_class.public_id])

    assert not chosen.exists()
