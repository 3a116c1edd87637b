"""Where the claims that wait are today: who has to act on each, until which day, and behind whom it stands."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.db.models import Min

from subsidies.enums import (
    CLAIM_WITH_THE_INSTITUTION,
    AttemptStatus,
    ObjectionStatus,
    PaymentStatus,
    SubsidyKind,
)
from subsidies.models import Budget, NoticeLine, Objection, Payment, PaymentAttempt, SubsidyClaim
from subsidies.queries.budgets import is_allotted
from subsidies.queries.claim_payments import claims_waiting_for_payment
from subsidies.queries.claim_reviews import questions_that_stop_clocks

# Where a payment is, by name.
STAGES: Final[dict[str, str]] = {
    PaymentStatus.TO_NOTICE: "notice",
    PaymentStatus.ON_NOTICE: "notice",
    PaymentStatus.READY: "batch",
    PaymentStatus.INSTRUCTED: "bank",
    PaymentStatus.RETURNED: "account",
}


@dataclass(frozen=True)
class Waiting:
    """One claim that waits at the end of the month, for whom, since when and until which day, in yuan.

    `place` is its place before its budget, and `batch` the batch that it is in, where there is one.
    """

    claim: SubsidyClaim
    status: str
    waits_for: str
    amount: Decimal | None
    since: datetime
    until: date | None = None
    place: int | None = None
    batch: str = ""


@dataclass(frozen=True)
class _Today:
    """What is looked up of all of them together, by claim; notices and batches by payment."""

    payments: Mapping[int | None, Payment]
    # The first day until which the institution has to answer a question, where it still has time to.
    asked: Mapping[int, date | None]
    objected_to: Collection[int | None]
    places: Mapping[int, int] = field(default_factory=dict)
    closing_days: Mapping[int, date] = field(default_factory=dict)
    batches: Mapping[int, str] = field(default_factory=dict)


def as_of_today(waiting: Sequence[Waiting], payments: Collection[Payment], *, day: date) -> list[Waiting]:
    """Return the same with where each payment is today, until which day somebody has to answer, and its place."""
    claims = {each.claim.pk for each in waiting}
    payment_ids = [payment.pk for payment in payments]
    today = _Today(
        payments={payment.claim_id: payment for payment in payments},
        asked=_asked(claims, day),
        objected_to=_objected_to(claims),
        places=_places(day.year) if any(each.waits_for == "budget" for each in waiting) else {},
        closing_days=_closing_days(payment_ids),
        batches=_batches(payment_ids),
    )
    return [_of_today(each, today) for each in waiting]


def _of_today(waiting: Waiting, today: _Today) -> Waiting:
    claim, payment = waiting.claim, today.payments.get(waiting.claim.pk)
    if payment is not None and payment.status in STAGES:
        is_objected_to = claim.pk in today.objected_to
        return replace(
            waiting,
            waits_for="objection" if is_objected_to else STAGES[payment.status],
            until=today.closing_days.get(payment.pk),
            batch=today.batches.get(payment.pk, ""),
        )
    if claim.pk in today.asked:
        return replace(waiting, waits_for="institution", until=today.asked[claim.pk])
    if waiting.waits_for == "budget":
        return replace(waiting, place=today.places.get(claim.pk))
    return replace(waiting, until=_last_day(claim))


def _last_day(claim: SubsidyClaim) -> date | None:
    return claim.submit_until if claim.status in CLAIM_WITH_THE_INSTITUTION else claim.due_on


def _asked(claims: Collection[int], day: date) -> dict[int, date | None]:
    questions = questions_that_stop_clocks(day).filter(claim__in=claims).order_by()
    return dict(questions.values_list("claim_id").annotate(first=Min("due_on")))


def _objected_to(claims: Collection[int]) -> set[int | None]:
    raised = Objection.objects.filter(claim__in=claims, status=ObjectionStatus.RAISED)
    return set(raised.values_list("claim_id", flat=True))


def _places(year: int) -> dict[int, int]:
    """Return the place of each confirmed claim among those that wait for the same budget, the first being 1."""
    own = Budget.objects.filter(
        is_allotted(), year=year, kind=SubsidyKind.TRAINING, district__isnull=False
    ).values_list("district_id", flat=True)
    queue: dict[Any, int] = {}
    places = {}
    waiting = claims_waiting_for_payment([each for each in own if each is not None])
    for claim_id, purse in waiting.order_by("confirmed_at", "pk").values_list("pk", "purse"):
        places[claim_id] = queue[purse] = queue.get(purse, 0) + 1
    return places


def _closing_days(payment_ids: Collection[int]) -> dict[int, date]:
    lines = NoticeLine.objects.filter(payment__in=payment_ids, notice__closed_at__isnull=True)
    return dict(lines.values_list("payment_id", "notice__closes_on"))


def _batches(payment_ids: Collection[int]) -> dict[int, str]:
    with_us_or_bank = (AttemptStatus.OPEN, AttemptStatus.UNKNOWN)
    attempts = PaymentAttempt.objects.filter(payment__in=payment_ids, status__in=with_us_or_bank)
    return dict(attempts.values_list("payment_id", "batch__reference"))
