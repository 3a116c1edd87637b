"""An institution's statement on screen, on paper and as a workbook; what is outstanding, on screen and as a file."""

import io
from decimal import Decimal

import openpyxl
import pypdfium2
import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from chongqing_dte.foundation.models import AuditEvent
from enrollment.rules.identifiers import mask_name
from institutions.models import User
from subsidies.enums import BankAnswer, ClaimStatus
from subsidies.models import ClaimStep, Payment
from subsidies.services.deliveries import deliver_released_batches
from tests.clock import NOW
from tests.factories.claim_payments import batch_of_claims, opened_payment
from tests.factories.claims import AdvanceFactory
from tests.factories.enrollment import TrainingClassFactory
from tests.factories.institutions import UserFactory
from tests.factories.subsidies import hear_from_bank, sign_twice
from tests.fakes.bank import FakeBank
from tests.printing import NO_PRINTING, printing_works

pytestmark = pytest.mark.django_db
needs_printing = pytest.mark.skipif(not printing_works(), reason=NO_PRINTING)
OUTSTANDING = "¥40,000.00"


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def payment() -> Payment:
    """One claim that the bank has paid."""
    batch = sign_twice(batch_of_claims())
    deliver_released_batches(channel=FakeBank(), now=NOW)
    hear_from_bank(batch, BankAnswer.PAID)
    return Payment.objects.get()


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def own(payment: Payment) -> Client:
    return browser(UserFactory(training_operator=True, institution=payment.institution))


def page(client: Client, route: str = "claim-statement", **query: object):
    return client.get(reverse(route), query)


# ── On screen ────────────────────────────────────────────────────────────────────────────────────────────
def test_an_institution_reads_what_it_was_paid_and_for_whom(payment):
    text = page(own(payment)).content.decode()

    line = payment.claim.reckoning.lines.order_by("line_number")[0]
    assert payment.claim.reference in text
    assert mask_name(line.enrollment.trainee.name) in text
    assert line.enrollment.trainee.name not in text
    assert "¥1,600.00" in text


def test_an_institution_reads_what_waits():
    payment = opened_payment()
    ClaimStep.objects.create(claim=payment.claim, to_status=ClaimStatus.CONFIRMED, at=NOW)

    rows = page(own(payment)).context["tables"][2]["rows"]

    assert [text for _label, _kind, text in rows[0]["cells"]][-1] == "¥1,600.00"


def test_a_bureau_chooses_an_institution_first(payment):
    auditor = browser(UserFactory(municipal_auditor=True))

    empty = page(auditor)
    chosen = page(auditor, institution=payment.institution.public_id, month="2026-10")

    assert payment.institution.name in empty.content.decode()
    assert payment.claim.reference not in empty.content.decode()
    assert payment.claim.reference in chosen.content.decode()


@pytest.mark.parametrize("route", ["claim-statement", "claim-statement-xlsx", "claim-statement-pdf"])
def test_nobody_sees_the_statement_of_others(payment, route):
    number = payment.institution.public_id

    for stranger in ({"training_operator": True}, {"district_reviewer": True}):
        assert page(browser(UserFactory(**stranger)), route, institution=number).status_code == 404
    assert page(browser(UserFactory(evaluation_operator=True)), route, institution=number).status_code == 403


@pytest.mark.parametrize("number", ["", "not-a-number"])
def test_there_is_no_file_of_no_institution(number):
    auditor = browser(UserFactory(municipal_auditor=True))

    assert page(auditor, "claim-statement-xlsx", institution=number).status_code == 404


def test_another_month_has_another_statement(payment):
    text = page(own(payment), month="2026-09").content.decode()

    assert payment.claim.reference not in text


# ── As files ─────────────────────────────────────────────────────────────────────────────────────────────
def test_a_workbook_has_a_sheet_for_each_table_with_amounts_as_numbers(payment):
    answer = page(own(payment), "claim-statement-xlsx")

    book = openpyxl.load_workbook(io.BytesIO(answer.getvalue()))
    lines = list(book.worksheets[3].iter_rows(values_only=True))
    assert len(book.worksheets) == 6
    assert [row[0] for row in lines[1:]] == [payment.claim.reference] * 2
    assert sum(Decimal(str(row[-1])) for row in lines[1:]) == payment.amount


def test_the_same_statement_is_the_same_workbook(payment):
    client = own(payment)
    first = page(client, "claim-statement-xlsx").getvalue()

    with time_machine.travel(NOW.replace(hour=15), tick=False):
        assert page(client, "claim-statement-xlsx").getvalue() == first


@needs_printing
@pytest.mark.parametrize(("language", "word"), [("zh-hans", None), ("en", "Balances")])
def test_paper_says_the_same_in_the_readers_language(payment, language, word):
    client = own(payment)
    client.cookies["django_language"] = language

    answer = page(client, "claim-statement-pdf")
    again = page(client, "claim-statement-pdf")

    content = answer.getvalue()
    with pypdfium2.PdfDocument(content) as document:
        text = "".join(sheet.get_textpage().get_text_range() for sheet in document)
    assert payment.claim.reference in text
    assert "1,600.00" in text
    assert word is None or word in text
    assert content == again.getvalue()
    assert answer.headers["Content-Type"] == "application/pdf"


def test_whoever_takes_a_statement_out_is_recorded(payment):
    page(own(payment), "claim-statement-xlsx", month="2026-10")

    event = AuditEvent.objects.get(name="list.exported")
    assert event.facts["list"] == "claim-statement"
    assert event.facts["narrowed_to"] == {"institution": str(payment.institution.pk), "month": "2026-10"}
    assert event.facts["format"] == "xlsx"


# ── Advances ─────────────────────────────────────────────────────────────────────────────────────────────
def test_an_institution_reads_how_much_it_is_owed_and_since_when():
    advance = AdvanceFactory()
    owner = UserFactory(training_manager=True, institution=advance.training_class.institution)
    days = (NOW.date() - advance.spent_on).days

    answer = page(browser(owner), "advance-list")

    assert OUTSTANDING in answer.context["sentence"]
    assert str(days) in answer.context["sentence"]
    assert advance.training_class.reference in answer.content.decode()
    assert answer.context["institutions"] == []


def test_a_bureau_reads_it_institution_by_institution_the_most_first():
    small = AdvanceFactory(unit_cost=Decimal("100.00"))
    large = AdvanceFactory()

    answer = page(browser(UserFactory(municipal_finance=True)), "advance-list")

    names = [row["cells"][0][2] for row in answer.context["institutions"]]
    assert names == [each.training_class.institution.name for each in (large, small)]


def test_a_district_sees_the_advances_of_its_classes():
    theirs, others = AdvanceFactory(), AdvanceFactory(training_class=TrainingClassFactory(completed=True))
    district = browser(UserFactory(district_reviewer=True, district=theirs.training_class.district))

    text = page(district, "advance-list").content.decode()

    assert theirs.training_class.reference in text
    assert others.training_class.reference not in text


def test_nothing_outstanding_is_said_in_a_sentence():
    answer = page(browser(UserFactory(training_operator=True)), "advance-list")

    assert answer.status_code == 200
    assert "¥" not in answer.context["sentence"]


def test_whoever_has_nothing_to_do_with_claims_sees_no_advances():
    stranger = browser(UserFactory(evaluation_operator=True))

    assert page(stranger, "advance-list").status_code == 403
    assert page(stranger, "advance-export").status_code == 403


def test_the_file_has_every_class_and_is_recorded():
    AdvanceFactory.create_batch(2)

    answer = page(browser(UserFactory(municipal_auditor=True)), "advance-export")

    sheet = openpyxl.load_workbook(io.BytesIO(answer.getvalue())).active
    event = AuditEvent.objects.get(name="list.exported")
    assert sheet.max_row - 1 == event.facts["rows"] == 2
