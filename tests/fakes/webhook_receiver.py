"""A partner's receiver for the tests: real HTTPS on a port of this machine, with an authority made for the test."""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from partners.gateways.interface import Answer, answer_of

NAME = "hooks.partner.example"


@dataclass(frozen=True)
class Received:
    """One message as it came."""

    path: str
    headers: dict[str, str]
    body: bytes


Behaviour = Callable[["ReceiverHandler", Received], None]


class ReceiverHandler(BaseHTTPRequestHandler):
    """Answers one message as its server's behaviour says."""

    server: "WebhookReceiver"
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        message = Received(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
        self.server.received.append(message)
        # A sender that gave up is no failure of the receiver's.
        with suppress(ConnectionError, TimeoutError, ssl.SSLError):
            self.server.behaviour(self, message)
        self.close_connection = True

    def do_GET(self) -> None:
        self.server.received.append(Received(self.path, dict(self.headers), b""))
        self.send(200)

    def send(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Print nothing."""


def takes_it(handler: ReceiverHandler, _message: Received) -> None:
    handler.send(204)


def says(status: int, body: bytes = b"", **headers: str) -> Behaviour:
    return lambda handler, _message: handler.send(status, body, **headers)


def is_silent(handler: ReceiverHandler, _message: Received) -> None:
    handler.server.over.wait(20)


def drips(handler: ReceiverHandler, _message: Received) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    while not handler.server.over.wait(0.05):
        handler.wfile.write(b" ")


def hangs_up(handler: ReceiverHandler, _message: Received) -> None:
    handler.close_connection = True


class WebhookReceiver(ThreadingHTTPServer):
    """A receiver. It keeps every message that it got."""

    daemon_threads = True

    def __init__(self, certificate: "Certificate | None" = None) -> None:
        super().__init__(("127.0.0.1", 0), ReceiverHandler)
        self.behaviour: Behaviour = takes_it
        self.over = threading.Event()
        self.received: list[Received] = []
        self.connections = 0
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate.chain_file, certificate.key_file)
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    @property
    def authority(self) -> str:
        return f"{NAME}:{self.server_port}"

    @property
    def url(self) -> str:
        return f"https://{self.authority}/hooks?of=partner"

    def get_request(self) -> Any:
        request = super().get_request()
        self.connections += 1
        return request

    def handle_error(self, *_: object) -> None:
        """Print nothing: a handshake that the sender broke off is what some tests want."""


@contextmanager
def receiving(server: WebhookReceiver) -> Iterator[WebhookReceiver]:
    """Yield the receiver while it runs."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass(frozen=True)
class Certificate:
    """A certificate with its key, in files."""

    chain_file: Path
    key_file: Path


@dataclass(frozen=True)
class Authority:
    """Somebody who vouches for names, and whom nobody but the test trusts."""

    folder: Path
    name: x509.Name
    key: ec.EllipticCurvePrivateKey = field(repr=False)

    @property
    def file(self) -> Path:
        return self.folder / "authority.pem"

    def vouch_for(self, host: str, *, expired: bool = False) -> Certificate:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        alternatives = x509.SubjectAlternativeName([x509.DNSName(host)])
        certificate = _signed(subject, self.name, key.public_key(), self.key, [alternatives], expired=expired)
        chain = self.folder / f"{host}-{expired}.pem"
        chain.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        key_file = self.folder / f"{host}-{expired}.key"
        key_file.write_bytes(_as_text(key))
        return Certificate(chain, key_file)


def make_authority(folder: Path) -> Authority:
    """Make somebody who vouches for names."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Authority of the tests")])
    constraints = x509.BasicConstraints(ca=True, path_length=0)
    certificate = _signed(name, name, key.public_key(), key, [constraints])
    authority = Authority(folder, name, key)
    authority.file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return authority


def _signed(
    subject: x509.Name,
    issuer: x509.Name,
    public_key: ec.EllipticCurvePublicKey,
    signing_key: ec.EllipticCurvePrivateKey,
    extensions: list[x509.ExtensionType],
    *,
    expired: bool = False,
) -> x509.Certificate:
    now = datetime.now(UTC)
    ends_at = now - timedelta(days=1) if expired else now + timedelta(days=1)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=2))
        .not_valid_after(ends_at)
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
    return builder.sign(signing_key, hashes.SHA256())


def _as_text(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


@dataclass
class FakeSender:
    """A way to receivers in memory: it answers as it is told, and keeps what left."""

    answers: dict[str, Callable[[], Answer]] = field(default_factory=dict)
    sent: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    meanwhile: Callable[[], object] | None = None

    def send(self, url: str, headers: Any, body: bytes) -> Answer:
        self.sent.append((url, dict(headers), body))
        if self.meanwhile:
            self.meanwhile()
        return self.answers.get(url, lambda: answer_of(204))()
