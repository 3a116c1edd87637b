from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.servers import Servers

# What is compared at the end is shown as in any test.
pytest.register_assert_rewrite("tests.chaos.road", "tests.chaos.storm")


@pytest.fixture
def servers(transactional_db: None, tmp_path: Path) -> Iterator[Servers]:
    """Yield a PostgreSQL and a Valkey to be killed. Until the test ends, this process's rows are in that PostgreSQL."""
    own = Servers(tmp_path / "servers")
    with own.running():
        yield own
