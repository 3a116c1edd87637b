import pytest
import structlog
from django.db import InternalError, connection

from chongqing_dte.foundation.audit import record_event, record_events
from chongqing_dte.foundation.models import AuditEvent
from tests.clock import NOW
from tests.factories.institutions import DistrictFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_event_says_who_what_when_why_and_in_which_request():
    actor, subject = UserFactory(), DistrictFactory()

    with structlog.contextvars.bound_contextvars(request_id="request-0001"):
        record_event("a.b", subject=subject, actor_id=actor.pk, at=NOW, reason="because", facts={"count": 2})

    event = AuditEvent.objects.values().get()
    assert event.pop("id")
    assert event == {
        "name": "a.b",
        "subject_type": "institutions.district",
        "subject_id": subject.pk,
        "actor_id": actor.pk,
        "at": NOW,
        "request_id": "request-0001",
        "reason": "because",
        "facts": {"count": 2},
    }


def test_event_without_an_actor_is_the_system_s_own():
    record_event("a.b", subject=DistrictFactory(), at=NOW)

    assert AuditEvent.objects.get().actor_id is None


def test_events_of_many_subjects_take_one_statement(django_assert_num_queries):
    subjects = DistrictFactory.create_batch(5)

    with django_assert_num_queries(1):
        record_events("a.b", subjects=subjects, at=NOW)

    assert set(AuditEvent.objects.values_list("subject_id", flat=True)) == {
        subject.pk for subject in subjects
    }


@pytest.mark.parametrize(
    ("statement", "refusal"),
    [
        ("UPDATE foundation_auditevent SET reason = 'another'", "Cannot update"),
        ("DELETE FROM foundation_auditevent", "Cannot delete"),
        ("TRUNCATE foundation_auditevent", "no_truncate"),
    ],
    ids=["update", "delete", "truncate"],
)
def test_what_was_recorded_stays_as_it_was(statement, refusal):
    record_event("a.b", subject=DistrictFactory(), at=NOW)
    # What is checked only at the commit would refuse the TRUNCATE before the trigger is asked.
    connection.check_constraints()

    with pytest.raises(InternalError, match=refusal), connection.cursor() as cursor:
        cursor.execute(statement)
