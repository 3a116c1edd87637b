"""Who may be subsidized: categories, graduation years, training, and which policy it goes by."""

from tests.scenarios.acts import decide, evidence, objection_is, objects, sweep
from tests.scenarios.given import certificate, policy, programme
from tests.scenarios.story import Expect, Scenario

GRANTED = "GRANTED 800.00"
TOO_EARLY_OR_LATE = "REFUSED graduates_in_time"


def graduate(
    name: str, on: str, decision: str, *, rule: str = "CALENDAR", issued: str = "2026-07-20"
) -> Scenario:
    """A student who graduates on a day, with a certificate of another."""
    return Scenario(
        name,
        (
            programme(graduation_year_rule=rule),
            certificate("Li", category="GRADUATING_STUDENT", graduated=on, issued=issued),
            decide(),
        ),
        Expect(decisions={"Li": decision}),
    )


SCENARIOS = (
    Scenario(
        "A graduate of an earlier year may train and sit, and is not subsidized",
        (
            programme(),
            certificate("Li", category="EARLIER_GRADUATE", graduated="2023-06-30"),
            decide(),
        ),
        Expect(decisions={"Li": "REFUSED category_is_eligible"}, payments={"Li": "none"}, journal={}),
    ),
    Scenario(
        "An employee is refused where the policy names graduating students only",
        (programme(eligible_categories=["GRADUATING_STUDENT"]), certificate("Li"), decide()),
        Expect(decisions={"Li": "REFUSED category_is_eligible"}),
    ),
    Scenario(
        "Whoever trained elsewhere may sit and hold the certificate, and is not subsidized",
        (programme(), certificate("Li", category=""), decide()),
        Expect(decisions={"Li": "REFUSED trained_in_the_programme"}, journal={}),
    ),
    graduate("Graduated on 1 January of the certificate's year: in time", "2026-01-01", GRANTED),
    graduate("Graduates on 31 December of the certificate's year: in time", "2026-12-31", GRANTED),
    graduate("Graduated on 31 December of the year before: too early", "2025-12-31", TOO_EARLY_OR_LATE),
    graduate("Graduates on 1 January of the next year: too late", "2027-01-01", TOO_EARLY_OR_LATE),
    graduate(
        "By academic years, graduated on the year's first day: in time",
        "2025-09-01",
        GRANTED,
        rule="ACADEMIC",
    ),
    graduate(
        "By academic years, graduates on the year's last day: in time", "2026-08-31", GRANTED, rule="ACADEMIC"
    ),
    graduate(
        "By academic years, graduated on the day before the first: too early",
        "2025-08-31",
        TOO_EARLY_OR_LATE,
        rule="ACADEMIC",
    ),
    graduate(
        "By academic years, graduates on the day after the last: too late",
        "2026-09-01",
        TOO_EARLY_OR_LATE,
        rule="ACADEMIC",
    ),
    graduate(
        "By academic years, a certificate of 31 August belongs to the year that ends",
        "2025-09-01",
        GRANTED,
        rule="ACADEMIC",
        issued="2026-08-31",
    ),
    graduate(
        "By academic years, a certificate of 1 September belongs to the year that begins",
        "2026-08-31",
        TOO_EARLY_OR_LATE,
        rule="ACADEMIC",
        issued="2026-09-01",
    ),
    Scenario(
        "Whoever was refused for a wrong category is paid once it is corrected",
        (
            programme(),
            certificate("Li", category="EARLIER_GRADUATE", graduated="2025-06-30"),
            decide(),
            evidence("Li", category="GRADUATING_STUDENT", graduated_on="2026-06-30"),
            sweep(),
            sweep(),
        ),
        Expect(
            decisions={"Li": GRANTED},
            payments={"Li": "READY"},
            budgets={"city": "reserved 800.00, paid 0.00, recovered 0.00"},
        ),
    ),
    Scenario(
        "Corrected to another category that is not subsidized, a refusal stays one",
        (
            programme(),
            certificate("Li", category="GRADUATING_STUDENT", graduated="2025-06-30"),
            decide(),
            evidence("Li", category="EARLIER_GRADUATE"),
            sweep(),
        ),
        Expect(decisions={"Li": "REFUSED category_is_eligible"}, payments={"Li": "none"}, journal={}),
    ),
    Scenario(
        "What was granted by wrong evidence stays granted until an office objects and is right",
        (
            programme(),
            certificate("Li", category="GRADUATING_STUDENT", graduated="2026-06-30"),
            certificate("Wang", category="GRADUATING_STUDENT", graduated="2026-06-30"),
            decide(),
            evidence("Li", graduated_on="2025-06-30"),
            evidence("Wang", graduated_on="2025-06-30"),
            sweep(),
            objects("Wang", "OFFICE"),
            objection_is("UPHELD", "Wang"),
            sweep(),
        ),
        Expect(
            decisions={"Li": GRANTED, "Wang": "REFUSED no_objection_was_upheld"},
            payments={"Li": "READY", "Wang": "CANCELLED"},
        ),
    ),
    Scenario(
        "Nothing is decided while no policy covers the day of the certificate",
        (programme(until="2026-07-20"), certificate("Li", issued="2026-07-20"), decide()),
        Expect(decisions={"Li": "HELD policy_is_in_force"}, journal={}),
    ),
    Scenario(
        "What no policy covered is decided by itself once one does",
        (
            programme(until="2026-07-20"),
            certificate("Li", issued="2026-07-20"),
            decide(),
            policy(since="2026-07-20"),
            sweep(),
        ),
        Expect(decisions={"Li": GRANTED}),
    ),
    Scenario(
        "The policy changes between sitting and certificate: the day of the certificate counts",
        (
            policy(until="2026-07-15"),
            programme(since="2026-07-15", fee_share="0.5"),
            certificate("Li", on="2026-07-11", issued="2026-07-20"),
            decide(),
        ),
        Expect(decisions={"Li": "GRANTED 400.00"}),
    ),
    Scenario(
        "A certificate of the last day of a policy goes by that policy",
        (
            policy(until="2026-07-15"),
            programme(since="2026-07-15", fee_share="0.5"),
            certificate("Li", on="2026-07-11", issued="2026-07-14"),
            decide(),
        ),
        Expect(decisions={"Li": GRANTED}),
    ),
    Scenario(
        "A certificate of the first day of a policy goes by that policy",
        (
            policy(until="2026-07-15"),
            programme(since="2026-07-15", fee_share="0.5"),
            certificate("Li", on="2026-07-11", issued="2026-07-15"),
            decide(),
        ),
        Expect(decisions={"Li": "GRANTED 400.00"}),
    ),
    Scenario(
        "The policy changes between certificate and decision: the day of the certificate counts",
        (
            policy(until="2026-10-01"),
            programme(since="2026-10-01", eligible_categories=["GRADUATING_STUDENT"]),
            certificate("Li"),
            decide(),
        ),
        Expect(decisions={"Li": GRANTED}),
    ),
)
