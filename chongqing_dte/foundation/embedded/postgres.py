import os
import shutil
import signal
import tempfile
from contextlib import closing, suppress
from pathlib import Path

import psycopg2

from chongqing_dte.foundation.embedded.account import (
    ServerNotStarted,
    account_may_enter,
    give_to_account,
    postgres_programs,
    run_as_account,
    server_account,
    shelter,
)
from chongqing_dte.foundation.embedded.server import HOST, EmbeddedServer, kill_after


class EmbeddedPostgres(EmbeddedServer):
    """A PostgreSQL cluster with one database, `portal`.

    With durable=False a power cut may destroy it, which is fine for rows that a test made. A committed row
    survives the death of every server process all the same.
    """

    name = "postgres"
    program = "postgres"
    signals = {"fast": signal.SIGINT, "immediate": signal.SIGQUIT}
    needs_account = True

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        super().__init__(folder)
        self.durable = durable
        self.programs = Path()
        self._cluster = self.folder / "postgres"

    @property
    def url(self) -> str:
        return f"postgres://portal:{self._password()}@{HOST}:{self.port}/portal"

    def kill(self) -> None:
        """Kill the main process outright, and wait until the others have noticed and ended."""
        import psutil

        others: list[psutil.Process] = []
        with suppress(psutil.NoSuchProcess):
            others = psutil.Process(self.pid).children() if self.is_running else []
        super().kill()
        kill_after(10, others)

    def _prepare(self) -> None:
        self.programs = postgres_programs()
        self._cluster = self._visible_cluster()
        self._stop_leftover(self._cluster)
        if not self._cluster.exists():
            self._create_cluster()
        self._check_cluster()
        self._forget_stale_pid()

    def _launch(self) -> None:
        super()._launch()
        # Here and not beside initdb, so that an interrupted first start repairs itself.
        with closing(psycopg2.connect(self.url.removesuffix("portal") + "postgres")) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = 'portal'")
                if cursor.fetchone() is None:
                    cursor.execute("CREATE DATABASE portal")

    def _command(self) -> list[str]:
        safety = "on" if self.durable else "off"
        settings = {
            "listen_addresses": HOST,
            "port": str(self.port),
            "unix_socket_directories": "",
            "max_connections": "200",
            "fsync": safety,
            "synchronous_commit": "on",
            "full_page_writes": safety,
        }
        arguments = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [str(self.programs / "postgres"), "-D", str(self._cluster), *arguments]

    def _answers(self) -> bool:
        # Its own word, as pg_ctl reads it: a wrong password must not look like a slow start.
        lines = self._pid_file_lines()
        return lines[:1] == [str(self.pid)] and "".join(lines[7:]).strip() == "ready"

    def _pid_file_lines(self) -> list[str]:
        with suppress(FileNotFoundError):
            return (self._cluster / "postmaster.pid").read_text().splitlines()
        return []

    def _visible_cluster(self) -> Path:
        inside = self.folder / "postgres"
        if not inside.is_symlink() and account_may_enter(self.folder):
            return inside
        outside = shelter(self.folder) / "postgres"
        if not (inside.is_symlink() and inside.readlink() == outside):
            # Whoever deleted the folder meant to start anew, and the cluster outside belonged to that folder.
            self._stop_leftover(outside)
            shutil.rmtree(outside, ignore_errors=True)
            inside.unlink(missing_ok=True)
            inside.symlink_to(outside)
        return outside

    def _create_cluster(self) -> None:
        # Under another name until it is whole, so that an interrupted initdb is never taken for a cluster.
        unfinished = self._cluster.with_name("postgres.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        with tempfile.NamedTemporaryFile("w", dir=unfinished.parent) as password_file:
            password_file.write(self._password())
            password_file.flush()
            give_to_account(unfinished)
            give_to_account(Path(password_file.name))
            options = [
                "--encoding=UTF8",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--locale=C",
            ]
            options += ["--username=portal", f"--pwfile={password_file.name}", "--auth=scram-sha-256"]
            options += [] if self.durable else ["--no-sync"]
            run_as_account([str(self.programs / "initdb"), "-D", str(unfinished), *options])
        unfinished.rename(self._cluster)

    def _check_cluster(self) -> None:
        account = server_account()
        if self._cluster.stat().st_uid != (account.pw_uid if account else os.geteuid()):
            raise ServerNotStarted(f"{self._cluster} belongs to another user. Delete {self.folder}.")
        # It says: postgres, then (PostgreSQL), then 18.6.
        program = run_as_account([str(self.programs / "postgres"), "--version"]).split()[2].split(".")[0]
        cluster = (self._cluster / "PG_VERSION").read_text().strip()
        if cluster != program:
            raise ServerNotStarted(
                f"{self._cluster} was made by PostgreSQL {cluster}, and this is PostgreSQL {program}. "
                f"Delete {self.folder} and start again."
            )

    def _forget_stale_pid(self) -> None:
        # After a reboot or in a new container the number in the file may be another program's, and PostgreSQL
        # would not start beside it. Its own processes it recognizes by their shared memory.
        import psutil

        with suppress(psutil.NoSuchProcess, ValueError, IndexError):
            if psutil.Process(int(self._pid_file_lines()[0])).name() != self.program:
                (self._cluster / "postmaster.pid").unlink()
