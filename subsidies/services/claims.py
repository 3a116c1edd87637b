"""What an institution does with the claim of a class: opens it, hands it in, takes it back."""

from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.errors import DomainError, InvalidTransition
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.transitions import check_transition
from chongqing_dte.foundation.words import stated
from enrollment.enums import ClassStatus
from enrollment.models import TrainingClass
from institutions.models import User
from subsidies import policies, queries
from subsidies.enums import CLAIM_WITH_THE_INSTITUTION, ClaimStatus, ReckoningCause
from subsidies.models import SubsidyClaim
from subsidies.queries.claim_facts import ClaimFacts
from subsidies.rules.claim_days import last_opening_day, submit_until
from subsidies.services.claim_opening_steps import open_claims
from subsidies.services.claim_review_steps import begin_clock
from subsidies.services.claim_state_steps import Act, move_claim
from subsidies.services.reckoning_steps import Reckoned, TrainingPolicyMissing, reckon_claim
from subsidies.transitions import CLAIM_TRANSITIONS


class ClaimOpenAlready(InvalidTransition):
    """The class has a claim that has not ended."""

    code = "claim_open_already"

    def __init__(self) -> None:
        super().__init__(_("This class has a claim already. Somebody, or the portal itself, has opened it."))


def open_claim(*, class_id: int, opener: User, now: datetime) -> SubsidyClaim:
    """Open the claim of a completed class, also before its last result is there and after one that has ended.

    Raises NotPermitted for another institution, ClaimOpenAlready, TrainingPolicyMissing, and DomainError for a class
    that is not completed, in which nobody was, or whose time is over.
    """
    try:
        return _open_claim(class_id, opener, now)
    except IntegrityError as error:
        if "claim_one_live_per_class" not in str(error):
            raise
        raise ClaimOpenAlready from error


@transaction.atomic(durable=True)
def _open_claim(class_id: int, opener: User, now: datetime) -> SubsidyClaim:
    training_class = queries.lock_class_to_claim(class_id)
    policies.check_can_open_claim(opener, training_class)
    _check_is_completed(training_class)
    if queries.lock_live_claim_of(training_class) is not None:
        raise ClaimOpenAlready
    today = timezone.localdate(now)
    facts = queries.gather_claim_facts([class_id], today=today)
    until = _submit_until(facts[class_id], today)
    return open_claims([training_class], facts, submit_until={class_id: until}, opener=opener, now=now)[0]


def _check_is_completed(training_class: TrainingClass) -> None:
    if training_class.status != ClassStatus.COMPLETED:
        raise DomainError(
            _("A claim is opened once the class is reported as completed."), code="class_not_completed"
        )
    if not training_class.locked_count:
        raise DomainError(
            _("Nobody was in this class at its roster lock, so that there is nothing to claim."),
            code="class_empty",
        )


def _submit_until(facts: ClaimFacts, today: date) -> date:
    """Return the last day to submit a claim that somebody opens today. Raises for a day on which nobody can."""
    if facts.policy is None:
        raise TrainingPolicyMissing(facts.class_.ends_on)
    last = last_opening_day(facts.class_, facts.policy)
    if today > last:
        raise DomainError(
            _("A claim for this class could be opened until %(day)s.") % {"day": last.isoformat()},
            code="window_over",
        )
    return min(last, submit_until(today, facts.policy.claim_window_days))


@transaction.atomic(durable=True)
def submit_claim(*, claim_id: int, submitter: User, now: datetime) -> SubsidyClaim:
    """Hand a claim in to its district, reckoned by what stands at this moment.

    Raises NotPermitted for another institution, InvalidTransition if the institution does not have it, and DomainError
    after its last day, without an advance, a receipt or an approved account, with a file in which malware was found,
    and while something is missing without which nobody can say what it comes to.
    """
    claim = queries.lock_claim(claim_id)
    policies.check_can_submit_claim(submitter, claim)
    # The bureaus have ways of their own back to the same state.
    _check_is_with_the_institution(claim)
    check_transition(CLAIM_TRANSITIONS, current=ClaimStatus(claim.status), target=ClaimStatus.SUBMITTED)
    today = timezone.localdate(now)
    if today > claim.submit_until:
        raise DomainError(
            _("This claim could be submitted until %(day)s.") % {"day": claim.submit_until.isoformat()},
            code="window_over",
        )
    reckoned = reckon_claim(claim, cause=ReckoningCause.SUBMITTED, now=now)
    _check_is_whole(reckoned)
    claim.submitted_by, claim.submitted_at = submitter, now
    claim.status_reason = ""
    changed = ["submitted_by", "submitted_at", "status_reason"]
    changed += begin_clock(claim, ClaimStatus.SUBMITTED, now)
    move_claim(claim, ClaimStatus.SUBMITTED, Act(submitter, now), changed=changed)
    return claim


def _check_is_whole(reckoned: Reckoned) -> None:
    """Raise DomainError for whatever is missing of a claim that is handed in, the first thing first."""
    claim = reckoned.claim
    if reckoned.facts.advance is None:
        raise DomainError(
            _("Say first what the institution has advanced for this class."), code="advance_missing"
        )
    if queries.has_infected_file(claim.training_class_id):
        raise DomainError(
            _("The scanner found malware in a file. Take it back and hand in a clean one."),
            code="evidence_infected",
        )
    if not queries.has_receipt(claim.training_class_id):
        raise DomainError(_("Hand in at least one receipt first."), code="receipt_missing")
    if not queries.has_account_to_be_paid_to(claim.institution_id):
        raise DomainError(
            _("The municipal bureau has not approved an account of the institution yet."),
            code="account_missing",
        )
    if not reckoned.reckoning.is_complete:
        uncertain = sum(not line.ruling.is_certain for line in reckoned.reckoning.lines)
        raise DomainError(
            _("Something is still missing: look at the checks of the claim. Lines concerned: %(count)s.")
            % {"count": uncertain},
            code="reckoning_incomplete",
        )


@transaction.atomic(durable=True)
def withdraw_claim(*, claim_id: int, withdrawer: User, reason: str, now: datetime) -> SubsidyClaim:
    """Take a claim back for good, as long as it is not confirmed. Within the window another one can be opened.

    Raises NotPermitted for another institution, InvalidTransition once it is confirmed or has ended, and DomainError
    without a reason.
    """
    claim = queries.lock_claim(claim_id)
    policies.check_can_withdraw_claim(withdrawer, claim)
    check_transition(CLAIM_TRANSITIONS, current=ClaimStatus(claim.status), target=ClaimStatus.WITHDRAWN)
    claim.status_reason = _stated(reason)
    claim.due_on = claim.reckoning_due_at = None
    move_claim(
        claim,
        ClaimStatus.WITHDRAWN,
        Act(withdrawer, now, reason=claim.status_reason),
        changed=["status_reason", "due_on", "reckoning_due_at"],
    )
    return claim


@transaction.atomic(durable=True)
def extend_claim_window(
    *, claim_id: int, extender: User, until: date, reason: str, now: datetime
) -> SubsidyClaim:
    """Give an institution more time to submit a claim that it has.

    Raises NotPermitted, InvalidTransition if the institution does not have it, and DomainError without a reason, and
    for a day that is not later than the last one or is over.
    """
    claim = queries.lock_claim(claim_id)
    policies.check_can_extend_claim_window(extender)
    _check_is_with_the_institution(claim)
    why = _stated(reason)
    if until <= claim.submit_until or until < timezone.localdate(now):
        raise DomainError(
            _("Choose a day after %(day)s that is not over.") % {"day": claim.submit_until.isoformat()},
            code="not_later",
        )
    former, claim.submit_until = claim.submit_until, until
    claim.save(update_fields=["submit_until"])
    record_event(
        "claim.window_extended",
        subject=claim,
        actor_id=extender.pk,
        at=now,
        reason=why,
        facts={"from": former.isoformat(), "until": until.isoformat()},
    )
    return claim


def _check_is_with_the_institution(claim: SubsidyClaim) -> None:
    if claim.status not in CLAIM_WITH_THE_INSTITUTION:
        raise InvalidTransition(
            _("This claim is %(state)s: nobody waits for the institution to submit it.")
            % {"state": ClaimStatus(claim.status).label}
        )


def _stated(reason: str) -> str:
    why = stated(reason)
    if not why:
        raise DomainError(_("Give the reason."), code="reason_missing")
    return why
