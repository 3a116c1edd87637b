"""The pages about deliveries, answers and the stop: what they show, to whom, and what they keep to themselves."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from institutions.enums import Role
from subsidies.bank.sentences import file_problem
from subsidies.enums import BankAnswer, BatchStatus, ResolutionOutcome
from subsidies.models import BankResultFile, BatchDownload, LineResolution
from tests.factories.bank import batch_by_hand, exception_in, taken_back
from tests.factories.institutions import UserFactory
from tests.factories.subsidies import (
    answers_to,
    assembled_batch,
    delivered_batch,
    result_list,
    settled_batch,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk(client_as):
    client = client_as(Role.MUNICIPAL_FINANCE)
    client.cookies["django_language"] = "en"
    return client


def text_of(response) -> str:
    return response.content.decode()


def address(route: str, line) -> str:
    return reverse(route, args=[line.result_file.public_id, line.line_number])


def test_batches_are_narrowed_by_what_is_asked_for(clerk):
    waiting, settled = assembled_batch(), settled_batch()

    shown = text_of(clerk.get(reverse("batch-list"), {"status": "SETTLED", "since": "2020-01-01"}))

    assert settled.reference in shown
    assert waiting.reference not in shown


@pytest.mark.parametrize("wanted", [{"status": "?"}, {"since": "2026-13-45"}, {"side": "x", "until": "y"}])
def test_what_is_no_choice_narrows_nothing(clerk, wanted):
    batch = assembled_batch()

    assert batch.reference in text_of(clerk.get(reverse("batch-list"), wanted))


def test_the_lines_of_a_batch_come_in_pages(clerk, monkeypatch):
    monkeypatch.setattr("subsidies.views.batches.LINES_ON_A_PAGE", 1)
    batch = delivered_batch(2)
    first, second = batch.attempts.order_by("line_number")
    page = reverse("batch-detail", args=[batch.public_id])

    assert first.reference in text_of(clerk.get(page))
    assert second.reference not in text_of(clerk.get(page))
    assert second.reference in text_of(clerk.get(page, {"after": 1}))


def test_a_batch_by_hand_leads_from_the_link_to_the_bank(clerk, client_as):
    batch = batch_by_hand()

    offered = clerk.post(reverse("batch-download-offer", args=[batch.public_id]))
    download = BatchDownload.objects.get()
    page = text_of(clerk.get(offered.url))
    file = client_as(Role.MUNICIPAL_FINANCE).post(reverse("batch-download-file", args=[download.public_id]))
    password = text_of(clerk.post(reverse("batch-download-password", args=[download.public_id])))
    clerk.post(reverse("batch-handed-over", args=[batch.public_id]))

    assert (file.status_code, file["Content-Type"]) == (200, "application/zip")
    assert download.password not in page
    assert download.password in password
    batch.refresh_from_db()
    assert batch.status == BatchStatus.DELIVERED


def test_the_page_of_the_password_shows_it_only_when_asked(clerk):
    batch = batch_by_hand()
    clerk.post(reverse("batch-download-offer", args=[batch.public_id]))
    download = BatchDownload.objects.get()
    page = reverse("batch-download-password", args=[download.public_id])

    assert download.password not in text_of(clerk.get(page))
    assert download.password in text_of(clerk.post(page))
    assert download.password not in text_of(clerk.get(page))
    assert clerk.post(page).status_code == 409


def test_a_result_file_is_handed_in_and_confirmed(clerk, client_as):
    batch = delivered_batch()
    content = result_list(batch.reference, answers_to(batch, "PAID"))
    form = {"file": SimpleUploadedFile("RESULT.csv", content)}

    answer = clerk.post(reverse("bank-result-hand-in"), form)

    file = BankResultFile.objects.get()
    page = reverse("bank-result-detail", args=[file.public_id])
    assert answer.url == page
    assert reverse("bank-result-confirm", args=[file.public_id]) not in text_of(clerk.get(page))
    colleague = client_as(Role.MUNICIPAL_FINANCE)
    assert "800.00" in text_of(colleague.get(page))
    colleague.post(reverse("bank-result-confirm", args=[file.public_id]))
    batch.refresh_from_db()
    assert batch.status == BatchStatus.SETTLED


def test_a_file_that_was_brought_is_refused_on_its_page(clerk, client_as):
    batch = delivered_batch()
    content = result_list(batch.reference, answers_to(batch, "PAID"))
    clerk.post(reverse("bank-result-hand-in"), {"file": SimpleUploadedFile("RESULT.csv", content)})
    address = reverse("bank-result-refuse", args=[BankResultFile.objects.get().public_id])

    own = clerk.post(address, {"reason": "Mine."})
    client_as(Role.MUNICIPAL_FINANCE).post(address, {"reason": "The bank knows nothing of it."})

    assert own.status_code == 403
    assert BankResultFile.objects.get().dismissal_reason == "The bank knows nothing of it."


def test_the_same_file_again_is_told_on_the_form(clerk):
    for _ in range(2):
        form = {"file": SimpleUploadedFile("RESULT.csv", b"not a result file")}
        answer = clerk.post(reverse("bank-result-hand-in"), form)

    assert "received before" in text_of(answer)


def test_a_file_that_is_set_aside_says_why_once(clerk):
    form = {"file": SimpleUploadedFile("RESULT.csv", b"not a result file")}

    shown = text_of(clerk.post(reverse("bank-result-hand-in"), form, follow=True))

    assert "The file is set aside." in shown
    assert shown.count(file_problem(BankResultFile.objects.get().problem)) == 1


def test_two_people_settle_a_line_on_its_page(clerk, client_as):
    line = taken_back(settled_batch())
    colleague = client_as(Role.MUNICIPAL_FINANCE)

    clerk.post(address("bank-exception-propose", line), {"outcome": "TAKEN_BACK", "reason": "Told so."})
    found = LineResolution.objects.get()
    own = clerk.post(address("bank-exception-approve", line), {"finding": found.pk})
    colleague.post(address("bank-exception-approve", line), {"finding": found.pk})

    line.refresh_from_db()
    assert own.status_code == 403
    assert line.resolved_at is not None


def test_two_people_end_an_instruction_on_the_page_of_its_line(clerk, client_as):
    line = exception_in(delivered_batch(), "PAID", amount="799.99")
    form = {"outcome": "FOUND_PAID", "reason": "Told so.", "bank_reference": "STATEMENT-7"}

    clerk.post(address("bank-exception-propose", line), form)
    colleague = client_as(Role.MUNICIPAL_FINANCE)
    shown = text_of(colleague.get(address("bank-exception-detail", line)))
    colleague.post(address("bank-exception-approve", line), {"finding": LineResolution.objects.get().pk})

    assert "STATEMENT-7" in shown
    line.attempt.refresh_from_db()
    assert line.attempt.status == "PAID"


def test_only_findings_that_can_be_so_are_offered(clerk):
    line = taken_back(settled_batch())

    shown = text_of(clerk.get(address("bank-exception-detail", line)))

    assert 'value="TAKEN_BACK"' in shown
    assert 'value="PAID_AFTER_ALL"' not in shown


def test_no_finding_is_chosen_beforehand(clerk):
    shown = text_of(clerk.get(address("bank-exception-detail", taken_back(settled_batch()))))

    assert '<option value="" selected>—</option>' in shown


def test_a_finding_that_is_no_choice_is_not_taken_down(clerk):
    line = taken_back(settled_batch())

    answer = clerk.post(address("bank-exception-propose", line), {"outcome": "?", "reason": "x"})

    assert answer.status_code == 422
    assert not LineResolution.objects.exists()


def test_another_finding_than_the_one_looked_at_is_not_confirmed(clerk):
    line = taken_back(settled_batch())
    LineResolution.objects.create(
        line=line,
        outcome=ResolutionOutcome.NO_EFFECT,
        reason="Told so.",
        proposed_by=UserFactory(municipal_finance=True),
        proposed_at=line.result_file.received_at,
    )

    assert clerk.post(address("bank-exception-approve", line), {"finding": "0"}).status_code == 409


@pytest.mark.parametrize("route", ["batch-list", "bank-result-list", "bank-exception-list", "sending"])
def test_a_list_takes_as_many_queries_for_many_rows(clerk, route, django_assert_max_num_queries):
    for _ in range(3):
        exception_in(settled_batch(), BankAnswer.RETURNED)

    with django_assert_max_num_queries(12):
        clerk.get(reverse(route))


def test_whoever_stops_sending_sees_it_everywhere(clerk):
    batch = assembled_batch()

    clerk.post(reverse("sending-stop"), {"reason": "The bank reports a break-in."})

    for page in (reverse("batch-list"), reverse("batch-detail", args=[batch.public_id])):
        assert "All sending is stopped" in text_of(clerk.get(page))
