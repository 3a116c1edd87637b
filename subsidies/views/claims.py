"""The claims: an office's list of them, and one claim with all that it rests on.

Each office acts on the same page. What it may do is computed in modules that do not import this one; the views of the
acts import it, to show the page again with the form that could not be followed.
"""

from datetime import date, datetime
from typing import Any, Final

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from chongqing_dte.foundation.paging import page_of
from chongqing_dte.foundation.templatetags.figures import yuan
from chongqing_dte.foundation.words import one_code
from enrollment.enums import ClassStatus
from enrollment.policies import works_for
from institutions.enums import TRAINING_ROLES
from institutions.models import User
from institutions.requests import SignedInRequest
from subsidies import policies, queries
from subsidies.claim_reasons import claim_reason
from subsidies.enums import CLAIM_WITH_THE_INSTITUTION, ClaimStatus
from subsidies.forms.claims import ClaimAnswerForm, ClaimWithdrawalForm
from subsidies.models import ClaimQuery, SubsidyClaim
from subsidies.policies.claim_reviews import can_answer_about_claim
from subsidies.policies.claims import can_submit_claim, can_withdraw_claim, check_can_see_claims
from subsidies.queries.claim_pages import (
    LISTED_AT_MOST,
    claim_counts_by_status,
    classes_costing_money,
    classes_open_to_claims,
    is_reimbursed,
    paid_at,
)
from subsidies.queries.claim_reviews import clock_stands_still, is_one_to_wait_for
from subsidies.transitions import CLAIM_TRANSITIONS
from subsidies.views.claim_confirmation import confirmation_context
from subsidies.views.claim_review import ReadBeside, SentForms, review_context
from subsidies.views.claim_road import claim_road
from subsidies.views.claim_rows import (
    LINE_COLUMNS,
    amount_context,
    claim_facts,
    conditions_to_submit,
    days_left,
    shown_line,
    total_of,
)

CLAIM_COLUMNS: Final = (
    (gettext_lazy("Claim"), ""),
    (gettext_lazy("Training institution"), ""),
    (gettext_lazy("Occupation and level"), ""),
    (gettext_lazy("Passes"), "numeric"),
    (gettext_lazy("Amount"), "numeric"),
    (gettext_lazy("Whose turn"), ""),
    (gettext_lazy("Status"), ""),
)
CLASS_COLUMNS: Final = (
    (gettext_lazy("Training class"), ""),
    (gettext_lazy("Occupation and level"), ""),
    (gettext_lazy("Ends on"), ""),
    (gettext_lazy("Costs and files"), ""),
    (gettext_lazy("Claim"), ""),
)
LONGEST_REFERENCE: Final = 40


# ── The list ─────────────────────────────────────────────────────────────────────────────────────────────
@require_safe
@login_required
def claim_list(request: SignedInRequest) -> HttpResponse:
    """List the claims of the person's office, newest first; to an institution, what it is owed above them."""
    check_can_see_claims(request.user)
    user, today = request.user, timezone.localdate()
    chosen = {
        "status": request.GET.get("status", ""),
        "q": one_code(request.GET.get("q", ""))[:LONGEST_REFERENCE],
    }
    claims = queries.claims_visible_to(user).annotate(
        is_asked=clock_stands_still(today), is_reimbursed=is_reimbursed()
    )
    if chosen["status"] in ClaimStatus.values:
        claims = claims.filter(status=chosen["status"])
    if chosen["q"]:
        claims = claims.filter(reference__startswith=chosen["q"])
    page = page_of(claims, request)
    is_own = user.role in TRAINING_ROLES
    context = {
        "rows": [_shown(claim, today) for claim in page.rows],
        "page": page,
        "columns": CLAIM_COLUMNS,
        "tabs": _status_tabs(claim_counts_by_status(user), chosen["status"]),
        "chosen": chosen,
        "query": urlencode(chosen) + "&",
        "is_own": is_own,
        "owed": _owed_text(user, today) if is_own else "",
        "class_columns": CLASS_COLUMNS,
        "classes": _classes_without_claim(user, today) if is_own else [],
    }
    return render(request, "subsidies/claim_list.html", context)


def _classes_without_claim(user: User, today: date) -> list[dict[str, object]]:
    """Return the classes whose claim can be opened, and those that still run: they cost money already."""
    running = classes_costing_money(user).filter(status=ClassStatus.RUNNING)[:LISTED_AT_MOST]
    open_to_claims = classes_open_to_claims(user, today)
    return [
        *({"class": each, "may_open": True} for each in open_to_claims),
        *({"class": each, "may_open": False} for each in running),
    ]


def _owed_text(user: User, today: date) -> str:
    """Return what the institution is owed and since when, or nothing."""
    owed = [each for each in queries.owed_by_class(user) if each.outstanding]
    if not owed:
        return ""
    days = owed[0].days_since(today)
    said = {"sum": yuan(queries.total_outstanding(owed)), "classes": len(owed), "days": days}
    text = ngettext(
        "You are owed %(sum)s, the oldest of it since %(days)s day. Classes: %(classes)s.",
        "You are owed %(sum)s, the oldest of it since %(days)s days. Classes: %(classes)s.",
        days,
    )
    return text % said


def _status_tabs(counts: dict[str, int], chosen: str) -> list[dict[str, object]]:
    tabs: list[dict[str, object]] = [
        {"label": _("All"), "query": "", "count": sum(counts.values()), "is_chosen": not chosen}
    ]
    return tabs + [
        {
            "label": label,
            "query": f"status={value}",
            "count": counts.get(value, 0),
            "is_chosen": value == chosen,
        }
        for value, label in ClaimStatus.choices
        if value in counts or value == chosen
    ]


def _shown(claim: SubsidyClaim, today: date) -> dict[str, object]:
    reckoning = claim.reckoning
    return {
        "claim": claim,
        "kind": f"{claim.training_class.occupation.name} · {claim.training_class.get_level_display()}",
        "passes": f"{reckoning.pass_count} / {reckoning.rate_count}" if reckoning else "—",
        "amount": yuan(reckoning.amount) if reckoning else "—",
        "waits": waits_for(claim, today, is_asked=bool(getattr(claim, "is_asked", False))),
    }


def waits_for(claim: SubsidyClaim, today: date, *, is_asked: bool) -> str:
    """Return for whom a claim waits and until when, in words; nothing for one that has ended or is paid."""
    if is_asked and claim.status == ClaimStatus.SUBMITTED:
        return _("The institution: it was asked something")
    match claim.status:
        case ClaimStatus.OPEN | ClaimStatus.RETURNED:
            said = {"day": claim.submit_until.isoformat(), "left": days_left(claim, today)}
            return _("The institution, until %(day)s: %(left)s") % said
        case ClaimStatus.SUBMITTED:
            return _until(_("The district"), claim.due_on)
        case ClaimStatus.RECOMMENDED:
            return _until(_("The municipal bureau"), claim.due_on)
        case ClaimStatus.CONFIRMED if getattr(claim, "is_reimbursed", False):
            return ""
        case ClaimStatus.CONFIRMED if claim.payment_due:
            return _("Room in the budget")
        case ClaimStatus.CONFIRMED:
            return _("The payment")
    return ""


def _until(whom: str, day: date | None) -> str:
    return _("%(whom)s, until %(day)s") % {"whom": whom, "day": day.isoformat()} if day else whom


# ── One claim ────────────────────────────────────────────────────────────────────────────────────────────
@require_safe
@login_required
def claim_detail(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show one claim: what it comes to and why, its people, its files, its way, and what this person can do now."""
    return detail_page(request, find_claim(request, public_id))


def find_claim(request: SignedInRequest, public_id: str) -> SubsidyClaim:
    """Return a claim that this person may see; any other does not exist for them."""
    claims = queries.claims_visible_to(request.user).annotate(
        is_reimbursed=is_reimbursed(), paid_at=paid_at()
    )
    claims = claims.select_related("reckoning__policy_version")
    return get_object_or_404(claims, public_id=public_id)


def detail_page(
    request: SignedInRequest,
    claim: SubsidyClaim,
    refused: dict[str, Any] | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    """Return the page of a claim. What is `refused`, such as a form as it was filled in, stands in its place."""
    now = timezone.now()
    context = base_context(request.user, claim, now)
    context |= confirmation_context(request.user, claim, now)
    if not (refused and "review" in refused):
        begun = SentForms(ask_about=request.GET.get("ask", ""))
        context |= review_context(request.user, claim, now, begun, read=context["read"])
    context |= refused or {}
    return render(request, "subsidies/claim_detail.html", context, status=status)


def base_context(user: User, claim: SubsidyClaim, now: datetime) -> dict[str, Any]:
    """Return what every office sees of a claim, and what its institution can do now."""
    today = timezone.localdate(now)
    lines = list(
        queries.claim_lines_visible_to(user).filter(reckoning=claim.reckoning_id).order_by("line_number")
    )
    advances = [each for each in queries.advances_of_class(claim.training_class) if not each.withdrawn_at]
    files = list(queries.evidence_of_class(claim.training_class))
    full_names = works_for(user, claim.training_class)
    with_us = claim.status in CLAIM_WITH_THE_INSTITUTION
    may_submit = with_us and can_submit_claim(user, claim)
    can_end = ClaimStatus.WITHDRAWN in CLAIM_TRANSITIONS[ClaimStatus(claim.status)]
    conditions = conditions_to_submit(claim, advances, files, lines, today) if may_submit else []
    questions = shown_questions(user, claim)
    is_asked = is_one_to_wait_for([row["question"] for row in questions], today)
    road = claim_road(
        claim,
        sees_decisions=policies.can_see_decisions(user),
        sees_money=policies.can_see_money(user),
    )
    return {
        "claim": claim,
        "read": ReadBeside(lines, [row["question"] for row in questions], files),
        "facts": claim_facts(claim, today),
        "status_reason": claim_reason(claim.status_reason),
        "waits": waits_for(claim, today, is_asked=is_asked),
        **amount_context(claim, lines),
        "lines": [shown_line(line, full_names=full_names) for line in lines],
        "line_columns": LINE_COLUMNS,
        "advances": advances,
        "advance_total": total_of(advances),
        "files": files,
        "costs_may_change": full_names and with_us,
        "may_submit": may_submit,
        "conditions": conditions,
        "is_ready": all(condition.is_met for condition in conditions),
        "withdrawal_form": ClaimWithdrawalForm(prefix="withdrawal")
        if can_end and can_withdraw_claim(user, claim)
        else None,
        "questions": questions,
        "steps": road,
        "statement": _statement_of(claim),
    }


def _statement_of(claim: SubsidyClaim) -> dict[str, str] | None:
    """Return the statement of the month in which a claim was paid; nothing for one that was not."""
    paid = getattr(claim, "paid_at", None)
    if paid is None:
        return None
    month = f"{timezone.localtime(paid):%Y-%m}"
    query = urlencode({"month": month, "institution": str(claim.institution.public_id)})
    return {"month": month, "url": f"{reverse('claim-statement')}?{query}"}


def shown_questions(
    user: User, claim: SubsidyClaim, refused: dict[int, ClaimAnswerForm] | None = None
) -> list[dict[str, Any]]:
    """Return what was asked about a claim, with the form for what this person can answer, or the `refused` one."""
    is_waited_for = claim.status in (ClaimStatus.SUBMITTED, *CLAIM_WITH_THE_INSTITUTION)
    may_answer = is_waited_for and can_answer_about_claim(user, claim)
    forms = refused or {}
    return [
        {
            "question": each,
            "form": forms.get(each.pk) or answer_form(each) if may_answer and not each.answered_at else None,
        }
        for each in queries.questions_about(claim)
    ]


def answer_form(question: ClaimQuery, sent: Any = None) -> ClaimAnswerForm:
    """Return the form for the answer to one question. Several of them can stand on one page."""
    return ClaimAnswerForm(sent, prefix="answer", auto_id=f"question_{question.pk}_%s")
