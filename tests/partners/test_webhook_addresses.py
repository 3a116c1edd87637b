"""Nothing is ever sent into our own network, whatever a partner names and whatever a name server says."""

import socket
import time
from datetime import timedelta
from ipaddress import IPv4Address

import anyio
import pytest

from partners.enums import DeliveryProblem
from partners.gateways.https_sender import HttpsSender, Patience
from partners.rules.addresses import is_public_address, read_address
from tests.fakes.webhook_receiver import WebhookReceiver, receiving

BAD_URLS = [
    "http://partner.example.com/",
    "ftp://partner.example.com/",
    "file:///etc/passwd",
    "gopher://partner.example.com/_x",
    "javascript:alert(1)",
    "//partner.example.com/",
    "partner.example.com/hooks",
    "https:partner.example.com",
    "https:///partner.example.com",
    "HTTPS//partner.example.com",
    "https://",
    "https:// partner.example.com/",
    " https://partner.example.com/",
    "https://partner.example.com/\n",
    "https://partner.example.com/\r\nHost: 127.0.0.1",
    "https://partner.example.com/a b",
    "https://partner.example.com\\@127.0.0.1/",
    "https://user@partner.example.com/",
    "https://user:secret@partner.example.com/",
    "https://partner.example.com@127.0.0.1/",
    "https://127.0.0.1#@partner.example.com/",
    "https://partner.example.com/#fragment",
    "https://partner.example.com:80/",
    "https://partner.example.com:22/",
    "https://partner.example.com:1023/",
    "https://partner.example.com:0/",
    "https://partner.example.com:0443/",
    "https://partner.example.com:65536/",
    "https://partner.example.com:99999/",
    "https://partner.example.com:-1/",
    "https://partner.example.com:/",
    "https://partner.example.com:443:443/",
    "https://127.0.0.1/",
    "https://127.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://127.0.0.1.:8443/",
    "https://0/",
    "https://0.0.0.0/",
    "https://10.0.0.8/",
    "https://8.8.8.8/",
    "https://169.254.169.254/latest/meta-data/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[fe80::1%25eth0]/",
    "https://[2606:4700::1111]/",
    "https://localhost/",
    "https://localhost.localdomain/",
    "https://partner.localhost/",
    "https://redis/",
    "https://postgres:5432/",
    "https://metadata.google.internal/",
    "https://kubernetes.default.svc/",
    "https://kubernetes.default.svc.cluster.local/",
    "https://printer.local/",
    "https://router.lan/",
    "https://router.home.arpa/",
    "https://partner.invalid/",
    "https://hidden.onion/",
    "https://partner.example.com./",
    "https://.example.com/",
    "https://partner..example.com/",
    "https://-partner.example.com/",
    "https://partner-.example.com/",
    "https://part_ner.example.com/",
    "https://合作.example.com/",
    "https://partner.example.com/合作",
    "https://ⓔxample.com/",
    "https://partner%2eexample.com/",
    "https://" + "a" * 64 + ".example.com/",
    "https://partner.example.com/" + "a" * 500,
    "",
]
BAD_ADDRESSES = [
    str(IPv4Address(0)),
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.100.100.200",
    "100.127.255.254",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.0.1",
    "169.254.169.254",
    "169.254.170.2",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.9",
    "192.0.0.170",
    "192.0.0.192",
    "192.0.2.1",
    "192.31.196.1",
    "192.52.193.1",
    "192.88.99.1",
    "192.168.0.1",
    "192.168.255.255",
    "192.175.48.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.7",
    "203.0.113.7",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::8.8.8.8",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::808:808",
    "64:ff9b:1::a00:1",
    "100::1",
    "2001::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:808:808::1",
    "2620:4f:8000::1",
    "3fff::1",
    "3fff:fff::1",
    "5f00::1",
    "4000::1",
    "fc00::1",
    "fd00:ec2::254",
    "fdff::1",
    "fe80::1",
    "fe80::1%eth0",
    "fe80::5efe:10.0.0.1",
    "2606:4700::1%eth0",
    "2606:4700::5efe:10.0.0.1",
    "2606:4700::200:5efe:127.0.0.1",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
    "0177.0.0.1",
    "2130706433",
    "no address",
    "",
]
GOOD_ADDRESSES = ["1.1.1.1", "8.8.8.8", "202.98.0.68", "2606:4700:4700::1111", "2400:3200::1", "240e::1"]
GOOD_URLS = {
    "https://partner.example.com": ("partner.example.com", 443, "/"),
    "https://Partner.Example.COM/": ("partner.example.com", 443, "/"),
    "https://partner.example.com:443/hooks": ("partner.example.com", 443, "/hooks"),
    "https://partner.example.com:8443/a/b?c=d&e=%20": ("partner.example.com", 8443, "/a/b?c=d&e=%20"),
    "https://partner.example.com?c=d": ("partner.example.com", 443, "/?c=d"),
    "https://xn--fiq228c.xn--fiqs8s/": ("xn--fiq228c.xn--fiqs8s", 443, "/"),
}
QUICK = Patience(connect=timedelta(seconds=0.5), total=timedelta(seconds=1))


@pytest.mark.parametrize("url", BAD_URLS)
def test_address_is_refused(url):
    assert read_address(url) is None


@pytest.mark.parametrize(("url", "parts"), GOOD_URLS.items())
def test_address_is_read_in_one_way(url, parts):
    address = read_address(url)

    assert address is not None
    assert (address.host, address.port, address.target) == parts


@pytest.mark.parametrize("address", BAD_ADDRESSES)
def test_address_behind_a_name_is_refused(address):
    assert not is_public_address(address)


@pytest.mark.parametrize("address", GOOD_ADDRESSES)
def test_public_address_is_allowed(address):
    assert is_public_address(address)


@pytest.fixture
def trap():
    """Return a listener on this machine that nothing may ever reach."""
    with receiving(WebhookReceiver()) as listener:
        yield listener


def test_no_bad_url_reaches_the_trap(trap):
    asked = []

    def resolver(host, port):
        asked.append(host)
        return ["127.0.0.1"]

    sender = HttpsSender(resolver=resolver, patience=QUICK)
    answers = [sender.send(url.replace(":8443", f":{trap.server_port}"), {}, b"{}") for url in BAD_URLS]

    assert {answer.problem for answer in answers} == {DeliveryProblem.ADDRESS_REFUSED}
    assert asked == []
    assert trap.connections == 0


@pytest.mark.parametrize("address", BAD_ADDRESSES)
def test_name_that_leads_inside_reaches_nothing(trap, address, monkeypatch):
    connected = note_connections(monkeypatch)
    sender = HttpsSender(resolver=lambda _host, _port: [address], patience=QUICK)

    answer = sender.send(f"https://partner.example.com:{trap.server_port}/", {}, b"{}")

    assert answer.problem == DeliveryProblem.ADDRESS_REFUSED
    assert connected == []
    assert trap.connections == 0


def test_one_address_inside_among_public_ones_is_one_too_many(trap, monkeypatch):
    connected = note_connections(monkeypatch)
    sender = HttpsSender(resolver=lambda _host, _port: ["1.1.1.1", "127.0.0.1"], patience=QUICK)

    answer = sender.send(f"https://partner.example.com:{trap.server_port}/", {}, b"{}")

    assert answer.problem == DeliveryProblem.ADDRESS_REFUSED
    assert connected == []


def test_name_that_is_rebound_is_resolved_once_and_connected_as_it_was_looked_at(trap, monkeypatch):
    connected = note_connections(monkeypatch)
    replies = iter([["1.1.1.1"]])
    sender = HttpsSender(resolver=lambda _host, _port: next(replies, ["127.0.0.1"]), patience=QUICK)

    answer = sender.send(f"https://partner.example.com:{trap.server_port}/", {}, b"{}")

    assert answer.problem == DeliveryProblem.NO_CONNECTION
    assert connected == [("1.1.1.1", trap.server_port)]
    assert next(replies, "used up") == "used up"
    assert trap.connections == 0


def test_both_generations_are_tried_the_older_first(monkeypatch):
    connected = note_connections(monkeypatch)
    found = ["2606:4700:4700::1111", "1.1.1.1", "2606:4700:4700::1001", "1.0.0.1"]
    sender = HttpsSender(resolver=lambda _host, _port: found, patience=QUICK)

    sender.send("https://partner.example.com/", {}, b"{}")

    assert [":" in host for host, _port in connected] == [False, True]


@pytest.mark.parametrize("problem", [socket.gaierror(-2, "unknown"), UnicodeError("no name")])
def test_unknown_name_is_told_from_a_refused_one(problem):
    def resolver(_host, _port):
        raise problem

    answer = HttpsSender(resolver=resolver).send("https://partner.example.com/", {}, b"{}")

    assert answer.problem == DeliveryProblem.NAME_UNKNOWN


def test_silent_name_server_is_waited_for_no_longer_than_for_a_connection():
    def resolver(_host, _port):
        time.sleep(1.5)
        return ["1.1.1.1"]

    began = time.monotonic()
    answer = HttpsSender(resolver=resolver, patience=QUICK).send("https://partner.example.com/", {}, b"")

    assert answer.problem == DeliveryProblem.TOO_SLOW
    assert time.monotonic() - began < 1.2


def note_connections(monkeypatch):
    """Let nothing leave this machine, and return the list of what would have."""
    connected = []

    async def connect(remote_host, remote_port, **_):
        connected.append((remote_host, remote_port))
        raise OSError("no way out")

    monkeypatch.setattr(anyio, "connect_tcp", connect)
    return connected
