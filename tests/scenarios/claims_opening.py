"""When a claim opens, until when it can be handed in, and which policy holds for it."""

from tests.scenarios.acts import on
from tests.scenarios.claims_acts import (
    hands_in,
    looks,
    more_time,
    opens,
    submits,
)
from tests.scenarios.claims_given import class_, some, training_policy
from tests.scenarios.claims_story import Expect, Scenario, refused

WITHOUT_MONEY = training_policy()

SCENARIOS = (
    # ── Opening ──
    Scenario(
        "The claim opens by itself when everybody has passed",
        (WITHOUT_MONEY, on("2026-08-01"), class_("A", *some(2)), looks()),
        Expect(claims={"A": "OPEN 1600.00"}, steps={"A": "OPEN"}),
    ),
    Scenario(
        "As long as somebody can still pass, the claim does not open by itself",
        (WITHOUT_MONEY, on("2026-08-01"), class_("A", *some(1), *some(1, "FAILED")), looks()),
        Expect(claims={"A": "none"}),
    ),
    Scenario(
        "Whoever failed at the first attempt cannot pass any more where only that one counts: the claim opens",
        (
            training_policy(pass_rule="FIRST_ATTEMPT"),
            on("2026-08-01"),
            class_("A", *some(1), *some(1, "FAILED")),
            looks(),
        ),
        Expect(claims={"A": "OPEN 800.00"}),
    ),
    Scenario(
        "On the cut-off day a sitting may still come; the day after the claim opens by itself",
        (
            WITHOUT_MONEY,
            on("2026-09-24"),
            class_("A", *some(1), *some(1, "FAILED")),
            class_("B", *some(1, "FAILED"), at="College"),
            looks(),
            on("2026-09-25"),
            looks(),
        ),
        Expect(claims={"A": "OPEN 800.00", "B": "OPEN 0.00"}, steps={"A": "OPEN", "B": "OPEN"}),
    ),
    Scenario(
        "The institution opens its claim before the last result is there, and it is reckoned anew with each",
        (WITHOUT_MONEY, on("2026-08-01"), class_("A", *some(1), *some(1, "FAILED")), opens("A")),
        Expect(claims={"A": "OPEN 800.00"}, steps={"A": "OPEN"}),
    ),
    Scenario(
        "One class has one live claim",
        (
            WITHOUT_MONEY,
            class_("A", *some(1)),
            opens("A"),
            refused("claim_open_already", opens("A")),
            looks(),
        ),
        Expect(claims={"A": "OPEN 800.00"}),
    ),
    Scenario(
        "A claim outside the window cannot be opened",
        (
            WITHOUT_MONEY,
            class_("A", *some(1)),
            on("2026-11-25"),
            refused("window_over", opens("A")),
        ),
        Expect(claims={"A": "none"}),
    ),
    Scenario(
        "On the last day of the window a claim is opened and handed in",
        (WITHOUT_MONEY, class_("A", *some(1)), on("2026-11-24"), hands_in("A")),
        Expect(claims={"A": "SUBMITTED 800.00"}),
    ),
    Scenario(
        "A claim that is not handed in within its window lapses",
        (
            WITHOUT_MONEY,
            class_("A", *some(1)),
            opens("A"),
            on("2026-11-25"),
            refused("window_over", submits("A")),
            looks(),
        ),
        Expect(claims={"A": "LAPSED 800.00"}, steps={"A": "OPEN LAPSED"}),
    ),
    Scenario(
        "More time was given, and the claim is handed in after its window",
        (
            WITHOUT_MONEY,
            class_("A", *some(1)),
            opens("A"),
            more_time("A", "2026-12-10"),
            on("2026-12-10"),
            looks(),
            submits("A"),
        ),
        Expect(claims={"A": "SUBMITTED 800.00"}),
    ),
    # ── Policies ──
    Scenario(
        "Without a training policy for the last day of the class there is no claim",
        (
            training_policy(since="2026-07-01"),
            class_("A", *some(1)),
            refused("policy_missing", opens("A")),
            looks(),
        ),
        Expect(claims={"A": "none"}),
    ),
    Scenario(
        "The policy of the last day of the class holds, whatever came after it",
        (
            training_policy(until="2026-07-01", fee_share="0.5000"),
            training_policy(since="2026-07-01", fee_share="1.0000"),
            class_("A", *some(1)),
            class_("B", *some(1), at="College", ends="2026-07-03"),
            hands_in("A"),
            hands_in("B"),
        ),
        Expect(claims={"A": "SUBMITTED 400.00", "B": "SUBMITTED 800.00"}),
    ),
    Scenario(
        "A policy that is approved only later opens what waited for it",
        (
            class_("A", *some(1), ready=False),
            looks(),
            training_policy(),
            looks(),
        ),
        Expect(claims={"A": "OPEN 0.00 incomplete"}),
    ),
)
