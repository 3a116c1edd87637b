"""The decisions on a certificate as a reader sees them: the checks, the policy's own words, and who must act."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.utils import timezone

from assessment.enums import Outcome
from assessment.models import LevelCertificate
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.templatetags.figures import yuan
from enrollment.enums import ParticipantCategory
from institutions.enums import Level
from institutions.models import Institution, Occupation
from subsidies.dossier.shown import ShownCheck, ShownDecision, ShownFirstPass, ShownSitting
from subsidies.enums import Decision, FirstPassRule, FirstPassScope
from subsidies.explanations import (
    check_name,
    check_sentence,
    decision_sentence,
    hold_owner,
    hold_step,
    outcome_label,
    sitting_words,
)
from subsidies.models import Entitlement, PolicyVersion
from subsidies.rules.holds import CHASE_EVERY_DAYS, TOLD_EVERY_DAY, chase_until

# What a version says of who is subsidized. How much follows the level; how it is paid matters to no decision.
POLICY_FIELDS: Final = (
    "first_pass_scope",
    "first_pass_rule",
    "eligible_categories",
    "graduation_year_rule",
    "lifetime_cap",
    "yearly_cap",
    "ladder_rule",
    "stacking_rule",
    "recording_window_days",
    "competent_district_rule",
    "notice_working_days",
)


def decisions_on(certificate: LevelCertificate) -> list[Entitlement]:
    """Return every decision on a certificate, newest first."""
    decisions = Entitlement.objects.filter(certificate=certificate)
    return list(
        decisions.select_related("policy_version", "fee_schedule", "district", "budget").order_by("-id")
    )


def shown_decision(entitlement: Entitlement, certificate: LevelCertificate) -> ShownDecision:
    """Return one decision in words."""
    version = entitlement.policy_version
    return ShownDecision(
        decision=entitlement.decision,
        decision_label=entitlement.get_decision_display(),
        amount=entitlement.amount,
        decided_at=entitlement.decided_at,
        policy_version=version,
        fee_schedule=entitlement.fee_schedule,
        reason_text=decision_sentence(entitlement.checks, entitlement.reason),
        checks=[
            ShownCheck(
                check_name(check["name"]),
                check["outcome"],
                outcome_label(check["outcome"]),
                check_sentence(check),
            )
            for check in entitlement.checks
        ],
        policy_facts=policy_facts(version, certificate.level) if version else [],
        hold_facts=hold_facts(entitlement),
        district_name=entitlement.district.name if entitlement.district else "",
        is_live=entitlement.superseded_at is None,
    )


def policy_facts(version: PolicyVersion, level: str) -> list[tuple[str, object]]:
    """Return what a version says of the things that a decision looks at, with where its figures come from."""
    fields = [(field, PolicyVersion._meta.get_field(field)) for field in POLICY_FIELDS]
    return [
        (_("Policy version"), version.name),
        (_("In force"), _span(version)),
        *((str(_label(model_field)), _value(version, field)) for field, model_field in fields),
        (_("Share of the published fee"), f"{version.fee_share:.2%}"),
        (_("Ceiling for this level"), yuan(version.ceiling_of(level))),
        (_("Source"), version.source),
    ]


def hold_facts(entitlement: Entitlement) -> list[tuple[str, object]]:
    """Return who must do what, and until when that is asked for; nothing unless the decision waits."""
    if entitlement.decision != Decision.HELD or entitlement.superseded_at or not entitlement.held_since:
        return []
    facts: list[tuple[str, object]] = [
        (_("Who must act"), hold_owner(entitlement.reason)),
        (_("What has to be done"), hold_step(entitlement.reason)),
        (_("Missing since"), timezone.localdate(entitlement.held_since).isoformat()),
    ]
    facts.append((_("Asked for until"), _asked_until(entitlement, entitlement.held_since)))
    return facts


def _asked_until(entitlement: Entitlement, held_since: datetime) -> str:
    if entitlement.reason == TOLD_EVERY_DAY:
        return _("The finance office is told every day, as long as the budget is short.")
    if entitlement.policy_version is None:
        return _("No policy names a last day. The office is told every %(days)s days until it is done.") % {
            "days": CHASE_EVERY_DAYS
        }
    until = chase_until(held_since, entitlement.policy_version.chase_days)
    return timezone.localdate(until).isoformat()


def first_pass_of(checks: Sequence[Mapping[str, Any]]) -> ShownFirstPass | None:
    """Return the chain that a decision stored. Decisions of before chains were stored have none."""
    check = next((check for check in checks if check["name"] == "passes_for_the_first_time"), None)
    if check is None or "sittings" not in check["facts"]:
        return None
    facts, chain = check["facts"], check["facts"]["sittings"]
    institutions = Institution.objects.in_bulk({looked_at["institution"] for looked_at in chain})
    occupations = Occupation.objects.in_bulk({looked_at["occupation"] for looked_at in chain})
    return ShownFirstPass(
        scope_label=str(FirstPassScope(facts["scope"]).label),
        rule_label=str(FirstPassRule(facts["rule"]).label),
        sittings=[
            ShownSitting(
                held_on=date.fromisoformat(looked_at["held_on"]),
                institution_name=institutions[looked_at["institution"]].name,
                occupation_text=f"{occupations[looked_at['occupation']].name} · {Level(looked_at['level']).label}",
                outcome=looked_at["outcome"],
                outcome_label=str(Outcome(looked_at["outcome"]).label),
                words=sitting_words(looked_at),
            )
            for looked_at in chain
        ],
    )


def claimed_by(live: Entitlement) -> LevelCertificate | None:
    """Return the certificate that has used up the first pass, if that is what the decision says."""
    if live.reason != "is_not_claimed_already":
        return None
    check = next(check for check in live.checks if check["name"] == live.reason)
    return LevelCertificate.objects.filter(pk=check["facts"]["certificate"]).first()


def _label(field: Any) -> object:
    return field.verbose_name


def _value(version: PolicyVersion, field: str) -> object:
    stored = getattr(version, field)
    if field == "eligible_categories":
        return _listed(str(ParticipantCategory(category).label) for category in stored)
    if stored is None:
        return _("Not limited")
    display = getattr(version, f"get_{field}_display", None)
    return display() if display else stored


def _listed(words: Iterable[str]) -> str:
    return " · ".join(words)


def _span(version: PolicyVersion) -> str:
    first, behind = version.in_force.lower, version.in_force.upper
    if behind is None:
        return _("from %(first)s on") % {"first": first.isoformat()}
    last = behind - timedelta(days=1)
    return _("%(first)s to %(last)s") % {"first": first.isoformat(), "last": last.isoformat()}
