"""Bugs in what is set off against claims, and in what becomes of a claim whose results fall."""

from typing import Final

from tests.planted.kinds import Rewritten

SETTLEMENT: Final = "subsidies.services.settlement_steps"
RECOVERIES: Final = "subsidies.services.claim_recoveries"
NETTING: Final = "tests/subsidies/test_netting.py::test_"
CLAIMS: Final = "tests/subsidies/test_claim_recoveries.py::test_"

SETTING_OFF: Final = (
    Rewritten(
        name="all_of_it_to_the_bank",
        bug="the bank is told to pay what is held back too",
        module="subsidies.services.assembly_steps",
        text="return self.payment.amount - self.set_off.total",
        instead="return self.payment.amount",
        test=f"{NETTING}what_is_owed_back_is_held_back_from_the_next_instruction",
    ),
    Rewritten(
        name="set_off_twice",
        bug="what somebody has put down as paid back is held back as well",
        module="subsidies.queries.nettings",
        text="    for rows in (held, proposed):",
        instead="    for rows in (held,):",
        test=f"{NETTING}what_somebody_has_put_down_as_paid_back_is_not_held_back",
    ),
    Rewritten(
        name="never_owed_again",
        bug="what was held back from an instruction that came back stays held back",
        module=SETTLEMENT,
        text="        release_held([each.attempt_id for each in came_back], now)",
        instead="        pass",
        test=f"{NETTING}what_was_held_back_from_a_returned_instruction_is_owed_again",
    ),
    Rewritten(
        name="set_off_beside_the_budget",
        bug="what was set off does not come back to its budget",
        module=SETTLEMENT,
        text="        budgets[budget_id].recovered += amount",
        instead="        pass",
        test=f"{NETTING}budget_and_journal_have_it_in_full_both_ways",
    ),
    Rewritten(
        name="fallen_claim_paid",
        bug="a claim is reviewed anew and its money leaves all the same",
        module=RECOVERIES,
        text="        void_claim_payments([payment], now)",
        instead="        pass",
        test=f"{CLAIMS}a_claim_that_comes_to_something_else_before_it_is_paid_is_reviewed_anew",
    ),
    Rewritten(
        name="moved_by_a_question",
        bug="money moves while a result is in question",
        module=RECOVERIES,
        text=" if each.reckoning.is_complete]",
        instead="]",
        test=f"{CLAIMS}nothing_moves_while_a_result_is_in_question",
    ),
    Rewritten(
        name="asked_back_every_day",
        bug="the same money is asked back anew by every sweep",
        module=RECOVERIES,
        text="    if owed == sum((recovery.amount for recovery in live), NOTHING):",
        instead="    if not owed:",
        test=f"{CLAIMS}it_is_asked_back_once",
    ),
    Rewritten(
        name="withdrawn_with_its_money",
        bug="a recovery of which money came is withdrawn",
        module=RECOVERIES,
        text="    if any(recovery.pk in asked.touched for recovery in open_ones):",
        instead="    if not open_ones and live:",
        test=f"{CLAIMS}what_money_came_of_is_not_withdrawn",
    ),
)
