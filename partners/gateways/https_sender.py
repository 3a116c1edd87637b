"""Sends webhooks to addresses that others have named, and so must not be led into our own network.

The name is resolved once, every address behind it is looked at, and the connection goes to one of those very
addresses, with the name in TLS and in the Host line. No redirect is followed and no proxy of the environment is used.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final

import httpcore
from django.conf import settings

from partners.enums import DeliveryProblem
from partners.gateways.interface import Answer, answer_of
from partners.rules.addresses import Address, is_public_address, read_address

LARGEST_ANSWER: Final = 64 * 1024
LOOPBACK: Final = "127.0.0.1"
# Of its own: a name server that is silent must not keep the end of a try waiting.
_RESOLVERS: Final = ThreadPoolExecutor(max_workers=32, thread_name_prefix="webhook-names")

Resolver = Callable[[str, int], Sequence[str]]
# As the client of HTTP counts them, in fractions; nothing of ours is reckoned with them.
Seconds = Any


class SentInVain(Exception):
    """There was no answer, for a reason that is fit to record."""

    def __init__(self, problem: DeliveryProblem) -> None:
        super().__init__(problem)
        self.problem = problem


@dataclass(frozen=True)
class Patience:
    """How long a receiver gets to take the call, and how long the whole try may last."""

    connect: timedelta = timedelta(seconds=5)
    total: timedelta = timedelta(seconds=10)


def resolve(host: str, port: int) -> list[str]:
    """Return every address that the machine's resolver knows behind a name."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_kind, address in found]


@dataclass(frozen=True)
class HttpsSender:
    """Posts over HTTPS to public addresses. `local` names lead to this machine, for development and tests."""

    resolver: Resolver = resolve
    local: Collection[str] = ()
    ca_file: Path | None = None
    patience: Patience = Patience()

    def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Post once, and answer within the patience whatever the receiver does. Never raises."""
        address = read_address(url, local=self.local)
        if address is None:
            return Answer(problem=DeliveryProblem.ADDRESS_REFUSED)
        return asyncio.run(self._send_in_time(address, headers, body))

    async def _send_in_time(self, address: Address, headers: Mapping[str, str], body: bytes) -> Answer:
        try:
            # The time-outs of the client are for one step each; a receiver that drips would outlast them all.
            async with asyncio.timeout(self.patience.total.total_seconds()):
                return await self._post(address, headers, body)
        except SentInVain as vain:
            return Answer(problem=vain.problem)
        except Exception as problem:
            return Answer(problem=_problem_of(problem))

    async def _post(self, address: Address, headers: Mapping[str, str], body: bytes) -> Answer:
        url = httpcore.URL(scheme=b"https", host=address.host, port=address.port, target=address.target)
        patience = {name: self.patience.total.total_seconds() for name in ("read", "write", "pool")}
        patience["connect"] = self.patience.connect.total_seconds()
        async with (
            httpcore.AsyncConnectionPool(
                ssl_context=self._trust,
                network_backend=CheckedBackend(self._addresses_of),
                max_connections=1,
            ) as pool,
            pool.stream(
                "POST", url, headers=list(headers.items()), content=body, extensions={"timeout": patience}
            ) as response,
        ):
            size = 0
            async for chunk in response.aiter_stream():
                size += len(chunk)
                if size > LARGEST_ANSWER:
                    raise SentInVain(DeliveryProblem.TOO_LONG)
            return answer_of(response.status, _retry_after(response.headers))

    async def _addresses_of(self, host: str, port: int) -> list[str]:
        """Return the addresses to try. Raises SentInVain if only one of those behind the name is not public."""
        if f"{host}:{port}" in self.local:
            return [LOOPBACK]
        try:
            found = await asyncio.get_running_loop().run_in_executor(_RESOLVERS, self.resolver, host, port)
        except (OSError, UnicodeError) as problem:
            raise SentInVain(DeliveryProblem.NAME_UNKNOWN) from problem
        if not found:
            raise SentInVain(DeliveryProblem.NAME_UNKNOWN)
        if not _are_public(found):
            raise SentInVain(DeliveryProblem.ADDRESS_REFUSED)
        # One of each generation, the older first: the other may be connected to nothing here.
        return list({ip_address(each).version: each for each in sorted(found, reverse=True)}.values())[::-1]

    @cached_property
    def _trust(self) -> ssl.SSLContext:
        # The machine's own list of authorities, unless one is named.
        return ssl.create_default_context(cafile=self.ca_file)


class CheckedBackend(httpcore.AsyncNetworkBackend):
    """Connects to nothing but the addresses that were looked at. TLS, above it, still asks for the name."""

    def __init__(self, addresses_of: Callable[[str, int], Any]) -> None:
        self._addresses_of = addresses_of
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: Seconds | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first of the addresses behind the name that takes the call."""
        async with asyncio.timeout(timeout):
            addresses = await self._addresses_of(host, port)
        *others, last = addresses
        share = timeout / len(addresses) if timeout else None
        for each in others:
            try:
                return await self._network.connect_tcp(each, port, share, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await self._network.connect_tcp(last, port, share, local_address, socket_options)

    async def connect_unix_socket(self, *_: Any, **__: Any) -> httpcore.AsyncNetworkStream:
        """Refuse: nothing of this machine is a receiver."""
        raise SentInVain(DeliveryProblem.ADDRESS_REFUSED)

    async def sleep(self, seconds: Seconds) -> None:
        """Wait."""
        await self._network.sleep(seconds)


def _are_public(addresses: Iterable[str]) -> bool:
    return all(is_public_address(each) for each in addresses)


def _problem_of(problem: Exception) -> DeliveryProblem:
    if isinstance(problem, TimeoutError | httpcore.TimeoutException):
        return DeliveryProblem.TOO_SLOW
    if isinstance(problem.__cause__ or problem.__context__ or problem, ssl.SSLCertVerificationError):
        return DeliveryProblem.BAD_CERTIFICATE
    # What the receiver sent was no HTTP, or broke off.
    if isinstance(problem, httpcore.ProtocolError | httpcore.ReadError):
        return DeliveryProblem.BAD_ANSWER
    return DeliveryProblem.NO_CONNECTION


def _retry_after(headers: Sequence[tuple[bytes, bytes]]) -> str:
    for name, value in headers:
        if name.lower() == b"retry-after":
            return value.decode("latin-1").strip()
    return ""


def from_settings() -> HttpsSender:
    """Return the sender. Local receivers are settings of development only: production has none."""
    ca_file = settings.WEBHOOK_LOCAL_CA_FILE
    return HttpsSender(
        local=frozenset(settings.WEBHOOK_LOCAL_RECEIVERS), ca_file=Path(ca_file) if ca_file else None
    )
