"""What SFTP adds to the promises of every way to a bank: see test_bank_channel.py for those."""

from dataclasses import replace

import paramiko
import pytest

from subsidies.bank.channel import BankUnavailable
from subsidies.bank.sftp import SftpChannel

CONTENT = bytes(range(256)) * 4096
HALF = ".PAY-1.csv.part"


def test_an_upload_that_broke_off_goes_on_where_it_was(sftp_bank, sftp):
    sftp_bank.limits.left = 300_000
    with pytest.raises(BankUnavailable):
        sftp.deliver("PAY-1.csv", CONTENT)
    there = (sftp_bank.root / "outbox" / HALF).stat().st_size
    sftp_bank.limits.left, sftp_bank.limits.taken = None, 0

    sftp.deliver("PAY-1.csv", CONTENT)

    assert (sftp_bank.root / "outbox" / "PAY-1.csv").read_bytes() == CONTENT
    assert there > 0
    assert sftp_bank.limits.taken == len(CONTENT) - there


@pytest.mark.parametrize("rest", [b"something else", CONTENT + b"longer"], ids=["other", "longer"])
def test_what_is_left_of_something_else_is_not_gone_on_with(sftp_bank, sftp, rest):
    (sftp_bank.root / "outbox" / HALF).write_bytes(rest)

    sftp.deliver("PAY-1.csv", CONTENT)

    assert (sftp_bank.root / "outbox" / "PAY-1.csv").read_bytes() == CONTENT


def test_half_a_file_is_not_known(sftp_bank, sftp):
    sftp_bank.limits.left = 1000
    with pytest.raises(BankUnavailable):
        sftp.deliver("PAY-1.csv", CONTENT)

    assert not sftp.knows("PAY-1.csv")


def test_two_that_upload_at_once_deliver_once(sftp_bank, sftp, sftp_place, monkeypatch):
    other = SftpChannel(sftp_place)
    upload = sftp._upload

    def upload_beside_another(files, half, content):
        upload(files, half, content)
        monkeypatch.setattr(sftp, "_upload", upload)
        (sftp_bank.root / "outbox" / "PAY-1.csv").write_bytes(b"the other's")

    monkeypatch.setattr(sftp, "_upload", upload_beside_another)

    with pytest.raises(BankUnavailable):
        sftp.deliver("PAY-1.csv", CONTENT)

    assert (sftp_bank.root / "outbox" / "PAY-1.csv").read_bytes() == b"the other's"
    assert other.knows("PAY-1.csv")
    other.close()


def test_a_server_with_another_key_is_told_nothing(sftp_bank, sftp_place):
    stranger = paramiko.ECDSAKey.generate()
    agreed = f"{stranger.get_name()} {stranger.get_base64()}"
    channel = SftpChannel(replace(sftp_place, host_key=agreed))

    with pytest.raises(BankUnavailable):
        channel.deliver("PAY-1.csv", CONTENT)

    assert list((sftp_bank.root / "outbox").iterdir()) == []


def test_without_an_agreed_key_nothing_is_connected(sftp_place):
    with pytest.raises(BankUnavailable):
        SftpChannel(replace(sftp_place, host_key="")).knows("PAY-1.csv")


def test_a_server_that_is_away_is_a_bank_that_is_away(sftp_bank, sftp):
    sftp_bank.close()

    with pytest.raises(BankUnavailable):
        sftp.knows("PAY-1.csv")


def test_after_a_broken_line_the_next_try_connects_anew(sftp_bank, sftp):
    assert not sftp.knows("PAY-1.csv")
    for transport in sftp_bank._transports:
        transport.close()
    with pytest.raises(BankUnavailable):
        sftp.knows("PAY-1.csv")

    assert not sftp.knows("PAY-1.csv")


@pytest.mark.parametrize("folder", ["outbox", "inbox"])
def test_a_missing_folder_is_a_bank_that_is_away_and_is_never_made(sftp_bank, sftp, folder):
    (sftp_bank.root / folder).rmdir()

    with pytest.raises(BankUnavailable):
        sftp.deliver("PAY-1.csv", CONTENT) if folder == "outbox" else list(sftp.results())

    assert not (sftp_bank.root / folder).exists()
