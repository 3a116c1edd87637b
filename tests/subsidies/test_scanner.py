"""Every scanner keeps the same promises, the one in memory that other tests use too."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from subsidies.gateways.scanner import CHUNK, Clamd, ScannerUnavailable, VirusScanner, virus_scanner
from tests.fakes.scanner import EICAR, FakeScanner, clamd_at


class ClamdBehindASocket:
    """The scanner of the real protocol, with what the tests ask of one: what it saw, and to be away."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        path = folder / "clamd.sock"
        self.seen = stack.enter_context(clamd_at(path))
        self.scanner: VirusScanner = Clamd(f"unix:{path}", seconds=5)
        self.nowhere: VirusScanner = Clamd(f"unix:{folder / 'nobody.sock'}", seconds=5)


class InMemory:
    def __init__(self, _folder: Path, _stack: ExitStack) -> None:
        fake = FakeScanner()
        self.seen = fake.seen
        self.scanner: VirusScanner = fake
        self.nowhere: VirusScanner = FakeScanner(is_away=True)


@pytest.fixture(params=[ClamdBehindASocket, InMemory])
def there(request, tmp_path):
    with ExitStack() as stack:
        yield request.param(tmp_path, stack)


def test_a_clean_file_is_clean(there):
    assert there.scanner.finds_malware(b"%PDF-1.7 a receipt") is False


def test_malware_is_found(there):
    assert there.scanner.finds_malware(b"%PDF-1.7 " + EICAR) is True


def test_the_whole_file_goes_over(there):
    content = bytes(range(256)) * (CHUNK // 128 + 1)

    there.scanner.finds_malware(content)

    assert there.seen == [content]


def test_one_scanner_looks_at_one_file_after_another(there):
    assert [there.scanner.finds_malware(each) for each in (b"one", EICAR, b"two")] == [False, True, False]


def test_a_scanner_that_is_away_says_so_and_nothing_of_the_file(there):
    with pytest.raises(ScannerUnavailable) as refusal:
        there.nowhere.finds_malware(b"secret words")

    assert "secret words" not in str(refusal.value)
    assert refusal.value.__cause__ is None


@pytest.mark.parametrize(
    "answer",
    [b"", b"INSTREAM size limit exceeded. ERROR\0", b"OK\0", b"stream: FOUND maybe\0", b"\xff\xfe\0"],
)
def test_an_answer_that_says_neither_is_never_a_clean_one(tmp_path, answer):
    path = tmp_path / "clamd.sock"

    with clamd_at(path, answer=answer), pytest.raises(ScannerUnavailable):
        Clamd(f"unix:{path}", seconds=5).finds_malware(b"a file")


@pytest.mark.parametrize("address", ["127.0.0.1:1", "127.0.0.1:no-port", ""])
def test_an_address_where_nobody_listens_is_a_scanner_that_is_away(address):
    with pytest.raises(ScannerUnavailable):
        Clamd(address, seconds=1).finds_malware(b"a file")


def test_without_an_address_no_scanner_is_connected(settings):
    assert virus_scanner() is None

    settings.CLAMD_ADDRESS = "unix:/run/clamav/clamd.sock"

    assert isinstance(virus_scanner(), Clamd)
