"""What a claim comes to in yuan: standards, fees, tables, advances, and cents."""

from tests.scenarios.claims_acts import agreed_and_paid, hands_in, looks, opens, submits
from tests.scenarios.claims_given import advanced, class_, not_advanced, receipt, some, training
from tests.scenarios.claims_story import Expect, Scenario, refused
from tests.scenarios.claims_world import Who
from tests.scenarios.given import fee

TABLE = {"standard_rule": "TABLE", "table": {"AI JUNIOR": "600.00", "AI SENIOR": "900.00"}}

SCENARIOS = (
    # ── Standards ──
    Scenario(
        "The policy pays a share of the published fee",
        (training(fee_share="0.8000"), class_("A", Who("Li"), *some(1)), agreed_and_paid("A")),
        Expect(claims={"A": "CONFIRMED 1280.00"}, lines={"Li": "640.00"}, payments={"A": "PAID"}),
    ),
    Scenario(
        "Half a cent of a person's standard is rounded up",
        (training(fee_share="0.5000"), class_("A", Who("Li"), fee="800.01"), hands_in("A")),
        Expect(claims={"A": "SUBMITTED 400.01"}, lines={"Li": "400.01"}),
    ),
    Scenario(
        "A table says what a junior brings, whatever the fee is",
        (training(**TABLE), class_("A", Who("Li")), hands_in("A")),
        Expect(claims={"A": "SUBMITTED 600.00"}, lines={"Li": "600.00"}),
    ),
    Scenario(
        "A table has another entry for another level",
        (training(**TABLE), class_("A", Who("Li"), level="SENIOR"), hands_in("A")),
        Expect(claims={"A": "SUBMITTED 900.00"}),
    ),
    Scenario(
        "A table without an entry for the occupation: nobody knows the standard, and the claim cannot be handed in",
        (
            training(**TABLE),
            class_("A", Who("Li"), occupation="IoT"),
            opens("A"),
            refused("reckoning_incomplete", submits("A")),
        ),
        Expect(claims={"A": "OPEN 0.00 incomplete"}, lines={"Li": "standard_is_known"}),
    ),
    # ── Fees ──
    Scenario(
        "The fee of the sitting that counts is the standard",
        (
            training(),
            fee("700.00", until="2026-09-01", at="Academy"),
            fee("900.00", since="2026-09-01", at="Academy"),
            class_("A", Who("Li", ("FAILED", "PASSED")), Who("Wang"), fee=""),
            hands_in("A"),
        ),
        Expect(claims={"A": "SUBMITTED 1600.00"}, lines={"Li": "900.00", "Wang": "700.00"}),
    ),
    Scenario(
        "Two people who sat elsewhere have two fees",
        (
            training(),
            fee("600.00", at="Institute"),
            class_("A", Who("Li"), Who("Wang", ("PASSED 2026-07-12 Institute",))),
            hands_in("A"),
        ),
        Expect(claims={"A": "SUBMITTED 1400.00"}, lines={"Li": "800.00", "Wang": "600.00"}),
    ),
    Scenario(
        "Whoever never sat has the fee of the intended evaluator on the last day of the class",
        (training(denominator="EXAMINED"), class_("A", Who("Li", ()), Who("Wang")), hands_in("A")),
        Expect(claims={"A": "SUBMITTED 1600.00"}, lines={"Li": "800.00"}),
    ),
    Scenario(
        "The fee of the direction goes before the fee of the occupation",
        (
            training(),
            fee("950.00", at="Academy", direction="Vision"),
            class_("A", Who("Li"), direction="Vision"),
            hands_in("A"),
        ),
        Expect(claims={"A": "SUBMITTED 950.00"}),
    ),
    Scenario(
        "A gap in the fees on the day of the sitting: the claim waits for the fee",
        (
            training(),
            fee("700.00", until="2026-07-01", at="Academy"),
            fee("900.00", since="2026-08-01", at="Academy"),
            class_("A", Who("Li"), Who("Wang", ("PASSED 2026-08-15",)), fee=""),
            opens("A"),
            refused("reckoning_incomplete", submits("A")),
        ),
        Expect(claims={"A": "OPEN 900.00 incomplete"}, lines={"Li": "standard_is_known", "Wang": "900.00"}),
    ),
    Scenario(
        "A gap in the fees that is filled lets the claim be handed in",
        (
            training(),
            fee("700.00", until="2026-07-01", at="Academy"),
            fee("900.00", since="2026-08-01", at="Academy"),
            class_("A", Who("Li"), Who("Wang", ("PASSED 2026-08-15",)), fee=""),
            opens("A"),
            fee("750.00", since="2026-07-01", until="2026-08-01", at="Academy"),
            submits("A"),
        ),
        Expect(claims={"A": "SUBMITTED 1650.00"}, lines={"Li": "750.00", "Wang": "900.00"}),
    ),
    # ── Advances ──
    Scenario(
        "No more is paid than the institution has advanced, and the lines share it",
        (
            training(),
            class_("A", Who("Li"), Who("Wang"), advance="1000.01"),
            agreed_and_paid("A"),
        ),
        Expect(
            claims={"A": "CONFIRMED 1000.01"},
            lines={"Li": "500.01", "Wang": "500.00"},
            journal={"SUBSIDY_EXPENSE": "1000.01", "FUND_AT_BANK": "-1000.01"},
        ),
    ),
    Scenario(
        "The advance does not matter where the policy does not ask for it",
        (training(capped_by_advance=False), class_("A", *some(2), advance="1000.00"), hands_in("A")),
        Expect(claims={"A": "SUBMITTED 1600.00"}),
    ),
    Scenario(
        "Several advances add up",
        (
            training(),
            class_("A", *some(2), advance="1000.00"),
            opens("A"),
            advanced("A", "200.00"),
            looks(),
        ),
        Expect(claims={"A": "OPEN 1200.00"}),
    ),
    Scenario(
        "Without an advance the claim comes to nothing yet and is not handed in",
        (
            training(),
            class_("A", *some(2)),
            not_advanced("A"),
            opens("A"),
            refused("advance_missing", submits("A")),
        ),
        Expect(claims={"A": "OPEN 0.00 incomplete"}),
    ),
    Scenario(
        "Nothing is advanced for a claim that a bureau has",
        (
            training(),
            class_("A", *some(2), advance="1000.00"),
            hands_in("A"),
            refused("invalid_transition", advanced("A", "200.00")),
            refused("invalid_transition", not_advanced("A")),
        ),
        Expect(claims={"A": "SUBMITTED 1000.00"}),
    ),
    # ── Cents ──
    Scenario(
        "Half a cent of the whole claim is rounded up, once",
        (
            training(line_rule="COMPLETED"),
            fee("600.01", at="Institute"),
            class_("A", Who("Li"), Who("Wang", ("FAILED 2026-07-12 Institute",))),
            hands_in("A"),
        ),
        # 1,400.01 by one half.
        Expect(claims={"A": "SUBMITTED 700.01"}, lines={"Li": "400.00", "Wang": "300.01"}),
    ),
    Scenario(
        "Cents that do not divide go to the first lines",
        (
            training(),
            class_("A", Who("Li"), Who("Wang"), Who("Zhao", ("FAILED",)), fee="100.01"),
            hands_in("A"),
        ),
        # 300.03 by 0.6667 is 200.030001, and each loses 0.67 of a cent.
        Expect(claims={"A": "SUBMITTED 200.03"}, lines={"Li": "66.68", "Wang": "66.68", "Zhao": "66.67"}),
    ),
    Scenario(
        "A fee of one cent and half of the passes: one cent for one of them",
        (training(), class_("A", Who("Li"), Who("Wang", ("FAILED",)), fee="0.01"), hands_in("A")),
        Expect(claims={"A": "SUBMITTED 0.01"}, lines={"Li": "0.01", "Wang": "0.00"}),
    ),
    # ── What has to be there ──
    Scenario(
        "Without a receipt nothing is handed in; with one it is",
        (
            training(),
            class_("A", *some(1), ready=False),
            advanced("A", "1000.00"),
            opens("A"),
            refused("receipt_missing", submits("A")),
            receipt("A"),
            refused("account_missing", submits("A")),
        ),
        Expect(claims={"A": "OPEN 800.00"}),
    ),
)
