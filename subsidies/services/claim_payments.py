"""From a confirmed claim to its payment, in the order of confirmation. From there it is the road of all money."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.jobs import nudge_after_commit
from chongqing_dte.foundation.sentences import gettext_noop
from chongqing_dte.foundation.sets import act_or_isolate
from subsidies import queries
from subsidies.enums import (
    JournalAccount,
    JournalKind,
    NotificationKind,
    PaymentStatus,
    SubsidyKind,
)
from subsidies.models import (
    Budget,
    ClaimLine,
    ClaimReckoning,
    Payment,
    SubsidyClaim,
    TrainingSubsidy,
)
from subsidies.services.claim_review_steps import give_to_the_district_anew
from subsidies.services.journal import Posting, record_entry
from subsidies.services.notification_steps import notify_institution

# A claim has some forty lines. Its budgets stay locked while a set of claims is paid from them.
SET_SIZE: Final = 100
# The check whose facts name what a line is paid once over.
KEY_CHECK: Final = "not_subsidized_before"


@dataclass
class Room:
    """What is left of each budget of a year, by district, and behind which of them somebody waits already."""

    budgets: Mapping[int | None, Budget]
    short: set[int | None]
    touched: set[int | None] = field(default_factory=set)

    def reserve(self, claim: SubsidyClaim, reckoning: ClaimReckoning) -> Budget | None:
        """Return the budget in which a claim's sum is reserved now; None, and everybody behind waits, without room."""
        by_district = reckoning.policy_version.budget_by_district and claim.district_id in self.budgets
        whose = claim.district_id if by_district else None
        budget = self.budgets.get(whose)
        if budget is None or reckoning.amount > budget.available:
            self.short.add(whose)
        if budget is None or whose in self.short:
            return None
        budget.reserved += reckoning.amount
        self.touched.add(whose)
        return budget


@dataclass
class Taken:
    """For which enrollments, and over which keys, somebody is subsidized already."""

    enrollments: set[int]
    keys: set[str]

    def stand_in_the_way(self, lines: Iterable[ClaimLine]) -> bool:
        """Test whether somebody of a claim is subsidized already."""
        return any(line.enrollment_id in self.enrollments or _key_of(line) in self.keys for line in lines)

    def add(self, lines: Iterable[ClaimLine]) -> None:
        """Let what is granted now stand in the way of the claims behind it."""
        for line in lines:
            self.enrollments.add(line.enrollment_id)
            self.keys.add(_key_of(line))


def open_claim_payments(*, now: datetime) -> int:
    """Open the payment of each confirmed claim whose budget has room, and return how many claims were done with.

    In the order of confirmation: behind one that finds too little, all that are paid from the same budget wait. A
    claim that comes to nothing is done without a payment, and one in which somebody was subsidized elsewhere
    meanwhile goes back to the district. Safe to repeat, early, late or beside itself, and after any crash.
    """
    done_count = 0
    short: set[int | None] = set()

    def open_one_set(claim_ids: Sequence[int]) -> int:
        count, found_short = _open_one_set(claim_ids, short, now=now)
        # Only once it is committed: a set that is taken apart begins anew.
        for whose in found_short:
            short.add(whose)
        return count

    waiting = queries.claim_ids_to_pay()
    for begin in range(0, len(waiting), SET_SIZE):
        done_count += act_or_isolate(
            waiting[begin : begin + SET_SIZE], open_one_set, complaint="claim_payment_cannot_be_opened"
        )
    return done_count


@transaction.atomic(durable=True)
def _open_one_set(
    claim_ids: Sequence[int], short: Collection[int | None], *, now: datetime
) -> tuple[int, set[int | None]]:
    claims = queries.lock_claims_to_pay(claim_ids)
    if not claims:
        return 0, set()
    lines = queries.lines_to_pay(claims)
    year = timezone.localdate(now).year
    room = Room(queries.lock_budgets_of_year(year=year, kind=SubsidyKind.TRAINING), set(short))
    # Asked behind the budgets: nobody else grants anything from them by now.
    taken = _taken([line for of_claim in lines.values() for line in of_claim])
    done_count = sum(_pay_or_wait(claim, lines[claim.pk], room, taken, now) for claim in claims)
    Budget.objects.bulk_update([room.budgets[whose] for whose in room.touched], ["reserved"])
    return done_count, room.short


def _pay_or_wait(
    claim: SubsidyClaim, lines: Sequence[ClaimLine], room: Room, taken: Taken, now: datetime
) -> bool:
    """Do what is to be done with a confirmed claim, and return whether anything was."""
    reckoning = claim.reckoning
    if reckoning is None:
        raise ValueError("a confirmed claim has a reckoning")
    if reckoning.amount == 0:
        _end_without_money(claim, now)
        return True
    if taken.stand_in_the_way(lines):
        _send_back(claim, now)
        return True
    budget = room.reserve(claim, reckoning)
    if budget is None:
        return False
    taken.add(lines)
    _open(claim, (reckoning, lines), budget, now)
    return True


def _open(
    claim: SubsidyClaim, owed: tuple[ClaimReckoning, Sequence[ClaimLine]], budget: Budget, now: datetime
) -> None:
    reckoning, lines = owed
    notice_working_days = reckoning.policy_version.notice_working_days
    payment = Payment.objects.create(
        claim=claim,
        institution_id=claim.institution_id,
        district_id=claim.district_id,
        budget=budget,
        notice_working_days=notice_working_days,
        amount=reckoning.amount,
        status=PaymentStatus.TO_NOTICE if notice_working_days else PaymentStatus.READY,
        opened_at=now,
    )
    TrainingSubsidy.objects.bulk_create(
        TrainingSubsidy(
            claim=claim,
            line=line,
            enrollment_id=line.enrollment_id,
            subsidy_key=_key_of(line),
            amount=line.amount,
            granted_at=now,
        )
        for line in lines
    )
    record_entry(
        key=f"grant:{payment.public_id}",
        kind=JournalKind.GRANT,
        postings=[
            Posting(payment, JournalAccount.SUBSIDY_EXPENSE, JournalAccount.SUBSIDIES_PAYABLE, "granted")
        ],
        now=now,
    )
    _no_more_due(claim)
    facts: dict[str, Any] = {"payment": payment.pk, "amount": str(payment.amount), "budget": budget.pk}
    record_event("claim.payment_opened", subject=claim, at=now, facts=facts)
    notify_institution(
        kind=NotificationKind.GRANTED,
        key=f"granted:claim:{payment.pk}",
        claim=claim,
        facts={"amount": str(payment.amount), "lines": len(lines)},
        now=now,
    )
    nudge_after_commit("entitlements_granted")


def _end_without_money(claim: SubsidyClaim, now: datetime) -> None:
    _no_more_due(claim)
    record_event("claim.comes_to_nothing", subject=claim, at=now)


def _no_more_due(claim: SubsidyClaim) -> None:
    claim.payment_due = False
    claim.save(update_fields=["payment_due"])


def _send_back(claim: SubsidyClaim, now: datetime) -> None:
    reason = gettext_noop(
        "Somebody in this claim was subsidized in another class meanwhile. It is reckoned and reviewed anew."
    )
    give_to_the_district_anew(claim, reason, now)


def _taken(lines: Collection[ClaimLine]) -> Taken:
    enrollments, keys = queries.subsidized_already(
        enrollments=[line.enrollment_id for line in lines], keys={_key_of(line) for line in lines}
    )
    return Taken(enrollments, keys)


def _key_of(line: ClaimLine) -> str:
    """Return what a line is paid once over, as its check says. Raises LookupError if no check says it."""
    for check in line.checks:
        if check["name"] == KEY_CHECK:
            return str(check["facts"]["key"])
    raise LookupError("a line that counts names what it is paid once over")
