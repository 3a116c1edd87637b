from functools import partial

import pytest

from assessment import policies
from assessment.models import Attempt, LevelCertificate, ResultsUpload
from tests.assessment.result_lists import failed, list_of, passed, record, session_with
from tests.enrollment.interleaving import rival_in_the_middle

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def test_two_files_for_one_session_at_once_leave_one(monkeypatch):
    session, (person,) = session_with(1)

    outcomes = rival_in_the_middle(
        monkeypatch,
        (policies, "check_can_record_results"),
        partial(record, session, list_of(passed(person, 1))),
        partial(record, session, list_of(failed(person))),
    )

    assert outcomes == ["done", "invalid_transition"]
    assert (ResultsUpload.objects.count(), Attempt.objects.get().outcome) == (1, "PASSED")


def test_one_file_sent_twice_at_once_is_recorded_once(monkeypatch):
    session, (person,) = session_with(1)
    send = partial(record, session, list_of(passed(person, 1)))

    outcomes = rival_in_the_middle(monkeypatch, (policies, "check_can_record_results"), send, send)

    assert outcomes == ["done", "done"]
    assert (Attempt.objects.count(), LevelCertificate.objects.count()) == (1, 1)
