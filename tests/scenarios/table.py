"""Every scenario there is, in the order in which one would read them."""

from tests.scenarios import (
    afterwards,
    amounts,
    at_the_bank,
    bank_answers,
    eligibility,
    first_pass,
    limits,
    notices,
    one_person,
    supply,
)

SUBJECTS = (
    eligibility,
    first_pass,
    amounts,
    limits,
    supply,
    notices,
    at_the_bank,
    bank_answers,
    afterwards,
    one_person,
)
SCENARIOS = tuple(scenario for subject in SUBJECTS for scenario in subject.SCENARIOS)
