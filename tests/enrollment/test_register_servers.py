"""What is sent to a register over HTTPS, what it may answer, and what is kept of it."""

import asyncio
import io
import logging
import ssl
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from chongqing_dte.foundation.logs import configure_logging
from enrollment.registers.http_register import MOST_REQUESTS, Patience
from enrollment.registers.interface import fit_reference
from tests.enrollment.register_questions import (
    IDS,
    QUICK,
    STUDENTS,
    TOKEN,
    asked,
    http_register,
    known,
    people_of,
    verdicts,
)
from tests.fakes.register_misbehaviours import SERVER
from tests.fakes.registers import RegisterServer, serving

pytestmark = pytest.mark.slow


@pytest.fixture
def server():
    with serving(RegisterServer(STUDENTS, people_of(STUDENTS))) as running:
        yield running


def test_personal_data_is_in_the_body_and_nowhere_else(server):
    http_register(server).ask([asked(STUDENTS, 0, student_number="S-2022-7")])

    assert server.lines == ["POST /questions HTTP/1.1"]
    (headers,) = server.headers_seen
    assert headers["Authorization"] == f"Bearer {TOKEN}"
    assert not any(IDS[0] in value or "张" in value for value in headers.values())
    assert server.requests_seen == [
        {
            "register": "STUDENT_STATUS",
            "questions": [
                {
                    "reference": "question-0",
                    "as_of": "2026-03-09",
                    "id_number": IDS[0],
                    "name": "张甲",
                    "school": "示范大学",
                    "student_number": "S-2022-7",
                }
            ],
        }
    ]


def test_caller_may_have_an_event_loop(server):
    async def ask():
        return http_register(server).ask([asked(STUDENTS, 0)])

    # In a thread of its own: a browser test may have left a loop running in this one.
    with ThreadPoolExecutor(max_workers=1) as thread:
        replies = thread.submit(lambda: asyncio.run(ask())).result()

    assert verdicts(replies) == ["YES"]


def test_redirect_is_not_followed(server):
    server.behaviour = SERVER["status 307"]

    http_register(server).ask([asked(STUDENTS, 0)])

    assert len(server.lines) == 1


def test_proxy_of_the_environment_is_not_used(server, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    assert verdicts(http_register(server).ask([asked(STUDENTS, 0)])) == ["YES"]


def test_without_a_token_nobody_is_asked(server):
    (reply,) = http_register(server, token="").ask([asked(STUDENTS, 0)])

    assert (reply.verdict, reply.reference) == ("UNREACHABLE", "NO_TOKEN")
    assert server.lines == []


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "http://[", "https://127.0.0.1:1/", "nonsense"])
def test_address_where_nobody_is_unreachable(server, url):
    assert verdicts(http_register(server, url=url).ask([asked(STUDENTS, 0)])) == ["UNREACHABLE"]


def test_token_that_is_no_header_is_unreachable(server):
    replies = http_register(server, token="令牌\n").ask([asked(STUDENTS, 0)])

    assert verdicts(replies) == ["UNREACHABLE"]


def test_register_that_drips_is_given_up_in_time(server):
    server.behaviour = SERVER["drips headers"]
    before = datetime.now(UTC)

    http_register(server).ask([asked(STUDENTS, 0)])

    assert datetime.now(UTC) - before < QUICK.total * 4


def refuses(poison):
    """Return the behaviour of a register that refuses everything it is asked together with this question."""

    def behave(handler, questions):
        if poison in {question["reference"] for question in questions}:
            handler.send(b"", status=422)
        else:
            handler.send_document({"answers": handler.right_answers(questions)})

    return behave


def test_question_that_the_register_refuses_keeps_nobody_else_waiting(server):
    server.behaviour = refuses("question-2")

    replies = http_register(server).ask([asked(STUDENTS, number) for number in range(5)])

    assert verdicts(replies) == ["YES", "YES", "UNREACHABLE", "NO", "NOT_FOUND"]
    assert replies[2].reference == "REFUSED"


def test_register_that_refuses_everything_is_not_asked_without_end(server):
    server.behaviour = SERVER["status 400"]

    http_register(server, patience=Patience()).ask(
        [asked(STUDENTS, 0, reference=f"question-{number}") for number in range(200)]
    )

    assert len(server.lines) == MOST_REQUESTS


def test_reference_that_could_be_a_number_of_somebody_is_not_kept(server):
    server.people = [known(STUDENTS, 0, reference=IDS[0])]

    (reply,) = http_register(server).ask([asked(STUDENTS, 0)])

    assert (reply.verdict, reply.reference) == ("YES", "")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("XJ-2026/0001", "XJ-2026/0001"),
        ("张甲", ""),
        ("13900000001", ""),
        ("x" * 65, ""),
        ("a b", ""),
        (None, ""),
        (7, ""),
    ],
)
def test_only_a_plain_reference_is_kept(text, kept):
    assert fit_reference(text) == kept


def certificate_for(address: str, folder: Path) -> Path:
    """Return a file with a key and a certificate that no authority of this machine has signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Example register")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(address)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "register.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.mark.parametrize(
    ("address", "is_named", "verdict"),
    [
        ("localhost", True, "YES"),
        ("localhost", False, "UNREACHABLE"),
        ("other.example", True, "UNREACHABLE"),
    ],
    ids=["authority named", "authority unknown", "other name"],
)
def test_certificate_is_checked(tmp_path, address, is_named, verdict):
    pem = certificate_for(address, tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    with serving(RegisterServer(STUDENTS, people_of(STUDENTS))) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        url = f"https://localhost:{server.server_port}/questions"

        replies = http_register(server, url=url, ca_file=pem if is_named else None, patience=Patience()).ask(
            [asked(STUDENTS, 0)]
        )

    assert verdicts(replies) == [verdict]
    assert (server.lines != []) is (verdict == "YES")


@pytest.fixture
def printed(settings):
    """Return a function that gives what was logged so far, at the finest level, as it is printed."""
    configure_logging({"level": "DEBUG"})
    (handler,) = (h for h in logging.getLogger().handlers if type(h) is logging.StreamHandler)
    lines = io.StringIO()
    former = handler.setStream(lines)
    yield lines.getvalue
    configure_logging(settings.LOGGING)
    handler.setStream(former)


@pytest.mark.parametrize("misbehaviour", ["status 200", "status 422", "status 500", "breaks off", "texts"])
def test_nothing_personal_and_no_token_is_logged(server, printed, misbehaviour):
    server.behaviour = {**SERVER, "status 200": server.behaviour}[misbehaviour]
    question = asked(STUDENTS, 0, name="欧阳金丝雀", student_number="CANARY-7")

    http_register(server).ask([question, asked(STUDENTS, 1)])

    text = printed()
    assert "127.0.0.1" in text
    canaries = (IDS[0], "欧阳", "CANARY", "示范大学", TOKEN)
    assert [canary for canary in canaries if canary in text or canary in repr(question)] == []
