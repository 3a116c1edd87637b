"""What every way to a bank promises, and that the simulated bank on the other side keeps to the format."""

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from subsidies.bank.agent_list import read_result_list, write_payment_list
from subsidies.bank.channel import BankChannel, BankUnavailable, FolderChannel
from subsidies.bank.files import BatchFile, BatchLine
from tests.clock import NOW
from tests.fakes import chaos_bank
from tests.fakes.bank import FakeBank
from tests.fakes.chaos_bank import Store
from tests.fakes.http_bank import HttpBankChannel, wait_for_file

SIMULATED_BANK = Path(__file__).resolve().parents[2] / "demo" / "bank.py"
CHAOS_BANK = Path(chaos_bank.__file__)


# ── The channel ──────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def folders(tmp_path: Path) -> FolderChannel:
    for name in ("outbox", "inbox"):
        (tmp_path / name).mkdir()
    return FolderChannel(outbox=tmp_path / "outbox", inbox=tmp_path / "inbox")


@pytest.fixture
def http(tmp_path: Path) -> Iterator[HttpBankChannel]:
    """Yield the channel to the bank of tests/chaos on one of its good days."""
    port_file = tmp_path / "port"
    files = ["--store", str(tmp_path / "bank.sqlite"), "--port-file", str(port_file)]
    with subprocess.Popen([sys.executable, str(CHAOS_BANK), *files, "--seed", "1", "--calm"]) as bank:
        yield HttpBankChannel(int(wait_for_file(port_file)))
        bank.kill()


@pytest.fixture(params=["folders", "sftp", "http", "fake"])
def channel(request) -> BankChannel:
    return FakeBank() if request.param == "fake" else request.getfixturevalue(request.param)


@pytest.fixture
def put_down(request, channel: BankChannel) -> Callable[[str, bytes], None]:
    def write(name: str, content: bytes) -> None:
        if isinstance(channel, FakeBank):
            channel.inbox[name] = content
        elif isinstance(channel, FolderChannel):
            (channel.inbox / name).write_bytes(content)
        elif isinstance(channel, HttpBankChannel):
            Store(request.getfixturevalue("tmp_path") / "bank.sqlite").put_down(name, content)
        else:
            (request.getfixturevalue("sftp_bank").root / "inbox" / name).write_bytes(content)

    return write


def test_channel_does_not_know_what_it_never_saw(channel):
    assert not channel.knows("PAY-1.csv")


def test_channel_knows_what_was_delivered(channel):
    channel.deliver("PAY-1.csv", b"content")

    assert channel.knows("PAY-1.csv")
    assert not channel.knows("PAY-2.csv")


def test_the_same_file_again_changes_nothing(channel):
    channel.deliver("PAY-1.csv", b"content")

    channel.deliver("PAY-1.csv", b"content")

    assert channel.knows("PAY-1.csv")


def test_channel_without_results_returns_none(channel):
    assert list(channel.results()) == []


def test_results_come_oldest_name_first(channel, put_down):
    put_down("RESULT-2.csv", b"two")
    put_down("RESULT-1.csv", b"one")

    assert [(file.name, file.content) for file in channel.results()] == [
        ("RESULT-1.csv", b"one"),
        ("RESULT-2.csv", b"two"),
    ]


@pytest.mark.parametrize("ending", ["csv", "xml", "xlsx", "txt", "XML"])
def test_a_result_may_come_in_any_banks_format(channel, put_down, ending):
    put_down(f"RESULT-1.{ending}", b"one")

    assert [file.name for file in channel.results()] == [f"RESULT-1.{ending}"]


def test_a_result_comes_again_until_it_is_put_away(channel, put_down):
    put_down("RESULT-1.csv", b"one")

    assert [file.name for file in channel.results()] == [file.name for file in channel.results()]


def test_a_result_that_was_put_away_does_not_come_again(channel, put_down):
    put_down("RESULT-1.csv", b"one")

    (received,) = channel.results()
    channel.put_away(received.key)
    channel.put_away(received.key)

    assert list(channel.results()) == []


def test_a_result_may_be_put_away_while_the_list_is_read(channel, put_down):
    put_down("RESULT-1.csv", b"one")
    put_down("RESULT-2.csv", b"two")

    for received in channel.results():
        channel.put_away(received.key)

    assert list(channel.results()) == []


def test_a_file_that_the_bank_has_taken_is_known_and_not_written_again(folders):
    folders.deliver("PAY-1.csv", b"content")
    (folders.outbox / "taken").mkdir()
    (folders.outbox / "PAY-1.csv").rename(folders.outbox / "taken" / "PAY-1.csv")

    folders.deliver("PAY-1.csv", b"content")

    assert folders.knows("PAY-1.csv")
    assert not (folders.outbox / "PAY-1.csv").exists()


def test_half_a_file_from_a_crash_is_replaced_by_the_whole(folders):
    (folders.outbox / ".PAY-1.csv.0.part").write_bytes(b"con")

    assert not folders.knows("PAY-1.csv")
    folders.deliver("PAY-1.csv", b"content")

    assert (folders.outbox / "PAY-1.csv").read_bytes() == b"content"


def test_what_could_not_be_written_whole_is_not_there(folders, monkeypatch):
    def is_full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("subsidies.bank.channel.os.fsync", is_full)

    with pytest.raises(BankUnavailable):
        folders.deliver("PAY-1.csv", b"content")

    assert not folders.knows("PAY-1.csv")


def test_only_the_owner_reads_what_is_delivered(folders):
    folders.deliver("PAY-1.csv", b"content")

    assert (folders.outbox / "PAY-1.csv").stat().st_mode & 0o077 == 0


def test_a_folder_that_cannot_be_written_is_a_bank_that_is_away(folders):
    folders.outbox.rmdir()
    folders.outbox.write_text("a file stands where the folder should be")

    with pytest.raises(BankUnavailable):
        folders.deliver("PAY-1.csv", b"content")


@pytest.mark.parametrize("folder", ["outbox", "inbox"])
def test_a_missing_folder_is_a_bank_that_is_away_and_is_never_made(folders, folder):
    getattr(folders, folder).rmdir()

    with pytest.raises(BankUnavailable):
        folders.deliver("PAY-1.csv", b"content") if folder == "outbox" else list(folders.results())

    assert not getattr(folders, folder).exists()


def test_a_file_that_replaces_one_which_is_being_read_is_read_too(folders):
    (folders.inbox / "RESULT-1.csv").write_bytes(b"one")
    (received,) = folders.results()
    (folders.inbox / "RESULT-1.csv").write_bytes(b"two")

    folders.put_away(received.key)

    assert [file.content for file in folders.results()] == [b"two"]


def test_a_folder_in_the_inbox_and_a_foreign_file_name_stop_nothing(folders):
    (folders.inbox / "A.csv").mkdir()
    (folders.inbox / os.fsdecode("回执.csv".encode("gbk"))).write_bytes(b"one")

    (received,) = folders.results()

    assert received.content == b"one"
    assert received.name.encode("utf-8")


def test_files_that_are_still_being_written_are_left_alone(folders):
    (folders.inbox / ".RESULT-1.csv.part").write_bytes(b"on")
    (folders.inbox / ".RESULT-2.csv").write_bytes(b"two")

    assert list(folders.results()) == []


# ── The simulated bank, as a program of its own ──────────────────────────────────────────────────────────
def instruct(folders: FolderChannel, number: int, *accounts: str) -> None:
    batch = BatchFile(
        reference=f"20261020-{number}",
        made_on=NOW.date(),
        lines=[
            BatchLine(
                line, f"REFERENCE{account}", "张三", account, "示范银行", "999653000001", Decimal("800.00")
            )
            for line, account in enumerate(accounts, start=1)
        ],
    )
    folders.deliver(f"PAY-{batch.reference}.csv", write_payment_list(batch))


@pytest.fixture
def serve(folders: FolderChannel, tmp_path: Path) -> Callable[..., None]:
    def run(*not_activated: str) -> None:
        places = ["--payments", folders.outbox, "--results", folders.inbox, "--book", tmp_path / "book.json"]
        inactive = [word for account in not_activated for word in ("--not-activated", account)]
        subprocess.run([sys.executable, SIMULATED_BANK, *places, *inactive, "--once"], check=True)

    return run


def answers(folders: FolderChannel) -> dict[str, str]:
    lists = [read_result_list(received.content) for received in folders.results()]
    return {line.reference: line.answer for answer in lists for line in answer.lines}


def test_the_bank_pays_what_it_is_instructed_to(folders, serve):
    instruct(folders, 1, "10000001", "10000002")

    serve()

    assert answers(folders) == {"REFERENCE10000001": "PAID", "REFERENCE10000002": "PAID"}


def test_the_bank_takes_what_it_has_read(folders, serve):
    instruct(folders, 1, "10000001")

    serve()

    assert folders.knows("PAY-20261020-1.csv")
    assert not (folders.outbox / "PAY-20261020-1.csv").exists()


def test_the_bank_returns_what_an_inactive_account_should_get(folders, serve):
    instruct(folders, 1, "10000001", "10000002")

    serve("10000002")

    assert answers(folders) == {"REFERENCE10000001": "PAID", "REFERENCE10000002": "RETURNED"}


def test_the_bank_answers_the_same_file_identically_and_books_it_once(folders, serve, tmp_path):
    instruct(folders, 1, "10000001")
    serve()
    (first,) = folders.results()
    book = (tmp_path / "book.json").read_bytes()
    shutil.move(folders.outbox / "taken" / "PAY-20261020-1.csv", folders.outbox)

    # Whatever has become of the account since: a reference is booked once.
    serve("10000001")

    assert {file.content for file in folders.results()} == {first.content}
    assert (tmp_path / "book.json").read_bytes() == book


def test_the_bank_pays_a_reference_once_even_in_another_file(folders, serve, tmp_path):
    instruct(folders, 1, "10000001")
    serve()
    book = (tmp_path / "book.json").read_bytes()
    instruct(folders, 2, "10000001")

    serve()

    assert (tmp_path / "book.json").read_bytes() == book
