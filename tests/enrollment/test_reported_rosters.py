"""A roster that a machine reports as rows is checked and confirmed as a file with the same people."""

import json

import pytest

from chongqing_dte.foundation.errors import NotPermitted
from chongqing_dte.foundation.workbooks import UnreadableWorkbook
from enrollment.enums import RosterSource, RosterStatus, RowOutcome
from enrollment.models import Enrollment, RosterRow, RosterUpload
from enrollment.services.roster_uploads import receive_roster_rows
from tests.clock import NOW
from tests.enrollment.rosters import check, confirm, person, received, with_intake_policy
from tests.factories.enrollment import TrainingClassFactory
from tests.factories.institutions import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def reported(training_class, *people, **changed):
    """Return the upload of the rows with these people, which waits for a worker."""
    with_intake_policy()
    return receive_roster_rows(
        **{
            "class_id": training_class.pk,
            "uploader": training_class.filed_by,
            "entries": people,
            "now": NOW,
            **changed,
        }
    )


@pytest.fixture
def training_class():
    return TrainingClassFactory(confirmed=True)


def test_reported_rows_come_to_the_same_as_a_file(training_class):
    people = [person(1), person(2, mobile="123"), person(3, name="")]
    from_file = received(TrainingClassFactory(confirmed=True), *people)

    from_rows = check(reported(training_class, *people))

    def judged(upload):
        return [
            (json.loads(row.cells), row.outcome, [problem["code"] for problem in row.problems])
            for row in RosterRow.objects.filter(upload=upload)
        ]

    assert judged(from_rows) == judged(from_file)
    assert (from_rows.source, from_rows.status) == (RosterSource.API, RosterStatus.READY)
    assert [row.number for row in RosterRow.objects.filter(upload=from_rows)] == [1, 2, 3]


def test_reported_rows_are_put_in_once_somebody_confirms(training_class):
    upload = check(reported(training_class, person(1), person(2)))
    assert not Enrollment.objects.exists()

    confirm(upload)

    assert Enrollment.objects.filter(training_class=training_class).count() == 2


def test_same_rows_again_are_the_same_upload_in_whatever_order_their_fields_come(training_class):
    first = reported(training_class, person(1))

    again = reported(training_class, dict(reversed(person(1).items())))

    assert again.pk == first.pk
    assert RosterUpload.objects.count() == 1


def test_cells_are_cleaned_as_those_of_a_file(training_class):
    entry = person(1, name=" 李 一 ", category="毕业年度高校毕业生", graduated_on="2026/6/30")

    upload = check(reported(training_class, entry))

    [row] = RosterRow.objects.filter(upload=upload)
    cells = json.loads(row.cells)
    assert (cells["category"], cells["graduated_on"]) == ("GRADUATING_STUDENT", "2026-06-30")
    assert row.outcome == RowOutcome.NEW


def test_reported_rows_are_kept_encrypted(training_class):
    reported(training_class, person(1))

    raw = RosterUpload.objects.extra(select={"raw": "content"}).values_list("raw", flat=True).get()
    assert person(1)["id_number"].encode() not in bytes(raw)


def test_another_institution_reports_nothing(training_class):
    with pytest.raises(NotPermitted):
        reported(training_class, person(1), uploader=UserFactory(training_operator=True))
    assert not RosterUpload.objects.exists()


def test_more_than_a_file_may_hold_is_refused(training_class, settings):
    settings.ROSTER_MAX_BYTES = 100

    with pytest.raises(UnreadableWorkbook):
        reported(training_class, person(1))
    assert not RosterUpload.objects.exists()
