"""Having a register asked again: who may, and what it changes."""

from datetime import timedelta

import pytest

from chongqing_dte.foundation.errors import InvalidTransition, NotPermitted
from chongqing_dte.foundation.models import AuditEvent
from enrollment.services.registers import GONE, ask_again
from institutions.enums import DISTRICT_ROLES, Role
from tests.clock import NOW
from tests.enrollment.asking import due_at
from tests.factories.enrollment import EnrollmentFactory
from tests.factories.institutions import UserFactory


def reviewer_of(enrollment):
    return UserFactory(district_reviewer=True, district=enrollment.training_class.district)


@pytest.mark.django_db(transaction=True)
def test_asking_again_makes_due_at_once(waiting_messages):
    enrollment = EnrollmentFactory(registers_due_at=NOW + timedelta(hours=5))
    reviewer = reviewer_of(enrollment)

    ask_again(enrollment_id=enrollment.pk, actor=reviewer, now=NOW)

    assert due_at(enrollment) == NOW
    event = AuditEvent.objects.get(name="enrollment.registers_asked_again")
    assert (event.subject_id, event.actor_id, event.at) == (enrollment.pk, reviewer.pk, NOW)


@pytest.mark.django_db(transaction=True)
def test_asking_again_twice_is_asking_once():
    enrollment = EnrollmentFactory()
    reviewer = reviewer_of(enrollment)

    for seconds in (0, 5):
        ask_again(enrollment_id=enrollment.pk, actor=reviewer, now=NOW + timedelta(seconds=seconds))

    assert due_at(enrollment) == NOW
    assert AuditEvent.objects.filter(name="enrollment.registers_asked_again").count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("status", GONE)
def test_nobody_asks_about_who_left_the_class(status):
    enrollment = EnrollmentFactory(status=status, left_at=NOW)

    with pytest.raises(InvalidTransition):
        ask_again(enrollment_id=enrollment.pk, actor=reviewer_of(enrollment), now=NOW)

    assert due_at(enrollment) is None


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("role", [*DISTRICT_ROLES, Role.MUNICIPAL_AUDITOR, Role.MUNICIPAL_FINANCE])
def test_outsider_changes_nothing(role):
    enrollment = EnrollmentFactory()

    with pytest.raises(NotPermitted):
        ask_again(enrollment_id=enrollment.pk, actor=UserFactory(**{role.lower(): True}), now=NOW)

    assert due_at(enrollment) is None
    assert not AuditEvent.objects.filter(name="enrollment.registers_asked_again").exists()
