from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connections

from tests.chaos.servers import Servers, database_url


@pytest.fixture
def own_servers(transactional_db: None, tmp_path: Path) -> Iterator[dict[str, str]]:
    """Yield the addresses of a PostgreSQL with the portal's tables and a Valkey, in which nobody else is."""
    servers = Servers(tmp_path / "servers")
    with servers.running():
        addresses = {"DATABASE_URL": database_url(), "REDIS_URL": servers.valkey.url}
        # A database that is copied may have no other connection.
        connections.close_all()
        yield addresses
