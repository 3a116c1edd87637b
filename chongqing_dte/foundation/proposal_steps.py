"""The end of a proposal: who decided, when and why. A step of the services of each kind of proposal."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.proposals import Proposal, RequestStatus
from chongqing_dte.foundation.transitions import Transitions, check_transition
from chongqing_dte.foundation.words import stated


def decide_proposal(
    proposal: Proposal,
    target: RequestStatus,
    *,
    event: str,
    table: Transitions[RequestStatus],
    decision: tuple[Any, str, datetime],
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Record what became of a locked proposal. `decision` is who decided, the reason, and when.

    The event is named after the proposal and its end: `merge.approved`. Raises InvalidTransition if the proposal is
    decided.
    """
    decider, reason, now = decision
    check_transition(table, current=RequestStatus(proposal.status), target=target)
    proposal.status = target
    proposal.decided_by = decider
    proposal.decided_at = now
    proposal.decision_reason = stated(reason)
    proposal.save(update_fields=["status", "decided_by", "decided_at", "decision_reason"])
    record_event(
        f"{event}.{target.lower()}",
        subject=proposal,
        actor_id=decider.pk,
        at=now,
        reason=proposal.decision_reason,
        facts=facts,
    )
