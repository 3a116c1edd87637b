"""The road of one claim as steps to read: from its opening over each signature to the bank's word."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import Final

from django.utils.translation import gettext as _

from chongqing_dte.foundation.templatetags.figures import yuan
from subsidies.claim_reasons import claim_reason
from subsidies.dossier.claim import ClaimMoney, money_of_claim
from subsidies.enums import ClaimStatus
from subsidies.models import ClaimReckoning, ClaimStep, Netting, Payment, SubsidyClaim
from subsidies.queries import reckonings_of_claim, steps_of_claim
from subsidies.views.road_money import (
    bank_line_step,
    cancellation_step,
    instruction_step,
    notice_steps,
    objection_steps,
    recovery_step,
    settlement_step,
    withdrawal_step,
)
from subsidies.views.road_step import Step

# Where a step stands that has no time yet: behind all others.
STILL_TO_COME: Final = datetime.max.replace(tzinfo=UTC)
# So many reckonings are told of; a claim of many corrections has more, of which the last ones matter.
RECKONINGS_SHOWN: Final = 10
# Which mark a state has on the road; what is on its way has the plain one.
MARKS: Final = {
    ClaimStatus.RETURNED: "RETURNED",
    ClaimStatus.REFUSED: "REFUSED",
    ClaimStatus.LAPSED: "CANCELLED",
    ClaimStatus.CONFIRMED: "GRANTED",
}


def claim_road(claim: SubsidyClaim, *, sees_decisions: bool, sees_money: bool) -> list[Step]:
    """Return every step of a claim and of its money in the order in which they were made."""
    taken = list(steps_of_claim(claim))
    steps = [_state_step(step) for step in taken]
    if claim.escalated_at is not None:
        title = _("Gone up to the municipal bureau: no answer came in time")
        steps.append(Step(title, claim.escalated_at, "", status="RETURNED"))
    if claim.reckoning is not None and claim.reckoning.number > 1:
        reckonings = list(reckonings_of_claim(claim)[: RECKONINGS_SHOWN + 1])
        steps += [
            _reckoning_step(now, before)
            for now, before in pairwise(reckonings)
            if now.amount != before.amount
        ]
    # Nothing is paid or objected to of one that was never confirmed.
    if ClaimStatus.CONFIRMED in {claim.status, *(step.to_status for step in taken)}:
        steps += _money_steps(money_of_claim(claim), sees_decisions=sees_decisions, sees_money=sees_money)
    # Steps of one moment stay in the order of the road.
    return sorted(steps, key=lambda step: step.at or STILL_TO_COME)


def _state_step(step: ClaimStep) -> Step:
    by = str(step.actor) if step.actor else _("The calendar")
    facts: list[tuple[str, object]] = [(_("By"), by)]
    if step.on_behalf_of:
        facts.append((_("On behalf of"), str(step.on_behalf_of)))
    if step.reason:
        facts.append((_("Reason"), claim_reason(step.reason)))
    if step.from_status == step.to_status:
        said = _("Signed for the first time") if step.actor_id else _("It came to something else")
        return Step(said, step.at, "", facts)
    if not step.from_status:
        return Step(_("Claim opened"), step.at, "", facts)
    status = ClaimStatus(step.to_status)
    return Step(str(status.label), step.at, "", facts, status=MARKS.get(status, ""))


def _reckoning_step(now: ClaimReckoning, before: ClaimReckoning) -> Step:
    change = _("%(before)s → %(now)s") % {"before": yuan(before.amount), "now": yuan(now.amount)}
    facts: list[tuple[str, object]] = [
        (_("Amount"), change),
        (_("Passes"), f"{now.pass_count} / {now.rate_count}"),
        (_("Because"), now.get_cause_display()),
    ]
    return Step(_("Reckoned anew"), now.reckoned_at, "", facts)


def _money_steps(money: ClaimMoney, *, sees_decisions: bool, sees_money: bool) -> list[Step]:
    steps: list[Step] = []
    for payment in reversed(money.payments):
        steps.append(_payment_step(payment))
        if payment.cancelled_at is not None:
            steps.append(cancellation_step(payment.cancelled_at))
    for notice in money.notices:
        steps += notice_steps(notice)
    for objection in money.objections:
        # Whoever does not decide about money has no page of it.
        told = objection_steps(objection)
        steps += told if sees_decisions else [replace(step, url="", url_text="") for step in told]
    steps += [_netting_step(netting) for netting in money.nettings]
    for attempt in money.attempts:
        steps.append(instruction_step(attempt, sees_money=sees_money))
        steps += [bank_line_step(attempt, line) for line in attempt.bank_lines]
    for recovery in money.recoveries:
        steps.append(recovery_step(recovery))
        if recovery.withdrawn_at is not None:
            steps.append(withdrawal_step(recovery))
    return steps + [settlement_step(settlement) for settlement in money.settlements]


def _payment_step(payment: Payment) -> Step:
    return Step(
        title=_("Payment"),
        at=payment.opened_at,
        before=_("From the confirmed claim"),
        facts=[(_("Amount"), yuan(payment.amount))],
        status=payment.status,
        label=payment.get_status_display(),
    )


def _netting_step(netting: Netting) -> Step:
    claim = netting.recovery.payment.claim
    return Step(
        title=_("Set off against what was to come back"),
        at=netting.held_at,
        before=_("From the payment"),
        facts=[
            (_("Amount"), yuan(netting.amount)),
            (_("Asked back for claim"), claim.reference if claim else ""),
        ],
        status=netting.status,
        label=netting.get_status_display(),
    )
