"""Whatever happened, in whatever order: the product and the policy's words come to the same.

More of them with --histories and --paid-histories, the same ones again with --seed.
"""

from random import Random

import pytest

from subsidies.rules import eligibility
from tests.scenarios import generated, through_rules, through_services
from tests.scenarios.reference import FOR_GOOD

pytestmark = pytest.mark.slow


def story(
    seed: int, number: int, *, is_generous: bool = False
) -> tuple[list[tuple[object, ...]], dict[str, int]]:
    """Return one history of a run, and what is allotted in it. The same seed gives the same one."""
    chance = Random(f"{seed}:{number}")
    return generated.history(chance, is_generous=is_generous), generated.purses(chance)


def told(events, allotted, disagrees, live) -> str:
    """Return a history that fails without everything that does not matter to it, and what it fails with."""
    fewest = generated.without_needless(events, lambda fewer: disagrees(fewer, allotted))
    with pytest.raises(AssertionError) as disagreement:
        live(fewest, allotted)
    return "\n".join([str(disagreement.value), str(allotted), *map(str, fewest)])


def first_disagreement(seed: int, count: int) -> int | None:
    """Return the first of so many histories about which the rules and the reference disagree."""
    return next((each for each in range(count) if through_rules.disagrees(*story(seed, each))), None)


def test_the_rules_decide_any_history_as_the_policy_says(history_seed, history_count):
    number = first_disagreement(history_seed, history_count)

    if number is not None:
        found = told(*story(history_seed, number), through_rules.disagrees, through_rules.live)
        pytest.fail(f"history {number} of seed {history_seed}: {found}")


@pytest.mark.django_db
def test_whoever_is_granted_is_paid_as_the_policy_says(history_seed, paid_history_count):
    for number in range(paid_history_count):
        events, allotted = story(history_seed, number, is_generous=number % 4 > 0)
        if through_services.disagrees(events, allotted):
            found = told(events, allotted, through_services.disagrees, through_services.live)
            pytest.fail(f"history {number} of seed {history_seed}: {found}")


def test_what_stands_for_good_is_the_same_in_both():
    assert FOR_GOOD.isdisjoint(eligibility.MAY_TURN_ROUND)
    names = {check.__name__ for check in eligibility.CHECKS}
    assert names >= FOR_GOOD | eligibility.MAY_TURN_ROUND
