"""The way to a bank over SFTP: two folders on the bank's own server, as on a shared disk, reached over a line."""

import posixpath
import stat
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import paramiko

from subsidies.bank.channel import BankUnavailable, ReceivedFile, is_result_file

TIMEOUT_SECONDS: Final = 20
CHUNK: Final = 256 * 1024


@dataclass(frozen=True)
class SftpPlace:
    """One bank's server and our folders on it. `host_key` is its public key as in known_hosts, without the host."""

    host: str
    port: int
    user: str
    host_key: str
    key_file: Path
    outbox: str
    inbox: str


class SftpChannel:
    """Exchanges files over SFTP. The bank moves what it took to `taken`, as with folders that are shared.

    The server has to show the key that was agreed on, or nothing is said to it. A folder that is missing is a bank
    that is away, never made. The connection is opened when it is needed and kept until `close`.
    """

    def __init__(self, place: SftpPlace) -> None:
        self.place = place
        self._client: paramiko.SSHClient | None = None
        self._files: paramiko.SFTPClient | None = None

    def knows(self, name: str) -> bool:
        """Test whether the file lies in the outbox or was taken from it."""
        with self._connected() as files:
            return self._knows(files, name)

    def deliver(self, name: str, content: bytes) -> None:
        """Upload beside its place and then move it there. What an earlier try has uploaded is gone on with.

        The move refuses a name that is taken, so that two that got this far cannot both deliver.
        """
        with self._connected() as files:
            if self._knows(files, name):
                return
            half = posixpath.join(self.place.outbox, f".{name}.part")
            self._upload(files, half, content)
            if _size(files, half) != len(content):
                raise BankUnavailable("The file did not arrive whole.")
            files.rename(half, posixpath.join(self.place.outbox, name))

    def results(self) -> Iterator[ReceivedFile]:
        """Move every result file to a name of its own and return it. What a crash left half way comes again."""
        with self._connected() as files:
            reading = self._folder(files, "reading")
            for name in sorted(self._result_names(files)):
                files.rename(
                    posixpath.join(self.place.inbox, name),
                    posixpath.join(reading, f"{name}.{uuid.uuid4().hex}"),
                )
            claimed = sorted(files.listdir(reading))
        for key in claimed:
            with self._connected() as files, files.open(posixpath.join(reading, key), "rb") as file:
                file.prefetch()
                content = file.read()
            yield ReceivedFile(key.rpartition(".")[0], content, key)

    def put_away(self, key: str) -> None:
        """Move the file to `done`, where it lies under a name that no other file has."""
        with self._connected() as files:
            done = self._folder(files, "done")
            read = posixpath.join(self.place.inbox, "reading", key)
            if _size(files, read) is not None:
                files.rename(read, posixpath.join(done, key))

    def close(self) -> None:
        """End the connection, if there is one. It is opened again when it is needed."""
        client, self._client, self._files = self._client, None, None
        if client is not None:
            client.close()

    @contextmanager
    def _connected(self) -> Iterator[paramiko.SFTPClient]:
        try:
            yield self._files or self._connect()
        except (paramiko.SSHException, OSError, EOFError, ValueError) as problem:
            # Whatever went wrong, the next try begins with a new connection.
            self.close()
            raise BankUnavailable(f"{self.place.host}: {type(problem).__name__}") from problem

    def _connect(self) -> paramiko.SFTPClient:
        place = self.place
        address = place.host if place.port == 22 else f"[{place.host}]:{place.port}"
        agreed = paramiko.hostkeys.HostKeyEntry.from_line(f"{address} {place.host_key}")
        if agreed is None or agreed.key is None:
            raise ValueError("No host key was agreed on.")
        client = paramiko.SSHClient()
        client.get_host_keys().add(address, agreed.key.get_name(), agreed.key)
        client.set_missing_host_key_policy(paramiko.RejectPolicy())
        self._client = client
        client.connect(
            place.host,
            port=place.port,
            username=place.user,
            pkey=paramiko.PKey.from_path(place.key_file),
            look_for_keys=False,
            allow_agent=False,
            timeout=TIMEOUT_SECONDS,
            banner_timeout=TIMEOUT_SECONDS,
            auth_timeout=TIMEOUT_SECONDS,
            channel_timeout=TIMEOUT_SECONDS,
        )
        files = client.open_sftp()
        files.get_channel().settimeout(TIMEOUT_SECONDS)
        self._files = files
        return files

    def _knows(self, files: paramiko.SFTPClient, name: str) -> bool:
        outbox = self.place.outbox
        if not stat.S_ISDIR(files.stat(outbox).st_mode or 0):
            raise BankUnavailable(f"There is no folder {outbox}.")
        places = (posixpath.join(outbox, name), posixpath.join(outbox, "taken", name))
        return any(_size(files, place) is not None for place in places)

    def _upload(self, files: paramiko.SFTPClient, half: str, content: bytes) -> None:
        there = _size(files, half) or 0
        # What is there may be of another file, or cut in the middle of a block that never reached the disk.
        if there and not _begins_with(files, half, content[:there], there):
            there = 0
        with files.open(half, "r+b" if there else "wb") as file:
            file.set_pipelined(True)
            file.seek(there)
            for start in range(there, len(content), CHUNK):
                file.write(content[start : start + CHUNK])

    def _result_names(self, files: paramiko.SFTPClient) -> list[str]:
        return [
            entry.filename
            for entry in files.listdir_attr(self.place.inbox)
            if stat.S_ISREG(entry.st_mode or 0) and is_result_file(entry.filename)
        ]

    def _folder(self, files: paramiko.SFTPClient, name: str) -> str:
        folder = posixpath.join(self.place.inbox, name)
        if _size(files, folder) is None:
            files.mkdir(folder)
        return folder


def _size(files: paramiko.SFTPClient, path: str) -> int | None:
    try:
        return files.stat(path).st_size or 0
    except FileNotFoundError:
        return None


def _begins_with(files: paramiko.SFTPClient, path: str, expected: bytes, size: int) -> bool:
    if size != len(expected):
        return False
    with files.open(path, "rb") as file:
        file.prefetch()
        return bool(file.read() == expected)
