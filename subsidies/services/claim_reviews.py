"""The district's review of a claim: line by line, with questions to the institution, and what the district says of it.

Nothing is ever recommended, confirmed or refused because time has passed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.errors import DomainError, InvalidTransition
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.sentences import ngettext
from chongqing_dte.foundation.words import stated
from institutions.delegation_queries import stood_in_for
from institutions.models import User
from institutions.queries import working_day_after
from subsidies import policies, queries
from subsidies.enums import (
    CLAIM_WITH_THE_INSTITUTION,
    ClaimStatus,
    LineRefusal,
    LineVerdict,
    NotificationKind,
    ReckoningCause,
)
from subsidies.models import ClaimLine, ClaimQuery, LineReview, SubsidyClaim
from subsidies.queries.claim_reviews import LineStanding
from subsidies.rules.claim_reviews import LEFT_OUT, is_line_flagged, is_the_same, is_to_look_at
from subsidies.services.claim_review_steps import (
    FactsHaveChanged,
    begin_clock,
    check_facts_hold,
    check_seen,
    end_refused,
    give_back,
    given,
    go_on_with_clock,
    reckon_soon,
    reckoning_of,
    tell_the_district,
)
from subsidies.services.claim_state_steps import Act, move_claim
from subsidies.services.notification_steps import notify_institution
from subsidies.services.reckoning_steps import reckon_claim


@dataclass(frozen=True)
class LineJudgement:
    """What a reviewer says of one line: accepted, or refused with a code and, for another reason, in words."""

    line_id: int
    verdict: LineVerdict
    reason_code: str = ""
    note: str = ""


# ── Lines ────────────────────────────────────────────────────────────────────────────────────────────────
@transaction.atomic(durable=True)
def review_lines(
    *, claim_id: int, judgements: Sequence[LineJudgement], reviewer: User, now: datetime
) -> SubsidyClaim:
    """Say of some lines of a claim whether the district accepts them. What it refused changes what the claim comes to.

    Raises NotPermitted, InvalidTransition if the claim is not with the district or a line has changed since it was
    looked at, and DomainError for a refusal without a reason and for a line that does not count whatever is said.
    """
    claim = queries.lock_claim(claim_id)
    act = _reviewing(claim, reviewer, now)
    if not judgements:
        raise DomainError(_("Say something of at least one line."), code="nothing_said")
    standings = {each.line.enrollment_id: each for each in queries.line_standings(claim)}
    seen = queries.lines_of_claim(claim, {judgement.line_id for judgement in judgements})
    _record_reviews(claim, [_review_of(each, seen, standings) for each in judgements], reviewer, act)
    return claim


@transaction.atomic(durable=True)
def accept_unflagged_lines(*, claim_id: int, reckoning_id: int, reviewer: User, now: datetime) -> int:
    """Accept at a stroke the lines that count, that passed every check and that nobody has looked at; return how many.

    `reckoning_id` is the reckoning that the person saw. A line about which the institution is asked something, and one
    that has changed since somebody looked at it, is looked at by itself. Raises NotPermitted and InvalidTransition.
    """
    claim = queries.lock_claim(claim_id)
    act = _reviewing(claim, reviewer, now)
    if claim.reckoning_id != reckoning_id:
        raise InvalidTransition(
            _("This claim was reckoned anew since you opened it. Look at it again."), code="reckoned_anew"
        )
    asked = set(queries.open_questions(claim).values_list("enrollment_id", flat=True))
    chosen = [
        each.line
        for each in queries.line_standings(claim)
        if _is_unflagged(each) and each.line.enrollment_id not in asked
    ]
    _record_reviews(
        claim, [LineReview(line=line, verdict=LineVerdict.ACCEPTED) for line in chosen], reviewer, act
    )
    return len(chosen)


def _reviewing(claim: SubsidyClaim, reviewer: User, now: datetime, reason: str = "") -> Act:
    """Return the act of somebody who reviews a locked claim that is with its district."""
    absent = policies.check_can_review_claim(reviewer, stood_in_for(reviewer, timezone.localdate(now)), claim)
    if claim.status != ClaimStatus.SUBMITTED:
        raise InvalidTransition(
            _("This claim is %(state)s. The district reviews what was submitted to it.")
            % {"state": ClaimStatus(claim.status).label}
        )
    return Act(reviewer, now, absent, reason)


def _is_unflagged(standing: LineStanding) -> bool:
    line = queries.line_seen(standing.line)
    return line.counts and standing.review is None and not is_line_flagged(line)


def _review_of(
    judgement: LineJudgement, seen: Mapping[int, ClaimLine], standings: Mapping[int, LineStanding]
) -> LineReview:
    """Return the unsaved review of a line as it is now, if it says what the reviewer looked at."""
    line = seen.get(judgement.line_id)
    if line is None:
        raise DomainError(_("This line is of another claim."), code="other_claim")
    standing = standings.get(line.enrollment_id)
    if standing is None or not is_the_same(queries.line_seen(line), queries.line_seen(standing.line)):
        raise InvalidTransition(
            _("Line %(number)s has changed since you looked at it. Look at it again.")
            % {"number": line.line_number},
            code="line_changed",
        )
    if standing.standing == LEFT_OUT:
        raise DomainError(
            _("Nothing is asked for line %(number)s, whatever you say of it.") % {"number": line.line_number},
            code="line_does_not_count",
        )
    code, note = _reason_of(judgement)
    return LineReview(line=standing.line, verdict=judgement.verdict, reason_code=code, note=note)


def _reason_of(judgement: LineJudgement) -> tuple[str, str]:
    note = stated(judgement.note)
    if judgement.verdict == LineVerdict.ACCEPTED:
        return "", note
    if judgement.reason_code not in LineRefusal.values:
        raise DomainError(
            _("Choose why the line is refused. The institution reads it."), code="reason_missing"
        )
    if judgement.reason_code == LineRefusal.OTHER and not note:
        raise DomainError(_("Say in words why the line is refused."), code="note_missing")
    return judgement.reason_code, note


def _record_reviews(claim: SubsidyClaim, reviews: Sequence[LineReview], reviewer: User, act: Act) -> None:
    """Write reviews of lines of the live reckoning, and reckon the claim anew: a refusal, or its end, changes it."""
    if not reviews:
        return
    for review in reviews:
        review.claim = claim
        review.enrollment_id = review.line.enrollment_id
        review.reviewed_by, review.reviewed_at = reviewer, act.at
    LineReview.objects.bulk_create(reviews)
    refused = sum(review.verdict == LineVerdict.REFUSED for review in reviews)
    record_event(
        "claim.lines_reviewed",
        subject=claim,
        actor_id=reviewer.pk,
        at=act.at,
        facts={
            "reckoning": claim.reckoning_id,
            "accepted": len(reviews) - refused,
            "refused": refused,
            **act.facts,
        },
    )
    if refused or any(not review.line.counts for review in reviews):
        reckon_claim(claim, cause=ReckoningCause.LINE_REVIEWED, now=act.at)


# ── Questions ────────────────────────────────────────────────────────────────────────────────────────────
@transaction.atomic(durable=True)
def ask_about_claim(
    *, claim_id: int, question: str, reviewer: User, now: datetime, enrollment_id: int | None = None
) -> ClaimQuery:
    """Ask the institution something about a claim, or about one person of it.

    Until it answers, or the day for its answer is over, the district's clock stands still. Raises NotPermitted,
    InvalidTransition if the claim is not with the district, and DomainError for nothing asked or somebody who is not
    in the claim.
    """
    claim = queries.lock_claim(claim_id)
    act = _reviewing(claim, reviewer, now)
    words = stated(question)
    if not words:
        raise DomainError(_("Write down what you ask."), code="question_missing")
    if enrollment_id is not None and not queries.has_line_of(claim, enrollment_id):
        raise DomainError(_("This person is not in the claim."), code="other_claim")
    due_on = working_day_after(timezone.localdate(now), _answer_days(claim))
    asked = ClaimQuery.objects.create(
        claim=claim,
        enrollment_id=enrollment_id,
        question=words,
        asked_by=reviewer,
        asked_at=now,
        due_on=due_on,
    )
    record_event(
        "claim.asked",
        subject=claim,
        actor_id=reviewer.pk,
        at=now,
        facts={"question": asked.pk, "enrollment": enrollment_id, **act.facts},
    )
    notify_institution(
        kind=NotificationKind.CLAIM_ASKED,
        key=f"claim_asked:{asked.pk}",
        claim=claim,
        facts={"due_on": due_on.isoformat()} if due_on else {},
        now=now,
    )
    return asked


@transaction.atomic(durable=True)
def answer_about_claim(*, question_id: int, answer: str, answerer: User, now: datetime) -> ClaimQuery:
    """Answer what a district asked. With the last open answer the district's clock goes on.

    Raises NotPermitted for another institution, InvalidTransition once it is answered or the claim has ended or gone
    up, and DomainError without words.
    """
    claim = queries.lock_claim(queries.claim_of_question(question_id))
    policies.check_can_answer_about_claim(answerer, claim)
    asked = queries.lock_question(question_id)
    if asked.answered_at is not None:
        raise InvalidTransition(_("This question is answered already."))
    if claim.status not in (ClaimStatus.SUBMITTED, *CLAIM_WITH_THE_INSTITUTION):
        raise InvalidTransition(
            _("This claim is %(state)s. Nobody waits for the answer any more.")
            % {"state": ClaimStatus(claim.status).label}
        )
    words = stated(answer)
    if not words:
        raise DomainError(_("Write down the answer."), code="answer_missing")
    asked.answer, asked.answered_by, asked.answered_at = words, answerer, now
    asked.save(update_fields=["answer", "answered_by", "answered_at"])
    record_event("claim.answered", subject=claim, actor_id=answerer.pk, at=now, facts={"question": asked.pk})
    if claim.status == ClaimStatus.SUBMITTED:
        claim.save(update_fields=go_on_with_clock(claim, now))
        tell_the_district(claim, NotificationKind.CLAIM_ANSWERED, f"claim_answered:{asked.pk}", now)
    return asked


def _answer_days(claim: SubsidyClaim) -> int:
    return reckoning_of(claim).policy_version.answer_working_days


# ── What the district says of the whole ──────────────────────────────────────────────────────────────────
def recommend_claim(*, claim_id: int, sha256: str, reviewer: User, now: datetime) -> SubsidyClaim:
    """Sign a claim for the district and hand it to the municipal bureau.

    `sha256` is the hash of what the person saw: `queries.sha256_to_sign`. Raises NotPermitted for another district and
    for whoever submitted it, InvalidTransition if it is not with the district or was reckoned anew, and DomainError
    while a line is not looked at, a question is open, something is missing, or a file is infected.
    """
    try:
        return _recommend(claim_id, sha256, reviewer, now)
    except FactsHaveChanged:
        reckon_soon(claim_id, now)
        raise


@transaction.atomic(durable=True)
def _recommend(claim_id: int, sha256: str, reviewer: User, now: datetime) -> SubsidyClaim:
    claim = queries.lock_claim(claim_id)
    act = _reviewing(claim, reviewer, now)
    check_seen(claim, sha256)
    check_facts_hold(claim, now)
    _check_can_go_up(claim)
    claim.recommended_by, claim.recommended_at = reviewer, now
    claim.status_reason = ""
    changed = ["recommended_by", "recommended_at", "status_reason"]
    changed += begin_clock(claim, ClaimStatus.RECOMMENDED, now)
    move_claim(claim, ClaimStatus.RECOMMENDED, act, changed=changed)
    return claim


def _check_can_go_up(claim: SubsidyClaim) -> None:
    """Raise DomainError as long as somebody has to do something before the district can recommend a claim."""
    if queries.open_questions(claim).exists():
        raise DomainError(
            _("The institution has not answered everything that it was asked."), code="question_open"
        )
    if not reckoning_of(claim).is_complete:
        raise DomainError(
            _("Nobody can say yet what this claim comes to: something is missing."), code="incomplete"
        )
    left = sum(is_to_look_at(each.standing) for each in queries.line_standings(claim))
    if left:
        raise DomainError(
            ngettext(
                "%(count)s line was not looked at, or has changed since.",
                "%(count)s lines were not looked at, or have changed since.",
                left,
            )
            % {"count": left},
            code="lines_open",
        )
    if queries.has_infected_file(claim.training_class_id):
        raise DomainError(
            _("A file of this claim is infected. Return the claim: the institution withdraws the file."),
            code="infected",
        )


@transaction.atomic(durable=True)
def return_claim(*, claim_id: int, reason: str, reviewer: User, now: datetime) -> SubsidyClaim:
    """Give a claim back to its institution, which puts it right and submits it again.

    It has at least the days for an answer, even where its window is over. Raises NotPermitted, InvalidTransition, and
    DomainError without a reason.
    """
    claim = queries.lock_claim(claim_id)
    act = _reviewing(claim, reviewer, now, given(reason))
    give_back(claim, act)
    return claim


@transaction.atomic(durable=True)
def refuse_claim(*, claim_id: int, reason: str, reviewer: User, now: datetime) -> SubsidyClaim:
    """End a claim that is with its district for a reason that the institution reads. Another one can be opened.

    Raises NotPermitted, InvalidTransition, and DomainError without a reason.
    """
    claim = queries.lock_claim(claim_id)
    end_refused(claim, _reviewing(claim, reviewer, now, given(reason)))
    return claim
