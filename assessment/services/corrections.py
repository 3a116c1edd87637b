"""From a recorded result to the right one: proposed by the evaluation institution, decided by the municipal bureau.

Every act locks the session first, and so comes before or after any other one on its results.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils import timezone

from assessment import policies, queries
from assessment.enums import CertificateOrigin, CertificateStatus, Outcome, ReviewFinding, SignalKind
from assessment.models import Attempt, AttemptCorrection, LevelCertificate
from assessment.results.messages import message_for
from assessment.rules.corrections import PassMarks, Result, issue_problem, result_problem
from assessment.services.certificate_numbers import number_problem, portal_numbers
from assessment.services.certificate_steps import end_certificate
from assessment.services.certificates import make_due_again
from assessment.services.review_steps import end_review
from assessment.services.signal_steps import record_signal
from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from chongqing_dte.foundation.jobs import nudge_after_commit
from chongqing_dte.foundation.proposal_steps import decide_proposal
from chongqing_dte.foundation.proposals import RequestStatus
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.words import stated
from enrollment.rules.identifiers import normalize_identifier
from enrollment.transitions import REQUEST_TRANSITIONS
from institutions.models import User


@dataclass(frozen=True)
class CorrectedResult:
    """What a result should be, and why; with the certificate's number and day if the institution numbers it."""

    result: Result
    reason: str
    certificate_number: str = ""
    certificate_issued_on: date | None = None


@transaction.atomic(durable=True)
def propose_correction(
    *, attempt_id: int, corrected: CorrectedResult, proposer: User, now: datetime
) -> AttemptCorrection:
    """Record what a result should be. Until somebody else decides, the result stands and the person is frozen.

    Raises NotPermitted, InvalidTransition if the result was corrected since, and DomainError beside a correction
    that waits, without a reason or a change, for a result that contradicts the pass marks, or for a certificate
    that could not be issued.
    """
    attempt = queries.lock_attempt(attempt_id)
    policies.check_can_propose_correction(proposer, attempt.session)
    if not queries.is_live(attempt):
        raise InvalidTransition(_("This result was corrected since. Look at the one that counts now."))
    if queries.has_proposed_correction(attempt):
        raise DomainError(
            _("A correction of this is waiting for the municipal bureau already."),
            code="correction_waits_already",
        )
    _check_result(attempt, corrected)
    number = normalize_identifier(corrected.certificate_number)
    _check_certificate(attempt, corrected, number, timezone.localdate(now))
    queries.lock_rows_of_person(attempt.trainee_id)
    correction = AttemptCorrection.objects.create(
        attempt=attempt,
        review=queries.open_review_of(attempt),
        outcome=corrected.result.outcome,
        theory_score=corrected.result.theory_score,
        practice_score=corrected.result.practice_score,
        certificate_number=number,
        certificate_issued_on=corrected.certificate_issued_on,
        reason=stated(corrected.reason),
        proposed_by=proposer,
        proposed_at=now,
    )
    record_event(
        "attempt_correction.proposed",
        subject=correction,
        actor_id=proposer.pk,
        at=now,
        reason=correction.reason,
        facts={"attempt": attempt.pk},
    )
    return correction


def approve_correction(*, correction_id: int, decider: User, reason: str, now: datetime) -> AttemptCorrection:
    """Let the corrected result count, with all that hangs on it: the certificate, the review, the sign.

    Raises NotPermitted for whoever proposed it, opened the review or decides none, InvalidTransition if it is
    decided, and DomainError if the certificate's number was given away since.
    """
    try:
        return _approve(correction_id, decider, reason, now)
    except IntegrityError as race:
        if "certificate_number_once" not in str(race):
            raise
        raise _refusal("certificate_number_used") from race


@transaction.atomic(durable=True)
def _approve(correction_id: int, decider: User, reason: str, now: datetime) -> AttemptCorrection:
    correction = queries.lock_correction(correction_id)
    policies.check_can_decide_correction(decider, correction)
    former = correction.attempt
    review = queries.open_review_of(former)
    if review is not None and not policies.can_close_review(decider, review):
        raise NotPermitted(_("You opened the review of this result. Somebody else has to decide."))
    valid_ids = queries.lock_certificates_of_person(former.trainee_id)
    certificate = queries.lock_valid_certificate_of(former)
    queries.lock_rows_of_person(former.trainee_id)
    _decide(correction, RequestStatus.APPROVED, decider, reason, now)
    attempt = _supersede(former, correction, now)
    if attempt.outcome == Outcome.PASSED and former.outcome != Outcome.PASSED:
        _issue_certificate(attempt, correction, now)
    if certificate is not None and attempt.outcome != Outcome.PASSED:
        end_certificate(
            certificate=certificate,
            status=CertificateStatus.REVOKED,
            reason=correction.reason,
            actor=decider,
            now=now,
        )
    # Another sitting may be the first pass now: whoever was refused for this one is decided again.
    make_due_again(valid_ids)
    if review is not None:
        note = stated(reason) or correction.reason
        end_review(review=review, finding=ReviewFinding.CORRECTED, note=note, closer=decider, now=now)
    record_signal(
        kind=SignalKind.SCORES_CHANGED,
        session=former.session,
        subject=str(correction.public_id),
        measured=_change(former, attempt, now),
        now=now,
    )
    return correction


@transaction.atomic(durable=True)
def refuse_correction(*, correction_id: int, decider: User, reason: str, now: datetime) -> AttemptCorrection:
    """Leave a result as it is, for a reason. A review that it belongs to stays open.

    Raises NotPermitted for whoever proposed it or decides none, InvalidTransition if it is decided, and DomainError
    without a reason.
    """
    correction = queries.lock_correction(correction_id)
    policies.check_can_decide_correction(decider, correction)
    if not stated(reason):
        raise DomainError(_("Say why it is refused."), code="reason_missing")
    _decide(correction, RequestStatus.REFUSED, decider, reason, now)
    return correction


# ── Steps ────────────────────────────────────────────────────────────────────────────────────────────────
def _check_result(attempt: Attempt, corrected: CorrectedResult) -> None:
    session, result = attempt.session, corrected.result
    if not stated(corrected.reason):
        raise DomainError(_("Say why it is wrong."), code="reason_missing")
    if result.outcome not in Outcome.values:
        raise DomainError(_("Choose an outcome."), code="outcome_unknown")
    marks = PassMarks(theory=session.theory_pass_mark, practice=session.practice_pass_mark)
    if problem := result_problem(result, marks):
        raise _refusal(problem, theory=str(marks.theory), practice=str(marks.practice))
    if result == Result(attempt.outcome, attempt.theory_score, attempt.practice_score):
        raise DomainError(_("This is the result already."), code="nothing_corrected")


def _check_certificate(attempt: Attempt, corrected: CorrectedResult, number: str, today: date) -> None:
    session, issued_on = attempt.session, corrected.certificate_issued_on
    becomes_pass = corrected.result.outcome == Outcome.PASSED and attempt.outcome != Outcome.PASSED
    if not becomes_pass or session.certificate_origin == CertificateOrigin.PORTAL:
        if number or issued_on:
            raise _refusal("certificate_by_portal" if becomes_pass else "certificate_not_expected")
        return
    problem = issue_problem(number, issued_on, held_on=session.held_on, today=today)
    if problem := problem or number_problem(number, session.policy):
        raise _refusal(problem)
    if queries.certificate_number_is_used(number):
        raise _refusal("certificate_number_used")


def _refusal(code: str, **parameters: str) -> DomainError:
    return DomainError(message_for(code, parameters), code=code)


def _decide(
    correction: AttemptCorrection, target: RequestStatus, decider: User, reason: str, now: datetime
) -> None:
    decide_proposal(
        correction,
        target,
        event="attempt_correction",
        table=REQUEST_TRANSITIONS,
        decision=(decider, reason, now),
        facts={"attempt": correction.attempt_id},
    )
    nudge_after_commit("freeze_ended")


def _supersede(former: Attempt, correction: AttemptCorrection, now: datetime) -> Attempt:
    attempt = Attempt.objects.create(
        session=former.session,
        trainee=former.trainee,
        enrollment_id=former.enrollment_id,
        row_number=former.row_number,
        supersedes=former,
        correction=correction,
        outcome=correction.outcome,
        theory_score=correction.theory_score,
        practice_score=correction.practice_score,
        recorded_at=now,
    )
    record_event(
        "attempt.corrected",
        subject=attempt,
        actor_id=correction.decided_by_id,
        at=now,
        reason=correction.reason,
        facts={"supersedes": former.pk, "correction": correction.pk},
    )
    return attempt


def _issue_certificate(attempt: Attempt, correction: AttemptCorrection, now: datetime) -> None:
    session, number = attempt.session, correction.certificate_number
    issued_on = correction.certificate_issued_on or timezone.localdate(now)
    if session.certificate_origin == CertificateOrigin.PORTAL:
        (number,) = portal_numbers(session=session, count=1, year=issued_on.year)
    LevelCertificate.objects.create(
        number=number,
        institution_id=session.institution_id,
        attempt=attempt,
        origin=session.certificate_origin,
        trainee_id=attempt.trainee_id,
        occupation_id=session.occupation_id,
        direction=session.direction,
        level=session.level,
        issued_on=issued_on,
        recorded_at=now,
    )
    nudge_after_commit("certificates_recorded")


def _change(former: Attempt, attempt: Attempt, now: datetime) -> dict[str, object]:
    """Return what changed, without whom it is about."""

    def points(score: Decimal | None) -> str | None:
        return None if score is None else str(score)

    return {
        "outcome": [former.outcome, attempt.outcome],
        "theory_score": [points(former.theory_score), points(attempt.theory_score)],
        "practice_score": [points(former.practice_score), points(attempt.practice_score)],
        "days_after": (now - former.recorded_at).days,
    }
