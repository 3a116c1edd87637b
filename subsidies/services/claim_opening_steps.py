"""Claims open. Steps: they need the transaction that has locked the classes."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from chongqing_dte.foundation.audit import record_events
from enrollment.models import TrainingClass
from institutions.models import User
from subsidies import queries
from subsidies.enums import ClaimStatus, NotificationKind, ReckoningCause
from subsidies.models import ClaimStep, SubsidyClaim
from subsidies.queries.claim_facts import ClaimFacts
from subsidies.rules.pass_rates import claim_amount
from subsidies.services.notification_steps import notify_institutions
from subsidies.services.reckoning_steps import reckon_claims


def open_claims(
    classes: Sequence[TrainingClass],
    facts: Mapping[int, ClaimFacts],
    *,
    submit_until: Mapping[int, date],
    opener: User | None,
    now: datetime,
) -> list[SubsidyClaim]:
    """Open a claim for each of these locked classes and reckon it, in a number of statements that does not grow.

    A class's claims are numbered. Without an opener the sweep did it. IntegrityError names
    `claim_one_live_per_class` where somebody else has opened one.
    """
    counts = queries.claim_counts_of([each.pk for each in classes])
    claims = SubsidyClaim.objects.bulk_create(
        SubsidyClaim(
            reference=f"{each.reference}-{counts.get(each.pk, 0) + 1}",
            training_class=each,
            institution_id=each.institution_id,
            district_id=each.district_id,
            opened_at=now,
            opened_by=opener,
            submit_until=submit_until[each.pk],
        )
        for each in classes
    )
    reckon_claims(claims, cause=ReckoningCause.OPENED, now=now, facts=facts)
    ClaimStep.objects.bulk_create(
        ClaimStep(claim=claim, to_status=ClaimStatus.OPEN, actor=opener, at=now) for claim in claims
    )
    if opener is None:
        said = [(claim, _said_of(claim)) for claim in claims]
        notify_institutions(kind=NotificationKind.CLAIM_OPENED, event="claim_opened", said=said, now=now)
    record_events("claim.opened", subjects=claims, actor_id=opener.pk if opener else None, at=now)
    return claims


def _said_of(claim: SubsidyClaim) -> dict[str, Any]:
    """Return what an institution is told of a claim that opened by itself: what it can come to, and until when.

    What was advanced does not limit it here: most institutions write that down only now.
    """
    facts = {"last_day_on": claim.submit_until.isoformat()}
    if claim.reckoning is not None:
        most = claim_amount([claim.reckoning.standard_total], claim.reckoning.factor)
        facts |= {"amount": str(most), "people": str(claim.reckoning.counted_count)}
    return facts
