"""What happens to the money of a claim after it was paid: asked back by person, set off, repaid."""

from tests.scenarios.acts import correct, merge, revoke
from tests.scenarios.banking import batch, pay, repaid
from tests.scenarios.claims_acts import agreed_and_opened, agreed_and_paid, follows
from tests.scenarios.claims_given import class_, some, training
from tests.scenarios.claims_story import Expect, Scenario
from tests.scenarios.claims_world import Who

PASSES = {"line_rule": "PASSED"}
SPRING = {"starts": "2026-05-04", "ends": "2026-05-29"}
SUMMER = {"starts": "2026-06-01"}

SCENARIOS = (
    Scenario(
        "A certificate is revoked after payment: the part of the person is asked back, and what the others lost by it",
        (
            training(**PASSES),
            class_("A", Who("Li"), Who("Wang")),
            agreed_and_paid("A"),
            revoke("Li"),
            follows(),
        ),
        Expect(
            claims={"A": "CONFIRMED 1600.00"},
            payments={"A": "PAID"},
            # Of Li all of it; of Wang half, because one of two has passed.
            parts={"Li": "OPEN 800.00 claim_result_fell", "Wang": "OPEN 400.00 claim_factor_fell"},
            journal={
                "SUBSIDY_EXPENSE": "400.00",
                "FUND_AT_BANK": "-1600.00",
                "RECOVERIES_RECEIVABLE": "1200.00",
            },
        ),
    ),
    Scenario(
        "A pass is corrected to a fail after payment, where money is for the training: each gives back a part",
        (
            training(),
            class_("A", Who("Li"), Who("Wang")),
            agreed_and_paid("A"),
            correct("Li", "FAILED"),
            follows(),
        ),
        Expect(parts={"Li": "OPEN 400.00 claim_factor_fell", "Wang": "OPEN 400.00 claim_factor_fell"}),
    ),
    Scenario(
        "A fail is corrected to a pass after payment: nothing more is paid",
        (
            training(**PASSES),
            class_("A", Who("Li", ("FAILED",)), Who("Wang")),
            agreed_and_paid("A"),
            correct("Li", "PASSED"),
            follows(),
        ),
        Expect(
            claims={"A": "CONFIRMED 400.00"},
            parts={"Wang": "none"},
            journal={"SUBSIDY_EXPENSE": "400.00", "FUND_AT_BANK": "-400.00"},
        ),
    ),
    Scenario(
        "What was asked back by mistake is asked back no more",
        (
            training(**PASSES),
            class_("A", Who("Li"), Who("Wang")),
            agreed_and_paid("A"),
            correct("Li", "FAILED"),
            follows(),
            correct("Li", "PASSED"),
            follows(),
        ),
        Expect(
            parts={"Li": "WITHDRAWN 800.00 claim_result_fell", "Wang": "WITHDRAWN 400.00 claim_factor_fell"},
            journal={"SUBSIDY_EXPENSE": "1600.00", "FUND_AT_BANK": "-1600.00"},
        ),
    ),
    Scenario(
        "A certificate is revoked before the money leaves: the payment falls, and the district looks again",
        (
            training(**PASSES),
            class_("A", Who("Li"), Who("Wang")),
            agreed_and_opened("A"),
            revoke("Li"),
            follows(),
        ),
        Expect(
            claims={"A": "SUBMITTED 400.00"},
            payments={"A": "CANCELLED"},
            journal={},
            budgets={"city": "reserved 0.00, paid 0.00, recovered 0.00"},
        ),
    ),
    Scenario(
        "What is owed is set off against the institution's next payment",
        (
            training(**PASSES),
            class_("A", Who("Li"), Who("Wang")),
            class_("B", *some(3), **SUMMER),
            agreed_and_paid("A"),
            revoke("Li"),
            follows(),
            agreed_and_opened("B"),
            pay(),
        ),
        Expect(
            payments={"A": "PAID", "B": "PAID"},
            parts={"Li": "SETTLED 800.00 claim_result_fell", "Wang": "SETTLED 400.00 claim_factor_fell"},
            batches=("SETTLED 1 1600.00", "SETTLED 1 1200.00"),
            # 2,800 left the bank; 2,800 is what both classes have earned.
            journal={"SUBSIDY_EXPENSE": "2800.00", "FUND_AT_BANK": "-2800.00"},
            budgets={"city": "reserved 0.00, paid 4000.00, recovered 1200.00"},
        ),
    ),
    Scenario(
        "What is owed is more than the next payment: nothing leaves the bank, and the rest is carried forward",
        (
            training(**PASSES),
            class_("A", Who("Li"), Who("Wang")),
            class_("B", *some(1), **SUMMER),
            agreed_and_paid("A"),
            revoke("Li"),
            follows(),
            agreed_and_opened("B"),
            batch(),
        ),
        Expect(
            payments={"B": "PAID"},
            batches=("SETTLED 1 1600.00",),
            journal={
                "SUBSIDY_EXPENSE": "1200.00",
                "FUND_AT_BANK": "-1600.00",
                "RECOVERIES_RECEIVABLE": "400.00",
            },
        ),
    ),
    Scenario(
        "What was set off is owed again when the bank returns the rest",
        (
            training(**PASSES),
            class_("A", Who("Li"), Who("Wang")),
            class_("B", *some(3), **SUMMER),
            agreed_and_paid("A"),
            revoke("Li"),
            follows(),
            agreed_and_opened("B"),
            pay("RETURNED"),
        ),
        Expect(
            payments={"B": "RETURNED"},
            parts={"Li": "OPEN 800.00 claim_result_fell"},
            journal={
                "SUBSIDY_EXPENSE": "2800.00",
                "FUND_AT_BANK": "-1600.00",
                "SUBSIDIES_PAYABLE": "-2400.00",
                "RECOVERIES_RECEIVABLE": "1200.00",
            },
        ),
    ),
    Scenario(
        "Nobody pays another institution's debt",
        (
            training(**PASSES),
            class_("A", Who("Li"), Who("Wang")),
            class_("B", *some(1), at="College"),
            agreed_and_paid("A"),
            revoke("Li"),
            follows(),
            agreed_and_paid("B"),
        ),
        Expect(
            parts={"Li": "OPEN 800.00 claim_result_fell"},
            batches=("SETTLED 1 1600.00", "SETTLED 1 800.00"),
        ),
    ),
    Scenario(
        "The institution repays: nothing is left to set off",
        (
            training(**PASSES),
            class_("A", Who("Li")),
            class_("B", *some(1), **SUMMER),
            agreed_and_paid("A"),
            revoke("Li"),
            follows(),
            repaid("A", "800.00"),
            agreed_and_paid("B"),
        ),
        Expect(
            parts={"Li": "SETTLED 800.00 claim_result_fell"},
            batches=("SETTLED 1 800.00", "SETTLED 1 800.00"),
            journal={"SUBSIDY_EXPENSE": "800.00", "FUND_AT_BANK": "-800.00"},
        ),
    ),
    Scenario(
        "Two rows that were both paid turn out to be one person: one of them is asked back, and the earlier one stays",
        (
            training(subsidized_once_per="PERSON"),
            class_("Spring", Who("Li", ("PASSED 2026-06-07",)), **SPRING),
            class_("A", Who("Li with a slip"), **SUMMER),
            agreed_and_paid("Spring"),
            agreed_and_paid("A"),
            merge("Li", "Li with a slip"),
            follows(),
        ),
        Expect(parts={"Li": "none", "Li with a slip": "OPEN 800.00 claim_line_fell"}),
    ),
)
