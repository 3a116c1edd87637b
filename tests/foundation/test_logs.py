import logging
import re
import uuid

import pytest
import structlog
from celery import shared_task
from celery.app.trace import build_tracer
from django.conf import settings
from django.http import HttpResponse
from django.test import Client, RequestFactory
from structlog.testing import capture_logs

from chongqing_dte.celery import app
from chongqing_dte.foundation.logs import (
    RequestIdMiddleware,
    configure_logging,
    current_request_id,
    mask_long_numbers,
)

ID_NUMBER = "50029920010101001X"
MOBILE = "19900000001"
ACCOUNT = "6900000000000000017"


@pytest.fixture(autouse=True)
def _nothing_is_bound():
    structlog.contextvars.clear_contextvars()
    yield
    structlog.contextvars.clear_contextvars()


def answer_to(request):
    """Return the answer and the id under which it was made."""
    seen = []

    def view(_request):
        seen.append(current_request_id())
        return HttpResponse()

    answer = RequestIdMiddleware(view)(request)
    return answer, seen[0]


def test_given_request_id_is_kept():
    request = RequestFactory().get("/", headers={"X-Request-ID": "gateway-00000001"})
    request.resolver_match = None

    answer, seen = answer_to(request)

    assert (answer["X-Request-ID"], seen) == ("gateway-00000001", "gateway-00000001")


@pytest.mark.parametrize(
    "given",
    ["", "short", "x" * 65, 'a"b{}\n12345678', "身份证号身份证号"],
    ids=["none", "short", "long", "quotes", "chinese"],
)
def test_request_without_a_fit_id_gets_one(given):
    request = RequestFactory().get("/", headers={"X-Request-ID": given})
    request.resolver_match = None

    answer, seen = answer_to(request)

    assert re.fullmatch(r"[0-9a-f]{32}", seen)
    assert answer["X-Request-ID"] == seen


def test_request_id_does_not_outlive_the_request():
    request = RequestFactory().get("/")
    request.resolver_match = None

    answer_to(request)

    assert current_request_id() == ""


@pytest.mark.django_db
def test_log_names_the_route_and_nothing_that_somebody_typed():
    public_id = uuid.uuid4()

    with capture_logs() as logs:
        Client().get(f"/classes/{public_id}/?q={ID_NUMBER}")

    (line,) = [line for line in logs if line["event"] == "answered"]
    assert line["route"] == "classes/<uuid:public_id>/"
    assert ID_NUMBER not in str(line)
    assert str(public_id) not in str(line)


@pytest.mark.django_db
def test_log_of_an_unknown_path_holds_no_path():
    with capture_logs() as logs:
        Client().get(f"/{ID_NUMBER}/")

    assert [line["route"] for line in logs if line["event"] == "answered"] == [""]
    assert ID_NUMBER not in str(logs)


@pytest.mark.django_db
@pytest.mark.parametrize("path", [f"/{ID_NUMBER}/", f"/certificates/?q={ACCOUNT}"])
def test_no_library_prints_what_somebody_typed_either(printed, path):
    Client().get(path)

    lines = printed()
    assert lines
    assert ID_NUMBER not in str(lines)
    assert ACCOUNT not in str(lines)


def test_log_is_one_json_line_an_event(printed):
    structlog.get_logger("portal").info("certificates_decided", count=3)

    (line,) = printed()
    assert (line["event"], line["count"], line["level"], line["logger"]) == (
        "certificates_decided",
        3,
        "info",
        "portal",
    )


def test_logger_is_heard_after_logging_was_set_up_again():
    log = structlog.get_logger("portal")
    log.info("before")
    configure_logging(settings.LOGGING)

    with capture_logs() as logs:
        log.info("after")

    assert [line["event"] for line in logs] == ["after"]


def test_library_s_message_is_a_json_line_too(printed):
    logging.getLogger("some.library").warning("account %s is odd", ACCOUNT)

    (line,) = printed()
    assert (line["event"], line["logger"]) == ("account *** is odd", "some.library")


@pytest.mark.parametrize(
    "number",
    [
        ID_NUMBER,
        ID_NUMBER.lower(),
        MOBILE,
        ACCOUNT,
        "6" * 32,
        f"+86-{MOBILE}",
        f"账号{ACCOUNT}元",
        f"A{ACCOUNT}B",
    ],
)
def test_long_number_is_masked(number):
    masked = mask_long_numbers(None, "info", {"event": f"odd: {number}."})

    assert not re.search(r"\d{5}", masked["event"])


@pytest.mark.parametrize(
    "nested",
    [int(ACCOUNT), [ACCOUNT], {"account": ACCOUNT}, (1, {"accounts": [ACCOUNT]}), ValueError(ACCOUNT)],
    ids=["number", "list", "mapping", "deep", "exception"],
)
def test_long_number_inside_a_value_is_masked(nested):
    masked = mask_long_numbers(None, "info", {"event": "x", "found": nested})

    assert ACCOUNT not in repr(masked)


@pytest.mark.parametrize(
    "harmless",
    ["3f2b8c1e-9d4a-4b7e-8a11-123456789012", "2026-10-20T10:00:00.123456+08:00", "CERT-000001", "1234567890"],
    ids=["uuid", "time", "certificate", "ten digits"],
)
def test_other_text_is_left_alone(harmless):
    assert mask_long_numbers(None, "info", {"event": harmless}) == {"event": harmless}


@pytest.mark.parametrize("harmless", [3, 2.5, True, None, [1, 2], {"count": 3}], ids=str)
def test_other_value_is_left_alone(harmless):
    assert mask_long_numbers(None, "info", {"found": harmless}) == {"found": harmless}


def test_long_number_in_a_traceback_is_masked(printed):
    try:
        raise ValueError(f"no such account: {ACCOUNT}")
    except ValueError:
        structlog.get_logger("portal").exception("failed")

    (line,) = printed()
    assert "ValueError: no such account: ***" in line["exception"]
    assert ACCOUNT not in str(line)


@shared_task(name="tests.foundation.test_logs.look_around")
def look_around(**_later_arguments):
    seen_in_task.append(structlog.contextvars.get_contextvars())


seen_in_task: list[dict[str, str]] = []


def run_as_a_worker_does(message):
    """Run the task of a message of the broker."""
    tracer = build_tracer(look_around.name, look_around, app=app, propagate=True)
    tracer(message["headers"]["id"], (), {}, request={**message["headers"], "delivery_info": {}})


def test_message_carries_the_request_id(waiting_messages):
    with structlog.contextvars.bound_contextvars(request_id="request-0001"):
        look_around.apply_async()

    assert waiting_messages.all()[0]["headers"]["request_id"] == "request-0001"


def test_message_that_no_request_caused_has_an_id_of_its_own(waiting_messages):
    look_around.apply_async()

    assert re.fullmatch(r"[0-9a-f]{32}", waiting_messages.all()[0]["headers"]["request_id"])


def test_task_works_under_the_id_of_its_message(waiting_messages):
    seen_in_task.clear()
    with structlog.contextvars.bound_contextvars(request_id="request-0001"):
        look_around.apply_async()

    run_as_a_worker_does(waiting_messages.all()[0])

    assert seen_in_task == [{"request_id": "request-0001", "task": look_around.name}]


def test_task_does_not_work_under_the_id_of_the_task_before_it(waiting_messages):
    seen_in_task.clear()
    for request_id in ("request-0001", "request-0002"):
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            look_around.apply_async()

    for message in waiting_messages.all():
        run_as_a_worker_does(message)

    assert [seen["request_id"] for seen in seen_in_task] == ["request-0001", "request-0002"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "route"),
    [(f"/{ID_NUMBER[:8]}-somebody/", ""), ("/verify/somebody/", "verify/<str:token>/")],
    ids=["no route", "refused by a page"],
)
def test_library_names_the_route_and_not_the_path(printed, path, route):
    Client().get(path)

    lines = printed()
    assert "somebody" not in str(lines)
    assert f"Not Found: {route}" in [line["event"] for line in lines]
