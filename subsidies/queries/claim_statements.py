"""A training institution's statement of one month: what moved, what was paid for whom, and what waits for whom."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, TruncMonth
from django.utils import timezone

from chongqing_dte.foundation.lookups import Among
from institutions.enums import DISTRICT_ROLES, TRAINING_ROLES
from institutions.models import Institution, User
from subsidies.enums import (
    CLAIM_ENDED,
    CLAIM_WITH_THE_INSTITUTION,
    ClaimStatus,
    NettingStatus,
)
from subsidies.models import (
    ClaimLine,
    ClaimReckoning,
    ClaimStep,
    JournalLine,
    Netting,
    Payment,
    SubsidyClaim,
)
from subsidies.queries.claim_waiting import Waiting, as_of_today
from subsidies.queries.claims import SECRETS, claims_visible_to
from subsidies.queries.statements import journal_lines_visible_to
from subsidies.rules.claim_statements import (
    ASKED_BACK,
    IN_TRANSIT,
    OWED,
    Movement,
    Posted,
    movements_of,
    sums_of,
)
from subsidies.rules.claim_statements import Sum as EventSum
from subsidies.rules.pass_rates import NOTHING

LIVE: Final = [status for status in ClaimStatus if status not in CLAIM_ENDED]


@dataclass(frozen=True)
class Span:
    """The time that a statement is about: from a moment on, and before another one."""

    since: datetime
    before: datetime


@dataclass(frozen=True)
class StatementMonth:
    """One month in which an institution's account moved."""

    institution: Institution
    month: str


@dataclass(frozen=True)
class Moved:
    """One movement of the month, and the claim that it is about."""

    movement: Movement
    claim: SubsidyClaim


@dataclass(frozen=True)
class PaidClaim:
    """What was paid for one claim in the month, in yuan, and for whom: each line with its part of the claim.

    By the bank, and by being set off against what was owed back.
    """

    claim: SubsidyClaim
    by_bank: Decimal
    by_set_off: Decimal
    lines: Sequence[ClaimLine]

    @property
    def lines_total(self) -> Decimal:
        """What the lines come to, in yuan."""
        return sum((line.amount for line in self.lines), NOTHING)


@dataclass(frozen=True)
class ClaimStatement:
    """One institution's account over one month, in yuan. For a district, of the claims that it answers for."""

    institution: Institution
    span: Span
    # Whether it is of a district's claims alone.
    is_part: bool
    # Whether the month is not over, so that what waits is what waits now.
    is_running: bool
    owed_before: Decimal
    owed_after: Decimal
    owed_back_before: Decimal
    owed_back_after: Decimal
    sums: Sequence[EventSum]
    moved: Sequence[Moved]
    paid: Sequence[PaidClaim]
    set_off: Sequence[Netting]
    waiting: Sequence[Waiting]


@dataclass(frozen=True)
class _Balance:
    """One payment's part of the balances, at the beginning and at the end of the month."""

    owed_before: Decimal
    owed: Decimal
    in_transit: Decimal
    owed_back_before: Decimal
    owed_back: Decimal


def claim_journal_lines_visible_to(user: User) -> QuerySet[JournalLine]:
    """Return the lines of the journal about claims: an institution's own, and those whose statements a bureau sees."""
    if user.role in TRAINING_ROLES and user.institution_id is not None:
        return JournalLine.objects.filter(payment__institution=user.institution_id)
    return journal_lines_visible_to(user).filter(payment__institution__isnull=False)


def institutions_with_claims(user: User) -> QuerySet[Institution]:
    """Return the institutions that have a claim which this person may see."""
    claims = claims_visible_to(user).order_by().filter(institution=OuterRef("pk"))
    return Institution.objects.filter(Exists(claims)).order_by("name_zh", "pk")


def institutions_with_statements(user: User) -> QuerySet[Institution]:
    """Return the institutions whose statements this person may read: their own, or those with claims that they see."""
    if user.role in TRAINING_ROLES and user.institution_id is not None:
        return Institution.objects.filter(pk=user.institution_id)
    return institutions_with_claims(user)


def span_of_month(month: date) -> Span:
    """Return the time of a month of Chongqing, of which this is the first day."""
    after = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    since, before = (
        datetime.combine(day, time.min, timezone.get_current_timezone()) for day in (month, after)
    )
    return Span(since, before)


def statement_months(
    user: User, *, institution: UUID | None = None, span: Span | None = None
) -> list[StatementMonth]:
    """Return the months in which something moved of what this person sees, latest first.

    Of this institution alone, and in this time alone, where they are given.
    """
    lines = claim_journal_lines_visible_to(user).filter(
        payment__institution__in=institutions_with_statements(user)
    )
    if institution is not None:
        lines = lines.filter(payment__institution__public_id=institution)
    if span is not None:
        lines = lines.filter(entry__recorded_at__gte=span.since, entry__recorded_at__lt=span.before)
    found = (
        lines.order_by()
        .annotate(begins_at=TruncMonth("entry__recorded_at"))
        .values_list("payment__institution", "begins_at")
        .distinct()
    )
    months = [(begins_at, key) for key, begins_at in found]
    institutions = Institution.objects.in_bulk({key for _begins_at, key in months})
    months.sort(key=lambda each: (each[0], institutions[each[1]].credit_code), reverse=True)
    return [StatementMonth(institutions[key], f"{begins_at:%Y-%m}") for begins_at, key in months]


def claim_statement(user: User, institution: Institution, span: Span, *, now: datetime) -> ClaimStatement:
    """Return the statement of an institution, as far as this person may see its claims, in some ten queries."""
    lines = claim_journal_lines_visible_to(user).filter(payment__institution=institution)
    balances = _balances(lines, span)
    movements = movements_of(_posted_in(lines, span))
    owed = {pk: each for pk, each in balances.items() if each.owed}
    payments = _payments({*owed, *(each.payment_id for each in movements)})
    moved = [Moved(each, _claim(payments[each.payment_id])) for each in movements]
    is_running = span.before > now
    waiting = _waiting(user, institution, span, {pk: (payments[pk], owed[pk]) for pk in owed})
    return ClaimStatement(
        institution=institution,
        span=span,
        is_part=user.role in DISTRICT_ROLES,
        is_running=is_running,
        owed_before=sum((each.owed_before for each in balances.values()), NOTHING),
        owed_after=sum((each.owed for each in balances.values()), NOTHING),
        owed_back_before=sum((each.owed_back_before for each in balances.values()), NOTHING),
        owed_back_after=sum((each.owed_back for each in balances.values()), NOTHING),
        sums=sums_of(movements),
        moved=moved,
        paid=_paid(moved),
        set_off=_set_off(moved, span),
        waiting=as_of_today(waiting, [payments[pk] for pk in owed], day=timezone.localdate(now))
        if is_running
        else waiting,
    )


# ── The journal ──────────────────────────────────────────────────────────────────────────────────────────
def _balances(lines: QuerySet[JournalLine], span: Span) -> dict[int, _Balance]:
    """Return what is owed and owed back by payment, of those of which anything is at either end of the month."""
    earlier = Q(entry__recorded_at__lt=span.since)
    of_owed, of_back = Q(account__in=OWED), Q(account=ASKED_BACK)
    rows = (
        lines.filter(entry__recorded_at__lt=span.before)
        .order_by()
        .values("payment_id")
        .annotate(
            owed_before=_sum(of_owed & earlier),
            owed=_sum(of_owed),
            in_transit=_sum(Q(account=IN_TRANSIT)),
            back_before=_sum(of_back & earlier),
            back=_sum(of_back),
        )
        .exclude(owed_before=0, owed=0, back_before=0, back=0)
        .values_list("payment_id", "owed_before", "owed", "in_transit", "back_before", "back")
    )
    return {
        payment_id: _Balance(-owed_before, -owed, -in_transit, back_before, back)
        for payment_id, owed_before, owed, in_transit, back_before, back in rows
    }


def _sum(which: Q) -> Coalesce:
    return Coalesce(Sum("amount", filter=which), NOTHING)


def _posted_in(lines: QuerySet[JournalLine], span: Span) -> list[Posted]:
    rows = lines.filter(entry__recorded_at__gte=span.since, entry__recorded_at__lt=span.before)
    columns = ("entry_id", "entry__recorded_at", "entry__kind", "fact", "payment_id", "account", "amount")
    return [
        Posted(*row) for row in rows.order_by("entry__recorded_at", "entry_id", "pk").values_list(*columns)
    ]


def _payments(payment_ids: Collection[int]) -> dict[int, Payment]:
    payments = Payment.objects.filter(Among("pk", payment_ids)).select_related(
        "claim__training_class__occupation", "claim__institution", "claim__district", "claim__reckoning"
    )
    return {payment.pk: payment for payment in payments}


def _claim(payment: Payment) -> SubsidyClaim:
    if payment.claim is None:
        raise ValueError("an institution's payment pays a claim")
    return payment.claim


# ── What was paid, and against what it was set off ───────────────────────────────────────────────────────
def _paid(moved: Sequence[Moved]) -> list[PaidClaim]:
    paid: dict[int, list[Moved]] = {}
    for each in moved:
        if each.movement.event in ("paid", "set_off") and each.movement.owed:
            paid.setdefault(each.movement.payment_id, []).append(each)
    lines = _lines_of({of_payment[0].claim.reckoning_id for of_payment in paid.values()})
    return [
        PaidClaim(
            claim=of_payment[0].claim,
            by_bank=_left(of_payment, "paid"),
            by_set_off=_left(of_payment, "set_off"),
            lines=lines.get(of_payment[0].claim.reckoning_id, []),
        )
        for of_payment in paid.values()
    ]


def _left(moved: Sequence[Moved], event: str) -> Decimal:
    return sum((each.movement.left_the_fund for each in moved if each.movement.event == event), NOTHING)


def _lines_of(reckoning_ids: Collection[int | None]) -> dict[int | None, list[ClaimLine]]:
    found: dict[int | None, list[ClaimLine]] = {}
    if not reckoning_ids:
        return found
    lines = (
        ClaimLine.objects.filter(reckoning__in=reckoning_ids, counts=True)
        .select_related("enrollment__trainee__merged_into")
        .defer("checks", *(f"enrollment__trainee__{path}" for path in SECRETS))
    )
    for line in lines.order_by("reckoning_id", "line_number"):
        found.setdefault(line.reckoning_id, []).append(line)
    return found


def _set_off(moved: Sequence[Moved], span: Span) -> list[Netting]:
    payments = {each.movement.payment_id for each in moved if each.movement.event == "set_off"}
    if not payments:
        return []
    ended = Netting.objects.filter(
        payment__in=payments,
        status=NettingStatus.SET_OFF,
        ended_at__gte=span.since,
        ended_at__lt=span.before,
    )
    return list(ended.select_related("payment__claim", "recovery__payment__claim").order_by("ended_at", "pk"))


# ── What waits ───────────────────────────────────────────────────────────────────────────────────────────
def _waiting(
    user: User, institution: Institution, span: Span, owed: Mapping[int, tuple[Payment, _Balance]]
) -> list[Waiting]:
    """Return the claims that waited at the end of the month, by whose turn it was then, oldest first."""
    by_claim = {payment.claim_id: (payment, balance) for payment, balance in owed.values()}
    waiting = []
    for claim in _live_at(user, institution, span, by_claim.keys()):
        payment, balance = by_claim.get(claim.pk, (None, None))
        if payment is None or balance is None:
            waits_for, amount, since = _turn(claim), claim.amount_then, claim.since_then
        else:
            waits_for, amount, since = (
                "bank" if balance.in_transit else "batch",
                balance.owed,
                payment.opened_at,
            )
        waiting.append(Waiting(claim, claim.status_then, waits_for, amount, since))
    return sorted(waiting, key=lambda each: (each.since, each.claim.pk))


def _live_at(
    user: User, institution: Institution, span: Span, owed: Iterable[int | None]
) -> QuerySet[Any, Any]:
    """Return the claims that had not ended at the end of the month and were not paid, each as it was then."""
    steps = ClaimStep.objects.filter(claim=OuterRef("pk"), at__lt=span.before).order_by("-pk")
    sums = ClaimReckoning.objects.filter(claim=OuterRef("pk"), reckoned_at__lt=span.before).order_by(
        "-number"
    )
    payments = Payment.objects.filter(claim=OuterRef("pk"), opened_at__lt=span.before)
    without_payment = ~Exists(payments) & Q(amount_then__gt=0)
    return (
        claims_visible_to(user)
        .filter(institution=institution, opened_at__lt=span.before)
        .annotate(
            status_then=Subquery(steps.values("to_status")[:1]),
            since_then=Coalesce(Subquery(steps.values("at")[:1]), F("opened_at")),
            amount_then=Subquery(sums.values("amount")[:1]),
        )
        .filter(status_then__in=LIVE)
        .filter(~Q(status_then=ClaimStatus.CONFIRMED) | Q(pk__in=list(owed)) | without_payment)
    )


def _turn(claim: Any) -> str:
    if claim.status_then in CLAIM_WITH_THE_INSTITUTION:
        return "institution"
    bureaus = {ClaimStatus.SUBMITTED: "district", ClaimStatus.RECOMMENDED: "municipal"}
    return bureaus.get(claim.status_then, "budget")
