"""What an institution is told of its money: statements, and messages about its claims."""

from typing import Final

from tests.planted.kinds import Rewritten

STATEMENTS: Final = "tests/subsidies/test_claim_statements.py::test_"
SYSTEMS: Final = "tests/subsidies/test_api_money.py::test_"

TELLING: Final = (
    Rewritten(
        name="statement_of_others",
        bug="an institution's people read the statements of every institution",
        module="subsidies.queries.claim_statements",
        text="        return JournalLine.objects.filter(payment__institution=user.institution_id)",
        instead="        return JournalLine.objects.filter(payment__institution__isnull=False)",
        test=f"{STATEMENTS}each_office_sees_its_own_part",
    ),
    Rewritten(
        name="returned_is_paid",
        bug="what the bank returned is told as owed no more",
        module="subsidies.rules.claim_statements",
        text='    return "paid" if owed else "returned"',
        instead='    return "paid"',
        test=f"{STATEMENTS}what_the_bank_returned_is_still_owed",
    ),
    Rewritten(
        name="waits_by_what_is_now",
        bug="the statement of a month that is over says who has a claim today",
        module="subsidies.queries.claim_statements",
        text='    steps = ClaimStep.objects.filter(claim=OuterRef("pk"), at__lt=span.before).order_by("-pk")',
        instead='    steps = ClaimStep.objects.filter(claim=OuterRef("pk")).order_by("-pk")',
        test=f"{STATEMENTS}a_month_that_is_over_shows_what_waited_then",
    ),
    Rewritten(
        name="opened_without_a_word",
        bug="nobody tells an institution that its claim can be submitted",
        module="subsidies.services.claim_opening_steps",
        text="    if opener is None:",
        instead="    if opener is not None:",
        test="tests/subsidies/test_claim_messages.py::"
        "test_an_institution_is_told_what_a_claim_comes_to_and_until_when",
    ),
    Rewritten(
        name="statements_by_any_number",
        bug="an institution's system asks for the statement of another institution",
        module="subsidies.queries.claim_statements",
        text="        return Institution.objects.filter(pk=user.institution_id)",
        instead="        return Institution.objects.all()",
        test="tests/subsidies/test_api_statements.py::test_statements_of_others_do_not_exist",
    ),
    Rewritten(
        name="claims_by_any_number",
        bug="a system reads the claims of every office by their numbers",
        module="subsidies.queries.followed",
        text="        claims_visible_to(user)\n",
        instead="        SubsidyClaim.objects.all()\n",
        test=f"{SYSTEMS}institution_and_district_read_their_own_and_nobody_else_s",
    ),
    Rewritten(
        name="decision_silent_about_its_payment",
        bug="nobody hears that the payment of a decision stands otherwise",
        module="subsidies.resources",
        text='    return paid.order_by().values_list("entitlement_id", flat=True)',
        instead="    return ()",
        test=f"{SYSTEMS}decision_moves_with_its_payment",
    ),
)
