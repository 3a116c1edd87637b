from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chongqing_dte.foundation.models import AuditEvent
from enrollment.enums import EnrollmentStatus
from enrollment.models import Enrollment
from enrollment.queries import IntakePolicyMissing
from enrollment.services.roster_locks import lock_due_rosters
from enrollment.tasks import lock_due_rosters_task
from tests.clock import NOW
from tests.enrollment.training import TODAY, complete, finished_class, people_of, running_class, withdraw
from tests.factories.enrollment import EnrollmentFactory, IntakePolicyFactory, TrainingClassFactory
from tests.factories.institutions import FundedQuotaFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def policy(db):
    return IntakePolicyFactory(roster_lock_days=3)


def lock(**changed) -> int:
    return lock_due_rosters(**{"now": NOW, **changed})


def test_lock_freezes_the_people_who_are_in_the_class():
    training_class = running_class(2)
    gone = people_of(training_class)[0]
    withdraw(gone)

    assert lock() == 1

    training_class.refresh_from_db()
    assert (training_class.roster_locked_at, training_class.locked_count) == (NOW, 1)
    assert list(Enrollment.objects.order_by("pk").values_list("locked_at", flat=True)) == [None, NOW]


def test_lock_leaves_an_event():
    training_class = running_class(2)

    lock()

    event = AuditEvent.objects.get(name="class.roster_locked")
    assert (event.subject_id, event.actor_id, event.at) == (training_class.pk, None, NOW)


@pytest.mark.parametrize(("days_ago", "locked"), [(2, 0), (3, 1), (4, 1)])
def test_lock_waits_for_the_policy_s_number_of_days(days_ago, locked):
    running_class(1, starts_on=TODAY - timedelta(days=days_ago))

    assert lock() == locked


@pytest.mark.parametrize(("days_ago", "locked"), [(3, 0), (4, 1)])
def test_class_without_anybody_has_its_day_to_the_end(days_ago, locked):
    running_class(0, starts_on=TODAY - timedelta(days=days_ago))

    assert lock() == locked


@pytest.mark.parametrize("state", [{"confirmed": True}, {"completed": True}, {"locked": True}, {}])
def test_only_a_running_class_without_a_lock_is_locked(state):
    TrainingClassFactory(**state)

    assert lock() == 0
    assert not AuditEvent.objects.exists()


def test_lock_that_stands_is_not_made_again():
    training_class = running_class(1)
    lock()

    assert lock(now=NOW + timedelta(days=1)) == 0
    training_class.refresh_from_db()
    assert training_class.roster_locked_at == NOW


def test_denominator_stays_when_somebody_leaves_after_the_lock():
    training_class = running_class(2)
    lock()
    withdraw(people_of(training_class)[0])

    training_class.refresh_from_db()
    assert training_class.locked_count == 2
    assert Enrollment.objects.filter(training_class=training_class, locked_at__isnull=False).count() == 2
    assert training_class.enrollments.filter(status=EnrollmentStatus.WITHDRAWN).count() == 1


def test_funded_seats_that_nobody_took_go_back():
    quota = FundedQuotaFactory(reserved_count=50)
    first = running_class(2, institution=quota.institution, quota=quota, reserved_seat_count=30)
    second = running_class(1, institution=quota.institution, quota=quota, reserved_seat_count=20)

    lock()

    quota.refresh_from_db()
    assert quota.reserved_count == 3
    for training_class, count in ((first, 2), (second, 1)):
        training_class.refresh_from_db()
        assert training_class.reserved_seat_count == count


def test_class_that_holds_fewer_funded_seats_than_people_keeps_them():
    quota = FundedQuotaFactory(reserved_count=1)
    training_class = running_class(2, institution=quota.institution, quota=quota, reserved_seat_count=1)

    lock()

    quota.refresh_from_db()
    training_class.refresh_from_db()
    assert (quota.reserved_count, training_class.reserved_seat_count, training_class.locked_count) == (
        1,
        1,
        2,
    )


def test_class_that_cannot_be_locked_does_not_hold_up_the_others():
    # The books of this quota are wrong: it holds fewer seats than the class.
    quota = FundedQuotaFactory(reserved_count=0)
    running_class(1, institution=quota.institution, quota=quota, reserved_seat_count=30)
    good = running_class(1)

    assert lock() == 1
    good.refresh_from_db()
    assert good.is_roster_locked


def test_many_classes_cost_as_many_statements_as_one():
    def statements(count):
        for _ in range(count):
            running_class(1)
        with CaptureQueriesContext(connection) as captured:
            lock()
        return len(captured)

    assert statements(1) == statements(5)


def test_without_a_policy_nothing_is_locked_in_silence(policy):
    running_class(1)

    with pytest.raises(IntakePolicyMissing):
        lock(now=NOW + timedelta(days=3000))


def test_without_a_class_to_lock_no_policy_is_asked_for():
    assert lock(now=NOW + timedelta(days=3000)) == 0


def test_class_that_is_completed_before_any_lock_is_locked_in_the_same_act():
    training_class = finished_class(2)

    complete(training_class)

    training_class.refresh_from_db()
    assert (training_class.roster_locked_at, training_class.locked_count) == (NOW, 2)
    assert Enrollment.objects.filter(locked_at=NOW).count() == 2


@pytest.mark.usefixtures("_clock_stands_still")
def test_task_locks_what_is_due():
    training_class = running_class(1)

    lock_due_rosters_task()

    training_class.refresh_from_db()
    assert training_class.is_roster_locked


def test_nobody_enters_the_denominator_of_another_class():
    other = TrainingClassFactory(confirmed=True)
    EnrollmentFactory(training_class=other)
    running_class(1)

    lock()

    assert Enrollment.objects.get(training_class=other).locked_at is None
