"""The way to one's own decision as a browser goes it, and as somebody goes it who should not get there."""

import re
from datetime import timedelta

import pytest
import redis
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from structlog.testing import capture_logs

from chongqing_dte.foundation.models import AuditEvent
from demo.identifiers import make_card_number, make_cnaps
from enrollment.models import Trainee
from enrollment.queries import current_account_of
from institutions.enums import Role
from subsidies.enums import AccessPurpose, ObjectionKind
from subsidies.models import Objection, SelfCheckAccess
from subsidies.views.self_check_session import SLOWED
from tests.factories.assessment import LevelCertificateFactory
from tests.factories.enrollment import TraineeFactory
from tests.factories.self_checks import opened_page, sent_codes, what_they_know
from tests.factories.subsidies import (
    decision_on,
    granted_certificate,
)

pytestmark = pytest.mark.django_db
ASK, CODE, OWN = reverse("self-check"), reverse("self-check-code"), reverse("self-check-own")
ACCOUNT, CONFIRM = reverse("own-account"), reverse("own-account-confirmation")
OBJECT = reverse("own-objection")
NUMBER, CNAPS = make_card_number(987), make_cnaps(7)
ACCOUNT_FORM = {"number": NUMBER, "number_again": NUMBER, "bank_name": "重庆银行", "cnaps": CNAPS}
# Session and form numbers differ from one browser to the next.
OF_THE_BROWSER = re.compile(r'name="csrfmiddlewaretoken" value="[^"]+"')


@pytest.fixture
def browser():
    client = Client()
    client.cookies["django_language"] = "en"
    return client


def page(client, url=OWN):
    response = client.get(url)
    assert response.status_code == 200
    return response.content.decode()


def link_of(certificate, client_as):
    clerk = client_as(Role.MUNICIPAL_OPERATOR)
    url = reverse("self-check-link-handout", args=[certificate.public_id])
    shown = clerk.post(url, {"reason": "Identity card seen."}).content.decode()
    return re.search(r"https://portal\.example(/self-check/link/[\w-]+/)", shown)[1]


# ── In by a code ─────────────────────────────────────────────────────────────────────────────────────────
def test_holder_gets_in_with_the_code_of_the_message(browser):
    certificate = granted_certificate()

    asked = browser.post(ASK, what_they_know(certificate))
    opened = browser.post(CODE, {"code": sent_codes()[0]})

    assert (asked.status_code, asked.url) == (302, CODE)
    assert (opened.status_code, opened.url) == (302, OWN)
    assert certificate.number in page(browser)


def test_nobody_learns_whether_certificate_and_id_number_belong_together():
    certificate = granted_certificate()
    stranger = TraineeFactory()
    entries = [
        what_they_know(certificate),
        {"number": certificate.number, "id_number": stranger.id_number},
        {"number": "NO-SUCH-NUMBER", "id_number": certificate.trainee.id_number},
    ]

    answers = []
    for entered in entries:
        client = Client()
        asked = client.post(ASK, entered)
        code_page = client.get(CODE)
        wrong = client.post(CODE, {"code": "abcdef"})
        answers.append(
            (
                (asked.status_code, asked.url, asked.content, set(asked.cookies)),
                (code_page.status_code, OF_THE_BROWSER.sub("", code_page.content.decode())),
                (wrong.status_code, OF_THE_BROWSER.sub("", wrong.content.decode())),
            )
        )

    assert answers[1] == answers[0]
    assert answers[2] == answers[0]


def test_own_id_number_opens_nobody_elses_certificate(browser):
    own, other = granted_certificate(), granted_certificate()
    browser.post(ASK, {"number": other.number, "id_number": own.trainee.id_number})

    assert sent_codes() == []
    assert browser.get(OWN).url == ASK


def test_code_is_dead_after_five_tries_from_whatever_browser(browser):
    browser.post(ASK, what_they_know(granted_certificate()))
    (code,) = sent_codes()
    statuses = [browser.post(CODE, {"code": "no-code"}).status_code for _ in range(5)]

    assert statuses == [422] * 5
    assert browser.post(CODE, {"code": code}).status_code == 422
    assert browser.get(OWN).url == ASK


def test_code_works_only_in_the_browser_that_asked(browser):
    certificate = granted_certificate()
    browser.post(ASK, what_they_know(certificate))
    (code,) = sent_codes()
    other = Client()
    other.post(ASK, {"number": "NO-SUCH-NUMBER", "id_number": "1"})

    assert other.post(CODE, {"code": code}).status_code == 422
    assert other.get(OWN).url == ASK
    assert Client().post(CODE, {"code": code}).url == ASK


def test_code_replayed_opens_nothing(browser):
    browser.post(ASK, what_they_know(granted_certificate()))
    session = browser.cookies["sessionid"].value
    (code,) = sent_codes()
    browser.post(CODE, {"code": code})
    thief = Client()
    thief.cookies["sessionid"] = session

    assert thief.post(CODE, {"code": code}).url == ASK


def test_session_gets_a_number_that_nobody_knew_before(browser):
    browser.post(ASK, what_they_know(granted_certificate()))
    before = browser.cookies["sessionid"].value
    browser.post(CODE, {"code": sent_codes()[0]})
    fixed = Client()
    fixed.cookies["sessionid"] = before

    assert browser.cookies["sessionid"].value != before
    assert fixed.get(OWN).url == ASK


def test_page_closes_after_fifteen_minutes(browser, monkeypatch):
    opened_page(granted_certificate(), browser)
    late = timezone.now() + timedelta(minutes=15, seconds=1)
    monkeypatch.setattr("subsidies.views.self_check_session.timezone.now", lambda: late)

    assert browser.get(OWN).url == ASK
    assert browser.post(ACCOUNT, ACCOUNT_FORM).url == ASK


def test_page_closes_at_once_for_who_leaves(browser):
    opened_page(granted_certificate(), browser)

    assert browser.post(reverse("self-check-leave")).url == ASK
    assert browser.get(OWN).url == ASK


@pytest.mark.parametrize("url", [OWN, ACCOUNT, CONFIRM, OBJECT])
def test_pages_of_nobody_lead_to_the_beginning(url):
    assert Client().get(url).url == ASK


@pytest.mark.parametrize("url", [ASK, CODE, OWN, ACCOUNT, OBJECT])
def test_answers_are_kept_by_nobody(browser, url):
    opened_page(granted_certificate(), browser)
    browser.post(ASK, {"number": "N", "id_number": "1"})

    response = browser.get(url)

    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    assert response["Referrer-Policy"] == "same-origin"
    assert response["X-Robots-Tag"] == "noindex"


# ── Limits ───────────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def _counted(settings):
    client = redis.Redis.from_url(settings.REDIS_URL)
    former = client.keys("limit:self_check*")
    if former:
        client.delete(*former)
    client.close()


@pytest.mark.usefixtures("_counted")
def test_one_address_asks_so_often(browser, settings):
    settings.SELF_CHECK_LIMITS = [(2, 60)]
    asked = [browser.post(ASK, {"number": f"N{n}", "id_number": "1"}) for n in range(3)]

    assert [response.status_code for response in asked] == [302, 302, 429]
    assert 0 < int(asked[-1]["Retry-After"]) <= 60
    assert browser.post(CODE, {"code": "123456"}).status_code == 429


@pytest.mark.usefixtures("_counted")
@pytest.mark.parametrize("is_known", [True, False])
def test_one_certificate_is_asked_for_so_often_from_one_address(settings, is_known):
    settings.SELF_CHECK_CERTIFICATE_LIMITS = [(2, 60)]
    number = LevelCertificateFactory().number if is_known else "NO-SUCH-NUMBER"
    asked = [
        Client(REMOTE_ADDR="203.0.113.9").post(ASK, {"number": number, "id_number": "1"}).status_code
        for _ in range(3)
    ]

    assert asked == [302, 302, 429]


def let_wait(client: Client, seconds: int) -> None:
    """Let so many seconds pass for a browser that was told to wait."""
    session = client.session
    if SLOWED in session:
        session[SLOWED] -= seconds
        session.save()


@pytest.mark.usefixtures("_counted")
def test_who_knows_a_number_locks_nobody_out(settings):
    settings.SELF_CHECK_CERTIFICATE_LIMITS, settings.SELF_CHECK_NUMBER_LIMITS = [(2, 60)], [(4, 60)]
    certificate = granted_certificate()
    guess = {"number": certificate.number, "id_number": "1"}
    guesses = [Client(REMOTE_ADDR=f"203.0.113.{n // 2}").post(ASK, guess).status_code for n in range(9)]
    holder = Client(REMOTE_ADDR="198.51.100.7")

    slowed = holder.post(ASK, what_they_know(certificate))
    let_wait(holder, int(slowed["Retry-After"]))
    asked = holder.post(ASK, what_they_know(certificate))
    opened = holder.post(CODE, {"code": sent_codes()[0]})

    assert guesses == [302] * 4 + [429] * 5
    assert (slowed.status_code, int(slowed["Retry-After"]) <= 30) == (429, True)
    assert (asked.status_code, opened.url) == (302, OWN)


@pytest.mark.usefixtures("_counted")
def test_beyond_very_many_tries_each_one_waits(settings):
    settings.SELF_CHECK_NUMBER_LIMITS = [(1, 60)]
    client = Client()

    asked = []
    for seconds in (0, 0, 15, 15, 0, 30):
        let_wait(client, seconds)
        asked.append(client.post(ASK, {"number": "N", "id_number": "1"}).status_code)

    assert asked == [302, 429, 429, 302, 429, 302]


# ── In by a link ─────────────────────────────────────────────────────────────────────────────────────────
def test_link_opens_once_and_looking_at_it_uses_nothing_up(browser, client_as):
    certificate = granted_certificate()
    link = link_of(certificate, client_as)
    assert [browser.get(link).status_code for _ in range(2)] == [200, 200]

    assert browser.post(link, what_they_know(certificate)).url == OWN
    assert certificate.number in page(browser)
    assert Client().post(link, what_they_know(certificate)).status_code == 422


def test_found_link_opens_nothing_for_who_is_not_its_holder(browser, client_as):
    certificate = granted_certificate()
    link = link_of(certificate, client_as)

    answer = browser.post(link, {"number": certificate.number, "id_number": TraineeFactory().id_number})

    assert answer.status_code == 422
    assert browser.get(OWN).url == ASK


def test_link_is_shown_once_and_its_handing_out_stands_on_the_page(client_as):
    certificate = granted_certificate()
    link = link_of(certificate, client_as)
    shown = client_as(Role.MUNICIPAL_AUDITOR).get(reverse("certificate-detail", args=[certificate.public_id]))

    text = shown.content.decode()
    assert "Identity card seen." in text
    assert link not in text
    assert "self-check-link" not in text


def test_link_without_a_reason_is_not_made(client_as):
    certificate = granted_certificate()
    url = reverse("self-check-link-handout", args=[certificate.public_id])

    assert client_as(Role.MUNICIPAL_OPERATOR).post(url, {"reason": " "}).status_code == 422
    assert not SelfCheckAccess.objects.exists()


# ── The account ──────────────────────────────────────────────────────────────────────────────────────────
def test_account_is_given_with_a_fresh_code(browser):
    certificate = granted_certificate()
    opened_page(certificate, browser)

    assert browser.post(ACCOUNT, ACCOUNT_FORM).url == CONFIRM
    assert current_account_of(certificate.trainee_id).number != NUMBER
    assert browser.post(CONFIRM, {"code": sent_codes()[0]}).url == OWN

    assert current_account_of(certificate.trainee_id).number == NUMBER
    assert f"Account ending in {NUMBER[-4:]}" in page(browser)
    assert browser.get(CONFIRM).url == ACCOUNT


def test_account_confirmed_wrongly_five_times_needs_another_code(browser):
    certificate = granted_certificate()
    opened_page(certificate, browser)
    browser.post(ACCOUNT, ACCOUNT_FORM)
    (code,) = sent_codes()
    for _ in range(5):
        assert browser.post(CONFIRM, {"code": "no-code"}).status_code == 422

    assert browser.post(CONFIRM, {"code": code}).status_code == 422
    assert current_account_of(certificate.trainee_id).number != NUMBER


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"number_again": make_card_number(1)}, "This is not the same number."),
        ({"number": "123", "number_again": "123"}, "An account number has 8 to 32 digits."),
        ({"cnaps": "12"}, "A CNAPS code has 12 digits."),
        ({"bank_name": "​"}, "Name the bank."),
    ],
)
def test_account_that_cannot_be_one_is_sent_back(browser, changes, words):
    opened_page(granted_certificate(), browser)

    response = browser.post(ACCOUNT, {**ACCOUNT_FORM, **changes})

    assert response.status_code == 422
    assert words in response.content.decode()
    assert not SelfCheckAccess.objects.filter(purpose=AccessPurpose.ACCOUNT).exists()


def test_who_has_no_mobile_is_sent_to_an_office(browser, client_as):
    certificate = granted_certificate()
    Trainee.objects.filter(pk=certificate.trainee_id).update(mobile="")
    browser.post(link_of(certificate, client_as), what_they_know(certificate))

    assert "We know no mobile that a code could be sent to." in page(browser, ACCOUNT)


# ── Objecting ────────────────────────────────────────────────────────────────────────────────────────────
def test_person_objects_once_and_sees_the_state(browser):
    certificate = granted_certificate()
    opened_page(certificate, browser)

    assert browser.post(OBJECT, {"statement": "My category is wrong.", "contact": ""}).url == OWN

    objection = Objection.objects.get()
    assert (objection.kind, objection.entitlement) == (ObjectionKind.PERSON, decision_on(certificate))
    shown = page(browser)
    assert "Being looked into" in shown
    assert "Object to the decision" not in shown
    assert browser.post(OBJECT, {"statement": "Again."}).status_code in {409, 422}
    assert Objection.objects.count() == 1


def test_empty_objection_is_sent_back(browser):
    opened_page(granted_certificate(), browser)

    assert browser.post(OBJECT, {"statement": " "}).status_code == 422
    assert not Objection.objects.exists()


# ── Nothing personal gets out ────────────────────────────────────────────────────────────────────────────
def test_nothing_personal_stands_in_pages_addresses_events_logs_or_the_session(browser, client_as):
    certificate = granted_certificate()
    person = certificate.trainee
    account = current_account_of(person.pk)
    seen = []

    with capture_logs() as logs:
        for response in (
            browser.post(ASK, what_they_know(certificate)),
            browser.post(CODE, {"code": sent_codes()[0]}),
            browser.get(OWN),
            browser.get(ACCOUNT),
            browser.post(ACCOUNT, ACCOUNT_FORM),
            browser.get(CONFIRM),
        ):
            seen += [response.content.decode(), str(response.headers)]
        stored = browser.session.items()
        browser.post(CONFIRM, {"code": sent_codes()[0]})
        seen += [browser.get(OWN).content.decode(), link_of(certificate, client_as)]
    seen += [str(list(stored)), str(logs), str(list(AuditEvent.objects.values()))]

    for canary in (person.id_number, person.mobile, person.name, account.number, NUMBER):
        assert [text for text in seen if canary in text] == []
