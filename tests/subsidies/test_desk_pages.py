"""The pages and files of what is stuck."""

import io
from datetime import UTC, timedelta
from urllib.parse import urlencode

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from enrollment.models import BankAccount
from institutions.enums import DISTRICT_ROLES, MUNICIPAL_ROLES, Role
from subsidies.invariants import CHECKED, promise_called
from subsidies.models import Entitlement, InvariantAlarm
from subsidies.views import desk as desk_views
from tests.clock import NOW
from tests.factories.bank import SendingStopFactory
from tests.factories.subsidies import EntitlementFactory, PaymentBatchFactory, assembled_batch, open_programme
from tests.subsidies import desk_situations as made

pytestmark = pytest.mark.django_db

ROUTES = ("subsidy-desk", "subsidy-desk-list", "subsidy-desk-export")


@pytest.fixture
def desk(client_as):
    def look(role: Role = Role.MUNICIPAL_FINANCE, **office: object):
        client = client_as(role, **office)
        client.cookies["django_language"] = "en"
        return client

    return look


def page(client, route: str = "subsidy-desk", **query: object) -> str:
    return client.get(reverse(route), query).content.decode()


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("route", ROUTES)
def test_bureaus_look_at_the_desk_and_institutions_do_not(desk, role, route):
    answer = desk(role).get(reverse(route), {"matter": "signatures"})

    assert answer.status_code == (200 if role in (*MUNICIPAL_ROLES, *DISTRICT_ROLES) else 403)


def test_the_desk_shows_what_this_person_has_to_do_first(desk):
    assembled_batch()
    made.no_account_again()
    text = page(desk())

    own, others = text.index("For you to do"), text.index("For others to do")
    assert own < text.index("Batches that wait for signatures") < others
    assert others < text.index("Decisions held until: ")


def test_the_number_in_the_head_is_of_those_who_have_something_to_do(desk):
    assembled_batch()

    assert 'To do <span class="count">1</span>' in page(desk(), "batch-list")
    assert "To do <span" not in page(desk(Role.MUNICIPAL_AUDITOR), "batch-list")
    assert "To do <span" not in page(desk(Role.MUNICIPAL_OPERATOR), "batch-list")


def test_the_number_in_the_head_is_counted_seldom_and_at_once_after_an_act_of_ones_own(desk, settings):
    settings.DESK_NUMBER_SECONDS = 10
    colleague, client = desk(), desk()
    batch = assembled_batch()
    shown = 'To do <span class="count">1</span>'

    assert shown in page(client, "batch-list")
    with CaptureQueriesContext(connection) as first_of_the_colleague:
        assert shown in page(colleague, "batch-list")
    with CaptureQueriesContext(connection) as second_of_the_colleague:
        assert shown in page(colleague, "batch-list")
    assert len(second_of_the_colleague) < len(first_of_the_colleague)
    released = client.post(
        reverse("batch-release", args=[batch.public_id]), {"sha256": batch.sha256}, follow=True
    )
    assert "To do <span" not in released.content.decode()


def test_a_row_leads_to_where_its_act_is_done(desk):
    batch = assembled_batch()
    url = reverse("batch-detail", args=[batch.public_id])

    text = page(desk(), "subsidy-desk-list", matter="signatures")

    assert f'<a class="button button-quiet" href="{url}">Do it</a>' in text
    assert "Do it" not in page(desk(Role.MUNICIPAL_AUDITOR), "subsidy-desk-list", matter="signatures")


def test_the_stop_shows_who_may_lift_it_and_why_it_was_made(desk):
    SendingStopFactory(proposed=True)

    assert "The bank reports a break-in." in page(desk(), "subsidy-desk-list", matter="sending-stopped")


def test_an_alarm_names_its_rows(desk):
    InvariantAlarm.objects.create(
        invariant="one_promise", ids=["7", "8"], first_seen_at=NOW, last_seen_at=NOW
    )

    text = page(desk(), "subsidy-desk-list", matter="alarms")

    assert "one_promise" in text
    assert "Rows that show it: 7, 8" in text


def test_an_alarm_names_the_promises_that_nobody_could_look_at(desk):
    InvariantAlarm.objects.create(
        invariant=CHECKED.name, ids=["one_promise"], first_seen_at=NOW, last_seen_at=NOW
    )

    text = page(desk(), "subsidy-desk-list", matter="alarms")

    assert "Nobody could look whether these hold: one_promise" in text


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_an_alarm_says_its_promise_in_the_readers_language_beside_name_and_rows(desk, language):
    name = "certificate_is_paid_once"
    InvariantAlarm.objects.create(invariant=name, ids=["7"], first_seen_at=NOW, last_seen_at=NOW)
    client = desk()
    client.cookies["django_language"] = language

    text = page(client, "subsidy-desk-list", matter="alarms")

    with override(language):
        assert promise_called(name) in text
    assert name in text
    sentence = {"en": "No certificate is paid twice", "zh-hans": "同一证书不重复支付"}[language]
    assert sentence in text


def test_an_alarm_says_what_each_promise_is_that_nobody_could_look_at(desk):
    InvariantAlarm.objects.create(
        invariant=CHECKED.name,
        ids=["only_grants_are_paid", "journal_balances"],
        first_seen_at=NOW,
        last_seen_at=NOW,
    )

    text = page(desk(), "subsidy-desk-list", matter="alarms")

    assert "only_grants_are_paid Nothing is paid that was not granted." in text
    assert "journal_balances Every journal entry balances to the cent." in text


def test_nobody_is_named_in_full_and_no_number_is_shown(desk):
    made.returned()
    made.no_account_again()
    made.nobody_assembles()
    auditor = desk(Role.MUNICIPAL_AUDITOR)
    secrets = {number for account in BankAccount.objects.all() for number in [account.number]}
    for person in (entitlement.person for entitlement in Entitlement.objects.select_related("person")):
        secrets |= {person.name, person.id_number, person.mobile}

    for name in ("returned", "held-account-is-known", "not-in-a-batch"):
        for route, query in (
            ("subsidy-desk-list", {"matter": name}),
            ("subsidy-desk-export", {"matter": name, "format": "csv"}),
        ):
            text = page(auditor, route, **query)
            assert [secret for secret in secrets if secret and secret in text] == []


@pytest.mark.parametrize("matter", ["", "nonsense"])
def test_a_matter_that_nobody_knows_leads_to_the_desk(desk, matter):
    assert desk().get(reverse("subsidy-desk-list"), {"matter": matter}).url == reverse("subsidy-desk")


# ── Filters, pages, files ────────────────────────────────────────────────────────────────────────────────
def test_a_list_is_narrowed_to_a_district_and_keeps_its_filter_in_every_address(desk, monkeypatch):
    monkeypatch.setattr(desk_views, "PAGE_SIZE", 1)
    mine, other = EntitlementFactory(held=True), EntitlementFactory(held=True)
    same = EntitlementFactory(held=True, district=mine.district)
    query = {"matter": "held-account-is-known", "district": mine.district.code}

    first = page(desk(), "subsidy-desk-list", **query)
    place = f"{mine.held_since.astimezone(UTC).strftime(desk_views.PLACE)}-{mine.pk}"
    second = page(desk(), "subsidy-desk-list", **query, after=place)

    assert mine.certificate.number in first
    assert other.certificate.number not in first
    assert same.certificate.number in second
    next_page = urlencode({**query, "after": place}).replace("&", "&amp;")
    assert f"?{next_page}" in first


def test_a_list_and_its_file_begin_with_what_has_waited_longest(desk, monkeypatch):
    monkeypatch.setattr(desk_views, "PAGE_SIZE", 2)
    monkeypatch.setattr(desk_views, "READ_AT_ONCE", 2)
    days = {
        PaymentBatchFactory(assembled_at=NOW - timedelta(days=days)).reference: days
        for days in (3, 1, 4, 1, 5)
    }
    client, query, seen = desk(), {"matter": "signatures"}, []

    while True:
        context = client.get(reverse("subsidy-desk-list"), query).context
        seen += [row.what for row in context["rows"]]
        if context["next_key"] is None:
            break
        query["after"] = context["next_key"]

    assert [days[reference] for reference in seen] == [5, 4, 3, 1, 1]
    assert set(seen) == set(days)
    assert [line.split(",")[0] for line in exported_lines(client)] == seen


def exported_lines(client) -> list[str]:
    text = page(client, "subsidy-desk-export", matter="signatures", format="csv")
    return text.splitlines()[1:]


@pytest.mark.parametrize("after", ["1", "x-1", "20260101T000000.000000Z-x", "20269901T000000.000000Z-1", "-"])
def test_a_place_that_cannot_be_meant_asks_for_the_first_page(desk, after):
    batch = PaymentBatchFactory()

    assert batch.reference in page(desk(), "subsidy-desk-list", matter="signatures", after=after)


def test_what_waits_for_a_short_time_is_left_out_if_old_ones_are_asked_for(desk):
    PaymentBatchFactory(assembled_at=timezone.now() - timedelta(days=2))

    assert "Do it" in page(desk(), "subsidy-desk-list", matter="signatures", age="1")
    assert "Nothing of this is stuck." in page(desk(), "subsidy-desk-list", matter="signatures", age="3")


def test_a_list_is_a_csv_file_and_a_workbook(desk, monkeypatch):
    monkeypatch.setattr(desk_views, "READ_AT_ONCE", 1)
    numbers = [EntitlementFactory(held=True).certificate.number for _number in range(3)]
    query = {"matter": "held-account-is-known"}
    client = desk()

    csv_rows = page(client, "subsidy-desk-export", **query, format="csv").splitlines()[1:]
    answer = client.get(reverse("subsidy-desk-export"), query)
    book = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))

    assert [row.split(",")[0] for row in csv_rows] == numbers
    assert [cell.value for cell in book.active["A"]][1:] == numbers


def test_the_whole_desk_is_a_file_of_numbers(desk):
    open_programme()
    made.no_account_again()

    text = page(desk(), "subsidy-desk-export", format="csv")

    assert text.splitlines()[1].split(",")[1] == "1"
