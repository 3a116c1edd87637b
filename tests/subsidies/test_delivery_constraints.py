"""What the database refuses about links, stops, set-aside files and findings, each by name."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, InternalError

from subsidies.enums import ResultFileStatus
from subsidies.models import BankResultFile, BatchDownload, LineResolution, SendingStop
from tests.clock import NOW
from tests.factories.bank import BatchDownloadFactory, LineResolutionFactory, SendingStopFactory
from tests.factories.institutions import UserFactory
from tests.factories.subsidies import BankResultFileFactory, BankResultLineFactory
from tests.subsidies.database import committed

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"expires_at": NOW}, "batch_download_expires"),
        ({"fetch_count": 1}, "batch_download_counts_its_fetches"),
        ({"fetched_at": NOW}, "batch_download_counts_its_fetches"),
    ],
)
def test_download_is_refused_by(fields, constraint):
    with pytest.raises(IntegrityError, match=constraint):
        BatchDownloadFactory(**fields)


def test_whoever_has_the_password_has_not_fetched_the_file():
    one = UserFactory(municipal_finance=True)

    with pytest.raises(IntegrityError, match="batch_download_fetched_by_another"):
        BatchDownloadFactory(requested_by=one, fetched_by=one, fetched_at=NOW, fetch_count=1)


def test_a_password_is_shown_once():
    download = BatchDownloadFactory(password_shown_at=NOW)

    with pytest.raises(InternalError, match="batch_download_password_shown_once"):
        BatchDownload.objects.filter(pk=download.pk).update(password_shown_at=NOW + timedelta(minutes=1))


def test_a_link_is_never_prolonged():
    download = BatchDownloadFactory()

    with pytest.raises(InternalError, match="Cannot update"):
        BatchDownload.objects.filter(pk=download.pk).update(expires_at=NOW + timedelta(days=1))


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"kind": "TIRED"}, "sending_stop_kind_known"),
        ({"reason": ""}, "sending_stop_has_reason"),
        ({"lift_proposed_at": NOW}, "sending_stop_proposal_complete"),
        ({"lifted_at": NOW}, "sending_stop_lift_complete"),
        ({"lifted": True, "lift_reason": ""}, "sending_stop_lifted_after_a_proposal"),
    ],
)
def test_stop_is_refused_by(fields, constraint):
    with pytest.raises(IntegrityError, match=constraint):
        SendingStopFactory(**fields)


def test_a_stop_is_lifted_by_two_people():
    one = UserFactory(municipal_finance=True)

    with pytest.raises(IntegrityError, match="sending_stop_lifted_by_two_people"):
        SendingStopFactory(lifted=True, lift_proposed_by=one, lifted_by=one)


def test_one_stop_of_a_kind_holds_at_a_time():
    SendingStopFactory(lifted=True)
    SendingStopFactory()

    with pytest.raises(IntegrityError, match="sending_stop_one_at_a_time"):
        SendingStopFactory()


def test_a_lifted_stop_stays_lifted():
    stop = SendingStopFactory(lifted=True)

    with pytest.raises(InternalError, match="sending_stop_stays_lifted"):
        SendingStop.objects.filter(pk=stop.pk).update(lifted_at=None, lifted_by=None)


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"dismissed_at": NOW}, "result_file_dismissal_complete"),
        ({"status": ResultFileStatus.DISMISSED}, "result_file_dismissed_for_a_reason"),
        ({"problem": ""}, "result_file_applied_to_a_batch_or_set_aside_for_a_reason"),
    ],
)
def test_set_aside_file_is_refused_by(fields, constraint):
    with pytest.raises(IntegrityError, match=constraint):
        BankResultFileFactory(set_aside=True, **fields)


def test_a_file_is_dismissed_by_somebody():
    someone = UserFactory(municipal_finance=True)

    with pytest.raises(IntegrityError, match="result_file_dismissed_for_a_reason"):
        BankResultFileFactory(
            set_aside=True, status=ResultFileStatus.DISMISSED, dismissed_by=someone, dismissed_at=NOW
        )


@pytest.mark.parametrize("fields", [{}, {"status": ResultFileStatus.DISMISSED}], ids=["applied", "dismissed"])
def test_a_file_that_has_ended_stays_so(fields):
    someone = UserFactory(municipal_finance=True)
    dismissed = {"dismissed_by": someone, "dismissed_at": NOW, "dismissal_reason": "A test file."}
    file = BankResultFileFactory(**({"set_aside": True, **fields, **dismissed} if fields else {}))

    with pytest.raises(InternalError, match="result_file_stays_ended"):
        BankResultFile.objects.filter(pk=file.pk).update(problem="other")


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"outcome": "PERHAPS"}, "resolution_outcome_known"),
        ({"outcome": "FOUND_PAID"}, "resolution_ends_an_instruction_by_a_statement"),
        ({"outcome": "FOUND_RETURNED"}, "resolution_ends_an_instruction_by_a_statement"),
        ({"reason": ""}, "resolution_has_reason"),
        ({"status": "APPROVED"}, "resolution_decided_by_somebody"),
        ({"decided_at": NOW}, "resolution_decision_complete"),
    ],
)
def test_finding_is_refused_by(fields, constraint):
    with pytest.raises(IntegrityError, match=constraint):
        LineResolutionFactory(**fields)


def test_a_finding_has_a_known_status():
    with pytest.raises(IntegrityError, match="resolution_status_known"):
        LineResolutionFactory(approved=True, status="LOST")


def test_a_finding_is_confirmed_by_somebody_else():
    one = UserFactory(municipal_finance=True)

    with pytest.raises(IntegrityError, match="resolution_decided_by_someone_else"):
        LineResolutionFactory(approved=True, proposed_by=one, decided_by=one)


def test_a_line_has_one_live_finding():
    line = BankResultLineFactory()
    LineResolutionFactory(line=line, approved=True, status="REFUSED")
    LineResolutionFactory(line=line)

    with pytest.raises(IntegrityError, match="resolution_one_live_per_line"):
        LineResolutionFactory(line=line)


def test_a_decided_finding_stays_decided():
    found = LineResolutionFactory(approved=True)

    with pytest.raises(InternalError, match="resolution_stays_decided"):
        LineResolution.objects.filter(pk=found.pk).update(status="REFUSED")


@pytest.mark.parametrize("status", [None, "PROPOSED", "REFUSED"])
def test_a_line_is_not_settled_without_two_people(status):
    line = BankResultLineFactory()
    if status:
        LineResolutionFactory(line=line, **({"approved": True} if status == "REFUSED" else {}), status=status)

    line.resolved_at = NOW

    with pytest.raises(IntegrityError, match="result_line_resolved_by_two_people"), committed():
        line.save()


def test_a_line_is_settled_by_two_people():
    line = LineResolutionFactory(approved=True).line

    with committed():
        line.resolved_at = NOW
        line.save()
