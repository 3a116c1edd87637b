"""What a district has said of a claim's lines, what it has asked, and when the answer of whoever has it is due."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import NamedTuple

from django.db.models import Count, Exists, F, Max, Min, OuterRef, Q, QuerySet
from django.utils import timezone

from institutions.delegation_queries import working_days_between
from institutions.models import District, User
from institutions.queries import AnsweredForBy, working_day_after
from subsidies.enums import ClaimStatus
from subsidies.models import (
    ClaimLine,
    ClaimQuery,
    ClaimReckoning,
    ClaimStep,
    LineReview,
    SubsidyClaim,
)
from subsidies.rules.claim_reviews import (
    Asked,
    LineSeen,
    Verdict,
    days_stood_still,
    sha256_of_page,
    standing_of,
    stops_the_clock,
)

# Who has a claim must answer until a day.
WAITING_FOR_A_BUREAU = (ClaimStatus.SUBMITTED, ClaimStatus.RECOMMENDED)


@dataclass(frozen=True)
class LineStanding:
    """One line of the live reckoning, the district's latest word about the person, and whether it still holds."""

    line: ClaimLine
    review: LineReview | None
    standing: str


class LateClaims(NamedTuple):
    """With how many claims of one state a district, or the city for it, is late, and the first day that passed."""

    status: str
    district_id: int
    claim_count: int
    first_due_on: date


# ── Lines ────────────────────────────────────────────────────────────────────────────────────────────────
def line_standings(claim: SubsidyClaim, lines: Iterable[ClaimLine] | None = None) -> list[LineStanding]:
    """Return the lines of a claim's live reckoning in their order, each with where its review stands. Two queries.

    One, where the lines were read already.
    """
    reviews = latest_reviews(claim)
    if lines is None:
        lines = ClaimLine.objects.filter(reckoning=claim.reckoning_id).order_by("line_number")
    return [_standing(line, reviews.get(line.enrollment_id)) for line in lines]


def latest_reviews(claim: SubsidyClaim) -> dict[int, LineReview]:
    """Return what the district said last of each person of a claim, with the line that it saw, by enrollment."""
    reviews = (
        LineReview.objects.filter(claim=claim).order_by("enrollment_id", "-pk").distinct("enrollment_id")
    )
    return {review.enrollment_id: review for review in reviews.select_related("line")}


def lines_of_claim(claim: SubsidyClaim, line_ids: Collection[int]) -> dict[int, ClaimLine]:
    """Return those of these lines that a reckoning of the claim has, the former ones too, by their keys."""
    lines = ClaimLine.objects.filter(reckoning__claim=claim, pk__in=line_ids)
    return {line.pk: line for line in lines}


def has_reviewed(user: User, claim: SubsidyClaim) -> bool:
    """Test whether this person has said something of a line of the claim, in whatever office they were then."""
    return LineReview.objects.filter(claim=claim, reviewed_by=user).exists()


def behind_first_signature(claim: SubsidyClaim) -> set[int]:
    """Return for whom the first municipal signature on a claim was given, where whoever gave it stood in."""
    if claim.first_confirmed_at is None:
        return set()
    signed = ClaimStep.objects.filter(
        claim=claim, actor=claim.first_confirmed_by_id, at=claim.first_confirmed_at
    )
    return set(signed.filter(on_behalf_of__isnull=False).values_list("on_behalf_of_id", flat=True))


def line_seen(line: ClaimLine) -> LineSeen:
    """Return a line as far as a reviewer judges it."""
    return LineSeen(
        in_rate=line.in_rate,
        is_pass=line.is_pass,
        counts=line.counts,
        reason=line.reason,
        standard=line.standard,
        attempt_id=line.attempt_id,
        fee_schedule_id=line.fee_schedule_id,
        checks=line.checks,
    )


def _standing(line: ClaimLine, review: LineReview | None) -> LineStanding:
    latest = Verdict(review.verdict, line_seen(review.line)) if review else None
    return LineStanding(line, review, standing_of(line_seen(line), latest))


def sha256_to_sign(reckoning: ClaimReckoning) -> str:
    """Return the hash of what somebody signs: the facts, the checks and the sum of a reckoning."""
    return sha256_of_page(reckoning.facts_sha256, reckoning.flags, reckoning.amount)


# ── Questions and evidence ───────────────────────────────────────────────────────────────────────────────
def open_questions(claim: SubsidyClaim) -> QuerySet[ClaimQuery]:
    """Return what a claim's institution was asked and has not answered."""
    return ClaimQuery.objects.filter(claim=claim, answered_at__isnull=True)


def questions_about(claim: SubsidyClaim) -> QuerySet[ClaimQuery]:
    """Return every question about a claim with its answer, oldest first."""
    questions = ClaimQuery.objects.filter(claim=claim).select_related("asked_by", "answered_by")
    return questions.order_by("pk")


def lock_question(question_id: int) -> ClaimQuery:
    """Return one question that no other transaction can change until this one ends. Lock its claim before it."""
    return ClaimQuery.objects.select_for_update(of=("self",)).get(pk=question_id)


def lock_questions_without_a_day(*, limit: int) -> list[ClaimQuery]:
    """Return open questions about claims with a bureau that have no last day yet, the oldest first, locked."""
    undated = ClaimQuery.objects.filter(
        answered_at__isnull=True, due_on__isnull=True, claim__status__in=WAITING_FOR_A_BUREAU
    )
    locked = undated.select_for_update(of=("self",), skip_locked=True).order_by("pk")
    return list(locked.select_related("claim__reckoning__policy_version")[:limit])


def claim_of_question(question_id: int) -> int:
    """Return the claim that a question is about."""
    return ClaimQuery.objects.values_list("claim_id", flat=True).get(pk=question_id)


def has_line_of(claim: SubsidyClaim, enrollment_id: int) -> bool:
    """Test whether a claim's live reckoning has a line of this enrollment."""
    return ClaimLine.objects.filter(reckoning=claim.reckoning_id, enrollment=enrollment_id).exists()


# ── Clocks ───────────────────────────────────────────────────────────────────────────────────────────────
def due_days(claims: Collection[SubsidyClaim], today: date) -> dict[int, date | None]:
    """Return the last day for the answer of whoever has each of these claims, by claim, in a few queries.

    The clock begins when the claim came to them, and stands still while the institution is asked something, until
    the last day for its answer. None where the calendar does not reach so far, and for a claim that waits for no
    bureau.
    """
    since = _came_to_them_at(claims)
    asked = _asked_about(claims)
    # Most claims came on few days, and nearly all of them with the same number of days.
    last_day, worked = cache(working_day_after), cache(working_days_between)
    due: dict[int, date | None] = {}
    for claim in claims:
        days, came_at = _days_to_answer(claim), since.get(claim.pk)
        if days is None or came_at is None:
            due[claim.pk] = None
            continue
        first = timezone.localdate(came_at)
        spans = days_stood_still(asked[claim.pk], since=first, today=today)
        still = [worked(*span) for span in spans]
        known = [count for count in still if count is not None]
        due[claim.pk] = last_day(first, days + sum(known)) if len(known) == len(still) else None
    return due


def _days_to_answer(claim: SubsidyClaim) -> int | None:
    if claim.reckoning is None:
        return None
    policy = claim.reckoning.policy_version
    return {
        ClaimStatus.SUBMITTED: policy.district_working_days,
        ClaimStatus.RECOMMENDED: policy.municipal_working_days,
    }.get(ClaimStatus(claim.status))


def _came_to_them_at(claims: Iterable[SubsidyClaim]) -> Mapping[int, datetime]:
    """Return when each claim came into the state in which it is. What was signed in it began nothing anew."""
    steps = ClaimStep.objects.filter(
        ~Q(from_status=F("to_status")), claim__in=[claim.pk for claim in claims], to_status=F("claim__status")
    )
    return dict(steps.order_by().values_list("claim").annotate(came_at=Max("at")))


def _asked_about(claims: Iterable[SubsidyClaim]) -> Mapping[int, list[Asked]]:
    asked: dict[int, list[Asked]] = defaultdict(list)
    questions = ClaimQuery.objects.filter(claim__in=[claim.pk for claim in claims])
    for question in questions.only("claim_id", "asked_at", "answered_at", "due_on"):
        asked[question.claim_id].append(_asked(question))
    return asked


def _asked(question: ClaimQuery) -> Asked:
    answered_on = timezone.localdate(question.answered_at) if question.answered_at else None
    return Asked(timezone.localdate(question.asked_at), answered_on, question.due_on)


def waiting_claims(*, after: int, limit: int) -> list[SubsidyClaim]:
    """Return the claims that wait for a bureau's answer, with what their last day is counted from."""
    waiting = _waiting().filter(pk__gt=after).select_related("reckoning__policy_version")
    return list(waiting.order_by("pk")[:limit])


def lock_waiting_claims(ids: Collection[int]) -> list[SubsidyClaim]:
    """Return those of these claims that still wait for a bureau's answer, locked; what others hold is left out."""
    return _locked(_waiting(), ids)


def overdue_claim_ids(today: date, *, after: int, limit: int) -> list[int]:
    """Return claims whose answer is late and that have not gone up yet."""
    return list(_overdue(today).filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:limit])


def lock_overdue_claims(ids: Collection[int], today: date) -> list[SubsidyClaim]:
    """Return those of these claims that are still late, locked; what others hold is left out."""
    return _locked(_overdue(today), ids)


def late_claims_by_office(today: date) -> list[LateClaims]:
    """Return with how many claims each bureau is late, and since when with the first of them."""
    late = SubsidyClaim.objects.filter(is_late(today)).order_by("status", "district")
    groups = late.values_list("status", "district").annotate(
        claim_count=Count("pk"), first_due_on=Min("due_on")
    )
    return [LateClaims(*group) for group in groups]


def is_late(today: date) -> Q:
    """Return the condition for a claim whose answer by a bureau is late: its day is over, and its clock runs."""
    return Q(status__in=WAITING_FOR_A_BUREAU, due_on__lt=today) & ~Q(clock_stands_still(today))


def clock_stands_still(today: date) -> Exists:
    """Return the condition for a claim whose clock stands still, because its institution still has time to answer."""
    return Exists(questions_that_stop_clocks(today).filter(claim=OuterRef("pk")))


def questions_that_stop_clocks(today: date) -> QuerySet[ClaimQuery]:
    """Return the questions for which a clock stands still: `rules.claim_reviews.stops_the_clock`, as a query."""
    has_time = Q(due_on__isnull=True) | Q(due_on__gte=today)
    return ClaimQuery.objects.filter(has_time, answered_at__isnull=True)


def is_one_to_wait_for(questions: Iterable[ClaimQuery], today: date) -> bool:
    """Test whether the clock of a claim stands still for one of its questions, where they were read already."""
    return any(stops_the_clock(_asked(question), today) for question in questions)


def _overdue(today: date) -> QuerySet[SubsidyClaim]:
    return SubsidyClaim.objects.filter(is_late(today), escalated_at__isnull=True)


def _waiting() -> QuerySet[SubsidyClaim]:
    return SubsidyClaim.objects.filter(status__in=WAITING_FOR_A_BUREAU)


def _locked(claims: QuerySet[SubsidyClaim], ids: Collection[int]) -> list[SubsidyClaim]:
    locked = claims.filter(pk__in=ids).select_for_update(of=("self",), skip_locked=True, no_key=True)
    # With their reckonings only now: whoever comes to a lock late would get them beside rows of before.
    found = [claim.pk for claim in locked.order_by("pk")]
    claims = SubsidyClaim.objects.filter(pk__in=found).select_related("reckoning__policy_version")
    return list(claims.order_by("pk"))


# ── A retired district ───────────────────────────────────────────────────────────────────────────────────
def claims_to_hand_over(district_id: int) -> QuerySet[SubsidyClaim]:
    """Return the claims of a district about which something is still to be decided."""
    live = (*WAITING_FOR_A_BUREAU, ClaimStatus.OPEN, ClaimStatus.RETURNED)
    return SubsidyClaim.objects.filter(district=district_id, status__in=live)


def lock_claims_to_hand_over(district_id: int, claim_ids: Collection[int] | None) -> list[SubsidyClaim]:
    """Return those of these claims, or all of a district, that can be handed over, locked."""
    claims = claims_to_hand_over(district_id)
    if claim_ids is not None:
        claims = claims.filter(pk__in=claim_ids)
    return list(claims.select_for_update(of=("self",), no_key=True).order_by("pk"))


def successors_of(district_id: int, on: date) -> list[District]:
    """Return the districts that took over from a retired one, through others too, and existed on that day."""
    found = District.objects.filter(AnsweredForBy(district_id, "id"), in_force__contains=on)
    return list(found.exclude(pk=district_id).order_by("code"))


def retired_districts_with_claims(on: date) -> list[District]:
    """Return the districts that are no more and whose claims still wait for somebody, by code."""
    ended = District.objects.filter(in_force__endswith__lte=on)
    live = SubsidyClaim.objects.filter(
        district=OuterRef("pk"), status__in=(*WAITING_FOR_A_BUREAU, ClaimStatus.OPEN, ClaimStatus.RETURNED)
    )
    return list(ended.filter(Exists(live)).order_by("code"))


def lock_districts(district_ids: Collection[int]) -> dict[int, District]:
    """Return these districts by their keys, which nobody can retire until this transaction ends."""
    districts = District.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=district_ids)
    return {district.pk: district for district in districts.order_by("pk")}
