"""The project's own PostgreSQL and Valkey for development, the demo and the tests: real servers from wheels.

Production names its servers in DATABASE_URL and REDIS_URL; it has neither these wheels nor a use for this.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from chongqing_dte.foundation.embedded.account import ServerNotStarted
from chongqing_dte.foundation.embedded.postgres import EmbeddedPostgres
from chongqing_dte.foundation.embedded.server import FolderInUse
from chongqing_dte.foundation.embedded.valkey import EmbeddedValkey

__all__ = ["EmbeddedPostgres", "EmbeddedValkey", "FolderInUse", "ServerNotStarted", "embedded_services"]


@contextmanager
def embedded_services(folder: Path, *, durable: bool = True) -> Iterator[dict[str, str]]:
    """Yield DATABASE_URL and REDIS_URL, starting in the folder whichever the environment does not name.

    What was started here is stopped at the end; a server that the environment names is left alone.
    """
    with ExitStack() as started:
        database_url = os.environ.get("DATABASE_URL")
        if not database_url:
            database_url = started.enter_context(EmbeddedPostgres(folder, durable=durable)).url
        redis_url = os.environ.get("REDIS_URL")
        if not redis_url:
            redis_url = started.enter_context(EmbeddedValkey(folder)).url
        yield {"DATABASE_URL": database_url, "REDIS_URL": redis_url}
