from datetime import date

import pytest

from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from chongqing_dte.foundation.models import AuditEvent
from enrollment.enums import ClassStatus, EnrollmentStatus
from enrollment.models import Enrollment, TrainingClass
from enrollment.services.classes import ClassPlan, complete_class, confirm_class, file_class
from institutions.enums import TRAINING_ROLES, Level, Role
from tests.clock import NOW
from tests.factories.enrollment import EnrollmentFactory, TrainingClassFactory
from tests.factories.institutions import AccreditationFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def accreditation():
    return AccreditationFactory()


@pytest.fixture
def filer(accreditation):
    return UserFactory(training_manager=True, institution=accreditation.institution)


@pytest.fixture
def plan(accreditation):
    def changed(**changes):
        return ClassPlan(
            **{
                "reference": "CLASS-0001",
                "occupation_id": accreditation.occupation_id,
                "level": Level.JUNIOR,
                "starts_on": date(2026, 11, 2),
                "ends_on": date(2026, 12, 18),
                "seat_count": 30,
                **changes,
            }
        )

    return changed


def confirmer_of(training_class):
    return UserFactory(district_lead=True, district=training_class.district)


def test_filed_class_waits_for_the_bureau_of_its_institution_s_district(plan, filer):
    training_class = file_class(plan=plan(), filer=filer, now=NOW)

    assert (training_class.status, training_class.district_id, training_class.filed_by_id) == (
        ClassStatus.FILED,
        filer.institution.district_id,
        filer.pk,
    )


def test_filing_leaves_an_event(plan, filer):
    training_class = file_class(plan=plan(), filer=filer, now=NOW)

    event = AuditEvent.objects.get()
    assert (event.name, event.subject_id, event.actor_id, event.at) == (
        "class.filed",
        training_class.pk,
        filer.pk,
        NOW,
    )


@pytest.mark.parametrize(
    "changes",
    [{"level": Level.SENIOR}, {"occupation_id": 0}, {"starts_on": date(2024, 12, 31)}],
    ids=["level", "occupation", "before the accreditation"],
)
def test_class_that_the_institution_is_not_accredited_for_is_refused(plan, filer, changes):
    with pytest.raises(DomainError) as refusal:
        file_class(plan=plan(**changes), filer=filer, now=NOW)

    assert refusal.value.code == "not_accredited"
    assert not TrainingClass.objects.exists()


def test_accreditation_to_assess_is_none_to_train(plan):
    accreditation = AccreditationFactory(evaluation=True)
    filer = UserFactory(training_operator=True, institution=accreditation.institution)

    with pytest.raises(DomainError) as refusal:
        file_class(plan=plan(occupation_id=accreditation.occupation_id), filer=filer, now=NOW)

    assert refusal.value.code == "not_accredited"


@pytest.mark.parametrize("role", [role for role in Role if role not in TRAINING_ROLES])
def test_only_a_training_institution_files_a_class(plan, role):
    with pytest.raises(NotPermitted):
        file_class(plan=plan(), filer=UserFactory(**{role.lower(): True}), now=NOW)

    assert not TrainingClass.objects.exists()


def test_confirmed_class_names_who_confirmed_it_and_when():
    training_class = TrainingClassFactory()
    confirmer = confirmer_of(training_class)

    confirm_class(class_id=training_class.pk, confirmer=confirmer, now=NOW)

    training_class.refresh_from_db()
    assert (training_class.status, training_class.confirmed_by_id, training_class.confirmed_at) == (
        ClassStatus.CONFIRMED,
        confirmer.pk,
        NOW,
    )
    assert AuditEvent.objects.get().name == "class.confirmed"


@pytest.mark.parametrize("state", ["confirmed", "completed"])
def test_class_is_confirmed_once(state):
    training_class = TrainingClassFactory(**{state: True})

    with pytest.raises(InvalidTransition):
        confirm_class(class_id=training_class.pk, confirmer=confirmer_of(training_class), now=NOW)

    assert not AuditEvent.objects.exists()


def test_another_district_confirms_nothing():
    training_class = TrainingClassFactory()

    with pytest.raises(NotPermitted):
        confirm_class(class_id=training_class.pk, confirmer=UserFactory(district_lead=True), now=NOW)

    training_class.refresh_from_db()
    assert training_class.status == ClassStatus.FILED


def test_completed_class_completes_everybody_in_it():
    training_class = TrainingClassFactory(confirmed=True)
    EnrollmentFactory.create_batch(2, training_class=training_class)

    complete_class(class_id=training_class.pk, completer=training_class.filed_by, now=NOW)

    training_class.refresh_from_db()
    assert (training_class.status, training_class.completed_at) == (ClassStatus.COMPLETED, NOW)
    assert set(Enrollment.objects.values_list("status", "completed_at")) == {
        (EnrollmentStatus.COMPLETED, NOW)
    }


def test_completion_leaves_an_event_for_the_class_and_one_for_each_person():
    training_class = TrainingClassFactory(confirmed=True)
    EnrollmentFactory.create_batch(2, training_class=training_class)

    complete_class(class_id=training_class.pk, completer=training_class.filed_by, now=NOW)

    assert sorted(AuditEvent.objects.values_list("name", flat=True)) == [
        "class.completed",
        "enrollment.completed",
        "enrollment.completed",
    ]


def test_completion_of_one_class_leaves_the_others_alone():
    training_class, other = EnrollmentFactory().training_class, EnrollmentFactory()

    complete_class(class_id=training_class.pk, completer=training_class.filed_by, now=NOW)

    other.refresh_from_db()
    assert other.status == EnrollmentStatus.ENROLLED


def test_empty_class_is_not_completed():
    training_class = TrainingClassFactory(confirmed=True)

    with pytest.raises(DomainError) as refusal:
        complete_class(class_id=training_class.pk, completer=training_class.filed_by, now=NOW)

    assert refusal.value.code == "class_empty"
    training_class.refresh_from_db()
    assert training_class.status == ClassStatus.CONFIRMED


@pytest.mark.parametrize("state", [{}, {"completed": True}], ids=["filed", "completed"])
def test_class_that_is_not_running_is_not_completed(state):
    training_class = TrainingClassFactory(**state)

    with pytest.raises(InvalidTransition):
        complete_class(class_id=training_class.pk, completer=training_class.filed_by, now=NOW)


def test_another_institution_completes_nothing():
    enrollment = EnrollmentFactory()

    with pytest.raises(NotPermitted):
        complete_class(
            class_id=enrollment.training_class_id, completer=UserFactory(training_manager=True), now=NOW
        )

    enrollment.refresh_from_db()
    assert enrollment.status == EnrollmentStatus.ENROLLED
