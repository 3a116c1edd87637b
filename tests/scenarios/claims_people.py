"""For whom of a class the subsidy is paid: categories, attendance, and people who were paid for before."""

from tests.scenarios.acts import account, correct, evidence, merge, revoke
from tests.scenarios.banking import pay
from tests.scenarios.claims_acts import (
    accepts_line,
    agreed,
    agreed_and_paid,
    confirms,
    confirms_together,
    hands_in,
    later,
    looks,
    opens,
    opens_payments,
    recommends,
    reviews,
    submits,
)
from tests.scenarios.claims_given import class_, some, suspended, training
from tests.scenarios.claims_story import Expect, Scenario, refused
from tests.scenarios.claims_world import Who
from tests.scenarios.given import person

PAID_BEFORE = "not_subsidized_before"
STUDENT = "GRADUATING_STUDENT"
SPRING = {"starts": "2026-05-04", "ends": "2026-05-29"}
SUMMER = {"starts": "2026-06-01"}
LESSONS = {"lessons": 5}


def alone(
    name: str, who: Who, claim: str, line: str, cohort: dict[str, object] | None = None, **policy: object
):
    """A class of Li alone, of whom something is to be told."""
    return Scenario(
        name,
        (training(**policy), class_("A", who, **(cohort or {})), hands_in("A")),
        Expect(claims={"A": claim}, lines={"Li": line}),
    )


def in_two_classes(name: str, claim: str, line: str, cohort: dict[str, str], **policy: object) -> Scenario:
    """Li takes a class in spring that is paid for, and then another one."""
    return Scenario(
        name,
        (
            training(**policy),
            class_("Spring", Who("Li", ("PASSED 2026-06-07",)), **SPRING),
            class_("A", Who("Li"), Who("Wang"), **SUMMER, **cohort),
            agreed_and_paid("Spring"),
            hands_in("A"),
        ),
        Expect(claims={"Spring": "CONFIRMED 800.00", "A": claim}, lines={"Li": "800.00", "Li A": line}),
    )


SCENARIOS = (
    # ── Categories ──
    Scenario(
        "An earlier graduate raises the rate, and nothing is paid for them",
        (
            training(),
            class_("A", Who("Li", category="EARLIER_GRADUATE", graduated="2023-06-30"), *some(1)),
            agreed_and_paid("A"),
        ),
        Expect(
            claims={"A": "CONFIRMED 800.00"},
            rates={"A": "2 of 2, 1.0000"},
            lines={"Li": "category_is_eligible"},
        ),
    ),
    alone(
        "An earlier graduate is paid for where the policy takes them",
        Who("Li", category="EARLIER_GRADUATE", graduated="2023-06-30"),
        "SUBMITTED 800.00",
        "800.00",
        eligible_categories=["EARLIER_GRADUATE"],
    ),
    alone(
        "A student who graduates in the year of the class is paid for",
        Who("Li", category=STUDENT, graduated="2026-12-31"),
        "SUBMITTED 800.00",
        "800.00",
    ),
    alone(
        "A student who graduated the year before is not, by calendar years",
        Who("Li", category=STUDENT, graduated="2025-12-31"),
        "SUBMITTED 0.00",
        "graduates_in_time",
    ),
    alone(
        "A student who graduated in last year's autumn is paid for, by academic years",
        Who("Li", category=STUDENT, graduated="2025-09-01"),
        "SUBMITTED 800.00",
        "800.00",
        graduation_year_rule="ACADEMIC",
    ),
    alone(
        "A student who graduates after August is not paid for, by academic years",
        Who("Li", category=STUDENT, graduated="2026-09-01"),
        "SUBMITTED 0.00",
        "graduates_in_time",
        graduation_year_rule="ACADEMIC",
    ),
    Scenario(
        "A trainee's category changes before the claim is handed in: they are paid for no more",
        (
            training(),
            class_("A", Who("Li"), *some(1)),
            opens("A"),
            later(),
            evidence("Li", category="EARLIER_GRADUATE", school="示范大学", graduated_on="2023-06-30"),
            looks(),
        ),
        Expect(
            claims={"A": "OPEN 800.00"}, rates={"A": "2 of 2, 1.0000"}, lines={"Li": "category_is_eligible"}
        ),
    ),
    Scenario(
        "A trainee's category changes while the municipal bureau has the claim: it is the district's again",
        (
            training(),
            class_("A", Who("Li"), *some(1)),
            hands_in("A"),
            reviews("A"),
            later(),
            evidence("Li", category="EARLIER_GRADUATE", school="示范大学", graduated_on="2023-06-30"),
            looks(),
        ),
        Expect(claims={"A": "SUBMITTED 800.00"}, steps={"A": "OPEN SUBMITTED RECOMMENDED SUBMITTED"}),
    ),
    # ── Attendance ──
    alone(
        "Attendance below the least: nothing is paid for the person",
        Who("Li", attended=3),
        "SUBMITTED 0.00",
        "attended_enough",
        LESSONS,
        least_attendance="0.8000",
    ),
    alone(
        "Attendance of just the least is enough",
        Who("Li", attended=4),
        "SUBMITTED 800.00",
        "800.00",
        LESSONS,
        least_attendance="0.8000",
    ),
    alone(
        "Where the policy does not ask for it, nobody needs to have attended",
        Who("Li", attended=0),
        "SUBMITTED 800.00",
        "800.00",
        LESSONS,
    ),
    Scenario(
        "Attendance that was never reported is no absence: the claim waits for it",
        (
            training(least_attendance="0.8000"),
            class_("A", Who("Li"), **LESSONS),
            opens("A"),
            refused("reckoning_incomplete", submits("A")),
        ),
        Expect(claims={"A": "OPEN 0.00 incomplete"}, lines={"Li": "attended_enough"}),
    ),
    # ── People in two classes ──
    in_two_classes(
        "A trainee in two classes is paid for in both, where each class counts",
        "SUBMITTED 1600.00",
        "800.00",
        {"level": "SENIOR"},
    ),
    in_two_classes(
        "A trainee in two classes is paid for once in a life, where the person counts",
        "SUBMITTED 800.00",
        PAID_BEFORE,
        {"occupation": "IoT", "level": "SENIOR"},
        subsidized_once_per="PERSON",
    ),
    in_two_classes(
        "Another occupation is paid for, where the occupation counts",
        "SUBMITTED 1600.00",
        "800.00",
        {"occupation": "IoT"},
        subsidized_once_per="OCCUPATION",
    ),
    in_two_classes(
        "Another level of the same occupation is not, where the occupation counts",
        "SUBMITTED 800.00",
        PAID_BEFORE,
        {"level": "SENIOR"},
        subsidized_once_per="OCCUPATION",
    ),
    in_two_classes(
        "Another level is paid for, where occupation and level count",
        "SUBMITTED 1600.00",
        "800.00",
        {"level": "SENIOR"},
        subsidized_once_per="OCCUPATION_AND_LEVEL",
    ),
    in_two_classes(
        "The same level again is not, where occupation and level count",
        "SUBMITTED 800.00",
        PAID_BEFORE,
        {},
        subsidized_once_per="OCCUPATION_AND_LEVEL",
    ),
    Scenario(
        "Two classes confirmed for one person before either was paid: the second goes back to its district",
        (
            training(subsidized_once_per="PERSON"),
            class_("Spring", Who("Li", ("PASSED 2026-06-07",)), **SPRING),
            class_("A", Who("Li"), Who("Wang"), level="SENIOR", **SUMMER),
            agreed("Spring"),
            agreed("A"),
            opens_payments(),
            looks(),
        ),
        Expect(
            claims={"Spring": "CONFIRMED 800.00", "A": "SUBMITTED 800.00"},
            lines={"Li A": PAID_BEFORE, "Wang": "800.00"},
            payments={"Spring": "READY", "A": "none"},
            budgets={"city": "reserved 800.00, paid 0.00, recovered 0.00"},
        ),
    ),
    # ── Merged people ──
    Scenario(
        "Two rows that turn out to be one person are paid for once, where the person counts",
        (
            training(subsidized_once_per="PERSON"),
            class_("Spring", Who("Li", ("PASSED 2026-06-07",)), **SPRING),
            class_("A", Who("Li with a slip"), Who("Wang"), level="SENIOR", **SUMMER),
            agreed_and_paid("Spring"),
            merge("Li", "Li with a slip"),
            hands_in("A"),
        ),
        Expect(claims={"A": "SUBMITTED 800.00"}, lines={"Li with a slip": PAID_BEFORE, "Wang": "800.00"}),
    ),
    Scenario(
        "Two rows of one class turn out to be one person: one of them has left, and the other is paid for",
        (
            training(),
            class_("A", Who("Li"), Who("Li with a slip", (), status="WITHDRAWN"), Who("Wang")),
            merge("Li", "Li with a slip"),
            hands_in("A"),
        ),
        Expect(
            claims={"A": "SUBMITTED 1066.72"},
            rates={"A": "2 of 3, 0.6667"},
            lines={"Li": "533.36", "Li with a slip": "training_completed"},
        ),
    ),
    Scenario(
        "A merge while the bureau has the claim is seen before anybody signs",
        (
            training(subsidized_once_per="PERSON"),
            class_("Spring", Who("Li", ("PASSED 2026-06-07",)), **SPRING),
            class_("A", Who("Li with a slip"), Who("Wang"), level="SENIOR", **SUMMER),
            agreed_and_paid("Spring"),
            hands_in("A"),
            reviews("A"),
            merge("Li", "Li with a slip"),
            refused("facts_changed", confirms("A")),
            looks(),
        ),
        Expect(claims={"A": "SUBMITTED 800.00"}, lines={"Li with a slip": PAID_BEFORE}),
    ),
    # ── Results that change ──
    Scenario(
        "A certificate is revoked before confirmation: one pass less, and the district looks again",
        (
            training(),
            class_("A", Who("Li"), Who("Wang")),
            hands_in("A"),
            reviews("A"),
            revoke("Li"),
            refused("facts_changed", confirms("A")),
            looks(),
        ),
        Expect(
            claims={"A": "SUBMITTED 800.00"},
            rates={"A": "1 of 2, 0.5000"},
            steps={"A": "OPEN SUBMITTED RECOMMENDED SUBMITTED"},
        ),
    ),
    Scenario(
        "After a revocation the district and the bureau sign the lower sum, and that is paid",
        (
            training(),
            class_("A", Who("Li"), Who("Wang")),
            hands_in("A"),
            reviews("A"),
            revoke("Li"),
            looks(),
            accepts_line("A", "Li"),
            recommends("A"),
            confirms("A"),
            opens_payments(),
            pay(),
        ),
        Expect(
            claims={"A": "CONFIRMED 800.00"},
            payments={"A": "PAID"},
            journal={"SUBSIDY_EXPENSE": "800.00", "FUND_AT_BANK": "-800.00"},
        ),
    ),
    Scenario(
        "A fail that is corrected to a pass raises the rate of an open claim",
        (
            training(),
            class_("A", Who("Li", ("FAILED",)), Who("Wang")),
            opens("A"),
            correct("Li", "PASSED"),
            looks(),
        ),
        Expect(claims={"A": "OPEN 1600.00"}, rates={"A": "2 of 2, 1.0000"}),
    ),
    Scenario(
        "A pass that is corrected to a fail lowers the rate of an open claim",
        (
            training(),
            class_("A", Who("Li"), Who("Wang")),
            opens("A"),
            correct("Li", "FAILED"),
            looks(),
        ),
        Expect(claims={"A": "OPEN 800.00"}, rates={"A": "1 of 2, 0.5000"}),
    ),
    # ── What a reviewer looks at first ──
    Scenario(
        "Two people who name one account are flagged, and signed by themselves only",
        (
            training(),
            person("Li"),
            person("Wang"),
            class_("A", Who("Li"), Who("Wang")),
            class_("B", *some(1), at="College"),
            account("Wang", same_as="Li"),
            hands_in("A"),
            hands_in("B"),
            reviews("A"),
            reviews("B"),
            confirms_together("A", "B", left_out={"A": "flagged"}),
        ),
        Expect(
            claims={"A": "RECOMMENDED 1600.00", "B": "CONFIRMED 800.00"},
            flags={"A": "shared_accounts", "B": ""},
        ),
    ),
    Scenario(
        "Two classes in one room at one time are flagged",
        (
            training(),
            class_("A", *some(1), venue="Room 1"),
            class_("B", *some(1), venue="Room 1"),
            hands_in("A"),
        ),
        Expect(flags={"A": "overlapping_classes"}),
    ),
    Scenario(
        "Nobody is in two classes at one time: two rows that were are not merged, and both are paid for",
        (
            training(subsidized_once_per="PERSON"),
            class_("A", Who("Li")),
            class_("B", Who("Li with a slip"), at="College"),
            refused("classes_overlap", merge("Li", "Li with a slip")),
            hands_in("A"),
        ),
        Expect(claims={"A": "SUBMITTED 800.00"}, flags={"A": ""}),
    ),
    Scenario(
        "The institution is suspended in the middle: flagged, paid only after somebody looked at it by itself",
        (
            training(),
            class_("A", *some(1)),
            hands_in("A"),
            reviews("A"),
            suspended("A"),
            refused("facts_changed", confirms("A")),
            looks(),
            confirms_together("A", left_out={"A": "flagged"}),
            confirms("A"),
        ),
        Expect(claims={"A": "CONFIRMED 800.00"}, flags={"A": "institution_in_good_standing"}),
    ),
    Scenario(
        "A class of an occupation that the institution was not accredited for is flagged",
        (training(), class_("A", *some(1), is_accredited=False), hands_in("A")),
        Expect(claims={"A": "SUBMITTED 800.00"}, flags={"A": "institution_in_good_standing"}),
    ),
)
