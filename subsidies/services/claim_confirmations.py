"""The municipal bureau's word about what a district recommends: one signature, or two people's above a limit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import OperationalError, transaction
from django.utils import timezone

from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted, as_refusal
from chongqing_dte.foundation.jobs import nudge_after_commit
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.transitions import check_transition
from institutions.delegation_queries import stood_in_for
from institutions.models import User
from subsidies import policies, queries
from subsidies.enums import ClaimStatus, NotificationKind
from subsidies.models import SubsidyClaim
from subsidies.rules.claim_reviews import is_claim_flagged
from subsidies.services.claim_review_steps import (
    FactsHaveChanged,
    begin_clock,
    check_facts_hold,
    check_seen,
    end_refused,
    given,
    moment,
    reckon_soon,
    reckoning_of,
    tell_the_district,
)
from subsidies.services.claim_state_steps import Act, move_claim, note_step, take_signatures_off
from subsidies.transitions import CLAIM_TRANSITIONS


@dataclass(frozen=True)
class ClaimSeen:
    """A claim, and the hash of what the person saw of it: `queries.sha256_to_sign`."""

    claim_id: int
    sha256: str


@dataclass(frozen=True)
class LeftOutClaim:
    """A claim that was not signed with the others: why, by its code and in words."""

    claim_id: int
    code: str
    why: str


@dataclass(frozen=True)
class SignedClaims:
    """What came of signing many claims: which are confirmed, which wait for a second person, and which are left."""

    confirmed: Sequence[int]
    signed_once: Sequence[int]
    left_out: Sequence[LeftOutClaim]


# ── One claim ────────────────────────────────────────────────────────────────────────────────────────────
def confirm_claim(*, claim_id: int, sha256: str, confirmer: User, now: datetime) -> SubsidyClaim:
    """Add a municipal signature to a claim; with the last one that it takes, its payment is due.

    `sha256` is the hash of what the person saw: `queries.sha256_to_sign`. Raises NotPermitted for whoever may not sign
    or had a part in the claim before, InvalidTransition if it is not recommended or was reckoned anew, and DomainError
    if something is missing or a file is infected.
    """
    return _confirm_or_reckon_soon(ClaimSeen(claim_id, sha256), confirmer, now, only_unflagged=False)


def confirm_claims(*, claims: Sequence[ClaimSeen], confirmer: User, now: datetime) -> SignedClaims:
    """Sign each of these claims by itself, and return which were signed and why others were not.

    One for which a check over the whole claim failed is looked at by itself. Raises NotPermitted for whoever signs
    none.
    """
    if not policies.can_confirm_claims(confirmer, stood_in_for(confirmer, timezone.localdate(now))):
        raise NotPermitted
    confirmed, signed_once, left_out = list[int](), list[int](), list[LeftOutClaim]()
    for seen in sorted(set(claims), key=lambda each: each.claim_id):
        try:
            claim = _confirm_or_reckon_soon(seen, confirmer, now, only_unflagged=True)
        except (DomainError, OperationalError) as error:
            refusal = as_refusal(error)
            if refusal is None:
                raise
            left_out.append(LeftOutClaim(seen.claim_id, refusal.code, str(refusal)))
        else:
            (confirmed if claim.status == ClaimStatus.CONFIRMED else signed_once).append(claim.pk)
    return SignedClaims(confirmed, signed_once, left_out)


def _confirm_or_reckon_soon(
    seen: ClaimSeen, confirmer: User, now: datetime, *, only_unflagged: bool
) -> SubsidyClaim:
    try:
        return _confirm(seen, confirmer, now, only_unflagged=only_unflagged)
    except FactsHaveChanged:
        reckon_soon(seen.claim_id, now)
        raise


@transaction.atomic(durable=True)
def _confirm(seen: ClaimSeen, confirmer: User, now: datetime, *, only_unflagged: bool) -> SubsidyClaim:
    claim = queries.lock_claim(seen.claim_id)
    # One person's authority signs once, whoever used it.
    behind = queries.behind_first_signature(claim)
    stood_for = [each for each in stood_in_for(confirmer, timezone.localdate(now)) if each.pk not in behind]
    absent = policies.check_can_confirm_claim(confirmer, stood_for, claim)
    if confirmer.pk in behind or queries.has_reviewed(confirmer, claim):
        raise NotPermitted(_("You have had a part in this claim. Somebody else decides it."))
    act = Act(confirmer, now, absent)
    check_transition(CLAIM_TRANSITIONS, current=ClaimStatus(claim.status), target=ClaimStatus.CONFIRMED)
    check_seen(claim, seen.sha256)
    if only_unflagged and is_claim_flagged(reckoning_of(claim).flags):
        raise DomainError(_("A check of this claim failed. Look at it by itself."), code="flagged")
    check_facts_hold(claim, now)
    _check_can_be_paid(claim)
    _sign(claim, act)
    return claim


def _check_can_be_paid(claim: SubsidyClaim) -> None:
    if not reckoning_of(claim).is_complete:
        raise DomainError(
            _("Nobody can say yet what this claim comes to: something is missing."), code="incomplete"
        )
    if queries.has_infected_file(claim.training_class_id):
        raise DomainError(
            _("A file of this claim is infected. Send the claim back to the district."), code="infected"
        )


def _sign(claim: SubsidyClaim, act: Act) -> None:
    reckoning = reckoning_of(claim)
    is_first = claim.first_confirmed_by_id is None
    if is_first:
        claim.first_confirmed_by, claim.first_confirmed_at = act.actor, act.at
        signed = ["first_confirmed_by", "first_confirmed_at"]
    else:
        claim.second_confirmed_by, claim.second_confirmed_at = act.actor, act.at
        signed = ["second_confirmed_by", "second_confirmed_at"]
    if is_first and reckoning.amount > reckoning.policy_version.one_signature_limit:
        claim.save(update_fields=signed)
        note_step(claim, ClaimStatus.RECOMMENDED, act)
        record_event(
            "claim.signed",
            subject=claim,
            actor_id=act.actor.pk if act.actor else None,
            at=act.at,
            facts={"sha256": reckoning.facts_sha256, "amount": str(reckoning.amount), **act.facts},
        )
        return
    claim.payment_due = True
    changed = [*signed, "payment_due", *begin_clock(claim, ClaimStatus.CONFIRMED, act.at)]
    move_claim(claim, ClaimStatus.CONFIRMED, act, changed=changed)
    nudge_after_commit("claim_confirmed")


# ── Back, or to its end ──────────────────────────────────────────────────────────────────────────────────
@transaction.atomic(durable=True)
def return_claim_to_district(*, claim_id: int, reason: str, confirmer: User, now: datetime) -> SubsidyClaim:
    """Send a claim back to the district, which looks at it again. What was signed is void.

    Raises NotPermitted for whoever recommended or submitted it, InvalidTransition if it is not recommended, and
    DomainError without a reason.
    """
    claim = queries.lock_claim(claim_id)
    act = _deciding(claim, confirmer, now, reason)
    claim.status_reason = act.reason
    changed = ["status_reason", *take_signatures_off(claim), *begin_clock(claim, ClaimStatus.SUBMITTED, now)]
    move_claim(claim, ClaimStatus.SUBMITTED, act, changed=changed)
    tell_the_district(
        claim, NotificationKind.CLAIM_RETURNED, f"claim_sent_back:{claim.pk}:{moment(now)}", now
    )
    return claim


@transaction.atomic(durable=True)
def refuse_recommended_claim(*, claim_id: int, reason: str, confirmer: User, now: datetime) -> SubsidyClaim:
    """End a claim that a district recommended, for a reason that the institution reads. Another one can be opened.

    Raises NotPermitted for whoever recommended or submitted it, InvalidTransition if it is not recommended, and
    DomainError without a reason.
    """
    claim = queries.lock_claim(claim_id)
    end_refused(claim, _deciding(claim, confirmer, now, reason))
    return claim


def _deciding(claim: SubsidyClaim, confirmer: User, now: datetime, reason: str) -> Act:
    stood_for = stood_in_for(confirmer, timezone.localdate(now))
    absent = policies.check_can_decide_recommended_claim(confirmer, stood_for, claim)
    if claim.status != ClaimStatus.RECOMMENDED:
        raise InvalidTransition(
            _("This claim is %(state)s. The municipal bureau decides what a district recommended.")
            % {"state": ClaimStatus(claim.status).label}
        )
    return Act(confirmer, now, absent, given(reason))
