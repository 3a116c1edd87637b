"""One's own decision: what was found, what is paid, when and where to, and what one can do about it."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from assessment.models import LevelCertificate
from enrollment.queries import current_account_of
from enrollment.rules.identifiers import mask_id_number, mask_mobile, mask_name, mobile_is_valid
from subsidies import queries
from subsidies.dossier.money import (
    payments_for,
    recoveries_of,
    shown_attempts,
    shown_notices,
    shown_objections,
)
from subsidies.dossier.shown import ShownAttempt, ShownNotice, ShownObjection
from subsidies.enums import (
    AttemptStatus,
    CheckOutcome,
    Decision,
    ObjectionStatus,
    PaymentStatus,
    RecoveryStatus,
)
from subsidies.explanations import recovery_sentence
from subsidies.models import Entitlement, Payment, Recovery, SelfCheckAccess
from subsidies.own_words import (
    HELD,
    NOT_DECIDED,
    OBJECTED,
    PAID_BACK,
    REFUSED,
    WHAT_IS_NEXT,
    own_sentence,
)


@dataclass(frozen=True)
class OwnCheck:
    """One check in the words of the person whom it is about."""

    outcome: str
    sentence: str


@dataclass(frozen=True)
class OwnRecovery:
    """What the person is to pay back, in yuan, why, and until when."""

    amount: Decimal
    text: str
    due_on: date | None


@dataclass(frozen=True)
class OwnDecision:
    """Everything that the page of one's own decision shows. Amounts in yuan, people and accounts masked."""

    certificate: LevelCertificate
    name: str
    id_number: str
    # Empty for whoever has no mobile that a code could be sent to.
    mobile: str
    entitlement_id: int | None
    status: str
    status_label: str
    amount: Decimal | None
    what_is_next: str
    account_last_four: str
    paid_at: datetime | None
    # Why the bank sent the money back, and when; empty unless it waits for another account.
    return_text: str
    returned_at: datetime | None
    notice: ShownNotice | None
    recoveries: list[OwnRecovery]
    checks: list[OwnCheck]
    objections: list[ShownObjection]
    can_object: bool
    can_give_account: bool


def own_decision(key: SelfCheckAccess) -> OwnDecision:
    """Return what the holder of an opened key sees, in a constant number of queries."""
    certificate = LevelCertificate.objects.select_related(
        "occupation", "institution", "trainee__merged_into"
    ).get(pk=key.certificate_id)
    holder = certificate.trainee.merged_into or certificate.trainee
    live = queries.live_entitlement_of(certificate.pk)
    payments = payments_for(certificate)
    payment = next((one for one in payments if live and one.entitlement_id == live.pk), None)
    attempts = shown_attempts([payment] if payment else [])
    notices = shown_notices([payment] if payment else [])
    objections = shown_objections(certificate)
    is_objected = any(objection.status == ObjectionStatus.RAISED for objection in objections)
    recoveries = _open(recoveries_of(payments))
    status, label = _status(live, payment)
    returned = _returned(payment, attempts)
    return OwnDecision(
        certificate=certificate,
        name=mask_name(holder.name),
        id_number=mask_id_number(holder.id_number),
        mobile=mask_mobile(holder.mobile) if mobile_is_valid(holder.mobile) else "",
        entitlement_id=live.pk if live else None,
        status=status,
        status_label=label,
        amount=live.amount if live and live.decision == Decision.GRANTED else None,
        what_is_next=_what_is_next(live, payment, recoveries, is_objected=is_objected),
        account_last_four=_account_last_four(key, attempts),
        paid_at=payment.paid_at if payment else None,
        return_text=returned.bank_answer if returned else "",
        returned_at=returned.at if returned else None,
        notice=notices[-1] if notices else None,
        recoveries=recoveries,
        checks=_checks(live),
        objections=objections,
        can_object=live is not None and not queries.has_open_objection_of_person(live.pk),
        can_give_account=queries.money_may_still_move(certificate.pk),
    )


def _checks(live: Entitlement | None) -> list[OwnCheck]:
    """Return what was found, whatever stands in the way first."""
    found = [OwnCheck(check["outcome"], own_sentence(check)) for check in live.checks] if live else []
    return sorted(found, key=lambda check: check.outcome == CheckOutcome.PASSED)


def _status(live: Entitlement | None, payment: Payment | None) -> tuple[str, str]:
    """Return the state that matters to the person, and what it is called."""
    if payment is not None:
        return payment.status, payment.get_status_display()
    return (live.decision, live.get_decision_display()) if live else ("", "")


def _what_is_next(
    live: Entitlement | None, payment: Payment | None, recoveries: list[OwnRecovery], *, is_objected: bool
) -> str:
    if recoveries:
        return str(PAID_BACK)
    if is_objected and (payment is None or payment.status != PaymentStatus.PAID):
        return str(OBJECTED)
    if payment is not None:
        return str(WHAT_IS_NEXT[payment.status])
    if live is None:
        return str(NOT_DECIDED)
    return str(HELD if live.decision == Decision.HELD else REFUSED)


def _open(recoveries: list[Recovery]) -> list[OwnRecovery]:
    return [
        OwnRecovery(
            recovery.amount - recovery.recovered - recovery.written_off,
            recovery_sentence(recovery.reason, recovery.facts),
            recovery.due_on,
        )
        for recovery in recoveries
        if recovery.status == RecoveryStatus.OPEN
    ]


def _returned(payment: Payment | None, attempts: list[ShownAttempt]) -> ShownAttempt | None:
    if payment is None or payment.status != PaymentStatus.RETURNED:
        return None
    returned = [attempt for attempt in attempts if attempt.status == AttemptStatus.RETURNED]
    return returned[-1] if returned else None


def _account_last_four(key: SelfCheckAccess, attempts: list[ShownAttempt]) -> str:
    """Return the end of the account that was paid, or that is going to be."""
    with_the_bank = (AttemptStatus.PAID, AttemptStatus.OPEN, AttemptStatus.UNKNOWN)
    instructed = [attempt for attempt in attempts if attempt.status in with_the_bank]
    if instructed:
        return instructed[-1].account_last_four
    account = current_account_of(key.trainee_id)
    return account.last_four if account else ""
