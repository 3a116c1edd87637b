"""The road of a claim through the offices: lines, questions, returns, signatures, districts."""

from tests.scenarios.acts import appeal, days_pass, dismiss_appeal, retire
from tests.scenarios.claims_acts import (
    accepts,
    accepts_line,
    agreed,
    agreed_and_paid,
    answers,
    asks,
    confirms,
    confirms_together,
    handed_over,
    hands_in,
    looks,
    opens,
    recommends,
    refuses,
    refuses_line,
    refuses_recommended,
    returns,
    reviews,
    sends_back,
    submits,
    withdraws,
)
from tests.scenarios.claims_given import class_, scanned_infected, some, training
from tests.scenarios.claims_story import Expect, Scenario, refused
from tests.scenarios.claims_world import Who

SCENARIOS = (
    # ── Lines ──
    Scenario(
        "A refused line is paid for no more, and the person stays in the rate",
        (
            training(),
            class_("A", Who("Li"), Who("Wang", ("FAILED",)), *some(1)),
            hands_in("A"),
            reviews("A", refusing=["Li"]),
        ),
        Expect(
            claims={"A": "RECOMMENDED 1066.72"},
            rates={"A": "2 of 3, 0.6667"},
            lines={"Li": "not_refused_in_review", "Wang": "533.36"},
        ),
    ),
    Scenario(
        "A refusal that the district takes back brings the line back",
        (
            training(),
            class_("A", Who("Li"), *some(1)),
            hands_in("A"),
            refuses_line("A", "Li"),
            accepts_line("A", "Li"),
            reviews("A"),
        ),
        Expect(claims={"A": "RECOMMENDED 1600.00"}, lines={"Li": "800.00"}),
    ),
    Scenario(
        "Every line refused: the claim comes to nothing and may still be signed",
        (training(), class_("A", Who("Li")), hands_in("A"), reviews("A", refusing=["Li"]), confirms("A")),
        Expect(claims={"A": "CONFIRMED 0.00"}),
    ),
    Scenario(
        "What nobody has looked at does not go up",
        (training(), class_("A", *some(2)), hands_in("A"), refused("lines_open", recommends("A"))),
        Expect(claims={"A": "SUBMITTED 1600.00"}),
    ),
    Scenario(
        "A line that counts for nothing is refused or accepted by nobody",
        (
            training(line_rule="PASSED"),
            class_("A", Who("Li", ("FAILED",)), *some(1)),
            hands_in("A"),
            refused("line_does_not_count", refuses_line("A", "Li")),
            refused("line_does_not_count", accepts_line("A", "Li")),
            reviews("A"),
        ),
        Expect(claims={"A": "RECOMMENDED 400.00"}),
    ),
    # ── Questions ──
    Scenario(
        "A question holds the claim back until it is answered",
        (
            training(),
            class_("A", *some(1)),
            hands_in("A"),
            accepts("A"),
            asks("A"),
            refused("question_open", recommends("A")),
            answers("A"),
            recommends("A"),
        ),
        Expect(claims={"A": "RECOMMENDED 800.00"}),
    ),
    # ── Back and on again ──
    Scenario(
        "Returned, handed in again, reviewed and paid",
        (
            training(),
            class_("A", *some(1)),
            hands_in("A"),
            returns("A"),
            submits("A"),
            accepts("A"),
            recommends("A"),
            confirms("A"),
        ),
        Expect(
            claims={"A": "CONFIRMED 800.00"},
            steps={"A": "OPEN SUBMITTED RETURNED SUBMITTED RECOMMENDED CONFIRMED"},
        ),
    ),
    Scenario(
        "A refused line stays refused when the claim was returned and handed in again",
        (
            training(),
            class_("A", Who("Li"), Who("Wang")),
            hands_in("A"),
            refuses_line("A", "Li"),
            returns("A"),
            submits("A"),
            accepts("A"),
            recommends("A"),
        ),
        Expect(claims={"A": "RECOMMENDED 800.00"}, lines={"Li": "not_refused_in_review"}),
    ),
    Scenario(
        "Refused by the district, opened again within the window, and paid: what was refused holds no more",
        (
            training(),
            class_("A", Who("Li"), Who("Wang")),
            hands_in("A"),
            refuses_line("A", "Li"),
            refuses("A"),
            agreed_and_paid("A"),
        ),
        Expect(claims={"A": "CONFIRMED 1600.00"}, payments={"A": "PAID"}, lines={"Li": "800.00"}),
    ),
    Scenario(
        "A claim that the institution took back does not open again by itself, and another one may be opened",
        (training(), class_("A", *some(1)), hands_in("A"), withdraws("A"), looks(), agreed("A")),
        Expect(claims={"A": "CONFIRMED 800.00"}, steps={"A": "OPEN SUBMITTED RECOMMENDED CONFIRMED"}),
    ),
    Scenario(
        "Withdrawn while the municipal bureau has it",
        (training(), class_("A", *some(1)), hands_in("A"), reviews("A"), withdraws("A")),
        Expect(claims={"A": "WITHDRAWN 800.00"}),
    ),
    Scenario(
        "What is confirmed is not taken back",
        (training(), class_("A", *some(1)), agreed("A"), refused("invalid_transition", withdraws("A"))),
        Expect(claims={"A": "CONFIRMED 800.00"}),
    ),
    Scenario(
        "What a bureau has is not handed in a second time, before it is confirmed and after",
        (
            training(),
            class_("A", *some(1)),
            hands_in("A"),
            refused("invalid_transition", submits("A")),
            reviews("A"),
            refused("invalid_transition", submits("A")),
            confirms("A"),
            refused("invalid_transition", submits("A")),
        ),
        Expect(claims={"A": "CONFIRMED 800.00"}, steps={"A": "OPEN SUBMITTED RECOMMENDED CONFIRMED"}),
    ),
    Scenario(
        "Sent back by the municipal bureau, recommended again and confirmed",
        (
            training(),
            class_("A", *some(1)),
            hands_in("A"),
            reviews("A"),
            sends_back("A"),
            recommends("A"),
            confirms("A"),
        ),
        Expect(
            claims={"A": "CONFIRMED 800.00"},
            steps={"A": "OPEN SUBMITTED RECOMMENDED SUBMITTED RECOMMENDED CONFIRMED"},
        ),
    ),
    Scenario(
        "Refused by the municipal bureau",
        (training(), class_("A", *some(1)), hands_in("A"), reviews("A"), refuses_recommended("A")),
        Expect(claims={"A": "REFUSED 800.00"}),
    ),
    # ── Signatures ──
    Scenario(
        "Above the limit one signature is not enough, and nobody gives both",
        (
            training(one_signature_limit="799.99"),
            class_("A", *some(1)),
            hands_in("A"),
            reviews("A"),
            confirms("A"),
            refused("not_permitted", confirms("A")),
        ),
        Expect(claims={"A": "RECOMMENDED 800.00"}, steps={"A": "OPEN SUBMITTED RECOMMENDED RECOMMENDED"}),
    ),
    Scenario(
        "Above the limit two people sign",
        (
            training(one_signature_limit="799.99"),
            class_("A", *some(1)),
            hands_in("A"),
            reviews("A"),
            confirms("A"),
            confirms("A", by=1),
        ),
        Expect(claims={"A": "CONFIRMED 800.00"}),
    ),
    Scenario(
        "At the limit one signature is enough",
        (training(one_signature_limit="800.00"), class_("A", *some(1)), agreed("A")),
        Expect(claims={"A": "CONFIRMED 800.00"}),
    ),
    Scenario(
        "Several claims are signed together",
        (
            training(),
            class_("A", *some(1)),
            class_("B", *some(2), at="College"),
            hands_in("A"),
            hands_in("B"),
            reviews("A"),
            reviews("B"),
            confirms_together("A", "B"),
        ),
        Expect(claims={"A": "CONFIRMED 800.00", "B": "CONFIRMED 1600.00"}),
    ),
    # ── Waiting for somebody else ──
    Scenario(
        "While a result is appealed against, the claim is not handed in",
        (
            training(),
            class_("A", Who("Li", ("FAILED",)), *some(1)),
            appeal("Li"),
            opens("A"),
            refused("reckoning_incomplete", submits("A")),
        ),
        Expect(claims={"A": "OPEN 400.00 incomplete"}, lines={"Li": "nothing_is_under_review"}),
    ),
    Scenario(
        "Once the appeal is closed, the claim is handed in",
        (
            training(),
            class_("A", Who("Li", ("FAILED",)), *some(1)),
            appeal("Li"),
            opens("A"),
            dismiss_appeal("Li"),
            submits("A"),
        ),
        Expect(claims={"A": "SUBMITTED 800.00"}, lines={"Li": "400.00"}),
    ),
    Scenario(
        "A file with malware keeps the claim where it is",
        (
            training(),
            class_("A", *some(1)),
            opens("A"),
            scanned_infected("A"),
            refused("evidence_infected", submits("A")),
        ),
        Expect(claims={"A": "OPEN 800.00"}),
    ),
    # ── Districts ──
    Scenario(
        "A district is retired between submission and review: its successor reviews the claim",
        (
            training(),
            class_("A", *some(1)),
            hands_in("A"),
            days_pass(1),
            retire("North", "South"),
            handed_over("North", "South"),
            reviews("A"),
            confirms("A"),
        ),
        Expect(claims={"A": "CONFIRMED 800.00"}, districts={"A": "South"}),
    ),
)
