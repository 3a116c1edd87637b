"""What anybody reads of public notices, how they object, and what they never learn."""

import hashlib
import uuid

import pytest
import redis
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from institutions.enums import Role
from subsidies.enums import ObjectionStatus
from subsidies.models import NoticeLine, Objection, Payment
from subsidies.services.notices import close_notices
from tests.clock import NOW
from tests.factories.institutions import DistrictFactory
from tests.factories.notices import (
    AFTERWARDS,
    NoticeLineFactory,
    ObjectionFactory,
    PublicNoticeFactory,
    decided,
    line_of,
    payment_on_notice,
    payment_to_notice,
    said_against,
)

pytestmark = pytest.mark.django_db

UNDEFINED = "UNDEFINED_TEMPLATE_VARIABLE"


@pytest.fixture(autouse=True)
def _today(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def visitor() -> Client:
    client = Client()
    client.cookies["django_language"] = "en"
    return client


def text_of(client: Client, url: str, **asked: object) -> str:
    response = client.get(url, asked)
    text = response.content.decode()
    assert response.status_code == 200
    assert UNDEFINED not in text
    return text


def page_of(payment: Payment) -> str:
    return reverse("notice-detail", args=[line_of(payment).notice.reference])


def form_for(payment: Payment) -> str:
    line = line_of(payment)
    return reverse("notice-objection", args=[line.notice.reference]) + f"?line={line.line_number}"


def words(**changes: object) -> dict[str, object]:
    return {
        "statement": "She never came.",
        "objector_name": "李四",
        "contact": "13800000000",
        "website": "",
        "receipt": str(uuid.uuid4()),
        **changes,
    }


# ── The lists ────────────────────────────────────────────────────────────────────────────────────────────
def test_the_list_shows_what_is_open_and_all_on_request(visitor):
    still_open = PublicNoticeFactory()
    closed = PublicNoticeFactory(closed=True)

    first, every = (text_of(visitor, reverse("notice-list"), **asked) for asked in ({}, {"show": "all"}))

    assert still_open.reference in first
    assert "8 days left, today included" in first
    assert closed.reference not in first
    assert closed.reference in every


def test_the_list_is_narrowed_by_district_and_days(visitor):
    notice, other = PublicNoticeFactory(), PublicNoticeFactory()

    by_district = text_of(visitor, reverse("notice-list"), district=notice.district.code)
    later = text_of(visitor, reverse("notice-list"), **{"from": "2026-10-21"})
    nonsense = text_of(visitor, reverse("notice-list"), **{"from": "2026-13-45", "to": "x"})

    assert notice.reference in by_district
    assert other.reference not in by_district
    assert notice.reference not in later
    assert notice.reference in nonsense


def test_a_notice_shows_its_lines_its_days_and_its_hash(visitor):
    payment = payment_on_notice(attempt__enrollment__trainee__name="欧阳娜")
    notice = line_of(payment).notice

    text = text_of(visitor, page_of(payment))

    assert notice.sha256 in text
    assert "2026-10-27" in text
    assert "欧＊＊" in text
    assert payment.entitlement.certificate.number[-4:] in text


def test_no_public_page_betrays_a_person(visitor):
    payment = payment_on_notice(attempt__enrollment__trainee__name="欧阳娜")
    objection = said_against(payment)
    notice = line_of(payment).notice
    secrets = (
        "欧阳娜",
        payment.payee.id_number,
        payment.payee.mobile,
        payment.entitlement.certificate.number,
        payment.entitlement.bank_account.number,
        payment.entitlement.bank_account.number[-4:] + " ",
        "李四",
        "13800000000",
        "She never came",
    )

    pages = [
        text_of(visitor, url)
        for url in (
            reverse("notice-list"),
            page_of(payment),
            form_for(payment),
            reverse("notice-content", args=[notice.reference]),
            reverse("objection-receipt", args=[objection.public_id]),
        )
    ]

    assert [secret for secret in secrets for page in pages if secret in page] == []


def test_the_downloaded_list_has_the_published_hash(visitor):
    notice = line_of(payment_on_notice()).notice

    response = visitor.get(reverse("notice-content", args=[notice.reference]))

    assert response["Content-Type"] == "application/json; charset=utf-8"
    assert f"{notice.reference}.json" in response["Content-Disposition"]
    assert hashlib.sha256(response.content).hexdigest() == notice.sha256


def test_a_search_puts_no_whole_name_into_an_address(visitor):
    district = DistrictFactory()
    in_district = {"attempt__enrollment__training_class__district": district}
    payment_to_notice(attempt__enrollment__trainee__name="赵敏", **in_district)
    payment = payment_on_notice(attempt__enrollment__trainee__name="欧阳娜", **in_district)
    notice = line_of(payment).notice

    response = visitor.post(
        reverse("notice-search", args=[notice.reference]), {"name": "欧阳娜", "ending": ""}
    )

    assert "%E6%AC%A7%EF%BC%8A%EF%BC%8A" in response.url
    assert "%E5%A8%9C" not in response.url
    text = text_of(visitor, response.url)
    assert "欧＊＊" in text
    assert "赵＊" not in text


def test_a_whole_name_written_into_the_address_is_led_away(visitor):
    url = page_of(payment_on_notice())

    response = visitor.get(url, {"name": "欧阳娜"})

    assert response.status_code == 302
    assert "%E5%A8%9C" not in response.url


@pytest.mark.parametrize(
    ("asked", "found"), [({"name": "王"}, True), ({"ending": "002x"}, True), ({"ending": "9999"}, False)]
)
def test_lines_are_found_by_family_name_and_by_ending(visitor, asked, found):
    line = NoticeLineFactory()

    text = text_of(visitor, reverse("notice-detail", args=[line.notice.reference]), **asked)

    assert (line.masked_name in text) == found


def test_a_long_notice_comes_in_pages_at_one_cost(visitor):
    notice = PublicNoticeFactory()
    NoticeLineFactory(notice=notice, line_number=1)
    url = reverse("notice-detail", args=[notice.reference])
    with CaptureQueriesContext(connection) as short:
        text_of(visitor, url)
    for number in range(2, 53):
        NoticeLineFactory(notice=notice, line_number=number)

    with CaptureQueriesContext(connection) as long:
        first = text_of(visitor, url)
    second = text_of(visitor, url, after=50)

    assert len(long) == len(short)
    assert "after=50" in first
    assert second.count('class="person"') == 2


@pytest.mark.parametrize("key", ["district", "from", "to", "show"])
def test_a_list_is_asked_for_with_anything(visitor, key):
    assert visitor.get(reverse("notice-list"), {key: "\x00"}).status_code == 200


@pytest.mark.parametrize("key", ["name", "ending", "after"])
def test_a_notice_is_searched_for_anything(visitor, key):
    page = reverse("notice-detail", args=[line_of(payment_on_notice()).notice.reference])

    assert visitor.get(page, {key: "\x00"}, follow=True).status_code == 200


# ── Objecting ────────────────────────────────────────────────────────────────────────────────────────────
def test_whoever_objects_gets_a_receipt_and_sees_the_decision(visitor):
    payment = payment_on_notice()
    sent = words()

    response = visitor.post(form_for(payment), sent)

    assert response.url == reverse("objection-receipt", args=[sent["receipt"]])
    objection = Objection.objects.get()
    assert objection.notice_line == line_of(payment)
    assert "Being looked into" in text_of(visitor, response.url)
    decided(objection, ObjectionStatus.DISMISSED)
    assert "We looked into the attendance sheets." in text_of(visitor, response.url)


def test_a_form_sent_twice_leads_to_one_receipt(visitor):
    payment, sent = payment_on_notice(), words()

    first, second = (visitor.post(form_for(payment), sent) for _ in range(2))

    assert first.url == second.url
    assert Objection.objects.count() == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"website": "http://spam.example"},
        {"statement": ""},
        {"objector_name": ""},
        {"contact": ""},
        {"receipt": "x"},
    ],
    ids=["machine", "statement", "name", "contact", "receipt"],
)
def test_a_form_that_is_not_whole_is_shown_again(visitor, changes):
    payment = payment_on_notice()

    response = visitor.post(form_for(payment), words(**changes))

    assert response.status_code == 422
    assert UNDEFINED not in response.content.decode()
    assert not Objection.objects.exists()


def test_after_the_last_day_the_form_is_closed(visitor, monkeypatch):
    payment = payment_on_notice()
    close_notices(now=AFTERWARDS)
    monkeypatch.setattr(timezone, "now", lambda: AFTERWARDS)

    response = visitor.post(form_for(payment), words())

    assert response.status_code == 422
    assert "The period for objections ended on 2026-10-27." in response.content.decode()
    assert "Send the objection" not in text_of(visitor, form_for(payment))
    assert not Objection.objects.exists()


@pytest.mark.parametrize("line", ["", "0", "2", "x", "99999999999999999999"])
def test_a_line_that_is_not_there_is_not_found(visitor, line):
    notice = line_of(payment_on_notice()).notice

    assert (
        visitor.get(reverse("notice-objection", args=[notice.reference]), {"line": line}).status_code == 404
    )


@pytest.mark.parametrize(
    ("limits", "purpose"), [("OBJECTION_LIMITS", "objection"), ("OBJECTION_LINE_LIMITS", "objection-line")]
)
def test_objections_are_limited_by_address_and_by_line(visitor, settings, limits, purpose):
    setattr(settings, limits, [(1, 60)])
    store = redis.Redis.from_url(settings.REDIS_URL)
    for key in store.keys(f"limit:{purpose}:*"):
        store.delete(key)
    store.close()
    payment = payment_on_notice()

    statuses = [visitor.post(form_for(payment), words()).status_code for _ in range(2)]

    assert statuses == [302, 429]
    assert Objection.objects.count() == 1


def test_a_form_that_is_not_whole_is_no_try(visitor, settings):
    settings.OBJECTION_LIMITS = [(1, 60)]
    store = redis.Redis.from_url(settings.REDIS_URL)
    for key in store.keys("limit:objection:*"):
        store.delete(key)
    store.close()
    page = form_for(payment_on_notice())

    statuses = [visitor.post(page, words(**changes)).status_code for changes in ({"contact": ""}, {})]

    assert statuses == [422, 302]


def test_a_receipt_tells_nothing_of_the_decision_s_person(visitor):
    objection = ObjectionFactory()

    text = text_of(visitor, reverse("objection-receipt", args=[objection.public_id]))

    assert objection.entitlement.certificate.number not in text
    assert objection.statement not in text


# ── What waits ───────────────────────────────────────────────────────────────────────────────────────────
def test_an_office_sees_what_waits_and_why(client_as):
    payment_to_notice()
    client = client_as(Role.MUNICIPAL_OPERATOR)
    client.cookies["django_language"] = "en"

    text = text_of(client, reverse("notices-waiting"))

    assert "next notice" in text
    assert NoticeLine.objects.count() == 0
