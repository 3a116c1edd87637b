from collections.abc import Iterator
from pathlib import Path

import paramiko
import pytest

from subsidies.bank.sftp import SftpChannel, SftpPlace
from subsidies.invariants import find_violations
from tests.fakes.sftp_server import SftpBank
from tests.partners.conftest import api_client_for, api_client_of, partner_of_office

__all__ = ["api_client_for", "api_client_of", "partner_of_office"]


@pytest.fixture
def promises_hold(db) -> Iterator[None]:
    """Look at every promise about money once the test is over."""
    yield
    assert find_violations() == []


@pytest.fixture
def sftp_bank(tmp_path: Path) -> Iterator[SftpBank]:
    """Yield a bank's SFTP server with its two folders."""
    root = tmp_path / "sftp"
    for folder in ("outbox", "inbox"):
        (root / folder).mkdir(parents=True)
    client_key = paramiko.ECDSAKey.generate()
    client_key.write_private_key_file(str(tmp_path / "key"))
    bank = SftpBank(root, host_key=paramiko.ECDSAKey.generate(), client_key=client_key)
    yield bank
    bank.close()


@pytest.fixture
def sftp_place(sftp_bank: SftpBank, tmp_path: Path) -> SftpPlace:
    """Return what the portal is told about that server."""
    key = sftp_bank.host_key
    return SftpPlace(
        host="127.0.0.1",
        port=sftp_bank.port,
        user="portal",
        host_key=f"{key.get_name()} {key.get_base64()}",
        key_file=tmp_path / "key",
        outbox="outbox",
        inbox="inbox",
    )


@pytest.fixture
def sftp(sftp_place: SftpPlace) -> Iterator[SftpChannel]:
    """Yield the channel to that server."""
    channel = SftpChannel(sftp_place)
    yield channel
    channel.close()
