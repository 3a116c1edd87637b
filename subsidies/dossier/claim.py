"""What followed from a confirmed claim: its payments, the notices, the instructions, and what came back."""

from dataclasses import dataclass

from subsidies.dossier.money import (
    recoveries_of,
    shown_attempts,
    shown_notices,
    shown_settlements,
)
from subsidies.dossier.shown import ShownAttempt, ShownNotice, ShownObjection, ShownSettlement
from subsidies.models import Netting, Objection, Payment, Recovery, SubsidyClaim


@dataclass(frozen=True)
class ClaimMoney:
    """The money of one claim, each part oldest first, and the payments newest first."""

    payments: list[Payment]
    notices: list[ShownNotice]
    objections: list[ShownObjection]
    attempts: list[ShownAttempt]
    nettings: list[Netting]
    recoveries: list[Recovery]
    settlements: list[ShownSettlement]


def money_of_claim(claim: SubsidyClaim) -> ClaimMoney:
    """Return what became of a claim's money. Nothing is read of one that was never confirmed but its objections."""
    payments = list(Payment.objects.filter(claim=claim).order_by("-pk"))
    if not payments:
        return ClaimMoney([], [], _objections(claim), [], [], [], [])
    recoveries = recoveries_of(payments)
    nettings = Netting.objects.filter(payment__in=payments).select_related("recovery__payment__claim")
    return ClaimMoney(
        payments=payments,
        notices=shown_notices(payments),
        objections=_objections(claim),
        attempts=shown_attempts(payments),
        nettings=list(nettings.order_by("pk")),
        recoveries=recoveries,
        settlements=shown_settlements(recoveries) if recoveries else [],
    )


def _objections(claim: SubsidyClaim) -> list[ShownObjection]:
    """Return that something was said against a claim, and what became of it; not what, and not by whom."""
    objections = Objection.objects.filter(claim=claim).defer("statement", "objector_name", "contact")
    return [
        ShownObjection(
            public_id=str(objection.public_id),
            kind_label=objection.get_kind_display(),
            status=objection.status,
            status_label=objection.get_status_display(),
            raised_at=objection.raised_at,
            decided_at=objection.decided_at,
            decision_reason=objection.decision_reason,
        )
        for objection in objections.order_by("pk")
    ]
