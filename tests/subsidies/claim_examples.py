"""One class, one person and one policy for the tests of the claim rules: each test says what is different."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from subsidies.rules.claim_facts import (
    ClaimSitting,
    ClassFacts,
    LineRuling,
    Reckoning,
    TraineeFacts,
    TrainingPolicyValues,
)
from subsidies.rules.claim_lines import line_of, reckon
from subsidies.rules.facts import PublishedFee
from subsidies.rules.pass_rates import PassRateCurve, points_of

ENDS_ON = date(2026, 6, 30)
CUT_OFF = date(2026, 9, 28)
POLICY = TrainingPolicyValues(
    version_id=1,
    subsidized_once_per="ENROLLMENT",
    eligible_categories=frozenset({"GRADUATING_STUDENT", "ENTERPRISE_EMPLOYEE"}),
    graduation_year_rule="CALENDAR",
    line_rule="PASSED",
    least_attendance=Decimal("0.8000"),
    standard_rule="FEE",
    fee_share=Decimal("1.0000"),
    capped_by_advance=True,
    denominator="ROSTER",
    pass_rule="ANY_ATTEMPT",
    cut_off_days=90,
    curve=PassRateCurve(points=points_of([("0", "0"), ("1", "1")])),
    pass_rate_distance=None,
    least_compared_classes=5,
    claim_window_days=60,
    district_working_days=10,
    municipal_working_days=10,
    answer_working_days=5,
    one_signature_limit=Decimal("50000.00"),
    notice_working_days=5,
    budget_by_district=False,
    standards={(1, "JUNIOR"): Decimal("600.00"), (1, "SENIOR"): Decimal("900.00")},
)
CLASS = ClassFacts(
    class_id=1,
    institution_id=1,
    occupation_id=1,
    level="JUNIOR",
    direction="",
    ends_on=ENDS_ON,
    status="COMPLETED",
    locked_count=1,
    hours_taught=Decimal("80.0"),
    is_attendance_reported=True,
)
PASS = ClaimSitting(
    sitting_id=10,
    attempt_id=10,
    session_id=1,
    held_on=date(2026, 7, 11),
    outcome="PASSED",
    institution_id=2,
    certificates=("VALID",),
)
FAILURE = replace(PASS, outcome="FAILED", certificates=())
SECOND_PASS = replace(PASS, sitting_id=20, attempt_id=20, session_id=2, held_on=date(2026, 9, 5))
SECOND_FAILURE = replace(SECOND_PASS, outcome="FAILED", certificates=())
ABSENT = replace(FAILURE, outcome="ABSENT")
SENT_OUT = replace(FAILURE, outcome="MISCONDUCT")
REVOKED = replace(PASS, certificates=("REVOKED",))
NOT_ISSUED_YET = replace(PASS, certificates=())
ISSUED_AGAIN = replace(PASS, certificates=("SUPERSEDED", "VALID"))
ISSUED_AGAIN_AND_REVOKED = replace(PASS, certificates=("SUPERSEDED", "REVOKED"))
ON_THE_LAST_DAY = replace(SECOND_PASS, held_on=CUT_OFF)
TOO_LATE = replace(SECOND_PASS, held_on=CUT_OFF + timedelta(days=1))
TRAINEE = TraineeFacts(
    enrollment_id=1,
    person_id=1,
    status="COMPLETED",
    in_denominator=True,
    category="ENTERPRISE_EMPLOYEE",
    graduated_on=None,
    attended_share=Decimal("0.9500"),
    sittings=(PASS,),
    fee=PublishedFee(schedule_id=1, total=Decimal("800.00")),
)
# What is different about a student, and about people who left after the lock.
STUDENT = {"category": "GRADUATING_STUDENT", "graduated_on": date(2026, 6, 20)}
LEFT = {"status": "WITHDRAWN", "sittings": ()}
MOVED = {"status": "TRANSFERRED", "sittings": ()}
# More than any of the classes here comes to.
ENOUGH = Decimal("100000.00")


def trainee(number: int, **values: object) -> TraineeFacts:
    """Return another person of the class, in an enrollment of their own."""
    return replace(TRAINEE, enrollment_id=number, person_id=number, **values)


def ruled(
    person: dict[str, object] | None = None,
    policy: dict[str, object] | None = None,
    class_: dict[str, object] | None = None,
) -> LineRuling:
    """Return what the rules say of the person once something is different."""
    return line_of(
        replace(TRAINEE, **(person or {})),
        replace(CLASS, **(class_ or {})),
        replace(POLICY, **(policy or {})),
    )


def seen_by(ruling: LineRuling, name: str) -> dict[str, object]:
    """Return what one check looked at."""
    return next(check.facts for check in ruling.checks if check.name == name)


def reckoned(people: Sequence[TraineeFacts], advance: Decimal | None = ENOUGH, **policy: object) -> Reckoning:
    """Return what the claim comes to of a class that was locked with these people."""
    locked = sum(person.in_denominator for person in people)
    return reckon(replace(CLASS, locked_count=locked), people, replace(POLICY, **policy), advance)
