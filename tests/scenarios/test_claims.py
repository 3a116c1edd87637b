"""The training subsidy in sentences: every scenario is lived through on real rows, as it was written by hand."""

from collections import Counter

import pytest

from tests.scenarios.claims_story import Scenario, live, look_at
from tests.scenarios.claims_table import SCENARIOS

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=[scenario.name for scenario in SCENARIOS])
def test_claim_scenario(scenario: Scenario) -> None:
    look_at(live(scenario), scenario.expect)


def test_every_claim_scenario_has_a_name_of_its_own_and_could_fail() -> None:
    assert len(SCENARIOS) >= 140
    assert [name for name, count in Counter(each.name for each in SCENARIOS).items() if count > 1] == []
    assert [each.name for each in SCENARIOS if not each.expect.says_something()] == []
