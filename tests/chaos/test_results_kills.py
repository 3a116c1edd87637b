"""A process that dies while it records results leaves nothing of them, and they are recorded afterwards."""

import os
import subprocess
import sys
import time

import pytest
from django.db import connection, transaction

from assessment.enums import ResultsStatus, SessionStatus
from assessment.models import Attempt, LevelCertificate
from tests.assessment.result_lists import check, confirm, list_of, nothing_is_recorded, passed, session_with
from tests.chaos.workers import ROOT, environment_of_workers

pytestmark = [pytest.mark.chaos, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

PATIENCE_SECONDS = 60.0
RECORD = """
import sys, django
django.setup()
from assessment.models import ResultsUpload
from assessment.services.results import record_results
from tests.clock import NOW
upload = ResultsUpload.objects.get(pk=int(sys.argv[1]))
record_results(upload_id=upload.pk, operator=upload.uploaded_by, now=NOW)
"""
SOMEBODY_WAITS = """
    SELECT EXISTS (
        SELECT FROM pg_locks WHERE relation = 'assessment_levelcertificate'::regclass AND NOT granted
    )
"""


def wait_for_somebody(cursor, child):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        cursor.execute(SOMEBODY_WAITS)
        if cursor.fetchone()[0]:
            return
        assert child.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_process_that_is_killed_between_attempts_and_certificates_leaves_nothing(tmp_path):
    session, people = session_with(3)
    upload = check(session, list_of(*(passed(person, place) for place, person in enumerate(people))))
    command = [sys.executable, "-c", RECORD, str(upload.pk)]

    with transaction.atomic(), connection.cursor() as cursor:
        # The attempts are written by then; only an INSERT of certificates waits for this lock.
        cursor.execute("LOCK TABLE assessment_levelcertificate IN SHARE MODE")
        environment = {**os.environ, **environment_of_workers(tmp_path)}
        with subprocess.Popen(command, cwd=ROOT, env=environment) as child:
            wait_for_somebody(cursor, child)
            child.kill()

    upload.refresh_from_db()
    assert upload.status == ResultsStatus.READY
    assert nothing_is_recorded(session)
    confirm(upload)
    session.refresh_from_db()
    assert session.status == SessionStatus.RECORDED
    assert (Attempt.objects.count(), LevelCertificate.objects.count()) == (3, 3)
