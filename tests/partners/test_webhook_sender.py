"""The way to a partner's receiver: real HTTPS, and every way in which it can go wrong."""

import os
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from partners.enums import DeliveryProblem
from partners.gateways.https_sender import LARGEST_ANSWER, HttpsSender, Patience
from partners.rules.webhooks import payload, signatures
from tests.fakes.webhook_receiver import (
    NAME,
    WebhookReceiver,
    drips,
    hangs_up,
    is_silent,
    make_authority,
    receiving,
    says,
)
from tests.foundation.test_settings import SECRETS
from tests.guards.sources import REPOSITORY

SECRET, NEWER_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_" + "bmV3ZXIgc2VjcmV0IG9mIDI0IGJ5dGVz"
BODY = payload(
    kind="certificates",
    version="2026-12-01",
    subject="8d8ac610-566d-4ef0-9c22-186b2a5ed793",
    changed_at=datetime(2026, 10, 20, 2, 0, 0, 123456, tzinfo=UTC),
    is_gone=False,
)
PATIENCE = Patience(connect=timedelta(seconds=1), total=timedelta(seconds=1))


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return make_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def receiver(authority):
    with receiving(WebhookReceiver(authority.vouch_for(NAME))) as server:
        yield server


def sender_to(server, authority, **changes):
    return HttpsSender(
        **{"local": {server.authority}, "ca_file": authority.file, "patience": PATIENCE, **changes}
    )


def test_message_arrives_whole_under_the_name(receiver, authority):
    answer = sender_to(receiver, authority).send(receiver.url, {"webhook-id": "msg_1"}, BODY)

    [message] = receiver.received
    assert answer.has_arrived
    assert answer.status == 204
    assert message.path == "/hooks?of=partner"
    assert message.body == BODY
    assert message.headers["host"] == receiver.authority
    assert message.headers["webhook-id"] == "msg_1"


def test_payload_holds_numbers_and_nothing_else():
    assert BODY == (
        b'{"type":"certificates.changed","version":"2026-12-01","timestamp":"2026-10-20T02:00:00.123456Z",'
        b'"data":{"id":"8d8ac610-566d-4ef0-9c22-186b2a5ed793",'
        b'"changed_at":"2026-10-20T02:00:00.123456Z","is_gone":false}}'
    )


@pytest.mark.parametrize(
    ("status", "problem"),
    [
        (200, None),
        (202, None),
        (299, None),
        (301, DeliveryProblem.REDIRECTED),
        (302, DeliveryProblem.REDIRECTED),
        (304, DeliveryProblem.REDIRECTED),
        (307, DeliveryProblem.REDIRECTED),
        (308, DeliveryProblem.REDIRECTED),
        (400, DeliveryProblem.REFUSED),
        (401, DeliveryProblem.REFUSED),
        (404, DeliveryProblem.REFUSED),
        (410, DeliveryProblem.GONE),
        (429, DeliveryProblem.REFUSED),
        (500, DeliveryProblem.SERVER_FAILED),
        (503, DeliveryProblem.SERVER_FAILED),
    ],
)
def test_only_2xx_is_an_arrival(receiver, authority, status, problem):
    receiver.behaviour = says(status)

    answer = sender_to(receiver, authority).send(receiver.url, {}, BODY)

    assert (answer.status, answer.problem) == (status, problem)


def test_redirect_is_not_followed(receiver, authority):
    receiver.behaviour = says(307, Location=receiver.url)

    sender_to(receiver, authority).send(receiver.url, {}, BODY)

    assert len(receiver.received) == 1


def test_what_the_receiver_asks_to_wait_is_handed_on(receiver, authority):
    receiver.behaviour = says(503, Retry_After="120")

    assert sender_to(receiver, authority).send(receiver.url, {}, BODY).retry_after == "120"


@pytest.mark.parametrize(
    ("behaviour", "problem"),
    [
        (is_silent, DeliveryProblem.TOO_SLOW),
        (drips, DeliveryProblem.TOO_SLOW),
        (hangs_up, DeliveryProblem.BAD_ANSWER),
        (says(200, b"x" * (LARGEST_ANSWER + 1)), DeliveryProblem.TOO_LONG),
        (
            lambda handler, _message: handler.wfile.write(b"no HTTP at all\r\n\r\n"),
            DeliveryProblem.BAD_ANSWER,
        ),
        (
            lambda handler, _message: handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000),
            DeliveryProblem.BAD_ANSWER,
        ),
    ],
    ids=["silent", "drips", "hangs up", "too long", "no HTTP", "endless header"],
)
def test_receiver_that_misbehaves_is_answered_for_in_time(receiver, authority, behaviour, problem):
    receiver.behaviour = behaviour
    began = time.monotonic()

    answer = sender_to(receiver, authority).send(receiver.url, {}, BODY)

    assert answer.problem == problem
    assert time.monotonic() - began < 2


def test_answer_as_long_as_it_may_be_is_an_arrival(receiver, authority):
    receiver.behaviour = says(200, b"x" * LARGEST_ANSWER)

    assert sender_to(receiver, authority).send(receiver.url, {}, BODY).has_arrived


@pytest.mark.parametrize(("host", "expired"), [("other.partner.example", False), (NAME, True)])
def test_certificate_of_another_name_or_day_is_refused(authority, host, expired):
    with receiving(WebhookReceiver(authority.vouch_for(host, expired=expired))) as server:
        answer = sender_to(server, authority).send(server.url, {}, BODY)

        assert answer.problem == DeliveryProblem.BAD_CERTIFICATE
        assert server.received == []


def test_authority_that_nobody_trusts_is_refused(receiver):
    sender = HttpsSender(local={receiver.authority}, patience=PATIENCE)

    assert sender.send(receiver.url, {}, BODY).problem == DeliveryProblem.BAD_CERTIFICATE
    assert receiver.received == []


def test_receiver_without_tls_gets_nothing(authority):
    with receiving(WebhookReceiver()) as server:
        answer = sender_to(server, authority).send(server.url, {}, BODY)

        assert not answer.has_arrived
        assert server.received == []


def test_nobody_listens(authority):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        authorities = f"{NAME}:{free.getsockname()[1]}"
        sender = HttpsSender(local={authorities}, ca_file=authority.file, patience=PATIENCE)

        assert sender.send(f"https://{authorities}/", {}, BODY).problem == DeliveryProblem.NO_CONNECTION


def test_name_that_is_not_listed_is_not_local(receiver, authority):
    sender = sender_to(receiver, authority, local=(), resolver=lambda _host, _port: ["127.0.0.1"])

    assert sender.send(receiver.url, {}, BODY).problem == DeliveryProblem.ADDRESS_REFUSED
    assert receiver.connections == 0


def test_proxy_of_the_environment_is_not_used(receiver, authority, monkeypatch):
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    assert sender_to(receiver, authority).send(receiver.url, {}, BODY).has_arrived


def test_sender_works_beside_an_event_loop_and_in_many_threads(receiver, authority):
    sender = sender_to(receiver, authority)
    answers = []
    threads = [
        Thread(target=lambda: answers.append(sender.send(receiver.url, {}, BODY))) for _turn in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [answer.has_arrived for answer in answers] == [True] * 8


# ── Signatures ───────────────────────────────────────────────────────────────────────────────────────────────
def headers_for(*secrets, timestamp=None):
    timestamp = timestamp or int(time.time())
    signed = signatures(secrets=secrets, message_id="msg_1", timestamp=timestamp, body=BODY)
    return {"webhook-id": "msg_1", "webhook-timestamp": str(timestamp), "webhook-signature": signed}


def test_signature_is_the_one_of_the_standard():
    signed = signatures(
        secrets=[SECRET],
        message_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp=1614265330,
        body=b'{"test": 2432232314}',
    )

    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("secret", [SECRET, NEWER_SECRET])
def test_either_secret_verifies_while_both_hold(secret):
    assert Webhook(secret).verify(BODY, headers_for(NEWER_SECRET, SECRET))["type"] == "certificates.changed"


@pytest.mark.parametrize(
    ("secrets", "body"),
    [([NEWER_SECRET], BODY), ([SECRET], BODY.replace(b"false", b"true"))],
    ids=["another secret", "another body"],
)
def test_what_was_not_signed_so_does_not_verify(secrets, body):
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(body, headers_for(*secrets))


def test_production_has_no_receiver_on_its_own_machine():
    said = subprocess.run(
        [
            sys.executable,
            "-c",
            "from django.conf import settings as s; print(s.WEBHOOK_LOCAL_RECEIVERS, [s.WEBHOOK_LOCAL_CA_FILE])",
        ],
        env={
            **SECRETS,
            "PATH": os.environ["PATH"],
            "DJANGO_SETTINGS_MODULE": "chongqing_dte.settings.production",
            "WEBHOOK_LOCAL_RECEIVERS": "hooks.partner.example:8443",
            "WEBHOOK_LOCAL_CA_FILE": "authority.pem",
        },
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )

    assert said.stdout.strip() == "[] ['']"
