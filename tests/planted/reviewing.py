"""Bugs in how a claim is reviewed and released, and in who is told that it came back or is asked back."""

from typing import Final

from tests.planted.kinds import Rewritten

TESTS: Final = "tests/subsidies/test_"
CLOCKS: Final = f"{TESTS}claim_clocks.py::test_"
SETBACKS: Final = f"{TESTS}claim_setbacks.py::test_"

REVIEWING: Final = (
    Rewritten(
        name="released_by_who_reviewed_a_line",
        bug="whoever said something of one line of a claim releases its money",
        module="subsidies.queries.payments",
        text='LineReview.objects.filter(claim__in=claims.values("pk")).order_by()',
        instead="LineReview.objects.none()",
        test=f"{TESTS}claim_batches.py::test_nobody_who_reviewed_one_line_of_a_claim_releases_its_money[False]",
    ),
    Rewritten(
        name="asked_for_ever",
        bug="a question that nobody answers gives the district one day more every day",
        module="subsidies.rules.claim_reviews",
        text="return last if asked.due_on is None else min(last, asked.due_on)",
        instead="return last",
        test=f"{CLOCKS}a_question_that_nobody_answers_stops_no_clock_for_ever",
    ),
    Rewritten(
        name="never_late_once_asked",
        bug="a claim about which something was asked and never answered is never late",
        module="subsidies.queries.claim_reviews",
        text="ClaimQuery.objects.filter(has_time, answered_at__isnull=True)",
        instead="ClaimQuery.objects.filter(answered_at__isnull=True)",
        test=f"{CLOCKS}a_question_that_nobody_answers_stops_no_clock_for_ever",
    ),
    Rewritten(
        name="upheld_before_it_was_opened",
        bug="an objection that was upheld is ignored where the clock of whoever opened the payment was ahead",
        module="subsidies.services.objections",
        text="return max(now, queries.last_payment_opened_at(queries.lock_claim(objection.claim_id)) or now)",
        instead="return now",
        test=f"{TESTS}claim_notices.py::"
        "test_an_upheld_objection_counts_against_a_payment_whose_clock_was_ahead",
    ),
    Rewritten(
        name="fell_back_in_silence",
        bug="no district is told that a confirmed claim came back to it",
        module="subsidies.services.claim_review_steps",
        text="    tell_the_district(claim, kind, key, now, because=reason)",
        instead="    pass",
        test=f"{SETBACKS}who_has_to_do_with_a_claim_that_fell_back_is_told_why",
    ),
    Rewritten(
        name="asked_back_in_silence",
        bug="no institution is told that a part of what it was paid is asked back",
        module="subsidies.services.recovery_steps",
        text="    _tell_institutions(opened, now)",
        instead="    pass",
        test=f"{SETBACKS}an_institution_is_told_when_something_is_asked_back_of_its_claim",
    ),
)
