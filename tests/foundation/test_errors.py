import pytest
from django.db import OperationalError, connection, transaction
from django.http import HttpResponse, HttpResponseNotAllowed
from django.test import Client
from django.urls import include, path

from chongqing_dte.foundation.api import handle_exception
from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted

REFUSALS = {
    "refused": DomainError("The class has 3 free seats.", code="seats_short"),
    "not-permitted": NotPermitted(),
    "wrong-state": InvalidTransition("This is confirmed."),
    "broken": ZeroDivisionError("a secret of the code"),
}


# How the database ends a transaction that others stood in the way of.
IN_THE_WAY = {"ring": "deadlock_detected", "too-long": "lock_not_available", "other": "out_of_memory"}


def fail_in_the_database(kind):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '{IN_THE_WAY[kind]}'; END $$")


def refuse(_request, kind):
    if kind == "fine":
        return HttpResponse("fine")
    if kind in IN_THE_WAY:
        fail_in_the_database(kind)
    if kind == "form-only":
        return HttpResponseNotAllowed(["POST"])
    raise REFUSALS[kind]


urlpatterns = [
    path("", include("chongqing_dte.urls")),
    path("refuse/<kind>/", refuse),
    path("refuse/<kind>/of-it/act/", lambda _request, **_kind: HttpResponseNotAllowed(["POST"])),
]


@pytest.fixture
def client(settings):
    settings.ROOT_URLCONF = __name__
    return Client(raise_request_exception=False)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "code", "text"),
    [
        ("refused", 422, "The class has 3 free seats."),
        ("not-permitted", 403, str(NotPermitted())),
        ("wrong-state", 409, "This is confirmed."),
    ],
)
def test_refusal_is_a_page_with_the_reason_and_its_status_code(client, kind, code, text):
    answer = client.get(f"/refuse/{kind}/")

    assert answer.status_code == code
    assert text in answer.content.decode()
    assert "refused.html" in [template.name for template in answer.templates]


@pytest.mark.django_db
@pytest.mark.parametrize(("referer", "leads_back"), [("http://testserver/x/", 1), ("http://other/x/", 0)])
def test_refusal_leads_back_to_the_page_of_the_portal_that_it_came_from(client, referer, leads_back):
    answer = client.get("/refuse/refused/", headers={"referer": referer})

    assert answer.content.decode().count(f'href="{referer}"') == leads_back


@pytest.mark.django_db
def test_other_failures_are_not_shown(client):
    answer = client.get("/refuse/broken/")

    assert answer.status_code == 500
    assert "a secret of the code" not in answer.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["ring", "too-long"])
def test_whoever_others_stood_in_the_way_of_is_asked_to_try_again(client, kind):
    client.cookies["django_language"] = "en"

    answer = client.get(f"/refuse/{kind}/")

    assert answer.status_code == 409
    assert "Somebody else is working on the same at this moment." in answer.content.decode()
    with pytest.raises(OperationalError) as failure:
        fail_in_the_database(kind)
    told = handle_exception(failure.value, {})
    assert (told.status_code, told.data["code"]) == (409, "busy")


@pytest.mark.django_db
def test_what_else_goes_wrong_in_the_database_is_not_answered_as_if_others_were_in_the_way(client):
    assert client.get("/refuse/other/").status_code == 500


@pytest.mark.django_db
def test_address_that_only_takes_a_form_is_not_a_blank_page(client):
    client.cookies["django_language"] = "en"

    answer = client.get("/refuse/form-only/")

    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert "This address only takes a form." in answer.content.decode()


@pytest.mark.django_db
def test_address_that_only_takes_a_form_leads_to_the_page_above_it(client):
    client.cookies["django_language"] = "en"

    answer = client.get("/refuse/fine/of-it/act/")

    assert (answer.status_code, answer.headers["Location"]) == (302, "/refuse/fine/")
    assert "it was not taken in" in client.get("/refuse/refused/").content.decode()


def test_machine_gets_no_page_for_a_wrong_method(client):
    assert client.put("/refuse/form-only/").content == b""


@pytest.mark.django_db
def test_answer_of_a_view_passes_unchanged(client):
    assert client.get("/refuse/fine/").content == b"fine"


@pytest.mark.parametrize(
    ("kind", "code", "name"),
    [
        ("refused", 422, "seats_short"),
        ("not-permitted", 403, "not_permitted"),
        ("wrong-state", 409, "invalid_transition"),
    ],
)
def test_machine_gets_the_status_code_and_a_stable_name(kind, code, name):
    answer = handle_exception(REFUSALS[kind], {})

    assert (answer.status_code, answer.data["code"]) == (code, name)


def test_machine_learns_nothing_of_other_failures():
    assert handle_exception(REFUSALS["broken"], {}) is None


def test_code_of_one_refusal_does_not_stick_to_the_class():
    assert DomainError("x", code="seats_short").code == "seats_short"
    assert DomainError("x").code == "refused"
