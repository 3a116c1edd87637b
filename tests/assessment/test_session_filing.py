from datetime import date

import pytest

from assessment.enums import SessionStatus
from assessment.models import AssessmentSession
from assessment.services.sessions import SessionPlan, file_session
from chongqing_dte.foundation.errors import DomainError, NotPermitted
from chongqing_dte.foundation.models import AuditEvent
from institutions.enums import EVALUATION_ROLES, Level, Role
from tests.clock import NOW
from tests.factories.institutions import AccreditationFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def accreditation():
    return AccreditationFactory(evaluation=True)


@pytest.fixture
def filer(accreditation):
    return UserFactory(evaluation_operator=True, institution=accreditation.institution)


def plan_for(accreditation, **changes):
    return SessionPlan(
        **{
            "reference": "SESSION-0001",
            "occupation_id": accreditation.occupation_id,
            "level": Level.JUNIOR,
            "held_on": date(2026, 11, 7),
            **changes,
        }
    )


def test_filed_session_waits_for_its_results(accreditation, filer):
    session = file_session(plan=plan_for(accreditation), filer=filer, now=NOW)

    assert (session.status, session.institution_id, session.filed_by_id) == (
        SessionStatus.FILED,
        filer.institution_id,
        filer.pk,
    )
    assert AuditEvent.objects.get().name == "session.filed"


@pytest.mark.parametrize(
    "changes",
    [{"level": Level.SENIOR}, {"occupation_id": 0}, {"held_on": date(2024, 12, 31)}],
    ids=["level", "occupation", "before the accreditation"],
)
def test_session_that_the_institution_is_not_accredited_for_is_refused(accreditation, filer, changes):
    with pytest.raises(DomainError) as refusal:
        file_session(plan=plan_for(accreditation, **changes), filer=filer, now=NOW)

    assert refusal.value.code == "not_accredited"
    assert not AssessmentSession.objects.exists()


def test_accreditation_to_train_is_none_to_assess():
    accreditation = AccreditationFactory()
    filer = UserFactory(evaluation_operator=True, institution=accreditation.institution)

    with pytest.raises(DomainError):
        file_session(plan=plan_for(accreditation), filer=filer, now=NOW)


@pytest.mark.parametrize("role", [role for role in Role if role not in EVALUATION_ROLES])
def test_only_an_evaluation_institution_files_a_session(accreditation, role):
    with pytest.raises(NotPermitted):
        file_session(plan=plan_for(accreditation), filer=UserFactory(**{role.lower(): True}), now=NOW)

    assert not AssessmentSession.objects.exists()
