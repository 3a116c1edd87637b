"""What passes make of the money of a class: who is in the rate, which sitting counts, and the curve."""

from tests.scenarios.claims_acts import agreed, agreed_and_opened, agreed_and_paid, hands_in, opens
from tests.scenarios.claims_given import class_, some, training
from tests.scenarios.claims_story import Expect, Scenario
from tests.scenarios.claims_world import Who

# The cut-off day of a class that ends on 26 June, 90 days later.
CUT_OFF, TOO_LATE = "2026-09-24", "2026-09-25"
KINKED = [["0.5", "0"], ["0.9", "1"]]
LEFT = {"status": "WITHDRAWN"}


def two_of_three(name: str, amount: str, rate: str, **policy: object) -> Scenario:
    """A class of three of whom two pass, under a policy."""
    return Scenario(
        name,
        (training(**policy), class_("A", *some(2), *some(1, "FAILED")), hands_in("A")),
        Expect(claims={"A": f"SUBMITTED {amount}"}, rates={"A": rate}),
    )


def with_somebody(name: str, who: Who, claim: str, rate: str, line: str, **policy: object) -> Scenario:
    """A class of two who pass and of Li, of whom something is to be told."""
    return Scenario(
        name,
        (training(**policy), class_("A", *some(2), who), hands_in("A")),
        Expect(claims={"A": f"SUBMITTED {claim}"}, rates={"A": rate}, lines={"Li": line}),
    )


SCENARIOS = (
    # ── Passes ──
    Scenario(
        "Nobody passes: the claim comes to nothing and ends without a payment",
        (training(), class_("A", *some(2, "FAILED")), agreed_and_opened("A")),
        Expect(
            claims={"A": "CONFIRMED 0.00"},
            rates={"A": "0 of 2, 0.0000"},
            payments={"A": "none"},
            journal={},
            budgets={"city": "reserved 0.00, paid 0.00, recovered 0.00"},
        ),
    ),
    Scenario(
        "Everybody passes: the whole fee of each is paid to the institution",
        (training(), class_("A", *some(3)), agreed_and_paid("A")),
        Expect(
            claims={"A": "CONFIRMED 2400.00"},
            rates={"A": "3 of 3, 1.0000"},
            payments={"A": "PAID"},
            journal={"SUBSIDY_EXPENSE": "2400.00", "FUND_AT_BANK": "-2400.00"},
            budgets={"city": "reserved 0.00, paid 2400.00, recovered 0.00"},
            batches=("SETTLED 1 2400.00",),
            steps={"A": "OPEN SUBMITTED RECOMMENDED CONFIRMED"},
        ),
    ),
    Scenario(
        "A class of one who passes is paid whole",
        (training(), class_("A", Who("Li")), agreed_and_paid("A")),
        Expect(claims={"A": "CONFIRMED 800.00"}, rates={"A": "1 of 1, 1.0000"}, payments={"A": "PAID"}),
    ),
    Scenario(
        "A class of one who fails comes to nothing",
        (training(), class_("A", Who("Li", ("FAILED",))), hands_in("A")),
        Expect(claims={"A": "SUBMITTED 0.00"}, rates={"A": "0 of 1, 0.0000"}, lines={"Li": "0.00"}),
    ),
    # ── For whom money is asked ──
    two_of_three(
        "Two of three pass, money for whoever completed: two thirds of three", "1600.08", "2 of 3, 0.6667"
    ),
    two_of_three(
        "Two of three pass, money for whoever passed: two thirds of two",
        "1066.72",
        "2 of 3, 0.6667",
        line_rule="PASSED",
    ),
    with_somebody(
        "Whoever never sat brings no money where only the examined count",
        Who("Li", ()),
        "1066.72",
        "2 of 3, 0.6667",
        "sat_the_assessment",
        line_rule="EXAMINED",
    ),
    with_somebody(
        "Whoever failed brings money where the examined count",
        Who("Li", ("FAILED",)),
        "1600.08",
        "2 of 3, 0.6667",
        "533.36",
        line_rule="EXAMINED",
    ),
    with_somebody(
        "Whoever failed brings none where only passes count",
        Who("Li", ("FAILED",)),
        "1066.72",
        "2 of 3, 0.6667",
        "passed_the_assessment",
        line_rule="PASSED",
    ),
    # ── Over whom the rate is reckoned ──
    with_somebody(
        "Withdrawal before the lock: the person is in no rate",
        Who("Li", (), locked=False, **LEFT),
        "1600.00",
        "2 of 2, 1.0000",
        "in_the_class_at_the_lock",
    ),
    with_somebody(
        "Withdrawal after the lock: the person stays in the rate over the roster",
        Who("Li", (), **LEFT),
        "1066.72",
        "2 of 3, 0.6667",
        "training_completed",
    ),
    with_somebody(
        "Withdrawal after the lock is out of the rate over those who completed",
        Who("Li", (), **LEFT),
        "1600.00",
        "2 of 2, 1.0000",
        "training_completed",
        denominator="COMPLETED",
    ),
    with_somebody(
        "Whoever went over to another class after the lock stays in the rate of the first",
        Who("Li", (), status="TRANSFERRED"),
        "1066.72",
        "2 of 3, 0.6667",
        "training_completed",
    ),
    with_somebody(
        "Whoever came after the lock is paid for by no claim",
        Who("Li", locked=False),
        "1600.00",
        "2 of 2, 1.0000",
        "in_the_class_at_the_lock",
    ),
    with_somebody(
        "Whoever never sat lowers the rate over those who completed",
        Who("Li", ()),
        "1600.08",
        "2 of 3, 0.6667",
        "533.36",
        denominator="COMPLETED",
    ),
    with_somebody(
        "Whoever never sat is out of the rate over the examined, and their training is paid",
        Who("Li", ()),
        "2400.00",
        "2 of 2, 1.0000",
        "800.00",
        denominator="EXAMINED",
    ),
    Scenario(
        "Nobody sat, and the rate is over the examined: there is no rate and no money, however small the class",
        (
            training(denominator="EXAMINED", small_class_size=5, small_class_factor="0.8000"),
            class_("A", *some(2, "ABSENT")),
            hands_in("A"),
        ),
        Expect(claims={"A": "SUBMITTED 0.00"}, rates={"A": "0 of 0, 0.0000"}),
    ),
    # ── Which sitting counts ──
    with_somebody(
        "A pass on the second sitting before the cut-off counts where any sitting does",
        Who("Li", ("FAILED", "PASSED")),
        "2400.00",
        "3 of 3, 1.0000",
        "800.00",
    ),
    with_somebody(
        "A pass on the second sitting does not count where only the first one does",
        Who("Li", ("FAILED", "PASSED")),
        "1600.08",
        "2 of 3, 0.6667",
        "533.36",
        pass_rule="FIRST_ATTEMPT",
    ),
    with_somebody(
        "A pass on the cut-off day counts",
        Who("Li", ("FAILED", f"PASSED {CUT_OFF}")),
        "2400.00",
        "3 of 3, 1.0000",
        "800.00",
    ),
    with_somebody(
        "A pass on the second sitting after the cut-off comes too late",
        Who("Li", ("FAILED", f"PASSED {TOO_LATE}")),
        "1600.08",
        "2 of 3, 0.6667",
        "533.36",
    ),
    with_somebody(
        "Whoever sat only after the cut-off has not sat, where passes bring the money",
        Who("Li", (f"PASSED {TOO_LATE}",)),
        "1066.72",
        "2 of 3, 0.6667",
        "sat_the_assessment",
        line_rule="PASSED",
    ),
    with_somebody(
        "A shorter cut-off takes the second sitting away",
        Who("Li", ("FAILED", "PASSED")),
        "1600.08",
        "2 of 3, 0.6667",
        "533.36",
        cut_off_days=60,
    ),
    with_somebody(
        "Whoever stayed away at first has not sat: the pass is at the first attempt",
        Who("Li", ("ABSENT", "PASSED")),
        "2400.00",
        "3 of 3, 1.0000",
        "800.00",
        pass_rule="FIRST_ATTEMPT",
    ),
    with_somebody(
        "Whoever was sent out has sat: the pass is at the second attempt",
        Who("Li", ("MISCONDUCT", "PASSED")),
        "1600.08",
        "2 of 3, 0.6667",
        "533.36",
        pass_rule="FIRST_ATTEMPT",
    ),
    # ── The curve ──
    two_of_three("Below the floor the floor holds", "1920.00", "2 of 3, 0.8000", factor_floor="0.8000"),
    two_of_three("Above the cap the cap holds", "1200.00", "2 of 3, 0.5000", factor_cap="0.5000"),
    Scenario(
        "Nobody passes, and the floor is paid all the same",
        (training(factor_floor="0.5000"), class_("A", *some(2, "FAILED")), agreed("A")),
        Expect(claims={"A": "CONFIRMED 800.00"}, rates={"A": "0 of 2, 0.5000"}),
    ),
    two_of_three(
        "Between two points of the curve the factor is on the straight line",
        "1000.08",
        "2 of 3, 0.4167",
        curve_points=KINKED,
    ),
    Scenario(
        "Below the first point of the curve its factor holds",
        (training(curve_points=KINKED), class_("A", Who("Li"), *some(2, "FAILED")), hands_in("A")),
        Expect(claims={"A": "SUBMITTED 0.00"}, rates={"A": "1 of 3, 0.0000"}),
    ),
    Scenario(
        "Above the last point of the curve its factor holds",
        (
            training(curve_points=[["0", "0"], ["0.6", "0.9"]]),
            class_("A", *some(2), *some(1, "FAILED")),
            hands_in("A"),
        ),
        Expect(claims={"A": "SUBMITTED 2160.00"}, rates={"A": "2 of 3, 0.9000"}),
    ),
    two_of_three(
        "A class below the small size has the factor of small classes at least",
        "2160.00",
        "2 of 3, 0.9000",
        small_class_size=4,
        small_class_factor="0.9000",
    ),
    two_of_three(
        "A class of just the small size is not small",
        "1600.08",
        "2 of 3, 0.6667",
        small_class_size=3,
        small_class_factor="0.9000",
    ),
    two_of_three(
        "A small class that did better than its factor keeps what it earned",
        "1600.08",
        "2 of 3, 0.6667",
        small_class_size=4,
        small_class_factor="0.2000",
    ),
    two_of_three(
        "A small class is not above the cap either",
        "1680.00",
        "2 of 3, 0.7000",
        small_class_size=4,
        small_class_factor="0.9000",
        factor_cap="0.7000",
    ),
    # ── While results are not certain ──
    Scenario(
        "A pass without its certificate yet: nobody knows what the claim comes to",
        (training(), class_("A", *some(1), Who("Li", ("NO_CERTIFICATE",))), opens("A")),
        Expect(claims={"A": "OPEN 800.00 incomplete"}, rates={"A": "1 of 2, 0.5000"}),
    ),
)
