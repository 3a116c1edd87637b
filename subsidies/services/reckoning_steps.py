"""Claims are reckoned, and what they come to is written down. Steps: they need the claims locked."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, NamedTuple

from django.utils import timezone

from chongqing_dte.foundation.bulk import copy_rows, next_ids
from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.jobs import nudge_after_commit
from chongqing_dte.foundation.sentences import gettext as _
from subsidies import queries
from subsidies.enums import ClaimStatus, ReckoningCause
from subsidies.models import ClaimLine, ClaimReckoning, SubsidyClaim
from subsidies.queries.claim_facts import ClaimFacts
from subsidies.rules.claim_checks import look_at, same_to_look_at
from subsidies.rules.claim_facts import ReckonedLine, Reckoning, TrainingPolicyValues
from subsidies.rules.claim_lines import reckon

# Whatever nobody has told of is seen by then.
LOOK_EVERY: Final = timedelta(days=1)


class TrainingPolicyMissing(DomainError):
    """No approved training policy covers the day on which a class ended."""

    code = "policy_missing"

    def __init__(self, ends_on: date) -> None:
        super().__init__(
            _("No approved training policy covers %(day)s, the last day of the class.")
            % {"day": ends_on.isoformat()}
        )


@dataclass(frozen=True)
class Reckoned:
    """What a claim comes to by now, and what of it is new."""

    claim: SubsidyClaim
    facts: ClaimFacts
    policy: TrainingPolicyValues
    reckoning: Reckoning
    # Whether another reckoning was written.
    is_new: bool
    # Whether the sum or a line is another one than before. Never so for the first reckoning.
    is_another_sum: bool


class NewLine(NamedTuple):
    """The row of one line, column by column; a set has very many."""

    reckoning_id: int
    line_number: int
    enrollment_id: int
    in_rate: bool
    is_pass: bool
    counts: bool
    reason: str
    standard: Decimal
    amount: Decimal
    attempt_id: int | None
    fee_schedule_id: int | None
    checks: list[dict[str, Any]]


class LineSum(NamedTuple):
    """What of a line moves money, or the pass rate."""

    enrollment_id: int
    in_rate: bool
    is_pass: bool
    counts: bool
    standard: Decimal
    amount: Decimal


def reckon_claim(claim: SubsidyClaim, *, cause: ReckoningCause, now: datetime) -> Reckoned:
    """Reckon a locked claim by what stands now, and write it down unless it was written so before.

    Raises TrainingPolicyMissing.
    """
    reckoned = reckon_claims([claim], cause=cause, now=now)
    if not reckoned:
        raise TrainingPolicyMissing(claim.training_class.ends_on)
    return reckoned[0]


def reckon_claims(
    claims: Sequence[SubsidyClaim],
    *,
    cause: ReckoningCause,
    now: datetime,
    facts: Mapping[int, ClaimFacts] | None = None,
) -> list[Reckoned]:
    """Reckon locked claims in one go, write down what is new, and point each claim at what it comes to.

    In a number of statements that does not grow with the claims. `facts` are those that were gathered already, by
    class. A claim without a policy is left out and looked at again later.
    """
    former = queries.reckonings_by_id([claim.reckoning_id for claim in claims if claim.reckoning_id])
    done = reckoned_now(claims, former, facts=facts, now=now)
    for claim, row in _write([each for each in done if each.is_new], former, cause, now):
        claim.reckoning = row
    for claim in claims:
        claim.reckoning_due_at = now + LOOK_EVERY
    SubsidyClaim.objects.bulk_update(claims, ["reckoning", "reckoning_due_at"])
    return done


def keep_beside(reckoned: Reckoned, *, now: datetime) -> ClaimReckoning:
    """Write down what a locked claim comes to by now beside what was confirmed, by which it goes on to be paid."""
    claim = reckoned.claim
    last = queries.reckonings_of_claim(claim)[0]
    ((_claim, row),) = _write([reckoned], {claim.reckoning_id or 0: last}, ReckoningCause.FACTS_CHANGED, now)
    return row


def reckoned_now(
    claims: Sequence[SubsidyClaim],
    former: Mapping[int, ClaimReckoning],
    *,
    facts: Mapping[int, ClaimFacts] | None = None,
    now: datetime,
) -> list[Reckoned]:
    """Return what claims come to by what stands now, beside their reckonings by key. Nothing is written."""
    gathered = facts or queries.gather_claim_facts(
        [claim.training_class_id for claim in claims], today=timezone.localdate(now)
    )
    found = [
        _reckoned(claim, gathered[claim.training_class_id], former.get(claim.reckoning_id or 0))
        for claim in claims
    ]
    return _noting_other_sums([each for each in found if each is not None], former)


def look_anew(claim: SubsidyClaim | None, now: datetime) -> None:
    """Have a locked claim, if there is one, show what stands now as soon as a worker gets to it."""
    if claim is None or claim.status == ClaimStatus.CONFIRMED:
        return
    claim.reckoning_due_at = now
    claim.save(update_fields=["reckoning_due_at"])
    nudge_after_commit("claim_facts_changed")


def sums_of_lines(reckoning: Reckoning) -> set[LineSum]:
    """Return what of a reckoning's lines moves money or the pass rate."""
    return {
        LineSum(
            line.ruling.enrollment_id,
            line.ruling.in_rate,
            line.ruling.is_pass,
            line.ruling.counts,
            line.ruling.standard,
            line.amount,
        )
        for line in reckoning.lines
    }


def _reckoned(claim: SubsidyClaim, facts: ClaimFacts, former: ClaimReckoning | None) -> Reckoned | None:
    policy = facts.policy
    if policy is None:
        return None
    reckoning = reckon(facts.class_, facts.trainees, policy, facts.advance)
    around = replace(facts.around, pass_count=reckoning.pass_count, rate_count=reckoning.rate_count)
    facts = replace(facts, around=around)
    is_new = (
        former is None
        or former.facts_sha256 != reckoning.facts_sha256
        or not same_to_look_at(former.flags, flags_of(facts))
        or former.policy_version_id != policy.version_id
    )
    return Reckoned(claim, facts, policy, reckoning, is_new=is_new, is_another_sum=False)


def flags_of(facts: ClaimFacts) -> list[dict[str, Any]]:
    """Return what a reviewer looks at first over a claim, as it is kept."""
    return [dict(check.as_kept()) for check in look_at(facts.around)]


def _noting_other_sums(reckoned: Iterable[Reckoned], former: Mapping[int, ClaimReckoning]) -> list[Reckoned]:
    """Say of which claims the sum or a line is another one, in one query at most."""
    all_of_them = list(reckoned)
    asked = {each.claim.reckoning_id for each in all_of_them if each.is_new} - {None}
    lines = _sums_before({reckoning_id for reckoning_id in asked if reckoning_id is not None})
    return [
        replace(
            each,
            is_another_sum=each.is_new
            and each.claim.reckoning_id in former
            and sums_of_lines(each.reckoning) != lines[each.claim.reckoning_id],
        )
        for each in all_of_them
    ]


def _sums_before(reckoning_ids: Collection[int]) -> dict[int | None, set[LineSum]]:
    found: dict[int | None, set[LineSum]] = defaultdict(set)
    if reckoning_ids:
        columns = ("reckoning_id", *LineSum._fields)
        for reckoning_id, *row in queries.lines_of_reckonings(reckoning_ids).values_list(*columns):
            found[reckoning_id].add(LineSum(*row))
    return found


def _write(
    reckoned: Sequence[Reckoned],
    former: Mapping[int, ClaimReckoning],
    cause: ReckoningCause,
    now: datetime,
) -> list[tuple[SubsidyClaim, ClaimReckoning]]:
    """Write down what is new, and return it beside its claim."""
    if not reckoned:
        return []
    ids = next_ids(ClaimReckoning, len(reckoned))
    rows = []
    for pk, each in zip(ids, reckoned, strict=True):
        before = former.get(each.claim.reckoning_id or 0)
        number = before.number + 1 if before else 1
        rows.append(_new_reckoning(pk, each, (number, cause), now))
    written = ClaimReckoning.objects.bulk_create(rows)
    copy_rows(
        ClaimLine,
        NewLine._fields,
        (
            _new_line(row.pk, line)
            for row, each in zip(written, reckoned, strict=True)
            for line in each.reckoning.lines
        ),
    )
    return [(each.claim, row) for row, each in zip(written, reckoned, strict=True)]


def _new_reckoning(
    pk: int, each: Reckoned, said: tuple[int, ReckoningCause], now: datetime
) -> ClaimReckoning:
    number, cause = said
    reckoning = each.reckoning
    return ClaimReckoning(
        pk=pk,
        claim=each.claim,
        number=number,
        cause=cause,
        policy_version_id=each.policy.version_id,
        pass_count=reckoning.pass_count,
        rate_count=reckoning.rate_count,
        factor=reckoning.factor,
        counted_count=reckoning.counted_count,
        standard_total=reckoning.standard_total,
        advance_cap=reckoning.advance_cap,
        amount=reckoning.amount,
        is_complete=reckoning.is_complete,
        flags=flags_of(each.facts),
        facts_sha256=reckoning.facts_sha256,
        reckoned_at=now,
    )


def _new_line(reckoning_id: int, line: ReckonedLine) -> NewLine:
    ruling = line.ruling
    return NewLine(
        reckoning_id=reckoning_id,
        line_number=line.line_number,
        enrollment_id=ruling.enrollment_id,
        in_rate=ruling.in_rate,
        is_pass=ruling.is_pass,
        counts=ruling.counts,
        reason=ruling.reason,
        standard=ruling.standard,
        amount=line.amount,
        attempt_id=ruling.attempt_id,
        fee_schedule_id=ruling.fee_schedule_id,
        checks=[dict(check.as_kept()) for check in ruling.checks],
    )
