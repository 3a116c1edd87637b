"""What the municipal bureau sees on the page of a recommended claim: what is signed, by whom so far, and the forms."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from chongqing_dte.foundation.errors import NotPermitted
from chongqing_dte.foundation.templatetags.figures import yuan
from institutions.delegation_queries import stood_in_for
from institutions.models import User
from subsidies import policies, queries
from subsidies.enums import ClaimStatus, LineVerdict
from subsidies.forms.claim_confirmation import RefuseRecommendedForm, SendBackForm
from subsidies.models import ClaimReckoning, SubsidyClaim
from subsidies.rules.claim_reviews import is_claim_flagged


def confirmation_context(user: User, claim: SubsidyClaim, now: datetime) -> dict[str, Any]:
    """Return what whoever confirms claims does with this one; nothing for anybody else."""
    reckoning = claim.reckoning
    if claim.status != ClaimStatus.RECOMMENDED or reckoning is None:
        return {"confirmation": None}
    absent = stood_in_for(user, timezone.localdate(now))
    if not policies.can_confirm_claims(user, absent):
        return {"confirmation": None}
    behind, why_not_sign = _standing_of(user, absent, claim)
    may_decide = user.pk not in {claim.submitted_by_id, claim.recommended_by_id}
    return {
        "confirmation": {
            "claim": claim,
            "facts": _what_is_signed(claim, reckoning, behind),
            "sha256": queries.sha256_to_sign(reckoning),
            "is_flagged": is_claim_flagged(reckoning.flags),
            "is_last": _is_last_signature(claim, reckoning),
            "amount": yuan(reckoning.amount),
            "why_not_sign": why_not_sign,
        },
        "send_back_form": SendBackForm(auto_id="send_back_%s") if may_decide else None,
        "refuse_recommended_form": RefuseRecommendedForm(auto_id="refuse_%s") if may_decide else None,
    }


def _standing_of(user: User, absent: Sequence[User], claim: SubsidyClaim) -> tuple[User | None, str]:
    """Return for whom this person would sign, None for themselves, and why they cannot sign, or nothing."""
    behind = queries.behind_first_signature(claim)
    stood_for = [each for each in absent if each.pk not in behind]
    try:
        whose = policies.check_can_confirm_claim(user, stood_for, claim)
        if user.pk in behind or queries.has_reviewed(user, claim):
            return None, _("You have had a part in this claim. Somebody else decides it.")
        return whose, ""
    except NotPermitted as refusal:
        return None, str(refusal)


def _is_last_signature(claim: SubsidyClaim, reckoning: ClaimReckoning) -> bool:
    is_within = reckoning.amount <= reckoning.policy_version.one_signature_limit
    return is_within or claim.first_confirmed_by_id is not None


def _what_is_signed(
    claim: SubsidyClaim, reckoning: ClaimReckoning, behind: User | None
) -> list[tuple[str, object]]:
    limit = reckoning.policy_version.one_signature_limit
    facts: list[tuple[str, object]] = [
        (_("Amount"), yuan(reckoning.amount)),
        (_("People who count"), reckoning.counted_count),
        (_("Pass rate"), f"{reckoning.pass_count} / {reckoning.rate_count}"),
        (_("The district on its lines"), _said_of_lines(claim)),
        (_("Recommended by"), _signed(claim.recommended_by, claim.recommended_at)),
        (_("One municipal signature up to"), yuan(limit)),
        (_("First confirmation by"), _signed(claim.first_confirmed_by, claim.first_confirmed_at)),
    ]
    return [*facts, (_("You stand in for"), behind)] if behind else facts


def _said_of_lines(claim: SubsidyClaim) -> str:
    verdicts = [review.verdict for review in queries.latest_reviews(claim).values()]
    return _("%(accepted)s accepted, %(refused)s refused") % {
        "accepted": verdicts.count(LineVerdict.ACCEPTED),
        "refused": verdicts.count(LineVerdict.REFUSED),
    }


def _signed(person: object, at: datetime | None) -> str:
    return f"{person} · {timezone.localtime(at):%Y-%m-%d %H:%M}" if at else ""
