from collections.abc import Iterator

import pytest

from subsidies.invariants import find_violations


@pytest.fixture
def promises_hold(db) -> Iterator[None]:
    """Look at every promise about money once the test is over."""
    yield
    assert find_violations() == []
