"""What the page of a claim says of it: its facts, its sum, its people, and what is missing before it is handed in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from chongqing_dte.foundation.templatetags.figures import yuan
from enrollment.rules.identifiers import mask_name
from subsidies.claim_words import claim_check_name, claim_check_sentence, shown_check
from subsidies.curve_drawing import curve_drawing, percent
from subsidies.enums import CLAIM_WITH_THE_INSTITUTION, ClaimStatus
from subsidies.models import Advance, ClaimEvidence, ClaimLine, ClaimReckoning, SubsidyClaim
from subsidies.queries.claim_pages import (
    account_ending_of,
    infected_files,
    reckoning_as_ruled,
    shows_a_receipt,
)
from subsidies.rules.claim_lines import what_more_passes_mean
from subsidies.rules.facts import PASSED, UNKNOWN
from subsidies.rules.pass_rates import FACTOR, NOTHING, MorePasses, claim_amount, rate_of, rounded

LINE_COLUMNS: Final = (
    (gettext_lazy("Line"), "numeric"),
    (gettext_lazy("Trainee"), ""),
    (gettext_lazy("In the pass rate"), ""),
    (gettext_lazy("Counts for the claim"), ""),
    (gettext_lazy("Standard"), "numeric"),
    (gettext_lazy("Amount"), "numeric"),
    (gettext_lazy("Checks"), ""),
)


@dataclass(frozen=True)
class Condition:
    """One thing that a claim needs before it is handed in: whether it is there, and where it is seen to."""

    text: str
    is_met: bool
    url: str = ""
    label: str = ""


# ── Facts ────────────────────────────────────────────────────────────────────────────────────────────────
def claim_facts(claim: SubsidyClaim, today: date) -> list[tuple[str, object]]:
    """Return what the claim is, each fact with its label."""
    training_class = claim.training_class
    days = f"{training_class.starts_on.isoformat()} – {training_class.ends_on.isoformat()}"
    return [
        (_("Training class"), training_class.reference),
        (_("Training institution"), claim.institution.name),
        (_("District"), claim.district.name),
        (_("Occupation and level"), _kind_of(claim)),
        (_("Dates"), days),
        (_("Opened"), timezone.localdate(claim.opened_at).isoformat()),
        *_day_facts(claim, today),
    ]


def _kind_of(claim: SubsidyClaim) -> str:
    training_class = claim.training_class
    return f"{training_class.occupation.name} · {training_class.get_level_display()}"


def _day_facts(claim: SubsidyClaim, today: date) -> list[tuple[str, object]]:
    if claim.status in CLAIM_WITH_THE_INSTITUTION:
        return [(_("Submit until"), f"{claim.submit_until.isoformat()} · {days_left(claim, today)}")]
    if claim.status in (ClaimStatus.SUBMITTED, ClaimStatus.RECOMMENDED):
        unknown = _("Open until the calendar of that year is published")
        return [(_("Answer due on"), claim.due_on.isoformat() if claim.due_on else unknown)]
    return []


def days_left(claim: SubsidyClaim, today: date) -> str:
    """Return how many days are left to hand a claim in."""
    days = (claim.submit_until - today).days
    if days < 0:
        return _("the time is over")
    return ngettext("%(days)s day left", "%(days)s days left", days) % {"days": days}


# ── What it comes to ─────────────────────────────────────────────────────────────────────────────────────
def amount_context(claim: SubsidyClaim, lines: Sequence[ClaimLine]) -> dict[str, object]:
    """Return what a claim comes to, how, its class on the curve, and what more passes would have meant."""
    reckoning = claim.reckoning
    if reckoning is None:
        return {"reckoning": None}
    ruled, policy = reckoning_as_ruled(reckoning, lines)
    more = what_more_passes_mean(ruled, policy)
    return {
        "reckoning": reckoning,
        "sum_steps": _sum_steps(reckoning),
        "curve": curve_drawing(policy.curve, (reckoning.pass_count, reckoning.rate_count)),
        "more_passes": _more_texts(more, reckoning),
        "flags": [shown_check(flag) for flag in sorted(reckoning.flags, key=_open_first)],
        "open_flag_count": sum(flag["outcome"] != PASSED for flag in reckoning.flags),
    }


def _sum_steps(reckoning: ClaimReckoning) -> list[tuple[str, object]]:
    """Return the way to the sum, so that anybody can go it with a pocket calculator."""
    rate = rounded(rate_of(reckoning.pass_count, reckoning.rate_count), FACTOR)
    people = _("%(people)s people, together %(sum)s") % {
        "people": reckoning.counted_count,
        "sum": yuan(reckoning.standard_total),
    }
    steps: list[tuple[str, object]] = [
        (_("People who count"), people),
        (_("Pass rate"), f"{reckoning.pass_count} / {reckoning.rate_count} = {percent(rate)}"),
        (_("Pass-rate factor"), f"{reckoning.factor:f}"),
    ]
    if reckoning.advance_cap is not None:
        steps.append((_("At most what was advanced"), yuan(reckoning.advance_cap)))
        unlimited = claim_amount([reckoning.standard_total], reckoning.factor)
        if reckoning.amount < unlimited:
            steps.append((_("Without this limit"), yuan(unlimited)))
    steps.append((_("Policy version"), str(reckoning.policy_version)))
    steps.append((_("Reckoned at"), timezone.localtime(reckoning.reckoned_at).strftime("%Y-%m-%d %H:%M")))
    return steps


def _more_texts(more: Sequence[MorePasses], reckoning: ClaimReckoning) -> list[str]:
    if more and reckoning.amount == reckoning.advance_cap:
        return [
            _("More passes would not have meant more: the claim comes to what was advanced, and to no more.")
        ]
    return [_more_text(each, reckoning) for each in more]


def _more_text(more: MorePasses, reckoning: ClaimReckoning) -> str:
    said = {
        "more": more.more,
        "factor": percent(more.factor),
        "amount": yuan(more.amount),
        "gain": yuan(more.amount - reckoning.amount),
    }
    if more.amount == reckoning.amount:
        text = ngettext(
            "%(more)s more pass would have meant the same amount.",
            "%(more)s more passes would have meant the same amount.",
            more.more,
        )
        return text % said
    text = ngettext(
        "%(more)s more pass would have meant a factor of %(factor)s and %(amount)s: %(gain)s more.",
        "%(more)s more passes would have meant a factor of %(factor)s and %(amount)s: %(gain)s more.",
        more.more,
    )
    return text % said


# ── People ───────────────────────────────────────────────────────────────────────────────────────────────
def shown_line(line: ClaimLine, *, full_names: bool) -> dict[str, object]:
    """Return one person of a claim as a table shows them. Only their own institution reads the whole name."""
    trainee = line.enrollment.trainee
    name = (trainee.merged_into or trainee).name
    return {
        "line": line,
        "name": name if full_names else mask_name(name),
        "enrollment": line.enrollment.public_id,
        "pass_text": _pass_text(line),
        "why_not": "" if line.counts else _why_not(line),
        "is_open": any(check["outcome"] == UNKNOWN for check in line.checks),
        "checks": [shown_check(check) for check in sorted(line.checks, key=_open_first)],
        "open_count": sum(check["outcome"] != PASSED for check in line.checks),
    }


def _why_not(line: ClaimLine) -> str:
    """Return the sentence of the check that somebody does not count for; its name alone reads as if it were passed."""
    decisive = next((check for check in line.checks if check["name"] == line.reason), None)
    return claim_check_sentence(decisive) if decisive else claim_check_name(line.reason)


def _pass_text(line: ClaimLine) -> str:
    if not line.in_rate:
        return _("Not in it")
    return _("Counts as a pass") if line.is_pass else _("No pass")


def _open_first(check: dict[str, Any]) -> bool:
    return bool(check["outcome"] == PASSED)


# ── Before it is handed in ───────────────────────────────────────────────────────────────────────────────
def conditions_to_submit(
    claim: SubsidyClaim,
    advances: Sequence[Advance],
    files: Sequence[ClaimEvidence],
    lines: Sequence[ClaimLine],
    today: date,
) -> list[Condition]:
    """Return what a claim needs before it is handed in, each with the page where it is seen to."""
    costs = reverse("class-advances", args=[claim.training_class.public_id])
    infected = infected_files(files)
    return [
        Condition(
            _("It is said what the institution has advanced for the class."),
            is_met=bool(advances),
            url=f"{costs}#advance",
            label=_("Say what it cost"),
        ),
        Condition(
            _("At least one receipt is handed in."),
            is_met=shows_a_receipt(files),
            url=f"{costs}#evidence",
            label=_("Hand in a receipt"),
        ),
        *(
            Condition(
                _("The scanner found malware in %(file)s.") % {"file": each.file_name},
                is_met=False,
                url=f"{costs}#evidence",
                label=_("Take it back"),
            )
            for each in infected
        ),
        Condition(
            _("The municipal bureau has approved the account that you are paid to."),
            is_met=bool(account_ending_of(claim.institution_id)),
            url=reverse("institution-account"),
            label=_("Our account"),
        ),
        _certain(claim, lines),
        Condition(
            _("It is handed in by %(day)s.") % {"day": claim.submit_until.isoformat()},
            is_met=today <= claim.submit_until,
        ),
    ]


def _certain(claim: SubsidyClaim, lines: Sequence[ClaimLine]) -> Condition:
    uncertain = sum(any(check["outcome"] == UNKNOWN for check in line.checks) for line in lines)
    text = _("Nothing is open without which nobody can say what it comes to.")
    if uncertain:
        text += " " + _("Lines concerned: %(count)s.") % {"count": uncertain}
    is_complete = claim.reckoning is not None and claim.reckoning.is_complete
    return Condition(text, is_met=is_complete, url="#lines", label=_("Look at the lines"))


def total_of(advances: Sequence[Advance]) -> str:
    """Return what was advanced together, as it is shown."""
    return yuan(sum((each.amount for each in advances), NOTHING))
