"""How much: the fee, the share, the ceiling, the cent, and what other programmes paid."""

from tests.scenarios.acts import decide, no_other_subsidy, other_subsidy, sweep
from tests.scenarios.given import certificate, fee, person, programme
from tests.scenarios.story import Expect, Scenario, Step

ELSEWHERE = "REFUSED not_subsidized_elsewhere"


def amount(name: str, of: str, decision: str, *, level: str = "JUNIOR", **policy: object) -> Scenario:
    """A certificate whose sitting has a fee, under a policy."""
    return Scenario(
        name,
        (programme(**policy), certificate("Li", fee=of, level=level), decide()),
        Expect(decisions={"Li": decision}),
    )


def beside(
    name: str, rule: str, decision: str, *steps: Step, of: str = "800.00", share: str = "1"
) -> Scenario:
    """A certificate beside what other programmes paid."""
    return Scenario(
        name,
        (
            programme(stacking_rule=rule, fee_share=share),
            person("Li"),
            *steps,
            certificate("Li", fee=of),
            decide(),
        ),
        Expect(decisions={"Li": decision}),
    )


SCENARIOS = (
    # ── Share, ceiling and cent ──
    amount("A share of the fee is paid", "800.00", "GRANTED 640.00", fee_share="0.8"),
    amount("Half a cent is rounded up", "333.33", "GRANTED 166.67", fee_share="0.5"),
    amount("Less than half a cent is rounded down", "333.32", "GRANTED 111.10", fee_share="0.3333"),
    amount("Half a cent in all is a cent", "0.05", "GRANTED 0.01", fee_share="0.1"),
    amount(
        "Less than half a cent in all is nothing to pay",
        "0.04",
        "REFUSED amount_is_positive",
        fee_share="0.1",
    ),
    amount("A fee of the ceiling itself is paid", "2000.00", "GRANTED 2000.00"),
    amount("A fee of a cent above the ceiling is cut to it", "2000.01", "GRANTED 2000.00"),
    amount(
        "Intermediate has its own ceiling",
        "2500.00",
        "GRANTED 1500.00",
        level="INTERMEDIATE",
        ceiling_intermediate="1500.00",
    ),
    amount(
        "Senior has its own ceiling", "2800.00", "GRANTED 2800.00", level="SENIOR", ceiling_senior="3000.00"
    ),
    amount(
        "The ceiling is compared with the share and not with the fee",
        "3000.00",
        "GRANTED 1500.00",
        fee_share="0.5",
    ),
    amount("The share of a high fee is cut to the ceiling", "5000.00", "GRANTED 2000.00", fee_share="0.5"),
    # ── Which fee ──
    Scenario(
        "The fee changes between sitting and certificate: the day of the sitting counts",
        (
            programme(),
            fee("800.00", until="2026-07-15"),
            fee("900.00", since="2026-07-15"),
            certificate("Li", on="2026-07-11", issued="2026-07-20"),
            decide(),
        ),
        Expect(decisions={"Li": "GRANTED 800.00"}),
    ),
    Scenario(
        "A sitting on the last day of a fee goes by that fee",
        (
            programme(),
            fee("800.00", until="2026-07-12"),
            fee("900.00", since="2026-07-12"),
            certificate("Li", on="2026-07-11"),
            decide(),
        ),
        Expect(decisions={"Li": "GRANTED 800.00"}),
    ),
    Scenario(
        "A sitting on the first day of a fee goes by that fee",
        (
            programme(),
            fee("800.00", until="2026-07-11"),
            fee("900.00", since="2026-07-11"),
            certificate("Li", on="2026-07-11"),
            decide(),
        ),
        Expect(decisions={"Li": "GRANTED 900.00"}),
    ),
    Scenario(
        "A fee that is announced after the decision changes nothing",
        (programme(), certificate("Li"), decide(), fee("900.00", direction="Vision"), sweep()),
        Expect(decisions={"Li": "GRANTED 800.00"}),
    ),
    Scenario(
        "No fee was announced for the day: it waits",
        (programme(), fee("800.00", since="2026-07-12"), certificate("Li", on="2026-07-11"), decide()),
        Expect(decisions={"Li": "HELD fee_is_published"}, payments={"Li": "none"}),
    ),
    Scenario(
        "What waited for its fee is granted once that is written down",
        (programme(), certificate("Li", fee=""), decide(), fee("750.00"), sweep()),
        Expect(decisions={"Li": "GRANTED 750.00"}),
    ),
    Scenario(
        "Another institution's fee does not count",
        (programme(), fee("800.00", at="Institute"), certificate("Li", fee=""), decide()),
        Expect(decisions={"Li": "HELD fee_is_published"}),
    ),
    Scenario(
        "Another level's fee does not count",
        (programme(), fee("800.00", level="SENIOR"), certificate("Li", fee=""), decide()),
        Expect(decisions={"Li": "HELD fee_is_published"}),
    ),
    Scenario(
        "The fee of the direction goes before that of the whole occupation",
        (
            programme(),
            fee("800.00"),
            fee("700.00", direction="Vision"),
            certificate("Li", direction="Vision"),
            decide(),
        ),
        Expect(decisions={"Li": "GRANTED 700.00"}),
    ),
    Scenario(
        "Without a fee of its own, a direction has that of the whole occupation",
        (
            programme(),
            fee("800.00"),
            fee("700.00", direction="Vision"),
            certificate("Li", direction="Speech"),
            decide(),
        ),
        Expect(decisions={"Li": "GRANTED 800.00"}),
    ),
    Scenario(
        "A direction's fee does not count for the occupation as a whole",
        (programme(), fee("700.00", direction="Vision"), certificate("Li", fee=""), decide()),
        Expect(decisions={"Li": "HELD fee_is_published"}),
    ),
    # ── Other programmes ──
    beside(
        "Beside another subsidy, where that is allowed",
        "ALLOWED",
        "GRANTED 800.00",
        other_subsidy("Li", "300.00"),
    ),
    beside("Never beside another subsidy", "REFUSED", ELSEWHERE, other_subsidy("Li", "0.01")),
    beside(
        "The difference to the fee is paid", "DIFFERENCE", "GRANTED 500.00", other_subsidy("Li", "300.00")
    ),
    beside(
        "The difference to two other subsidies is paid",
        "DIFFERENCE",
        "GRANTED 299.99",
        other_subsidy("Li", "300.00"),
        other_subsidy("Li", "200.01", by="技能提升行动"),
    ),
    beside(
        "A cent is left of the fee: it is paid", "DIFFERENCE", "GRANTED 0.01", other_subsidy("Li", "799.99")
    ),
    beside("Nothing is left of the fee", "DIFFERENCE", ELSEWHERE, other_subsidy("Li", "800.00")),
    beside(
        "More is left of the fee than the share: the share is paid",
        "DIFFERENCE",
        "GRANTED 500.00",
        other_subsidy("Li", "300.00"),
        of="1000.00",
        share="0.5",
    ),
    beside(
        "Less is left of the fee than the share: what is left is paid",
        "DIFFERENCE",
        "GRANTED 400.00",
        other_subsidy("Li", "600.00"),
        of="1000.00",
        share="0.5",
    ),
    beside(
        "A subsidy for another level does not count",
        "REFUSED",
        "GRANTED 800.00",
        other_subsidy("Li", "300.00", level="SENIOR"),
    ),
    beside(
        "A subsidy for another occupation does not count",
        "REFUSED",
        "GRANTED 800.00",
        other_subsidy("Li", "300.00", occupation="IoT"),
    ),
    Scenario(
        "Another subsidy that is recorded after the grant takes nothing away",
        (
            programme(stacking_rule="REFUSED"),
            certificate("Li"),
            decide(),
            other_subsidy("Li", "300.00"),
            sweep(),
        ),
        Expect(decisions={"Li": "GRANTED 800.00"}, payments={"Li": "READY"}),
    ),
    Scenario(
        "Another subsidy that is recorded while a fact is missing counts",
        (
            programme(stacking_rule="REFUSED"),
            certificate("Li", fee=""),
            decide(),
            other_subsidy("Li", "300.00"),
            sweep(),
        ),
        Expect(decisions={"Li": ELSEWHERE}),
    ),
    Scenario(
        "Another subsidy that was recorded by mistake opens the decision again",
        (
            programme(stacking_rule="REFUSED"),
            person("Li"),
            other_subsidy("Li", "300.00"),
            certificate("Li"),
            decide(),
            no_other_subsidy("Li"),
            sweep(),
        ),
        Expect(decisions={"Li": "GRANTED 800.00"}),
    ),
)
