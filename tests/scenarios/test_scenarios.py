"""Money in sentences: every scenario is lived through on real rows and compared with what was written by hand."""

from collections import Counter

import pytest

from tests.scenarios import first_pass
from tests.scenarios.story import Expect, Scenario, live, look_at
from tests.scenarios.table import SCENARIOS

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=[scenario.name for scenario in SCENARIOS])
def test_scenario(scenario: Scenario) -> None:
    look_at(live(scenario), scenario.expect)


def test_every_scenario_has_a_name_of_its_own_and_could_fail() -> None:
    assert len(SCENARIOS) >= 120
    assert [name for name, count in Counter(each.name for each in SCENARIOS).items() if count > 1] == []
    assert [each.name for each in SCENARIOS if not each.expect.says_something()] == []


def test_another_expectation_fails() -> None:
    """Break each word of one expectation in turn: none of them is there for nothing."""
    scenario = first_pass.SCENARIOS[0]
    world = live(scenario)
    wrong = (
        Expect(decisions={"Li": "GRANTED 800.01"}),
        Expect(payments={"Li": "READY"}),
        Expect(instructions={"Li": "RETURNED"}),
        Expect(journal={}),
        Expect(budgets={"city": "reserved 800.00, paid 0.00, recovered 0.00"}),
        Expect(batches=()),
        Expect(files=()),
        Expect(sent="0.00"),
        Expect(districts={"Li": "South"}),
        Expect(broken=("certificate_is_paid_once",)),
    )

    for expect in wrong:
        with pytest.raises(AssertionError):
            look_at(world, expect)
    look_at(world, scenario.expect)
