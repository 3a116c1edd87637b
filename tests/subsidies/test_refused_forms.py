"""What cannot be followed is told on the form that was sent, beside its field, and what was entered is kept."""

from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from chongqing_dte.foundation.proposals import RequestStatus
from institutions.enums import Role
from subsidies.enums import ResultFileStatus, StopKind
from subsidies.models import (
    BankResultFile,
    BankResultLine,
    BatchDownload,
    LineResolution,
    SendingStop,
)
from tests.clock import NOW
from tests.factories.bank import (
    LineResolutionFactory,
    SendingStopFactory,
    batch_by_hand,
    exception_in,
    taken_back,
)
from tests.factories.notices import ObjectionFactory
from tests.factories.recoveries import (
    RecoverySettlementFactory,
    recovery_of_paid_money,
    repayment,
    settle,
)
from tests.factories.subsidies import answers_to, delivered_batch, result_list, settled_batch
from tests.interfaces.ids import doubled_ids

pytestmark = pytest.mark.django_db

# Nothing, and what looks like nothing.
BLANKS = ["", " \r\n ", "\u200b"]
TOO_LONG = "a long story " * 40


@pytest.fixture
def clerk(client_as):
    return in_english(client_as(Role.MUNICIPAL_FINANCE))


def in_english(client):
    client.cookies["django_language"] = "en"
    return client


def text_of(response) -> str:
    """Return a page that shows a form again."""
    text = response.content.decode()
    assert response.status_code == 422
    assert "This was not done" not in text
    assert doubled_ids(text) == []
    return text


def of_line(act: str, line: BankResultLine) -> str:
    return reverse(f"bank-exception-{act}", args=[line.result_file.public_id, line.line_number])


def waiting_finding() -> LineResolution:
    return LineResolutionFactory(line=taken_back(settled_batch()), proposed_at=NOW)


# ── Bank lines ───────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("reason", BLANKS)
def test_a_finding_without_a_reason_is_shown_again(clerk, reason):
    line = taken_back(settled_batch())
    form = {"outcome": "TAKEN_BACK", "reason": reason, "bank_reference": "STATEMENT-7"}

    text = text_of(clerk.post(of_line("propose", line), form))

    assert 'id="id_reason_error"' in text
    assert 'value="STATEMENT-7"' in text
    assert '<option value="TAKEN_BACK" selected>' in text
    assert not LineResolution.objects.exists()


def test_a_finding_that_does_not_say_where_it_is_written_is_told_there(clerk):
    line = exception_in(delivered_batch(), "PAID", amount="799.99")

    text = text_of(clerk.post(of_line("propose", line), {"outcome": "FOUND_PAID", "reason": "Told so."}))

    assert 'id="id_bank_reference_error"' in text
    assert "Told so." in text


@pytest.mark.parametrize("outcome", ["", "?"])
def test_a_finding_that_is_none_is_told_at_its_field(clerk, outcome):
    line = taken_back(settled_batch())

    text = text_of(clerk.post(of_line("propose", line), {"outcome": outcome, "reason": "Told so."}))

    assert 'id="id_outcome_error"' in text
    assert "Told so." in text


def test_a_finding_that_cannot_be_so_says_why_at_its_field(clerk):
    line = taken_back(settled_batch())

    text = text_of(clerk.post(of_line("propose", line), {"outcome": "PAID_AFTER_ALL", "reason": "Told so."}))

    error = text.partition('id="id_outcome_error"')[2].partition("</ul>")[0]
    assert "The bank does not say in this line that the money was paid." in error
    assert "Told so." in text


@pytest.mark.parametrize("reason", BLANKS)
def test_a_finding_is_not_refused_without_a_reason_and_its_page_comes_again(clerk, reason):
    found = waiting_finding()

    text = text_of(clerk.post(of_line("refuse", found.line), {"finding": found.pk, "reason": reason}))

    assert "Say why the finding is refused." in text.partition('id="id_reason_error"')[2]
    found.refresh_from_db()
    assert found.status == RequestStatus.PROPOSED


def test_a_finding_that_does_not_fit_any_more_keeps_what_the_second_person_says(clerk):
    line = taken_back(settled_batch())
    found = LineResolutionFactory(line=line, outcome="PAID_AFTER_ALL")

    text = text_of(
        clerk.post(of_line("approve", line), {"finding": found.pk, "reason": "The letter says so."})
    )

    assert "The bank does not say in this line that the money was paid." in text
    assert "The letter says so." in text


@pytest.mark.parametrize("act", ["approve", "refuse"])
def test_a_decision_that_is_too_long_is_shown_again(clerk, act):
    found = waiting_finding()

    text = text_of(clerk.post(of_line(act, found.line), {"finding": found.pk, "reason": TOO_LONG}))

    assert 'id="id_reason_error"' in text
    assert TOO_LONG.strip() in text


def test_whoever_may_not_is_told_so_before_anything_else(client_as):
    line = taken_back(settled_batch())
    reviewer = client_as(Role.MUNICIPAL_AUDITOR)

    assert reviewer.post(of_line("propose", line), {}).status_code == 403
    assert reviewer.post(reverse("sending-stop"), {}).status_code == 403
    assert reviewer.post(reverse("sending-lift-propose"), {"kind": "MANUAL"}).status_code == 403


def test_what_is_over_is_told_on_a_page_of_its_own(clerk):
    line = taken_back(settled_batch())
    LineResolutionFactory(line=line)
    SendingStopFactory()

    again = clerk.post(of_line("propose", line), {"outcome": "NO_EFFECT", "reason": "Told so."})
    stopped = clerk.post(reverse("sending-stop"), {"reason": "The bank reports a break-in."})

    assert (again.status_code, stopped.status_code) == (409, 409)


# ── The stop of all sending ──────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("reason", [*BLANKS, TOO_LONG])
def test_a_stop_needs_a_reason_and_its_page_comes_again(clerk, reason):
    text = text_of(clerk.post(reverse("sending-stop"), {"reason": reason}))

    assert 'id="stop_reason_error"' in text
    assert reason.strip() in text
    assert not SendingStop.objects.exists()


@pytest.mark.parametrize("reason", [*BLANKS, TOO_LONG])
def test_going_on_needs_a_reason_which_is_asked_for_at_its_own_stop(clerk, reason):
    SendingStopFactory()
    SendingStopFactory(kind=StopKind.RESTORE)

    text = text_of(clerk.post(reverse("sending-lift-propose"), {"kind": "RESTORE", "reason": reason}))

    assert 'id="lift_RESTORE_reason_error"' in text
    assert 'id="lift_MANUAL_reason_error"' not in text
    assert reason.strip() in text
    assert not SendingStop.objects.filter(lift_proposed_at__isnull=False).exists()


# ── Result files ─────────────────────────────────────────────────────────────────────────────────────────
def brought(client, content: bytes) -> BankResultFile:
    client.post(reverse("bank-result-hand-in"), {"file": SimpleUploadedFile("RESULT.csv", content)})
    return BankResultFile.objects.get()


@pytest.mark.parametrize("reason", [*BLANKS, TOO_LONG])
def test_a_file_that_was_brought_is_not_refused_without_a_reason_and_its_page_comes_again(
    clerk, client_as, reason
):
    batch = delivered_batch()
    file = brought(clerk, result_list(batch.reference, answers_to(batch, "PAID")))
    colleague = in_english(client_as(Role.MUNICIPAL_FINANCE))

    text = text_of(colleague.post(reverse("bank-result-refuse", args=[file.public_id]), {"reason": reason}))

    assert 'id="id_reason_error"' in text
    assert reason.strip() in text
    file.refresh_from_db()
    assert file.status == ResultFileStatus.WAITING


@pytest.mark.parametrize("reason", [*BLANKS, TOO_LONG])
def test_a_file_is_not_set_aside_for_good_without_a_reason_and_its_page_comes_again(clerk, reason):
    file = brought(clerk, b"not a result file")

    text = text_of(clerk.post(reverse("bank-result-dismiss", args=[file.public_id]), {"reason": reason}))

    assert 'id="id_reason_error"' in text
    assert reason.strip() in text
    file.refresh_from_db()
    assert file.status == ResultFileStatus.QUARANTINED


# ── Batches that a person carries ────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("reason", [*BLANKS, TOO_LONG])
def test_another_link_is_not_given_without_a_reason_and_the_page_of_the_batch_comes_again(clerk, reason):
    address = reverse("batch-download-offer", args=[batch_by_hand().public_id])
    clerk.post(address)

    text = text_of(clerk.post(address, {"reason": reason}))

    assert 'id="id_reason_error"' in text
    assert reason.strip() in text
    assert BatchDownload.objects.count() == 1


# ── Recoveries ───────────────────────────────────────────────────────────────────────────────────────────
def test_an_approval_that_cannot_be_keeps_what_the_second_person_says(clerk):
    recovery = recovery_of_paid_money()
    settle(recovery, repayment("500"))
    settlement = RecoverySettlementFactory(recovery=recovery, amount=Decimal(700))
    address = reverse("settlement-approve", args=[settlement.public_id])

    text = text_of(clerk.post(address, {"decision-reason": "Seen on the statement."}))

    assert "Seen on the statement." in text
    settlement.refresh_from_db()
    assert settlement.status == RequestStatus.PROPOSED


# ── Objections ───────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("reason", BLANKS)
def test_an_objection_is_not_decided_without_a_reason_and_its_page_comes_again(client_as, reason):
    objection = ObjectionFactory()
    reviewer = in_english(client_as(Role.DISTRICT_REVIEWER, district=objection.entitlement.district))

    address = reverse("objection-decide", args=[objection.public_id])
    text = text_of(reviewer.post(address, {"outcome": "UPHELD", "reason": reason}))

    assert 'id="id_reason_error"' in text
    assert '<option value="UPHELD" selected>' in text
