"""What a claim and its money rest on beside the keys and triggers of the subsidies, dropped one at a time."""

from typing import Final

from institutions.models import Delegation, InstitutionAccount
from tests.planted.kinds import Dropped
from tests.planted.schema import named_trigger

SUBSIDIES: Final = "tests/subsidies/test_"
INSTITUTIONS: Final = "tests/institutions/test_"


def _condition(name: str, table: str, test: str) -> Dropped:
    bug = f"the condition {name} is dropped"
    return Dropped(name=name, bug=bug, table=table, kind="constraint", place=name, test=test)


# Whoever hands in, recommends and signs are different people, whatever a service asks.
PEOPLE: Final = {
    "claim_recommended_by_someone_else": "submitted_by-recommended_by",
    "claim_confirmed_by_someone_else": "submitted_by-first_confirmed_by",
    "claim_confirmed_by_another_reviewer": "recommended_by-first_confirmed_by",
    "claim_signed_by_someone_else": "submitted_by-second_confirmed_by",
    "claim_signed_by_another_reviewer": "recommended_by-second_confirmed_by",
    "claim_signed_by_two_people": "first_confirmed_by-second_confirmed_by",
}
CLAIMS: Final = (
    *(
        _condition(
            name,
            "subsidies_subsidyclaim",
            f"{SUBSIDIES}claim_constraints.py::test_nobody_signs_a_claim_twice[{who}-{name}]",
        )
        for name, who in PEOPLE.items()
    ),
    _condition(
        "payment_of_a_person_or_an_institution",
        "subsidies_payment",
        f"{SUBSIDIES}claim_money_constraints.py::test_a_payment_is_a_persons_or_an_institutions",
    ),
    _condition(
        "payment_attempt_goes_to_one_account",
        "subsidies_paymentattempt",
        f"{SUBSIDIES}claim_money_constraints.py::test_an_instruction_names_one_account",
    ),
    _condition(
        "batch_kind_known",
        "subsidies_paymentbatch",
        f"{SUBSIDIES}payment_constraints.py::test_batch_is_refused_by[fields1-batch_kind_known]",
    ),
    _condition(
        "objection_against_one_decision",
        "subsidies_objection",
        f"{SUBSIDIES}claim_money_constraints.py::test_an_objection_is_against_one_thing",
    ),
    _condition(
        "notice_line_of_a_person_or_a_claim",
        "subsidies_noticeline",
        f"{SUBSIDIES}claim_money_constraints.py::test_a_line_is_of_a_person_or_of_a_claim[both]",
    ),
    named_trigger(
        InstitutionAccount,
        "institution_account_stays_decided",
        f"{INSTITUTIONS}institution_accounts.py::test_a_decided_account_stays_decided",
    ),
    named_trigger(
        Delegation,
        "delegation_within_one_office",
        f"{INSTITUTIONS}delegations.py::test_a_row_of_two_offices_is_refused",
    ),
    named_trigger(
        Delegation,
        "delegation_stays_ended",
        f"{INSTITUTIONS}delegations.py::test_an_ended_delegation_stays_ended",
    ),
)
