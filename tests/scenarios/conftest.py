import secrets
import sys

import pytest


@pytest.fixture(scope="session")
def history_seed(request: pytest.FixtureRequest) -> int:
    """Return the seed of the histories of this run, printed with whatever fails: the one that was given, or any."""
    given = request.config.getoption("--seed")
    seed = given if given is not None else secrets.randbelow(1_000_000)
    sys.stdout.write(f"seed {seed}: to run the same histories again, give --seed {seed}\n")
    return seed


@pytest.fixture
def history_count(request: pytest.FixtureRequest) -> int:
    """Return how many histories go through the rules."""
    return int(request.config.getoption("--histories"))


@pytest.fixture
def paid_history_count(request: pytest.FixtureRequest) -> int:
    """Return how many histories go through the services, the database and the bank."""
    return int(request.config.getoption("--paid-histories"))
