from datetime import timedelta

import pytest

from subsidies.rules.gathering import QUIET_AFTER, Span, waits_for_more
from tests.clock import NOW

MOMENT = timedelta(seconds=1)
LONGEST = timedelta(minutes=15)


@pytest.mark.parametrize(
    ("oldest", "newest", "waits"),
    [
        pytest.param(MOMENT, MOMENT, True, id="it came just now"),
        pytest.param(QUIET_AFTER, QUIET_AFTER, False, id="nothing has come since"),
        pytest.param(LONGEST - MOMENT, MOMENT, True, id="more comes all the time"),
        pytest.param(LONGEST, MOMENT, False, id="the oldest has waited long enough"),
    ],
)
def test_what_is_ready_waits_while_more_comes_and_not_for_long(oldest, newest, waits):
    waiting = Span(oldest=NOW - oldest, newest=NOW - newest)

    assert waits_for_more(waiting, longest_wait=LONGEST, now=NOW) is waits
