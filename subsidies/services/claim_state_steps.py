"""How a claim changes its state. Steps of other services, which have opened the transaction and locked the claim."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.transitions import check_transition
from institutions.models import User
from subsidies.enums import ClaimStatus
from subsidies.models import ClaimStep, SubsidyClaim
from subsidies.transitions import CLAIM_TRANSITIONS

# What the signatures of the district and the municipal bureau are.
SIGNATURES = (
    "recommended_by",
    "recommended_at",
    "first_confirmed_by",
    "first_confirmed_at",
    "second_confirmed_by",
    "second_confirmed_at",
)


@dataclass(frozen=True)
class Act:
    """Who does something to a claim, whose absence they stand in for, when and why. Without an actor the calendar."""

    actor: User | None
    at: datetime
    on_behalf_of: User | None = None
    reason: str = ""

    @property
    def facts(self) -> dict[str, object]:
        """What the record says of it beside the actor."""
        return {"on_behalf_of": self.on_behalf_of.pk} if self.on_behalf_of else {}


def move_claim(claim: SubsidyClaim, target: ClaimStatus, act: Act, *, changed: Sequence[str] = ()) -> None:
    """Bring a locked claim into a state, save the fields that `changed` with it, and note who, when and why.

    Raises InvalidTransition.
    """
    current = ClaimStatus(claim.status)
    check_transition(CLAIM_TRANSITIONS, current=current, target=target)
    claim.status = target
    claim.save(update_fields=["status", *changed])
    note_step(claim, current, act)
    record_event(
        f"claim.{target.lower()}",
        subject=claim,
        actor_id=act.actor.pk if act.actor else None,
        at=act.at,
        reason=act.reason,
        facts={"from": str(current), **act.facts},
    )


def note_step(claim: SubsidyClaim, former: ClaimStatus, act: Act) -> None:
    """Note what was done to a claim; where the state is the former one, something was signed in it."""
    ClaimStep.objects.create(
        claim=claim,
        from_status=former,
        to_status=claim.status,
        actor=act.actor,
        on_behalf_of=act.on_behalf_of,
        at=act.at,
        reason=act.reason,
    )


def take_signatures_off(claim: SubsidyClaim) -> tuple[str, ...]:
    """Leave a claim without the signatures of both bureaus, and return the fields that changed."""
    for field in SIGNATURES:
        setattr(claim, field, None)
    return SIGNATURES
