"""A PostgreSQL and a Valkey of the test's own, which may be killed: nobody else's rows or messages are in them."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote, urlsplit

from django.db import connection, connections

from chongqing_dte.foundation.embedded import EmbeddedPostgres, EmbeddedValkey
from chongqing_dte.foundation.embedded.account import postgres_programs

PRISTINE = "pristine"


class Servers:
    """Two servers that are started in a folder, with a database that has the tests' tables and no row."""

    def __init__(self, folder: Path) -> None:
        # A committed row survives the death of every server process. Only a power cut, which nobody here can cause,
        # would be another matter.
        self.postgres = EmbeddedPostgres(folder, durable=False)
        self.valkey = EmbeddedValkey(folder)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Run both servers, and let this process's own connection lead to a new database in the first."""
        tables = _dump()
        try:
            with self.postgres, self.valkey:
                self._run_sql("postgres", f"CREATE DATABASE {PRISTINE}")
                self._load(PRISTINE, tables)
                with self._as_own():
                    self.begin_anew()
                    yield
        finally:
            # Where its account cannot enter the folder, the cluster lies outside.
            cluster = (self.postgres.folder / "postgres").resolve()
            shutil.rmtree(cluster, ignore_errors=True)
            with suppress(OSError):
                cluster.parent.rmdir()

    def begin_anew(self) -> None:
        """Put the empty database in the place of the present one."""
        self.restore(PRISTINE)

    def back_up(self, name: str) -> None:
        """Keep the present database under a name. Nobody else may be connected."""
        connections.close_all()
        self._run_sql("postgres", f"DROP DATABASE IF EXISTS {name}")
        self._run_sql("postgres", f"CREATE DATABASE {name} TEMPLATE chaos")

    def restore(self, name: str) -> None:
        """Put what was kept under a name in the place of the present database, whose tail is lost."""
        connections.close_all()
        self._run_sql("postgres", "DROP DATABASE IF EXISTS chaos WITH (FORCE)")
        self._run_sql("postgres", f"CREATE DATABASE chaos TEMPLATE {name}")

    def restart_postgres(self) -> None:
        """Stop PostgreSQL as `pg_ctl -m immediate` does, with whatever is under way, and start it again."""
        connections.close_all()
        self.postgres.restart("immediate")

    def restart_valkey(self) -> None:
        """Kill Valkey and start it again with what it had written down."""
        self.valkey.restart("immediate")

    @contextmanager
    def _as_own(self) -> Iterator[None]:
        connections.close_all()
        # Every thread's connection is made from this very dictionary.
        before = dict(connection.settings_dict)
        address = urlsplit(self.postgres.url)
        connection.settings_dict.update(
            NAME="chaos",
            HOST=address.hostname,
            PORT=address.port,
            USER=address.username,
            PASSWORD=address.password,
        )
        try:
            yield
        finally:
            connections.close_all()
            connection.settings_dict.update(before)

    def _run_sql(self, database: str, statement: str) -> None:
        self._psql(database, "-c", statement)

    def _load(self, database: str, sql: str) -> None:
        self._psql(database, "-1", text=sql)

    def _psql(self, database: str, *arguments: str, text: str = "") -> None:
        address = self.postgres.url.removesuffix("portal") + database
        options = ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", address]
        subprocess.run(
            [self.postgres.programs / "psql", *options, *arguments],
            input=text,
            text=True,
            check=True,
            env={**os.environ, "PGOPTIONS": "-c client_min_messages=warning"},
            stdout=subprocess.DEVNULL,
        )


def database_url() -> str:
    """Return where this process's own connection leads, for others."""
    where = connection.settings_dict
    login = f"{quote(where['USER'])}:{quote(where['PASSWORD'])}" if where["PASSWORD"] else where["USER"]
    port = f":{where['PORT']}" if where["PORT"] else ""
    return f"postgres://{login}@{where['HOST']}{port}/{where['NAME']}"


def _dump() -> str:
    """Return the database of the tests, as they find it: its tables, triggers and whatever rows it begins with."""
    command = [postgres_programs() / "pg_dump", "--no-owner", "-d", database_url()]
    environment = {**os.environ, "PGCONNECT_TIMEOUT": "10"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
