"""The money of confirmed claims: budgets, notices, objections, banks, and what happens after payment."""

from tests.scenarios.acts import close, days_pass, on, publish, revoke, top_up
from tests.scenarios.banking import bank_says, batch, pay, with_the_bank
from tests.scenarios.claims_acts import (
    accepts,
    agreed,
    agreed_and_opened,
    confirms,
    follows_objections,
    objection_is,
    objects_to,
    opens_payments,
    recommends,
    submits,
    withdraws,
)
from tests.scenarios.claims_given import class_, paid_to, some, training, training_policy
from tests.scenarios.claims_story import Expect, Scenario, refused
from tests.scenarios.claims_world import Who
from tests.scenarios.given import budget

NOTICE = {"notice_working_days": 5}
PAID_ONCE = {"SUBSIDY_EXPENSE": "800.00", "FUND_AT_BANK": "-800.00"}

SCENARIOS = (
    # ── Budgets ──
    Scenario(
        "The budget is too short: the confirmed claim waits",
        (training("799.99"), class_("A", *some(1)), agreed_and_opened("A")),
        Expect(
            claims={"A": "CONFIRMED 800.00"},
            payments={"A": "none"},
            journal={},
            budgets={"city": "reserved 0.00, paid 0.00, recovered 0.00"},
        ),
    ),
    Scenario(
        "The budget is short and then topped up: the claim is paid by itself",
        (
            training("799.99"),
            class_("A", *some(1)),
            agreed_and_opened("A"),
            top_up("0.01"),
            opens_payments(),
            pay(),
        ),
        Expect(payments={"A": "PAID"}, journal=PAID_ONCE),
    ),
    Scenario(
        "Whoever was confirmed later waits behind what does not fit, even if there is room",
        (
            training("1000.00"),
            class_("A", *some(2)),
            class_("B", *some(1), at="College"),
            agreed("A"),
            days_pass(1),
            agreed("B"),
            opens_payments(),
        ),
        Expect(payments={"A": "none", "B": "none"}),
    ),
    Scenario(
        "A district pays from its own budget where the policy has such",
        (
            training(budget_by_district=True),
            budget("North", "5000.00"),
            class_("A", *some(1)),
            agreed_and_opened("A"),
        ),
        Expect(
            budgets={
                "city": "reserved 0.00, paid 0.00, recovered 0.00",
                "North": "reserved 800.00, paid 0.00, recovered 0.00",
            }
        ),
    ),
    Scenario(
        "A district without a budget of its own is paid for by the city",
        (training(budget_by_district=True), class_("A", *some(1)), agreed_and_opened("A")),
        Expect(budgets={"city": "reserved 800.00, paid 0.00, recovered 0.00"}),
    ),
    Scenario(
        "Without a budget of the year nothing is paid",
        (training_policy(), class_("A", *some(1)), agreed_and_opened("A")),
        Expect(claims={"A": "CONFIRMED 800.00"}, payments={"A": "none"}),
    ),
    Scenario(
        "Two claims go to the bank in one file",
        (
            training(),
            class_("A", *some(1)),
            class_("B", *some(2), at="College"),
            agreed_and_opened("A"),
            agreed_and_opened("B"),
            pay(),
        ),
        Expect(payments={"A": "PAID", "B": "PAID"}, batches=("SETTLED 2 2400.00",)),
    ),
    # ── Notices ──
    Scenario(
        "Where the policy asks for a notice nothing is paid before it is over",
        (training(**NOTICE), class_("A", *some(1)), agreed_and_opened("A"), publish(), batch()),
        Expect(payments={"A": "ON_NOTICE"}, batches=()),
    ),
    Scenario(
        "After the notice the claim is paid",
        (
            training(**NOTICE),
            class_("A", *some(1)),
            agreed_and_opened("A"),
            publish(),
            on("2026-10-28"),
            close(),
            pay(),
        ),
        Expect(payments={"A": "PAID"}, journal=PAID_ONCE),
    ),
    Scenario(
        "An objection that nobody has decided holds the money",
        (
            training(**NOTICE),
            class_("A", *some(1)),
            agreed_and_opened("A"),
            publish(),
            objects_to("A"),
            on("2026-10-28"),
            close(),
            batch(),
        ),
        Expect(payments={"A": "ON_NOTICE"}, batches=()),
    ),
    Scenario(
        "An objection is dismissed: the claim is paid",
        (
            training(**NOTICE),
            class_("A", *some(1)),
            agreed_and_opened("A"),
            publish(),
            objects_to("A"),
            objection_is("DISMISSED", "A"),
            on("2026-10-28"),
            close(),
            pay(),
        ),
        Expect(payments={"A": "PAID"}),
    ),
    Scenario(
        "An objection is upheld: the payment falls and the institution has the claim again",
        (
            training(**NOTICE),
            class_("A", *some(1)),
            agreed_and_opened("A"),
            publish(),
            objects_to("A"),
            objection_is("UPHELD", "A"),
            follows_objections(),
        ),
        Expect(
            claims={"A": "RETURNED 800.00"},
            payments={"A": "CANCELLED"},
            journal={},
            budgets={"city": "reserved 0.00, paid 0.00, recovered 0.00"},
        ),
    ),
    Scenario(
        "After an upheld objection the claim is put right, signed again and paid once",
        (
            training(**NOTICE),
            class_("A", *some(1)),
            agreed_and_opened("A"),
            publish(),
            objects_to("A"),
            objection_is("UPHELD", "A"),
            follows_objections(),
            days_pass(1),
            submits("A"),
            recommends("A"),
            confirms("A"),
            opens_payments(),
            publish(),
            on("2026-11-06"),
            close(),
            pay(),
        ),
        Expect(claims={"A": "CONFIRMED 800.00"}, payments={"A": "PAID"}, journal=PAID_ONCE),
    ),
    Scenario(
        "An office objects before the payment is opened and is right: the institution has the claim again",
        (
            training(),
            class_("A", *some(1)),
            agreed("A"),
            objects_to("A", "OFFICE"),
            objection_is("UPHELD", "A"),
            opens_payments(),
        ),
        Expect(claims={"A": "RETURNED 800.00"}, payments={"A": "none"}, journal={}),
    ),
    # ── Banks ──
    Scenario(
        "Returned by the bank: the claim waits for another account",
        (
            training(),
            class_("A", *some(1)),
            agreed_and_opened("A"),
            with_the_bank(),
            bank_says("RETURNED", code="ACCOUNT_CLOSED"),
            batch(),
        ),
        Expect(
            payments={"A": "RETURNED"},
            journal={"SUBSIDY_EXPENSE": "800.00", "SUBSIDIES_PAYABLE": "-800.00"},
            batches=("SETTLED 1 800.00",),
        ),
    ),
    Scenario(
        "Returned by the bank, then paid to the new account",
        (
            training(),
            class_("A", *some(1)),
            agreed_and_opened("A"),
            with_the_bank(),
            bank_says("RETURNED", code="ACCOUNT_CLOSED"),
            paid_to("A"),
            pay(),
        ),
        Expect(payments={"A": "PAID"}, journal=PAID_ONCE, batches=("SETTLED 1 800.00", "SETTLED 1 800.00")),
    ),
    Scenario(
        "The bank says nothing certain: nothing is paid again",
        (
            training(),
            class_("A", *some(1)),
            agreed_and_opened("A"),
            with_the_bank(),
            bank_says("UNKNOWN"),
            batch(),
        ),
        Expect(journal={"SUBSIDY_EXPENSE": "800.00", "PAYMENTS_IN_TRANSIT": "-800.00"}),
    ),
    # ── What changes before the money leaves ──
    Scenario(
        "A certificate is revoked after the payment was opened: it does not go to the bank as it is",
        (
            training(),
            class_("A", Who("Li"), *some(1)),
            agreed_and_opened("A"),
            revoke("Li"),
            batch(),
        ),
        Expect(payments={"A": "READY"}, batches=()),
    ),
    Scenario(
        "An institution does not take back a claim for which a payment is open",
        (
            training(),
            class_("A", *some(1)),
            agreed_and_opened("A"),
            refused("invalid_transition", withdraws("A")),
            refused("invalid_transition", accepts("A")),
        ),
        Expect(claims={"A": "CONFIRMED 800.00"}, payments={"A": "READY"}),
    ),
)
