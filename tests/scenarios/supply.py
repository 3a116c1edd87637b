"""Where the money comes from: budgets, the queue for them, and districts."""

from tests.scenarios.acts import decide, retire, revoke, sweep, top_up, transfer
from tests.scenarios.banking import pay, repaid
from tests.scenarios.given import budget, certificate, policy, programme
from tests.scenarios.story import Expect, Scenario

GRANTED = "GRANTED 800.00"
NO_ROOM = "HELD budget_has_room"
BY_DISTRICT = {"budget_by_district": True}
NOBODY_PAID = "reserved 0.00, paid 0.00, recovered 0.00"
ONE_RESERVED = "reserved 800.00, paid 0.00, recovered 0.00"

SCENARIOS = (
    Scenario(
        "The budget holds exactly what is owed",
        (programme("800.00"), certificate("Li"), decide()),
        Expect(decisions={"Li": GRANTED}, budgets={"city": ONE_RESERVED}),
    ),
    Scenario(
        "The budget is a cent short: it waits",
        (programme("799.99"), certificate("Li"), decide()),
        Expect(decisions={"Li": NO_ROOM}, payments={"Li": "none"}, budgets={"city": NOBODY_PAID}, journal={}),
    ),
    Scenario(
        "Nobody has allotted anything yet: it waits",
        (policy(), certificate("Li"), decide()),
        Expect(decisions={"Li": NO_ROOM}),
    ),
    Scenario(
        "The first money of the year takes up what waited for it",
        (policy(), certificate("Li"), decide(), budget("city", "1000.00"), sweep()),
        Expect(decisions={"Li": GRANTED}, budgets={"city": ONE_RESERVED}),
    ),
    Scenario(
        "The budget was short, is topped up, and the money goes out",
        (programme("500.00"), certificate("Li"), decide(), top_up("300.00"), sweep(), pay()),
        Expect(
            decisions={"Li": GRANTED},
            payments={"Li": "PAID"},
            budgets={"city": "reserved 0.00, paid 800.00, recovered 0.00"},
            journal={"SUBSIDY_EXPENSE": "800.00", "FUND_AT_BANK": "-800.00"},
        ),
    ),
    Scenario(
        "A top-up that is not enough changes nothing",
        (programme("500.00"), certificate("Li"), decide(), top_up("299.99"), sweep()),
        Expect(decisions={"Li": NO_ROOM}, budgets={"city": NOBODY_PAID}),
    ),
    Scenario(
        "Whoever comes later waits behind who does not fit, even if there is room",
        (
            programme("1000.00"),
            certificate("Li"),
            certificate("Wang"),
            certificate("Zhao", at="Institute", fee="100.00"),
            decide(),
        ),
        Expect(decisions={"Li": GRANTED, "Wang": NO_ROOM, "Zhao": NO_ROOM}, budgets={"city": ONE_RESERVED}),
    ),
    Scenario(
        "Whoever comes on a later day waits behind who does not fit, even if there is room",
        (
            programme("1000.00"),
            certificate("Li"),
            certificate("Wang"),
            decide(),
            certificate("Zhao", at="Institute", fee="100.00"),
            decide(),
        ),
        Expect(decisions={"Li": GRANTED, "Wang": NO_ROOM, "Zhao": NO_ROOM}),
    ),
    Scenario(
        "A top-up serves the queue in order, as far as it goes",
        (
            programme("1000.00"),
            certificate("Li"),
            certificate("Wang"),
            certificate("Zhao", at="Institute", fee="100.00"),
            decide(),
            top_up("600.00"),
            sweep(),
        ),
        Expect(
            decisions={"Wang": GRANTED, "Zhao": NO_ROOM},
            budgets={"city": "reserved 1600.00, paid 0.00, recovered 0.00"},
        ),
    ),
    Scenario(
        "A revocation before the payment gives its money to who waits",
        (
            programme("800.00"),
            certificate("Li"),
            certificate("Wang"),
            decide(),
            revoke("Li"),
            sweep(),
        ),
        Expect(
            decisions={"Li": "REFUSED certificate_is_valid", "Wang": GRANTED},
            payments={"Li": "CANCELLED", "Wang": "READY"},
            budgets={"city": ONE_RESERVED},
        ),
    ),
    Scenario(
        "Money that comes back goes to who waits",
        (
            programme("800.00"),
            certificate("Li"),
            certificate("Wang"),
            decide(),
            pay(),
            revoke("Li"),
            sweep(),
            repaid("Li", "800.00"),
            sweep(),
        ),
        Expect(
            decisions={"Wang": GRANTED},
            budgets={"city": "reserved 800.00, paid 800.00, recovered 800.00"},
        ),
    ),
    Scenario(
        "Whoever waits and is revoked leaves the queue to the next",
        (
            programme("800.00"),
            certificate("Li", fee="900.00"),
            certificate("Wang", at="Institute"),
            decide(),
            revoke("Li"),
            sweep(),
        ),
        Expect(decisions={"Li": "REFUSED certificate_is_valid", "Wang": GRANTED}),
    ),
    # ── Districts ──
    Scenario(
        "A district pays from its own budget where the policy has such",
        (programme(**BY_DISTRICT), budget("North", "1000.00"), certificate("Li"), decide()),
        Expect(decisions={"Li": GRANTED}, budgets={"North": ONE_RESERVED, "city": NOBODY_PAID}),
    ),
    Scenario(
        "A district without a budget of its own is paid from the city's",
        (
            programme(**BY_DISTRICT),
            budget("North", "1000.00"),
            certificate("Li", trained_in="South"),
            decide(),
        ),
        Expect(decisions={"Li": GRANTED}, budgets={"North": NOBODY_PAID, "city": ONE_RESERVED}),
    ),
    Scenario(
        "A district's budget is left alone where the policy has none by district",
        (programme(), budget("North", "1000.00"), certificate("Li"), decide()),
        Expect(decisions={"Li": GRANTED}, budgets={"North": NOBODY_PAID, "city": ONE_RESERVED}),
    ),
    Scenario(
        "A district that is short holds up no other, and takes nothing from the city",
        (
            programme(**BY_DISTRICT),
            budget("North", "100.00"),
            budget("South", "1000.00"),
            certificate("Li"),
            certificate("Wang", trained_in="South"),
            decide(),
        ),
        Expect(
            decisions={"Li": NO_ROOM, "Wang": GRANTED},
            budgets={"North": NOBODY_PAID, "South": ONE_RESERVED, "city": NOBODY_PAID},
        ),
    ),
    Scenario(
        "Money that is moved from the city to a district serves who waits there",
        (
            programme("1000.00", **BY_DISTRICT),
            budget("North", "100.00"),
            certificate("Li"),
            decide(),
            transfer("700.00", whose="city", to="North"),
            sweep(),
        ),
        Expect(decisions={"Li": GRANTED}, budgets={"North": ONE_RESERVED, "city": NOBODY_PAID}),
    ),
    Scenario(
        "The district of the training is competent",
        (programme(competent_district_rule="TRAINING"), certificate("Li"), decide()),
        Expect(districts={"Li": "North"}),
    ),
    Scenario(
        "The district of the evaluation institution is competent, where the policy says so",
        (programme(competent_district_rule="EVALUATION"), certificate("Li"), decide()),
        Expect(districts={"Li": "Academy"}),
    ),
    Scenario(
        "The district is retired between grant and payment: its decision and its budget stay its own",
        (
            programme(**BY_DISTRICT),
            budget("North", "1000.00"),
            budget("South", "1000.00"),
            certificate("Li"),
            decide(),
            retire("North", "South"),
            pay(),
        ),
        Expect(
            decisions={"Li": GRANTED},
            payments={"Li": "PAID"},
            districts={"Li": "North"},
            budgets={"North": "reserved 0.00, paid 800.00, recovered 0.00", "South": NOBODY_PAID},
        ),
    ),
    Scenario(
        "The district is retired before the decision: the class keeps the district of its time",
        (
            programme(**BY_DISTRICT),
            budget("North", "1000.00"),
            certificate("Li"),
            retire("North", "South"),
            decide(),
        ),
        Expect(decisions={"Li": GRANTED}, districts={"Li": "North"}, budgets={"North": ONE_RESERVED}),
    ),
)
