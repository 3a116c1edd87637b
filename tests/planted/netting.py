"""Bugs in what is set off against claims, and in what becomes of a claim whose results fall."""

from typing import Final

from tests.planted.kinds import Rewritten

SETTLEMENT: Final = "subsidies.services.settlement_steps"
RECOVERIES: Final = "subsidies.services.claim_recoveries"
NETTING: Final = "tests/subsidies/test_netting.py::test_"
CLAIMS: Final = "tests/subsidies/test_claim_recoveries.py::test_"
REST: Final = "tests/subsidies/test_rest_of_set_off.py::test_"
BACK: Final = "tests/subsidies/test_give_back.py::test_"
PEOPLE: Final = "tests/subsidies/test_give_back_to_people.py::test_"

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
        text="    if owed == sum((recovery.amount - recovery.given_back for recovery in live), NOTHING):",
        instead="    if not owed:",
        test=f"{CLAIMS}it_is_asked_back_once",
    ),
    Rewritten(
        name="rest_held_for_ever",
        bug="what the bank took back of a payment that was set off in part is neither cancelled nor paid",
        module=RECOVERIES,
        text="    return [each for each in certain if each.claim.pk in claims]",
        instead="    return [each for each in certain if each.claim.pk in claims and not claims]",
        test=f"{REST}what_is_too_much_by_now_is_asked_back_and_the_rest_goes_against_it",
    ),
    Rewritten(
        name="rest_paid_in_full",
        bug="of a payment that was set off in part the rest is paid by results that hold no more",
        module=RECOVERIES,
        text="    moved = _ask_back([*paid, *partly_paid], payments, now)",
        instead="    moved = _ask_back(paid, payments, now)",
        test=f"{REST}what_is_too_much_by_now_is_asked_back_and_the_rest_goes_against_it",
    ),
    Rewritten(
        name="forgotten_after_a_month",
        bug="nobody looks at a claim any more once it was paid for a month",
        module=RECOVERIES,
        text="            claim.reckoning_due_at = now + LOOK_AFTER_PAYMENT",
        instead="            claim.reckoning_due_at = None",
        test="tests/subsidies/test_claims_paid_long_ago.py::test_a_change_that_nobody_told_of_is_followed_more_than_a_year"
        "_after_the_payment",
    ),
    Rewritten(
        name="money_kept_that_is_not_owed",
        bug="nobody sees that what came back is not owed by now",
        module="subsidies.services.recovery_steps",
        text="        share = max(min(each.amount - each.given_back, surplus), NOTHING)",
        instead="        share = NOTHING",
        test=f"{BACK}what_all_came_back_and_is_not_owed_by_now_is_given_back_by_two",
    ),
    Rewritten(
        name="more_given_back_than_came",
        bug="what two people have put down to be given back counts for nothing while it waits",
        module="subsidies.services.recoveries",
        text="        _check_can_be_given_back(recovery, settlement.amount + proposed)",
        instead="        _check_can_be_given_back(recovery, settlement.amount)",
        test=f"{BACK}no_more_is_given_back_than_came_and_is_not_owed",
    ),
    Rewritten(
        name="given_back_for_ever",
        bug="what was given back to somebody stays with them when their pass falls again",
        module="subsidies.queries.recoveries",
        text="    return Q(amount__gt=Coalesce(Subquery(sums), NOTHING))",
        instead='    return ~Exists(asked_back().filter(payment=OuterRef("pk")))',
        test=f"{PEOPLE}what_was_given_back_to_a_person_is_asked_back_anew_when_the_pass_falls_again",
    ),
    Rewritten(
        name="given_back_though_asked_back_whole",
        bug="a part of a claim is given back although all of the claim is asked back by now",
        module="subsidies.services.recovery_steps",
        text="    _let_all_be_owed(payments, now)",
        instead="    pass",
        test=f"{BACK}nothing_is_given_back_of_a_claim_that_is_asked_back_whole_since",
    ),
    Rewritten(
        name="given_back_and_granted_anew",
        bug="what came back in full and is decided anew is given back as well",
        module="subsidies.services.recovery_steps",
        text="    _let_all_be_owed([recovery.payment], now)",
        instead="    pass",
        test=f"{PEOPLE}nothing_is_given_back_of_what_came_in_full_before_anybody_looked",
    ),
    Rewritten(
        name="set_off_though_not_owed",
        bug="what is not owed by now is taken from the next payment",
        module="subsidies.queries.nettings",
        text="        left -= max(recovery.not_owed - recovery.written_off, NOTHING)",
        instead="        pass",
        test=f"{BACK}nothing_more_is_set_off_of_what_is_not_owed_by_now",
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
