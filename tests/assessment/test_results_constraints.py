import hashlib
from itertools import product

import pytest
from django.db import IntegrityError, InternalError

from assessment.enums import ResultsStatus
from assessment.transitions import RESULTS_TRANSITIONS
from tests.clock import NOW
from tests.factories.assessment import AssessmentSessionFactory, ResultsUploadFactory

pytestmark = pytest.mark.django_db

UNRECORDED = {"recorded_by": None, "recorded_at": None}
READY = {"status": ResultsStatus.READY, **UNRECORDED}


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"status": "KEPT", **UNRECORDED}, "results_status_known"),
        ({"source": "LETTER"}, "results_source_known"),
        ({**READY, "recorded_at": NOW}, "results_recording_complete"),
        ({"recorded_by": None}, "results_recording_complete"),
        (UNRECORDED, "results_recorded_by_somebody"),
    ],
)
def test_upload_is_refused_by(fields, constraint):
    with pytest.raises(IntegrityError, match=constraint):
        ResultsUploadFactory(**fields)


def test_session_has_one_submission_that_was_recorded():
    upload = ResultsUploadFactory()

    with pytest.raises(IntegrityError, match="results_recorded_once_per_session"):
        ResultsUploadFactory(session=upload.session)


@pytest.mark.parametrize("first", [{}, READY], ids=["recorded", "ready"])
def test_same_content_is_one_live_submission_of_a_session(first):
    upload = ResultsUploadFactory(**first)

    with pytest.raises(IntegrityError, match="results_upload_once_per_session"):
        ResultsUploadFactory(session=upload.session, content=upload.content, **READY)


@pytest.mark.parametrize("status", [ResultsStatus.REFUSED, ResultsStatus.DISCARDED])
def test_same_content_may_come_again_after_it_was_put_aside_and_for_another_session(status):
    upload = ResultsUploadFactory(status=status, **UNRECORDED)

    ResultsUploadFactory(session=upload.session, content=upload.content, **READY)
    ResultsUploadFactory(session=AssessmentSessionFactory(recorded=True), content=upload.content)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("file_name", "another.xlsx"),
        ("source", "API"),
        ("content", b"another"),
        ("sha256", hashlib.sha256(b"another").hexdigest()),
        ("uploaded_at", NOW),
    ],
)
def test_what_came_in_never_changes(field, value):
    upload = ResultsUploadFactory(**READY)

    with pytest.raises(InternalError, match=r"Cannot update|keeps what was written"):
        type(upload).objects.filter(pk=upload.pk).update(**{field: value})


@pytest.mark.parametrize(
    "change",
    [
        {"status": ResultsStatus.DISCARDED},
        {"row_count": 9},
        {"problems": [{"row": 2}]},
        {"recorded_at": NOW},
    ],
    ids=lambda change: next(iter(change)),
)
def test_recorded_upload_stays_as_it_was_recorded(change):
    upload = ResultsUploadFactory()

    with pytest.raises(InternalError, match="results_stay_recorded"):
        type(upload).objects.filter(pk=upload.pk).update(**change)


WAYS = {
    ("REFUSED", "DISCARDED"),
    ("READY", "RECORDED"),
    ("READY", "REFUSED"),
    ("READY", "DISCARDED"),
}


@pytest.mark.parametrize(("current", "target"), list(product(ResultsStatus, repeat=2)), ids=str)
def test_status_goes_only_the_ways_of_its_table(current, target):
    assert (target in RESULTS_TRANSITIONS[current]) == ((current.value, target.value) in WAYS)
