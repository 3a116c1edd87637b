"""Everything at once goes wrong with real servers and workers, and still everybody is paid exactly once."""

import pytest

from tests.chaos.storm import Storm, World, assert_everybody_was_paid_once
from tests.fakes.chaos_bank import Store

pytestmark = [pytest.mark.chaos, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def kills(request: pytest.FixtureRequest) -> int:
    """Return how many workers and children of theirs die at the least."""
    return int(request.config.getoption("--kills"))


def test_everybody_is_paid_once_whatever_happens(servers, tmp_path, chaos_seed, kills):
    world = World(session_count=kills)

    with Storm(servers, tmp_path, chaos_seed, world) as storm:
        cards = []
        while storm.kill_count < kills or not storm.writers_are_done:
            cards = cards or storm.deck()
            storm.crew.start_the_dead()
            storm.wait_for_work()
            storm.strike(cards.pop())
            storm.do_office_work()
            if storm.chance.random() < 0.3:
                storm.revoke_one()
        storm.record_missing_accounts()
        storm.wait_until_all_is_done()

    assert_everybody_was_paid_once(world, Store(storm.bank_store))
    assert storm.kill_count >= kills
    assert storm.post.lost > kills
    assert storm.post.repeated > kills
