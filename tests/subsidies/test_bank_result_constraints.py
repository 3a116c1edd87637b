import pytest
from django.db import IntegrityError, transaction

from subsidies.enums import ResultFileStatus
from subsidies.models import BankResultFile
from tests.clock import NOW
from tests.factories.institutions import UserFactory
from tests.factories.subsidies import BankResultFileFactory, BankResultLineFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"batch": None}, "result_file_applied_to_a_batch_or_set_aside_for_a_reason"),
        ({"problem": "header_wrong"}, "result_file_applied_to_a_batch_or_set_aside_for_a_reason"),
        (
            {"status": ResultFileStatus.QUARANTINED},
            "result_file_applied_to_a_batch_or_set_aside_for_a_reason",
        ),
        (
            {"status": ResultFileStatus.WAITING, "batch": None, "by_hand": True},
            "result_file_applied_to_a_batch_or_set_aside_for_a_reason",
        ),
        ({"status": ResultFileStatus.WAITING}, "result_file_waits_only_if_brought"),
        ({"confirmed_at": NOW}, "result_file_confirmation_complete"),
    ],
)
def test_result_file_is_refused_by(fields, constraint):
    with pytest.raises(IntegrityError, match=f'"{constraint}"'), transaction.atomic():
        BankResultFileFactory(**fields)


def test_result_file_of_an_unknown_status_is_refused():
    # Both forbid it, and the database names the one that it asks first.
    either = "result_file_status_known|result_file_applied_to_a_batch_or_set_aside_for_a_reason"

    with pytest.raises(IntegrityError, match=either), transaction.atomic():
        BankResultFileFactory(status="READ")


def test_what_one_person_brought_is_not_applied_by_that_alone():
    with pytest.raises(IntegrityError, match="result_file_by_hand_is_confirmed"), transaction.atomic():
        BankResultFileFactory(by_hand=True)


def test_what_one_person_brought_becomes_applied_only_if_confirmed():
    brought = BankResultFileFactory(by_hand=True, status=ResultFileStatus.WAITING)

    with pytest.raises(IntegrityError, match="result_file_by_hand_is_confirmed"), transaction.atomic():
        BankResultFile.objects.filter(pk=brought.pk).update(status=ResultFileStatus.APPLIED)


def test_what_one_person_brought_another_one_confirms():
    one = UserFactory(municipal_finance=True)

    with pytest.raises(IntegrityError, match='"result_file_confirmed_by_someone_else"'), transaction.atomic():
        BankResultFileFactory(received_by=one, confirmed_by=one, confirmed_at=NOW)


def test_one_content_is_stored_once():
    stored = BankResultFileFactory()

    with pytest.raises(IntegrityError, match="sha256"), transaction.atomic():
        BankResultFileFactory(content=stored.content, file_name="another name.csv")


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"answer": "PERHAPS"}, "result_line_answer_known"),
        ({"problem": "ODD"}, "result_line_problem_known"),
        ({"problem": ""}, "result_line_matches_or_has_a_problem"),
        ({"is_of_whole": True}, "result_line_of_the_whole_ends_an_instruction"),
    ],
)
def test_result_line_is_refused_by(fields, constraint):
    with pytest.raises(IntegrityError, match=f'"{constraint}"'), transaction.atomic():
        BankResultLineFactory(**fields)


def test_a_line_is_stored_once():
    line = BankResultLineFactory()

    with pytest.raises(IntegrityError, match='"result_line_once_per_file"'), transaction.atomic():
        BankResultLineFactory(result_file=line.result_file, line_number=line.line_number)
