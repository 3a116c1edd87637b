"""Who passes for the first time."""

from tests.scenarios.acts import correct, decide, merge, reissue, revoke, sweep
from tests.scenarios.banking import pay
from tests.scenarios.given import certificate, person, policy, programme, sits
from tests.scenarios.story import Expect, Scenario

GRANTED = "GRANTED 800.00"
NOT_THE_FIRST = "REFUSED passes_for_the_first_time"
CLAIMED = "REFUSED is_not_claimed_already"
PAID_ONCE = {"SUBSIDY_EXPENSE": "800.00", "FUND_AT_BANK": "-800.00"}


SCENARIOS = (
    Scenario(
        "An employee passes for the first time: the published fee is paid",
        (programme(), certificate("Li"), decide(), pay()),
        Expect(
            decisions={"Li": GRANTED},
            payments={"Li": "PAID"},
            journal=PAID_ONCE,
            budgets={"city": "reserved 0.00, paid 800.00, recovered 0.00"},
            batches=("SETTLED 1 800.00",),
            sent="800.00",
        ),
    ),
    Scenario(
        "Passed before at another institution: not the first time",
        (
            programme(),
            sits("Li spring", on="2026-05-09", at="Institute"),
            certificate("Li summer"),
            decide(),
        ),
        Expect(decisions={"Li summer": NOT_THE_FIRST}, payments={"Li summer": "none"}, journal={}),
    ),
    Scenario(
        "Passed before in another occupation, counted by person: not the first time",
        (programme(), sits("Li spring", on="2026-05-09", occupation="IoT"), certificate("Li"), decide()),
        Expect(decisions={"Li": NOT_THE_FIRST}, journal={}),
    ),
    Scenario(
        "Passed before in another occupation, counted by occupation: paid",
        (
            programme(first_pass_scope="OCCUPATION"),
            sits("Li spring", on="2026-05-09", occupation="IoT"),
            certificate("Li"),
            decide(),
        ),
        Expect(decisions={"Li": GRANTED}),
    ),
    Scenario(
        "Passed a lower level of the occupation before, counted by occupation: not the first time",
        (
            programme(first_pass_scope="OCCUPATION"),
            sits("Li spring", on="2026-05-09"),
            certificate("Li", level="SENIOR"),
            decide(),
        ),
        Expect(decisions={"Li": NOT_THE_FIRST}),
    ),
    Scenario(
        "Passed a lower level of the occupation before, counted by occupation and level: paid",
        (
            programme(first_pass_scope="OCCUPATION_AND_LEVEL"),
            sits("Li spring", on="2026-05-09"),
            certificate("Li", level="SENIOR"),
            decide(),
        ),
        Expect(decisions={"Li": GRANTED}),
    ),
    Scenario(
        "A pass after a fail is the first pass",
        (programme(), sits("Li spring", on="2026-05-09", outcome="FAILED"), certificate("Li"), decide()),
        Expect(decisions={"Li": GRANTED}),
    ),
    Scenario(
        "A pass after a fail is not paid where only the first sitting counts",
        (
            programme(first_pass_rule="FIRST_SITTING"),
            sits("Li spring", on="2026-05-09", outcome="FAILED"),
            certificate("Li"),
            decide(),
        ),
        Expect(decisions={"Li": NOT_THE_FIRST}),
    ),
    Scenario(
        "Whoever stayed away has not sat, where only the first sitting counts",
        (
            programme(first_pass_rule="FIRST_SITTING"),
            sits("Li spring", on="2026-05-09", outcome="ABSENT"),
            certificate("Li"),
            decide(),
        ),
        Expect(decisions={"Li": GRANTED}),
    ),
    Scenario(
        "Whoever was sent out has sat, where only the first sitting counts",
        (
            programme(first_pass_rule="FIRST_SITTING"),
            sits("Li spring", on="2026-05-09", outcome="MISCONDUCT"),
            certificate("Li"),
            decide(),
        ),
        Expect(decisions={"Li": NOT_THE_FIRST}),
    ),
    Scenario(
        "Two sittings on one day: the one that was recorded first is the first",
        (
            programme(),
            certificate("Li morning", category=""),
            certificate("Li afternoon", at="Institute"),
            decide(),
        ),
        Expect(
            decisions={
                "Li morning": "REFUSED trained_in_the_programme",
                "Li afternoon": NOT_THE_FIRST,
            }
        ),
    ),
    Scenario(
        "A second certificate in the same scope is refused: the person is paid once",
        (programme(), certificate("Li spring", on="2026-05-09"), certificate("Li"), decide(), pay()),
        Expect(
            decisions={"Li spring": GRANTED, "Li": NOT_THE_FIRST},
            payments={"Li spring": "PAID", "Li": "none"},
            journal=PAID_ONCE,
        ),
    ),
    Scenario(
        "A second certificate outside the scope is paid as well",
        (
            programme(first_pass_scope="OCCUPATION"),
            certificate("Li spring", on="2026-05-09", occupation="IoT"),
            certificate("Li"),
            decide(),
            pay(),
        ),
        Expect(
            decisions={"Li spring": GRANTED, "Li": GRANTED},
            payments={"Li spring": "PAID", "Li": "PAID"},
            journal={"SUBSIDY_EXPENSE": "1600.00", "FUND_AT_BANK": "-1600.00"},
        ),
    ),
    Scenario(
        "An earlier pass that is recorded after a later one was granted is refused",
        (programme(), certificate("Li"), decide(), certificate("Li spring", on="2026-05-09"), decide()),
        Expect(decisions={"Li": GRANTED, "Li spring": CLAIMED}, payments={"Li spring": "none"}),
    ),
    Scenario(
        "An earlier pass that is recorded after a later one was held is granted in its place",
        (
            programme(),
            certificate("Li", fee=""),
            decide(),
            certificate("Li spring", on="2026-05-09", occupation="IoT"),
            decide(),
        ),
        Expect(
            decisions={"Li": NOT_THE_FIRST, "Li spring": GRANTED},
            payments={"Li": "none", "Li spring": "READY"},
        ),
    ),
    Scenario(
        "An earlier pass stays a pass though its certificate was revoked",
        (
            programme(),
            certificate("Li spring", on="2026-05-09"),
            revoke("Li spring"),
            certificate("Li"),
            sweep(),
        ),
        Expect(decisions={"Li spring": "REFUSED certificate_is_valid", "Li": NOT_THE_FIRST}),
    ),
    Scenario(
        "An earlier pass that is corrected to a fail leaves the first pass to the later one",
        (
            programme(),
            sits("Li spring", on="2026-05-09"),
            certificate("Li"),
            decide(),
            correct("Li spring", "FAILED"),
            sweep(),
        ),
        Expect(decisions={"Li": GRANTED}, payments={"Li": "READY"}),
    ),
    Scenario(
        "An earlier fail that is corrected to a pass does not take back what was granted for the later one",
        (
            programme(),
            sits("Li spring", on="2026-05-09", outcome="FAILED"),
            certificate("Li"),
            decide(),
            correct("Li spring", "PASSED", "Li corrected"),
            sweep(),
        ),
        Expect(decisions={"Li": GRANTED, "Li corrected": CLAIMED}, payments={"Li": "READY"}),
    ),
    Scenario(
        "A certificate that is issued again before its decision is decided once, as the new one",
        (programme(), certificate("Li"), reissue("Li", "Li again"), decide()),
        Expect(
            decisions={"Li": "REFUSED certificate_is_valid", "Li again": GRANTED},
            payments={"Li": "none", "Li again": "READY"},
        ),
    ),
    Scenario(
        "A certificate that is issued again after its decision is not paid a second time",
        (programme(), certificate("Li"), decide(), pay(), reissue("Li", "Li again"), sweep()),
        Expect(
            decisions={"Li": GRANTED, "Li again": CLAIMED},
            payments={"Li": "PAID", "Li again": "none"},
            journal=PAID_ONCE,
        ),
    ),
    Scenario(
        "A held certificate that is issued again hands its first pass on to the new one",
        (
            programme(),
            person("Li", account=False),
            certificate("Li"),
            decide(),
            reissue("Li", "Li again"),
            sweep(),
        ),
        Expect(
            decisions={"Li": "REFUSED certificate_is_valid", "Li again": "HELD account_is_known"},
            payments={"Li": "none", "Li again": "none"},
        ),
    ),
    Scenario(
        "A certificate that is issued again next to its first counts for the day of the first",
        (
            policy(until="2026-10-01"),
            programme(since="2026-10-01", fee_share="0.5"),
            certificate("Li"),
            reissue("Li", "Li again"),
            decide(),
        ),
        Expect(decisions={"Li again": GRANTED}),
    ),
    Scenario(
        "Two rows of one person with a pass each, merged before the decision: the earlier pass is paid",
        (
            programme(),
            certificate("Li", on="2026-05-09"),
            certificate("Lee"),
            merge("Lee", "Li"),
            decide(),
            pay(),
        ),
        Expect(
            decisions={"Li": GRANTED, "Lee": NOT_THE_FIRST},
            payments={"Li": "PAID", "Lee": "none"},
            journal=PAID_ONCE,
        ),
    ),
    Scenario(
        "A narrower scope later does not open a first pass that a wider one has used up",
        (
            policy(until="2026-07-01", first_pass_scope="PERSON"),
            programme(since="2026-07-01", first_pass_scope="OCCUPATION"),
            certificate("Li spring", on="2026-05-09", occupation="IoT", issued="2026-05-20"),
            certificate("Li"),
            decide(),
        ),
        Expect(decisions={"Li spring": GRANTED, "Li": CLAIMED}),
    ),
    Scenario(
        "A certificate for whose day there is no policy is refused once another claims the first pass",
        (
            programme(until="2026-06-01"),
            person("Li", account=False),
            certificate("Li summer", on="2026-07-10", occupation="IoT"),
            certificate("Li spring", on="2026-03-10", issued="2026-03-20", recorded="2026-03-20"),
            decide(),
            sweep(),
        ),
        Expect(decisions={"Li spring": "HELD account_is_known", "Li summer": CLAIMED}),
    ),
)
