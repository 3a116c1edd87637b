from types import SimpleNamespace

import pytest

from tests.interfaces.scope import two_offices


@pytest.fixture(scope="module")
def world(made_once) -> SimpleNamespace:
    """Return two certificates with all that came before them, and the batch of both, made once for a module."""
    return two_offices()
