"""Classes in their different stages with people in them, for the tests of lock, departures and completion."""

from datetime import date, timedelta

from enrollment.enums import EnrollmentStatus
from enrollment.services.completion import complete_class
from enrollment.services.departures import withdraw_enrollment
from enrollment.services.transfers import transfer_enrollment
from tests.clock import NOW
from tests.factories.enrollment import EnrollmentFactory, TrainingClassFactory

TODAY = NOW.date()
YESTERDAY = TODAY - timedelta(days=1)
# Running today, and over in a month.
DATES = {"starts_on": date(2026, 10, 12), "ends_on": date(2026, 11, 20)}


def running_class(people=1, **traits):
    """Return a running class with so many people, which began last week."""
    training_class = TrainingClassFactory(**{"running": True, **DATES, **traits})
    EnrollmentFactory.create_batch(people, training_class=training_class)
    return training_class


def finished_class(people=1, **traits):
    """Return a running class whose last day was yesterday."""
    return running_class(people, **{"ends_on": YESTERDAY, **traits})


def sister_of(training_class, **traits):
    """Return another class of the institution for the same training, on the same days."""
    same = ("institution", "occupation", "direction", "level", "starts_on", "ends_on")
    return TrainingClassFactory(
        **{"running": True, **{name: getattr(training_class, name) for name in same}, **traits}
    )


def people_of(training_class):
    return list(training_class.enrollments.order_by("pk"))


def withdraw(enrollment, **changed):
    """Record that somebody left, as their institution does."""
    return withdraw_enrollment(
        **{
            "enrollment_id": enrollment.pk,
            "withdrawer": enrollment.training_class.drafted_by,
            "reason": "Moved away.",
            "now": NOW,
            **changed,
        }
    )


def transfer(enrollment, to_class, **changed):
    """Move somebody, as their institution does."""
    return transfer_enrollment(
        **{
            "enrollment_id": enrollment.pk,
            "to_class_id": to_class.pk,
            "transferrer": enrollment.training_class.drafted_by,
            "reason": "Works in the daytime now.",
            "now": NOW,
            **changed,
        }
    )


def complete(training_class, **changed):
    """Complete a class with everybody in it, as its institution does."""
    return complete_class(
        **{
            "class_id": training_class.pk,
            "completer": training_class.drafted_by,
            "not_completed": {},
            "now": NOW,
            **changed,
        }
    )


def statuses_of(training_class):
    """Return the statuses of a class's people, in the order in which they enrolled."""
    return [EnrollmentStatus(enrollment.status) for enrollment in people_of(training_class)]
