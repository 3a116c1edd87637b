"""A bank format from the draft to its use and its end, through the pages."""

import json

import pytest

from subsidies.models import BankFormat
from tests.factories.bank_formats import BankFormatFactory
from tests.factories.institutions import UserFactory
from tests.subsidies.bank_examples import PAYER, TXT_LAYOUT

pytestmark = pytest.mark.django_db(transaction=True)

FORM = {
    "name": "示范银行代发",
    "payment_format": "PAIN_001",
    "side": "ANY",
    "delivery": "FOLDER",
    "own_bank_code": "",
    "line_limit": "",
    "amount_limit": "",
    "layout": "",
    **PAYER,
}


@pytest.fixture
def portal(client):
    client.cookies["django_language"] = "en"
    client.force_login(UserFactory(municipal_administrator=True))
    return client


def test_draft_is_written_down_and_its_account_masked(portal):
    answer = portal.post("/bank-formats/draft/", {**FORM, "payer_account": "5000 1234 567890"}, follow=True)

    assert BankFormat.objects.get().payer_account == "50001234567890"
    text = answer.content.decode()
    assert "************7890" in text
    assert "50001234567890" not in text
    assert "&lt;PmtInfId&gt;" in text
    assert "Let it into use" not in text


def test_example_is_shown_and_nothing_written_down(portal):
    layout = json.dumps(TXT_LAYOUT, ensure_ascii=False)
    form = {**FORM, "payment_format": "TEMPLATE", "layout": layout, "preview": "1"}

    text = portal.post("/bank-formats/draft/", form).content.decode()

    assert "6220000000000000001|张三|800.00" in text
    assert not BankFormat.objects.exists()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"payer_cnaps": "12"}, "The payer&#x27;s CNAPS code is 12 digits."),
        ({"payment_format": "TEMPLATE", "layout": "{"}, "Enter a valid JSON."),
        ({"payment_format": "TEMPLATE", "layout": "[1]"}, "The layout is an object in braces."),
        ({"payment_format": "TEMPLATE", "layout": "{}"}, "layout.kind: one of CSV, TXT, XLSX."),
        ({"payment_format": "FAX"}, "Select a valid choice."),
    ],
)
def test_what_is_wrong_stands_beside_its_field(portal, changed, said):
    answer = portal.post("/bank-formats/draft/", {**FORM, **changed})

    assert (answer.status_code, said in answer.content.decode()) == (422, True)
    assert not BankFormat.objects.exists()


def test_draft_begins_with_an_example_of_a_template(portal):
    text = portal.get("/bank-formats/draft/?begin=template").content.decode()

    assert "&quot;收款账号&quot;" in text


def test_finance_lets_it_into_use_and_closes_it(portal):
    bank_format = BankFormatFactory(pain=True)
    portal.force_login(UserFactory(municipal_finance=True))
    page = f"/bank-formats/{bank_format.public_id}/"
    assert "Let it into use" in portal.get(page).content.decode()

    portal.post(f"{page}approve/")
    assert "In use" in portal.get(page).content.decode()
    assert portal.post(f"{page}approve/").status_code == 409
    portal.post(f"{page}close/")

    bank_format.refresh_from_db()
    assert bank_format.closed_at is not None
    assert "Closed" in portal.get("/bank-formats/").content.decode()


def test_example_is_downloaded_under_the_name_of_its_kind(portal):
    answer = portal.get(f"/bank-formats/{BankFormatFactory(pain=True).public_id}/example/")

    assert answer["Content-Disposition"].endswith('.xml"')
    assert b"pain.001.001.09" in b"".join(answer.streaming_content)


@pytest.mark.parametrize(
    ("layout", "said"),
    [
        ("", "<dd>Nothing.</dd>"),
        ('{"whole_counts": true}', "<dd>Each payment that no line names: by ACSC or ACCC.</dd>"),
        ('{"whole_counts": true, "part_counts": true}', "by PART in a report that names the refused ones"),
        ('{"also_paid": ["ACSP", "ACWC"]}', "<dd>ACSP, ACWC</dd>"),
    ],
)
def test_whoever_approves_reads_what_more_the_bank_s_words_mean(portal, layout, said):
    answer = portal.post("/bank-formats/draft/", {**FORM, "layout": layout}, follow=True)

    assert said in answer.content.decode()


def test_part_counts_alone_is_told_beside_the_layout(portal):
    answer = portal.post("/bank-formats/draft/", {**FORM, "layout": '{"part_counts": true}'})

    assert "part_counts: it needs whole_counts" in answer.content.decode()
    assert not BankFormat.objects.exists()
