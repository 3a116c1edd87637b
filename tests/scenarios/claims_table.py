"""Every scenario of the training subsidy, in the order in which one would read them."""

from tests.scenarios import (
    claims_afterwards,
    claims_amounts,
    claims_money,
    claims_opening,
    claims_people,
    claims_rates,
    claims_roads,
)

SUBJECTS = (
    claims_opening,
    claims_rates,
    claims_amounts,
    claims_people,
    claims_roads,
    claims_money,
    claims_afterwards,
)
SCENARIOS = tuple(scenario for subject in SUBJECTS for scenario in subject.SCENARIOS)
