"""For whom of a class the training subsidy is paid, and what the claim comes to. Pure: a ruling explains itself."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from typing import Final

from subsidies.rules.amounts import CENT
from subsidies.rules.claim_facts import (
    COMPLETED,
    ENROLLED,
    ClaimSitting,
    ClassFacts,
    LineRuling,
    ReckonedLine,
    Reckoning,
    TraineeFacts,
    TrainingPolicyValues,
    attempts_under_review,
    counting_sitting,
    cut_off_day,
    sittings_in_time,
)
from subsidies.rules.eligibility import graduation_span
from subsidies.rules.facts import FAILED, PASSED, UNKNOWN, Check, Facts
from subsidies.rules.pass_rates import NOTHING, MorePasses, claim_amount, more_passes_for, split

# What the end of a review may turn round, so that nobody is left out for it while one is open.
HANGS_ON_RESULTS: Final = frozenset({"sat_the_assessment", "passed_the_assessment"})
# What is missing of the claim itself, and of no person.
ROSTER: Final = "roster_is_whole"
ADVANCE: Final = "advance_is_recorded"


@dataclass(frozen=True)
class Line:
    """One person beside the class and the policy, as the checks look at them."""

    trainee: TraineeFacts
    class_: ClassFacts
    policy: TrainingPolicyValues

    @cached_property
    def cut_off(self) -> date:
        """The last day on which a sitting counts."""
        return cut_off_day(self.class_, self.policy)

    @cached_property
    def sittings(self) -> list[ClaimSitting]:
        """The sittings that took place in time."""
        return sittings_in_time(self.trainee.sittings, self.cut_off)

    @cached_property
    def sitting(self) -> ClaimSitting | None:
        """The sitting that decides whether the person passed."""
        return counting_sitting(self.sittings, self.policy.pass_rule)

    @cached_property
    def standard(self) -> Decimal | None:
        """What is paid for the person before the factor, in yuan; None where nobody knows."""
        if self.policy.standard_rule == "TABLE":
            return self.policy.standards.get((self.class_.occupation_id, self.class_.level))
        if self.trainee.fee is None:
            return None
        return (self.trainee.fee.total * self.policy.fee_share).quantize(CENT, rounding=ROUND_HALF_UP)

    @cached_property
    def attempts_under_review(self) -> list[int]:
        """The attempts of the person that are being looked at again."""
        return attempts_under_review(self.trainee, self.cut_off)

    @property
    def is_under_review(self) -> bool:
        """Whether a result or a certificate of the person is being looked at again."""
        return self.trainee.is_under_review or bool(self.attempts_under_review)

    @property
    def fee_schedule_id(self) -> int | None:
        """The fee that the standard is a share of; none where there is a table."""
        if self.policy.standard_rule == "TABLE" or self.trainee.fee is None:
            return None
        return self.trainee.fee.schedule_id


def in_the_class_at_the_lock(line: Line) -> Check:
    """The person was in the class at its roster lock. Whoever came later is paid for by none of its claims."""
    return Check("in_the_class_at_the_lock", PASSED if line.trainee.in_denominator else FAILED)


def training_completed(line: Line) -> Check:
    """The person completed the training."""
    outcome = {COMPLETED: PASSED, ENROLLED: UNKNOWN}.get(line.trainee.status, FAILED)
    return Check("training_completed", outcome, {"status": line.trainee.status})


def sat_the_assessment(line: Line) -> Check:
    """The person sat the level assessment until the cut-off day, where the policy asks for it."""
    rule, sittings = line.policy.line_rule, line.sittings
    if rule == "COMPLETED":
        return Check("sat_the_assessment", PASSED, {"line_rule": rule})
    seen: Facts = {"line_rule": rule, "cut_off": line.cut_off.isoformat(), "sittings": len(sittings)}
    return Check("sat_the_assessment", PASSED if sittings else FAILED, seen)


def passed_the_assessment(line: Line) -> Check:
    """The sitting that counts is a pass with a valid certificate, where the policy asks for it.

    A pass whose certificate was revoked is none; one whose certificate was not recorded yet is not known.
    """
    rule, sitting = line.policy.line_rule, line.sitting
    if rule != "PASSED":
        return Check("passed_the_assessment", PASSED, {"line_rule": rule})
    seen: Facts = {
        "line_rule": rule,
        "pass_rule": line.policy.pass_rule,
        "cut_off": line.cut_off.isoformat(),
        "attempt": sitting.attempt_id if sitting else None,
        "sittings": [_as_facts(each) for each in sorted(line.trainee.sittings, key=lambda each: each.order)],
    }
    if sitting is not None and sitting.waits_for_certificate:
        return Check("passed_the_assessment", UNKNOWN, seen)
    is_pass = sitting is not None and sitting.is_pass
    return Check("passed_the_assessment", PASSED if is_pass else FAILED, seen)


def category_is_eligible(line: Line) -> Check:
    """Plan: graduating college students and enterprise employees only."""
    category = line.trainee.category
    outcome = PASSED if category in line.policy.eligible_categories else FAILED
    return Check("category_is_eligible", outcome, {"category": category})


def graduates_in_time(line: Line) -> Check:
    """A graduating student graduates in the year of the class's last day, as the policy counts years."""
    trainee, ends_on = line.trainee, line.class_.ends_on
    if trainee.category != "GRADUATING_STUDENT":
        return Check("graduates_in_time", PASSED, {"category": trainee.category})
    first, last = graduation_span(ends_on, line.policy.graduation_year_rule)
    seen: Facts = {"ends_on": ends_on.isoformat(), "first": first.isoformat(), "last": last.isoformat()}
    if trainee.graduated_on is None:
        return Check("graduates_in_time", UNKNOWN, seen)
    seen["graduated_on"] = trainee.graduated_on.isoformat()
    return Check("graduates_in_time", PASSED if first <= trainee.graduated_on <= last else FAILED, seen)


def attended_enough(line: Line) -> Check:
    """The person attended the policy's share of the hours taught. What was never reported is no absence."""
    least, share = line.policy.least_attendance, line.trainee.attended_share
    seen: Facts = {"least": str(least), "attended": None if share is None else str(share)}
    if not least or (share is not None and share >= least):
        return Check("attended_enough", PASSED, seen)
    is_known = share is not None and line.class_.is_attendance_reported
    return Check("attended_enough", FAILED if is_known else UNKNOWN, seen)


def nothing_is_under_review(line: Line) -> Check:
    """No result and no certificate of the person is being looked at again."""
    seen: Facts = {"attempts": [{"attempt": each} for each in line.attempts_under_review]}
    return Check("nothing_is_under_review", UNKNOWN if line.is_under_review else PASSED, seen)


def not_subsidized_before(line: Line) -> Check:
    """No training subsidy was paid for the person before, over what the policy pays it once."""
    claimed = line.trainee.claimed_elsewhere
    seen: Facts = {"key": subsidy_key(line.trainee, line.class_, line.policy), "enrollment": claimed}
    return Check("not_subsidized_before", PASSED if claimed is None else FAILED, seen)


def standard_is_known(line: Line) -> Check:
    """There is a published fee, or an entry of the policy's table, to reckon with."""
    standard = line.standard
    seen: Facts = {
        "standard_rule": line.policy.standard_rule,
        "fee_schedule": line.fee_schedule_id,
        "standard": None if standard is None else str(standard),
    }
    return Check("standard_is_known", UNKNOWN if standard is None else PASSED, seen)


def not_refused_in_review(line: Line) -> Check:
    """The district did not refuse the line."""
    code = line.trainee.refused_in_review
    return Check("not_refused_in_review", FAILED if code else PASSED, {"code": code} if code else {})


CHECKS: Final[tuple[Callable[[Line], Check], ...]] = (
    in_the_class_at_the_lock,
    training_completed,
    sat_the_assessment,
    passed_the_assessment,
    category_is_eligible,
    graduates_in_time,
    attended_enough,
    nothing_is_under_review,
    not_subsidized_before,
    standard_is_known,
    not_refused_in_review,
)


def subsidy_key(trainee: TraineeFacts, class_: ClassFacts, policy: TrainingPolicyValues) -> str:
    """Return the text of what one training subsidy is paid once over."""
    if policy.subsidized_once_per == "ENROLLMENT":
        return f"enrollment:{trainee.enrollment_id}"
    key = f"person:{trainee.person_id}"
    if policy.subsidized_once_per in ("OCCUPATION", "OCCUPATION_AND_LEVEL"):
        key += f"/occupation:{class_.occupation_id}"
    if policy.subsidized_once_per == "OCCUPATION_AND_LEVEL":
        key += f"/level:{class_.level}"
    return key


def line_of(trainee: TraineeFacts, class_: ClassFacts, policy: TrainingPolicyValues) -> LineRuling:
    """Run every check and rule: one that failed leaves the person out, else one that is unknown does so for now.

    While something of the person is under review, what hangs on results leaves nobody out for good.
    """
    line = Line(trainee, class_, policy)
    checks = tuple(check(line) for check in CHECKS)
    unknown = [check.name for check in checks if check.outcome == UNKNOWN]
    turns_round = HANGS_ON_RESULTS if line.is_under_review else frozenset()
    failed = [check.name for check in checks if check.outcome == FAILED and check.name not in turns_round]
    open_checks = [*([] if failed else unknown), *_open_in_the_rate(line)]
    sitting, in_rate = line.sitting, is_in_rate(line)
    return LineRuling(
        enrollment_id=trainee.enrollment_id,
        in_rate=in_rate,
        is_pass=in_rate and sitting is not None and sitting.is_pass,
        counts=not failed and not unknown,
        reason=next(iter([*failed, *unknown]), ""),
        standard=line.standard or NOTHING,
        attempt_id=sitting.attempt_id if sitting else None,
        fee_schedule_id=line.fee_schedule_id,
        checks=checks,
        open_checks=tuple(dict.fromkeys(open_checks)),
    )


def is_in_rate(line: Line) -> bool:
    """Test whether the pass rate is reckoned over this person too.

    Whoever leaves after the lock stays among those who were in the class at the lock.
    """
    match line.policy.denominator:
        case "COMPLETED":
            return line.trainee.in_denominator and line.trainee.completed
        case "EXAMINED":
            return line.trainee.in_denominator and bool(line.sittings)
        case _:
            return line.trainee.in_denominator


def reckon(
    class_: ClassFacts,
    trainees: Iterable[TraineeFacts],
    policy: TrainingPolicyValues,
    advance: Decimal | None,
) -> Reckoning:
    """Return what the claim of a class comes to, with a line for each person, in the order of their enrollments.

    `advance` is what the institution has spent on it, in yuan; where the policy pays no more, and nothing was recorded,
    the claim comes to nothing and is not complete. Raises ValueError for an enrollment that is named twice.
    """
    people = [_in_order(each) for each in sorted(trainees, key=lambda each: each.enrollment_id)]
    if len({each.enrollment_id for each in people}) != len(people):
        raise ValueError("An enrollment has one line.")
    cap = (advance or NOTHING) if policy.capped_by_advance else None
    rulings = _rulings(people, class_, policy)
    standards = [ruling.standard for ruling in rulings if ruling.counts]
    passes, in_rate = sum(each.is_pass for each in rulings), sum(each.in_rate for each in rulings)
    factor = policy.curve.factor(passes=passes, people=in_rate)
    amount = claim_amount(standards, factor, cap)
    parts = iter(split(amount, standards))
    lines = [
        ReckonedLine(number, ruling, next(parts) if ruling.counts else NOTHING)
        for number, ruling in enumerate(rulings, start=1)
    ]
    missing = [
        *([ROSTER] if sum(each.in_denominator for each in people) != class_.locked_count else []),
        *([ADVANCE] if policy.capped_by_advance and advance is None else []),
        *(name for ruling in rulings for name in ruling.open_checks),
    ]
    return Reckoning(
        lines=tuple(lines),
        pass_count=passes,
        rate_count=in_rate,
        factor=factor,
        counted_count=len(standards),
        standard_total=sum(standards, NOTHING),
        advance_cap=cap,
        amount=amount,
        missing=tuple(dict.fromkeys(missing)),
        facts_sha256=sha256_of([class_, people, policy, advance if policy.capped_by_advance else None]),
    )


def what_more_passes_mean(reckoning: Reckoning, policy: TrainingPolicyValues) -> list[MorePasses]:
    """Return what one, two and three more passes would have meant for a claim, and a pass of everybody in the rate.

    Whoever is left out for nothing but the assessment would have brought their standard with them; they come first.
    """
    rulings = [line.ruling for line in reckoning.lines]
    could_pass = [ruling for ruling in rulings if ruling.in_rate and not ruling.is_pass]
    return more_passes_for(
        policy.curve,
        passes=reckoning.pass_count,
        people=reckoning.rate_count,
        standards=[ruling.standard for ruling in rulings if ruling.counts],
        cap=reckoning.advance_cap,
        more_standards=[ruling.standard for ruling in could_pass if _lacks_only_the_assessment(ruling)],
    )


def sha256_of(facts: object) -> str:
    """Return the digest of facts, by what they say: whatever the order of sets, and 0.5 is 0.50."""
    text = json.dumps(_plain(facts), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _rulings(
    people: Sequence[TraineeFacts], class_: ClassFacts, policy: TrainingPolicyValues
) -> list[LineRuling]:
    taken: dict[str, int] = {}
    rulings = []
    for trainee in people:
        ruling, key = line_of(trainee, class_, policy), subsidy_key(trainee, class_, policy)
        # Two rows that turned out to be one person: the earlier enrollment is paid for.
        if ruling.counts and key in taken:
            ruling = line_of(replace(trainee, claimed_elsewhere=taken[key]), class_, policy)
        elif ruling.counts:
            taken[key] = trainee.enrollment_id
        rulings.append(ruling)
    return rulings


def _open_in_the_rate(line: Line) -> list[str]:
    # Whether money is asked for them is another question: they move the factor of everybody else.
    is_out = line.policy.denominator == "COMPLETED" and line.trainee.status not in (COMPLETED, ENROLLED)
    if is_out or not line.trainee.in_denominator:
        return []
    sitting, found = line.sitting, []
    if line.policy.denominator == "COMPLETED" and line.trainee.status == ENROLLED:
        found.append("training_completed")
    if sitting is not None and sitting.waits_for_certificate:
        found.append("passed_the_assessment")
    if line.is_under_review:
        found.append("nothing_is_under_review")
    return found


def _lacks_only_the_assessment(ruling: LineRuling) -> bool:
    lacking = {check.name for check in ruling.checks if check.outcome != PASSED}
    return bool(lacking) and lacking <= HANGS_ON_RESULTS


def _as_facts(sitting: ClaimSitting) -> dict[str, str | int | bool]:
    return {
        "attempt": sitting.attempt_id,
        "held_on": sitting.held_on.isoformat(),
        "outcome": sitting.outcome,
        "certificates": " ".join(sorted(sitting.certificates)),
    }


def _in_order(trainee: TraineeFacts) -> TraineeFacts:
    sittings = (replace(each, certificates=tuple(sorted(each.certificates))) for each in trainee.sittings)
    return replace(trainee, sittings=tuple(sorted(sittings, key=lambda each: each.order)))


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return sorted([_plain(key), _plain(each)] for key, each in value.items())
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if is_dataclass(value):
        return {part.name: _plain(getattr(value, part.name)) for part in fields(value)}
    return value
