"""A bank's SFTP server: the real protocol over a real socket of this machine, with folders of the test behind it."""

import os
import socket
import threading
from pathlib import Path

import paramiko


class OneFolder(paramiko.SFTPServerInterface):
    """Serves one folder. `refuse_writes_after` breaks the line once so many bytes have come in."""

    root: Path
    limits: "Limits"

    def _at(self, path: str) -> str:
        return str(self.root / self.canonicalize(path).lstrip("/"))

    def stat(self, path):
        return self._told(os.stat, path)

    def lstat(self, path):
        return self._told(os.lstat, path)

    def _told(self, ask, path):
        try:
            return paramiko.SFTPAttributes.from_stat(ask(self._at(path)))
        except OSError as problem:
            return paramiko.SFTPServer.convert_errno(problem.errno)

    def list_folder(self, path):
        try:
            entries = sorted(os.scandir(self._at(path)), key=lambda entry: entry.name)
        except OSError as problem:
            return paramiko.SFTPServer.convert_errno(problem.errno)
        return [paramiko.SFTPAttributes.from_stat(entry.stat(), entry.name) for entry in entries]

    def mkdir(self, path, attr):
        os.mkdir(self._at(path))
        return paramiko.SFTP_OK

    def rename(self, oldpath, newpath):
        # As the protocol has it: a name that is taken is refused.
        if os.path.exists(self._at(newpath)):
            return paramiko.SFTP_FAILURE
        os.rename(self._at(oldpath), self._at(newpath))
        return paramiko.SFTP_OK

    def open(self, path, flags, attr):
        try:
            handle = os.open(self._at(path), flags, 0o600)
        except OSError as problem:
            return paramiko.SFTPServer.convert_errno(problem.errno)
        mode = "wb" if flags & os.O_WRONLY else "r+b" if flags & os.O_RDWR else "rb"
        opened = CountingHandle(flags)
        opened.limits = self.limits
        opened.readfile = opened.writefile = os.fdopen(handle, mode)
        return opened


class Limits:
    """How many bytes the server takes before the line breaks, and how many it took."""

    def __init__(self) -> None:
        self.left: int | None = None
        self.taken = 0


class CountingHandle(paramiko.SFTPHandle):
    limits: Limits

    def stat(self):
        return paramiko.SFTPAttributes.from_stat(os.fstat(self.readfile.fileno()))

    def write(self, offset, data):
        limits = self.limits
        if limits.left is not None:
            if limits.left <= 0:
                return paramiko.SFTP_FAILURE
            data = data[: limits.left]
            limits.left -= len(data)
        limits.taken += len(data)
        self.writefile.seek(offset)
        self.writefile.write(data)
        self.writefile.flush()
        return paramiko.SFTP_OK


class KeyDoor(paramiko.ServerInterface):
    """Lets in whoever has the one key."""

    def __init__(self, key: paramiko.PKey) -> None:
        self.key = key

    def check_auth_publickey(self, username, key):
        return paramiko.AUTH_SUCCESSFUL if key == self.key else paramiko.AUTH_FAILED

    def get_allowed_auths(self, username):
        return "publickey"

    def check_channel_request(self, kind, chanid):
        return paramiko.OPEN_SUCCEEDED


class SftpBank:
    """A server for one test: its address, its keys and its folders."""

    def __init__(self, root: Path, *, host_key: paramiko.PKey, client_key: paramiko.PKey) -> None:
        self.root = root
        self.limits = Limits()
        self.host_key = host_key
        self._client_key = client_key
        self._transports: list[paramiko.Transport] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        if self._thread.is_alive():
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._thread.join(5)
        for transport in self._transports:
            transport.close()

    def _serve(self) -> None:
        folder = type("Folder", (OneFolder,), {"root": self.root, "limits": self.limits})
        while True:
            try:
                connection, _address = self._listener.accept()
            except OSError:
                return
            transport = paramiko.Transport(connection)
            transport.add_server_key(self.host_key)
            transport.set_subsystem_handler("sftp", paramiko.SFTPServer, folder)
            self._transports.append(transport)
            try:
                transport.start_server(server=KeyDoor(self._client_key))
            except (paramiko.SSHException, EOFError):
                transport.close()
