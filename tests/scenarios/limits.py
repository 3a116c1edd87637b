"""Ladder, caps in a lifetime and in a year, and the time to record a certificate, each at its edges."""

from tests.scenarios.acts import decide, merge, revoke, sweep
from tests.scenarios.given import certificate, fee, programme
from tests.scenarios.story import Expect, Scenario, Step

GRANTED = "GRANTED 800.00"
LADDER = "REFUSED ladder_is_kept"
LIFETIME = "REFUSED within_lifetime_cap"
YEARLY = "REFUSED within_yearly_cap"
LATE = "REFUSED recorded_in_time"
BY_LEVEL = {"first_pass_scope": "OCCUPATION_AND_LEVEL"}


def limited(name: str, policy: dict[str, object], *steps: Step, **decisions: str) -> Scenario:
    """Certificates of one person, whose labels begin with Li, under a policy that limits them."""
    return Scenario(
        name,
        (programme(**BY_LEVEL, **policy), *steps),
        Expect(decisions={label.replace("_", " "): words for label, words in decisions.items()}),
    )


def recorded(name: str, window: int | None, on: str, decision: str) -> Scenario:
    return Scenario(
        name,
        (
            programme(recording_window_days=window),
            certificate("Li", issued="2026-07-20", recorded=on),
            decide(),
        ),
        Expect(decisions={"Li": decision}),
    )


SENIOR = certificate("Li senior", on="2026-03-07", level="SENIOR")
JUNIOR = certificate("Li junior", on="2026-07-11")
JUNIOR_IOT = certificate("Li junior", on="2026-07-11", occupation="IoT")
ONE, TWO, THREE, FOUR = (
    certificate(f"Li {label}", on=day, occupation=label)
    for label, day in (
        ("AI", "2026-01-10"),
        ("IoT", "2026-03-14"),
        ("data", "2026-05-09"),
        ("cloud", "2026-07-11"),
    )
)

SCENARIOS = (
    # ── Ladder ──
    limited(
        "A lower level after a higher one is paid where levels have no order",
        {"ladder_rule": "NONE"},
        SENIOR,
        JUNIOR,
        decide(),
        Li_senior=GRANTED,
        Li_junior=GRANTED,
    ),
    limited(
        "A lower level after a higher one in the same occupation is refused",
        {"ladder_rule": "SAME_OCCUPATION"},
        SENIOR,
        JUNIOR,
        decide(),
        Li_senior=GRANTED,
        Li_junior=LADDER,
    ),
    limited(
        "A lower level after a higher one in another occupation is paid where the order is by occupation",
        {"ladder_rule": "SAME_OCCUPATION"},
        SENIOR,
        JUNIOR_IOT,
        decide(),
        Li_senior=GRANTED,
        Li_junior=GRANTED,
    ),
    limited(
        "A lower level after a higher one in another occupation is refused where the order is over all",
        {"ladder_rule": "ANY_OCCUPATION"},
        SENIOR,
        JUNIOR_IOT,
        decide(),
        Li_senior=GRANTED,
        Li_junior=LADDER,
    ),
    limited(
        "A higher level after a lower one is paid",
        {"ladder_rule": "ANY_OCCUPATION"},
        JUNIOR,
        decide(),
        SENIOR,
        decide(),
        Li_junior=GRANTED,
        Li_senior=GRANTED,
    ),
    limited(
        "A higher level that was refused stands before no lower one",
        {"ladder_rule": "ANY_OCCUPATION"},
        certificate("Li senior", on="2026-03-07", level="SENIOR", category=""),
        JUNIOR,
        decide(),
        Li_senior="REFUSED trained_in_the_programme",
        Li_junior=GRANTED,
    ),
    limited(
        "A higher level that was revoked before it was paid lets the lower one through",
        {"ladder_rule": "ANY_OCCUPATION"},
        SENIOR,
        JUNIOR,
        decide(),
        revoke("Li senior"),
        sweep(),
        Li_senior="REFUSED certificate_is_valid",
        Li_junior=GRANTED,
    ),
    # ── Caps ──
    limited(
        "Three in a lifetime: the third is paid, the fourth is refused",
        {"lifetime_cap": 3},
        ONE,
        TWO,
        THREE,
        FOUR,
        decide(),
        Li_AI=GRANTED,
        Li_IoT=GRANTED,
        Li_data=GRANTED,
        Li_cloud=LIFETIME,
    ),
    limited(
        "Three in a lifetime: the fourth is refused on another day too",
        {"lifetime_cap": 3},
        ONE,
        TWO,
        THREE,
        decide(),
        FOUR,
        decide(),
        Li_data=GRANTED,
        Li_cloud=LIFETIME,
    ),
    limited(
        "A place that a revocation frees goes to whoever was refused for it",
        {"lifetime_cap": 1},
        ONE,
        TWO,
        decide(),
        revoke("Li AI"),
        sweep(),
        Li_AI="REFUSED certificate_is_valid",
        Li_IoT=GRANTED,
    ),
    limited(
        "What is refused takes no place",
        {"lifetime_cap": 1},
        certificate("Li AI", on="2026-01-10", category=""),
        TWO,
        decide(),
        Li_AI="REFUSED trained_in_the_programme",
        Li_IoT=GRANTED,
    ),
    limited(
        "What is held takes no place, and is refused if the place is gone when it goes on",
        {"lifetime_cap": 1},
        certificate("Li AI", on="2026-01-10", fee=""),
        TWO,
        decide(),
        fee("800.00"),
        sweep(),
        Li_AI=LIFETIME,
        Li_IoT=GRANTED,
    ),
    limited(
        "One in a year: the second of the year is refused",
        {"yearly_cap": 1},
        ONE,
        TWO,
        decide(),
        Li_AI=GRANTED,
        Li_IoT=YEARLY,
    ),
    limited(
        "One in a year: the last day of one year and the first of the next are two years",
        {"yearly_cap": 1, "since": "2025-01-01"},
        certificate("Li AI", on="2025-12-20", issued="2025-12-31"),
        certificate("Li IoT", on="2025-11-08", issued="2026-01-01", occupation="IoT"),
        decide(),
        Li_AI=GRANTED,
        Li_IoT=GRANTED,
    ),
    limited(
        "One in a year and two in a lifetime: the third year is refused for the lifetime",
        {"yearly_cap": 1, "lifetime_cap": 2, "since": "2025-01-01", "until": "2028-01-01"},
        certificate("Li first", on="2025-12-06", issued="2025-12-20", occupation="robots"),
        ONE,
        certificate("Li data", on="2026-05-09", issued="2027-01-01", occupation="data"),
        decide(),
        Li_first=GRANTED,
        Li_AI=GRANTED,
        Li_data=LIFETIME,
    ),
    Scenario(
        "Two rows that turn out to be one person have one lifetime",
        (
            programme(**BY_LEVEL, lifetime_cap=1),
            certificate("Li", on="2026-01-10", occupation="IoT"),
            decide(),
            certificate("Lee"),
            merge("Lee", "Li"),
            decide(),
        ),
        Expect(decisions={"Li": GRANTED, "Lee": LIFETIME}),
    ),
    # ── The time to record ──
    recorded("Recorded on the last day of thirty: in time", 30, "2026-08-19", GRANTED),
    recorded("Recorded on the day after the last of thirty: too late", 30, "2026-08-20", LATE),
    recorded("Recorded on the day of issue, where that is all the time there is", 0, "2026-07-20", GRANTED),
    recorded("Recorded on the day after the issue, where there is no time", 0, "2026-07-21", LATE),
    recorded("Recorded after months, where there is any time", None, "2026-10-20", GRANTED),
)
