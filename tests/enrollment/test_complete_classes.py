from datetime import timedelta

import pytest

from chongqing_dte.foundation.errors import DomainError, InvalidTransition
from chongqing_dte.foundation.models import AuditEvent
from enrollment.enums import ClassStatus, EnrollmentAct, EnrollmentStatus
from enrollment.models import ClassStep, EnrollmentChange, TrainingCertificate
from tests.clock import NOW
from tests.enrollment.training import (
    TODAY,
    complete,
    finished_class,
    people_of,
    running_class,
    statuses_of,
    withdraw,
)
from tests.factories.enrollment import EnrollmentFactory, TrainingClassFactory
from tests.factories.institutions import UserFactory

pytestmark = pytest.mark.django_db


def refused_with(code, training_class, **changed):
    before = statuses_of(training_class)
    with pytest.raises(DomainError) as refusal:
        complete(training_class, **changed)
    assert refusal.value.code == code
    training_class.refresh_from_db()
    assert (training_class.status, training_class.roster_locked_at) == (ClassStatus.RUNNING, None)
    assert statuses_of(training_class) == before
    assert not TrainingCertificate.objects.exists()


def test_completed_class_completes_everybody_whom_it_does_not_name():
    training_class = finished_class(3)
    first, second, _third = people_of(training_class)

    complete(training_class, not_completed={second.pk: "Missed most of the practice."})

    training_class.refresh_from_db()
    assert (training_class.status, training_class.completed_at, training_class.completed_by) == (
        ClassStatus.COMPLETED,
        NOW,
        training_class.drafted_by,
    )
    assert statuses_of(training_class) == [
        EnrollmentStatus.COMPLETED,
        EnrollmentStatus.NOT_COMPLETED,
        EnrollmentStatus.COMPLETED,
    ]
    first.refresh_from_db()
    assert first.completed_at == NOW


def test_completion_issues_a_numbered_certificate_to_each_who_completed():
    training_class = finished_class(3)
    first, second, third = people_of(training_class)

    complete(training_class, not_completed={second.pk: "Missed most of the practice."})

    issued = list(TrainingCertificate.objects.order_by("pk").values_list("enrollment", "number", "issued_on"))
    assert issued == [
        (first.pk, f"{training_class.reference}-001", TODAY),
        (third.pk, f"{training_class.reference}-002", TODAY),
    ]


def test_who_does_not_complete_has_a_reason_in_their_history():
    training_class = finished_class(1)
    (enrollment,) = people_of(training_class)

    complete(training_class, not_completed={enrollment.pk: " Missed most of the practice. "})

    change = EnrollmentChange.objects.get()
    assert (change.enrollment_id, change.act, change.reason) == (
        enrollment.pk,
        EnrollmentAct.NON_COMPLETION,
        "Missed most of the practice.",
    )
    assert not TrainingCertificate.objects.exists()


def test_completion_leaves_a_step_and_events():
    training_class = finished_class(2)

    complete(training_class)

    step = ClassStep.objects.get()
    assert (step.from_status, step.to_status, step.actor) == (
        ClassStatus.RUNNING,
        ClassStatus.COMPLETED,
        training_class.drafted_by,
    )
    assert sorted(AuditEvent.objects.values_list("name", flat=True)) == [
        "class.completed",
        "class.roster_locked",
        "enrollment.completed",
        "enrollment.completed",
    ]


def test_who_left_before_stays_as_they_are():
    training_class = finished_class(2)
    gone, _stays = people_of(training_class)
    withdraw(gone)

    complete(training_class)

    assert statuses_of(training_class) == [EnrollmentStatus.WITHDRAWN, EnrollmentStatus.COMPLETED]


def test_completion_of_one_class_leaves_the_others_alone():
    other = EnrollmentFactory()

    complete(finished_class(1))

    other.refresh_from_db()
    assert other.status == EnrollmentStatus.ENROLLED


def test_class_is_completed_from_its_last_day_on():
    complete(running_class(1, ends_on=TODAY))


def test_class_that_is_not_over_is_not_completed():
    refused_with("class_not_over", running_class(1, ends_on=TODAY + timedelta(days=1)))


def test_empty_class_is_not_completed():
    refused_with("class_empty", finished_class(0))


def test_reason_is_asked_for_each_who_does_not_complete():
    training_class = finished_class(1)

    refused_with("reason_missing", training_class, not_completed={people_of(training_class)[0].pk: " "})


def test_list_that_has_changed_is_looked_at_again():
    training_class = finished_class(2)
    gone, _stays = people_of(training_class)
    withdraw(gone)

    refused_with("people_changed", training_class, not_completed={gone.pk: "Missed most of the practice."})


@pytest.mark.parametrize("state", [{}, {"confirmed": True}, {"completed": True}])
def test_class_that_is_not_running_is_not_completed(state):
    training_class = TrainingClassFactory(**state)

    with pytest.raises(InvalidTransition):
        complete(training_class)

    assert not AuditEvent.objects.exists()


def test_class_is_completed_once():
    training_class = finished_class(1)
    complete(training_class)

    with pytest.raises(InvalidTransition):
        complete(training_class)

    assert TrainingCertificate.objects.count() == 1


def test_another_institution_completes_nothing():
    training_class = finished_class(1)

    refused_with("not_permitted", training_class, completer=UserFactory(training_manager=True))
