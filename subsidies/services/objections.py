"""What somebody says against a decision, what the office decides about it, and what follows for the money."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from django.db import IntegrityError, transaction
from django.utils import timezone

from assessment.services.certificates import make_due_again
from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.errors import DomainError, InvalidTransition
from chongqing_dte.foundation.jobs import nudge_after_commit
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.sentences import gettext_noop
from chongqing_dte.foundation.sets import act_or_isolate
from chongqing_dte.foundation.transitions import check_transition
from chongqing_dte.foundation.words import stated
from institutions.enums import Role
from institutions.models import User
from subsidies import policies, queries
from subsidies.claim_reasons import LINE
from subsidies.enums import (
    ClaimStatus,
    Decision,
    NotificationKind,
    ObjectionKind,
    ObjectionStatus,
    PaymentStatus,
)
from subsidies.models import Entitlement, NoticeLine, Objection, SubsidyClaim
from subsidies.services.claim_review_steps import begin_clock, give_back
from subsidies.services.claim_state_steps import Act, move_claim, take_signatures_off
from subsidies.services.notification_steps import notify_institution, notify_office, notify_person
from subsidies.services.recovery_steps import open_recoveries
from subsidies.services.void_steps import Facts, void_claim_payments, void_payments
from subsidies.transitions import OBJECTION_TRANSITIONS

SET_SIZE = 500
UPHELD_CHECK = "no_objection_was_upheld"
# With a bureau again: nobody has confirmed it any more.
UNDER_REVIEW = (ClaimStatus.SUBMITTED, ClaimStatus.RECOMMENDED)

UPHELD: Final = gettext_noop("An objection was upheld.")


@dataclass(frozen=True)
class ObjectionEntry:
    """What somebody says, who says it and how to reach them. A form that is sent twice carries one receipt number."""

    kind: ObjectionKind
    statement: str
    objector_name: str = ""
    contact: str = ""
    receipt: uuid.UUID = field(default_factory=uuid.uuid4)


class ReceiptUsed(DomainError):
    """The same form was sent before: the objection stands under its receipt number."""

    code = "receipt_used"

    def __init__(self) -> None:
        super().__init__(_("This objection was received before."))


def raise_objection(
    *,
    entry: ObjectionEntry,
    entitlement_id: int | None = None,
    claim_id: int | None = None,
    notice_line_id: int | None = None,
    raised_by: User | None = None,
    now: datetime,
) -> Objection:
    """Record what somebody says against a live decision or a confirmed claim. Until it is decided, its money stays.

    The public names the line of an open notice, itself and a way to reach it; the person needs neither, and an office
    signs. Raises NotPermitted for an office that is not competent, InvalidTransition if the decision was replaced or
    the period is over, ReceiptUsed for a form that was sent twice, and DomainError for what is missing.
    """
    try:
        return _raise_objection((entitlement_id, claim_id), entry, notice_line_id, raised_by, now)
    except IntegrityError as error:
        if "public_id" not in str(error):
            raise
        raise ReceiptUsed from error


@transaction.atomic(durable=True)
def _raise_objection(
    against: tuple[int | None, int | None],
    entry: ObjectionEntry,
    notice_line_id: int | None,
    raised_by: User | None,
    now: datetime,
) -> Objection:
    subject = _locked(*against)
    _check_who_objects(entry, subject, raised_by)
    _check_stands(subject)
    line = _line_of(entry, subject, notice_line_id, now)
    _check_is_complete(entry, subject)
    objection = Objection.objects.create(
        public_id=entry.receipt,
        entitlement=subject if isinstance(subject, Entitlement) else None,
        claim=subject if isinstance(subject, SubsidyClaim) else None,
        notice_line=line,
        kind=entry.kind,
        statement=entry.statement.strip(),
        objector_name=entry.objector_name.strip(),
        contact=entry.contact.strip(),
        raised_at=now,
        raised_by=raised_by,
    )
    record_event(
        "objection.raised",
        subject=objection,
        actor_id=raised_by.pk if raised_by else None,
        at=now,
        facts={"kind": str(entry.kind), _named(subject): subject.pk},
    )
    _tell_the_office(objection, now)
    if entry.kind != ObjectionKind.PERSON:
        _tell_whom_it_is_about(objection, NotificationKind.OBJECTION, now)
    nudge_after_commit("objection_raised")
    return objection


def _locked(entitlement_id: int | None, claim_id: int | None) -> Entitlement | SubsidyClaim:
    if entitlement_id is not None:
        return queries.lock_decision(entitlement_id)
    if claim_id is None:
        raise ValueError("an objection is against a decision or a claim")
    return queries.lock_claim_to_object_to(claim_id)


def _named(subject: Entitlement | SubsidyClaim) -> str:
    return "entitlement" if isinstance(subject, Entitlement) else "claim"


def _check_who_objects(
    entry: ObjectionEntry, subject: Entitlement | SubsidyClaim, raised_by: User | None
) -> None:
    if entry.kind == ObjectionKind.OFFICE:
        if raised_by is None:
            raise DomainError(
                _("An office's objection is signed by the person who records it."), code="unsigned"
            )
        districts = queries.districts_answered_for(raised_by)
        policies.check_can_record_objection(raised_by, subject, districts)
    elif raised_by is not None:
        raise DomainError(_("Only an office's objection is signed."), code="signed")
    if entry.kind == ObjectionKind.PERSON and isinstance(subject, SubsidyClaim):
        raise DomainError(_("A claim is an institution's, and no person's."), code="of_no_person")


def _check_stands(subject: Entitlement | SubsidyClaim) -> None:
    if isinstance(subject, Entitlement) and subject.superseded_at is not None:
        raise InvalidTransition(
            _("This decision was replaced by another. Object to that one."), code="replaced"
        )
    if isinstance(subject, SubsidyClaim) and subject.status != ClaimStatus.CONFIRMED:
        raise InvalidTransition(
            _("This claim is not confirmed now: it is looked at anew before anything is paid."),
            code="not_confirmed",
        )


def _line_of(
    entry: ObjectionEntry,
    subject: Entitlement | SubsidyClaim,
    notice_line_id: int | None,
    now: datetime,
) -> NoticeLine | None:
    line = queries.line_to_object_to(notice_line_id) if notice_line_id is not None else None
    if line is not None:
        of_line = line.payment.entitlement_id, line.payment.claim_id
        is_entitlement = isinstance(subject, Entitlement)
        if of_line != ((subject.pk, None) if is_entitlement else (None, subject.pk)):
            raise DomainError(_("This line is about another decision."), code="other_line")
    if entry.kind != ObjectionKind.PUBLIC:
        return line
    if line is None:
        raise DomainError(_("The public objects to a line of a public notice."), code="line_missing")
    if line.notice.closed_at is not None or timezone.localdate(now) > line.notice.closes_on:
        raise InvalidTransition(
            _("The period for objections ended on %(day)s.") % {"day": line.notice.closes_on.isoformat()},
            code="period_over",
        )
    return line


def _check_is_complete(entry: ObjectionEntry, subject: Entitlement | SubsidyClaim) -> None:
    if not entry.statement.strip():
        raise DomainError(_("Say what is wrong with the decision."), code="statement_missing")
    if entry.kind == ObjectionKind.PUBLIC and not entry.objector_name.strip():
        raise DomainError(
            _("Give your name: an objection is raised under one's own name."), code="name_missing"
        )
    if entry.kind == ObjectionKind.PUBLIC and not entry.contact.strip():
        raise DomainError(_("Say how the office can reach you."), code="contact_missing")
    if entry.kind == ObjectionKind.PERSON and queries.has_open_objection_of_person(subject.pk):
        raise InvalidTransition(
            _("Your objection to this decision is being looked into already."), code="already_raised"
        )


@transaction.atomic(durable=True)
def decide_objection(
    *, objection_id: int, decider: User, outcome: ObjectionStatus, reason: str, now: datetime
) -> Objection:
    """Uphold or dismiss an objection. The reason is read by whoever objected.

    What is upheld against a refusal or a hold is decided again, from the facts as they are then; what is upheld
    against a grant is followed by the next sweep, and a person's own objection is not upheld against one. Raises
    NotPermitted for an office that is not competent and for whoever recorded it, InvalidTransition once it is decided,
    and DomainError without a reason.
    """
    objection = queries.lock_objection(objection_id)
    policies.check_can_decide_objection(decider, objection, queries.districts_answered_for(decider))
    check_transition(OBJECTION_TRANSITIONS, current=ObjectionStatus(objection.status), target=outcome)
    why = stated(reason)
    if not why:
        raise DomainError(_("Give the reason: whoever objected reads it."), code="reason_missing")
    _check_has_something_to_uphold(objection, outcome)
    objection.status = outcome
    objection.decided_by = decider
    objection.decided_at = _decided_at(objection, now)
    objection.decision_reason = why
    objection.save(update_fields=["status", "decided_by", "decided_at", "decision_reason"])
    record_event(f"objection.{outcome.lower()}", subject=objection, actor_id=decider.pk, at=now)
    if outcome == ObjectionStatus.UPHELD and objection.claim is None:
        _decide_again_unless_granted(objection.against)
    elif outcome == ObjectionStatus.UPHELD and objection.claim_id is not None:
        _give_back_unless_opened(objection.claim_id, Act(decider, now, reason=_because_upheld(why)))
    _tell_whom_it_is_about(objection, NotificationKind.OBJECTION_DECIDED, now)
    nudge_after_commit("objection_decided")
    return objection


def _decided_at(objection: Objection, now: datetime) -> datetime:
    """Return when a locked objection is decided: not before the payment that it is about, whoever's clock is ahead.

    What is upheld takes away what was opened before it.
    """
    if objection.claim_id is None:
        return now
    # Nothing is opened any more until this transaction ends.
    return max(now, queries.last_payment_opened_at(queries.lock_claim(objection.claim_id)) or now)


def _decide_again_unless_granted(entitlement: Entitlement) -> None:
    """Have a refusal or a hold decided again. What was granted falls by the next sweep."""
    if entitlement.decision != Decision.GRANTED:
        make_due_again([entitlement.certificate_id])


def _give_back_unless_opened(claim_id: int, act: Act) -> None:
    """Give a claim back that has no payment, also one that went back to the bureaus since somebody objected to it.

    One that has a payment falls by the next sweep, with it.
    """
    claim = queries.lock_claim(claim_id)
    if claim.status not in (*UNDER_REVIEW, ClaimStatus.CONFIRMED) or queries.has_live_payment(claim):
        return
    if claim.status == ClaimStatus.RECOMMENDED:
        changed = [*take_signatures_off(claim), *begin_clock(claim, ClaimStatus.SUBMITTED, act.at)]
        move_claim(claim, ClaimStatus.SUBMITTED, act, changed=changed)
    claim.payment_due = False
    claim.save(update_fields=["payment_due"])
    give_back(claim, act)


def _because_upheld(reason: str) -> str:
    """Return the reason as it is kept; `claim_reason` says it in the language of whoever reads it."""
    return f"{UPHELD}{LINE}{reason}"


def _check_has_something_to_uphold(objection: Objection, outcome: ObjectionStatus) -> None:
    """Raise DomainError where a person's own words would take away what they were granted."""
    is_of_person = outcome == ObjectionStatus.UPHELD and objection.kind == ObjectionKind.PERSON
    if is_of_person and objection.against.decision == Decision.GRANTED:
        raise DomainError(
            _(
                "The subsidy was granted, and upholding this would take it away. Dismiss it with an explanation; what "
                "must not be paid is for an office to object to."
            ),
            code="would_take_away_a_grant",
        )


def _tell_the_office(objection: Objection, now: datetime) -> None:
    """Tell the office that decides, which is nobody's business but its own."""
    district_id = objection.subject.district_id
    notify_office(
        kind=NotificationKind.OBJECTION,
        key=f"objection:{objection.pk}",
        role=Role.MUNICIPAL_REVIEWER if district_id is None else Role.DISTRICT_REVIEWER,
        district_id=district_id,
        facts={} if objection.claim is None else {"objection": str(objection.public_id)},
        entitlement_id=objection.entitlement_id,
        claim_id=objection.claim_id,
        now=now,
    )


def _tell_whom_it_is_about(objection: Objection, kind: NotificationKind, now: datetime) -> None:
    """Tell the person or the institution that something is said about them or decided, and never by whom."""
    key = f"{kind.lower()}:{objection.pk}"
    if objection.claim is not None:
        notify_institution(kind=kind, key=key, claim=objection.claim, facts={}, now=now)
        return
    notify_person(
        kind=kind,
        key=key,
        person_id=objection.against.person_id,
        facts={},
        entitlement_id=objection.entitlement_id,
        now=now,
    )


def follow_upheld_objections(*, now: datetime) -> int:
    """Let the money follow every objection that was upheld against a grant, and return how many payments it moved.

    What is not paid is cancelled, what is paid is asked back, and what is with the bank waits for the bank's word.
    Safe to repeat, early, late or beside itself, and after any crash: what is left to do is read from the rows.
    """
    done_count, last_id = 0, 0
    while payment_ids := queries.payment_ids_objected_to(after=last_id, limit=SET_SIZE):
        last_id = payment_ids[-1]
        done_count += act_or_isolate(
            payment_ids, lambda ids: _follow_one_set(ids, now=now), complaint="objection_cannot_be_followed"
        )
    last_id = 0
    while payment_ids := queries.claim_payment_ids_objected_to(after=last_id, limit=SET_SIZE):
        last_id = payment_ids[-1]
        done_count += act_or_isolate(
            payment_ids, lambda ids: _follow_claims(ids, now=now), complaint="objection_cannot_be_followed"
        )
    return done_count


@transaction.atomic(durable=True)
def _follow_one_set(payment_ids: Sequence[int], *, now: datetime) -> int:
    payments = queries.lock_payments_objected_to(payment_ids)
    if not payments:
        return 0
    facts: dict[int, Facts] = {
        payment_id: {"objection": objection.pk, "decided_on": _day_of(objection)}
        for payment_id, objection in queries.upheld_objections_of(payments).items()
    }
    unpaid = [payment for payment in payments if payment.status != PaymentStatus.PAID]
    void_payments(unpaid, UPHELD_CHECK, facts, now)
    paid = [payment for payment in payments if payment.status == PaymentStatus.PAID]
    open_recoveries(paid, queries.UPHELD_REASON, facts, now)
    return len(payments)


@transaction.atomic(durable=True)
def _follow_claims(payment_ids: Sequence[int], *, now: datetime) -> int:
    """Give the claims back to their institutions whose money is still here, and ask the rest back.

    What is set off in part was paid in part. All of it is asked back, and the rest of it goes against that.
    """
    payments = queries.lock_claim_payments_objected_to(payment_ids)
    upheld = queries.upheld_objections_of_claims(payments)
    partly_paid = queries.partly_set_off(payments)
    paid = [each for each in payments if each.status == PaymentStatus.PAID or each.pk in partly_paid]
    unpaid = [each for each in payments if each not in paid]
    for payment in unpaid:
        if payment.claim_id is not None:
            why = _because_upheld(upheld[payment.pk].decision_reason)
            give_back(queries.lock_claim(payment.claim_id), Act(None, now, reason=why))
    void_claim_payments(unpaid, now)
    facts: dict[int, Facts] = {
        payment.pk: {"objection": upheld[payment.pk].pk, "decided_on": _day_of(upheld[payment.pk])}
        for payment in paid
    }
    open_recoveries(paid, queries.UPHELD_REASON, facts, now)
    return len(payments)


def _day_of(objection: Objection) -> str:
    return timezone.localdate(objection.decided_at).isoformat() if objection.decided_at else ""
