"""What a district does with a claim that waits for it. After what ends its turn it is led to the next one."""

from collections.abc import Callable
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from chongqing_dte.foundation.errors import DomainError, InvalidTransition
from institutions.delegation_queries import stood_in_for
from institutions.requests import SignedInRequest
from subsidies import policies
from subsidies.enums import LineVerdict
from subsidies.forms.claim_review import ClaimReasonForm, LinesForm, QuestionForm, RecommendationForm
from subsidies.models import ClaimQuery, SubsidyClaim
from subsidies.services.claim_reviews import (
    LineJudgement,
    accept_unflagged_lines,
    ask_about_claim,
    recommend_claim,
    refuse_claim,
    return_claim,
    review_lines,
)
from subsidies.views.claim_queue import next_in_queue
from subsidies.views.claim_review import SentForms, people_in_order, review_context
from subsidies.views.claims import detail_page, find_claim
from subsidies.views.queue_places import place_of
from subsidies.views.refusals import tell_form

# Told on the form: a look at the line as it is now is all that helps, and what was said of the others is kept.
TO_LOOK_AT_AGAIN = frozenset({"line_changed"})
LENGTH_OF_UUID = 36


@require_POST
@login_required
def claim_lines_review(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Say of some lines whether the district accepts them, and with `ask` go on to a question about one of them."""
    claim = _claim_to_review(request, public_id)
    form, about = LinesForm.sent(request.POST), request.POST.get("ask", "")
    if about and form.is_valid() and not form.said():
        return _to_question(claim, about)
    if form.is_valid() and _reviewed(request, claim, form):
        count = len(form.said())
        text = ngettext("%(count)s line is reviewed.", "%(count)s lines are reviewed.", count)
        messages.success(request, text % {"count": count})
        return _to_question(claim, about) if about else _back_to(claim)
    return _again(request, claim, SentForms(lines=form), form)


@require_POST
@login_required
def claim_lines_accept(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Accept at a stroke the lines on which nothing is flagged."""
    claim = _claim_to_review(request, public_id)
    given = request.POST.get("reckoning", "")
    accepted = accept_unflagged_lines(
        claim_id=claim.pk,
        reckoning_id=int(given) if given.isascii() and given.isdigit() and len(given) < 19 else 0,
        reviewer=request.user,
        now=timezone.now(),
    )
    text = ngettext("%(count)s line is accepted.", "%(count)s lines are accepted.", accepted)
    messages.success(request, text % {"count": accepted})
    return _back_to(claim)


@require_POST
@login_required
def claim_ask(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Ask the institution something about a claim, or about one person of it."""
    claim = _claim_to_review(request, public_id)
    form = QuestionForm(people_in_order(request.user, claim), request.POST)
    if form.is_valid() and (asked := _asked(request, claim, form)):
        messages.success(request, _stands_still(asked))
        return _back_to(claim)
    return _again(request, claim, SentForms(question=form), form)


@require_POST
@login_required
def claim_recommend(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Sign a claim for the district, and lead to the next one."""
    claim = _claim_to_review(request, public_id)
    behind = next_in_queue(request, place_of(claim))
    form = RecommendationForm(request.POST)
    if form.is_valid() and _recommended(request, claim, form):
        messages.success(request, _("Claim %(number)s is recommended.") % {"number": claim.reference})
        return _to_the_next(behind)
    return _again(request, claim, SentForms(), form)


@require_POST
@login_required
def claim_return(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Give a claim back to its institution, and lead to the next one."""
    claim = _claim_to_review(request, public_id)
    behind = next_in_queue(request, place_of(claim))
    form = ClaimReasonForm(request.POST, auto_id="return_%s")
    if form.is_valid() and _told(form, _ending(return_claim, request, claim, form)):
        messages.success(request, _("Claim %(number)s is returned.") % {"number": claim.reference})
        return _to_the_next(behind)
    return _again(request, claim, SentForms(returning=form), form)


@require_POST
@login_required
def claim_refuse(request: SignedInRequest, public_id: str) -> HttpResponse:
    """End a claim that the district refuses, and lead to the next one."""
    claim = _claim_to_review(request, public_id)
    behind = next_in_queue(request, place_of(claim))
    form = ClaimReasonForm(request.POST, auto_id="refuse_%s")
    if form.is_valid() and _told(form, _ending(refuse_claim, request, claim, form)):
        messages.success(request, _("Claim %(number)s is refused.") % {"number": claim.reference})
        return _to_the_next(behind)
    return _again(request, claim, SentForms(refusing=form), form)


# ── One call to a service each ───────────────────────────────────────────────────────────────────────────
def _reviewed(request: SignedInRequest, claim: SubsidyClaim, form: LinesForm) -> bool:
    judgements = [_judgement(*said) for said in form.said()]

    def act() -> None:
        review_lines(claim_id=claim.pk, judgements=judgements, reviewer=request.user, now=timezone.now())

    return _told(form, act)


def _judgement(line_id: int, choice: str, note: str) -> LineJudgement:
    if choice == LineVerdict.ACCEPTED:
        return LineJudgement(line_id, LineVerdict.ACCEPTED, note=note)
    return LineJudgement(line_id, LineVerdict.REFUSED, choice, note)


def _asked(request: SignedInRequest, claim: SubsidyClaim, form: forms.Form) -> ClaimQuery | None:
    about = form.cleaned_data["about"]
    asked: list[ClaimQuery] = []

    def act() -> None:
        asked.append(
            ask_about_claim(
                claim_id=claim.pk,
                question=form.cleaned_data["question"],
                reviewer=request.user,
                enrollment_id=int(about) if about else None,
                now=timezone.now(),
            )
        )

    return asked[0] if _told(form, act, otherwise="question") else None


def _stands_still(asked: ClaimQuery) -> str:
    """Return until when the clock stands still for a question, in words."""
    if asked.due_on is None:
        return _("The institution was asked. Until it answers, your working days stand still.")
    text = _(
        "The institution was asked. Until it answers, but not beyond %(day)s, your working days stand still."
    )
    return text % {"day": asked.due_on.isoformat()}


def _recommended(request: SignedInRequest, claim: SubsidyClaim, form: forms.Form) -> bool:
    def act() -> None:
        recommend_claim(
            claim_id=claim.pk,
            sha256=form.cleaned_data["sha256"],
            reviewer=request.user,
            now=timezone.now(),
        )

    return _told(form, act)


def _ending(
    service: Callable[..., SubsidyClaim], request: SignedInRequest, claim: SubsidyClaim, form: forms.Form
) -> Callable[[], None]:
    def act() -> None:
        service(
            claim_id=claim.pk,
            reason=form.cleaned_data["reason"],
            reviewer=request.user,
            now=timezone.now(),
        )

    return act


def _told(form: forms.Form, act: Callable[[], None], *, otherwise: str | None = None) -> bool:
    """Do it, or tell the form why not."""
    try:
        act()
    except InvalidTransition as refusal:
        if refusal.code not in TO_LOOK_AT_AGAIN:
            raise
        form.add_error(None, str(refusal))
    except DomainError as refusal:
        tell_form(form, refusal, otherwise=otherwise)
    return form.is_valid()


# ── Where it leads ───────────────────────────────────────────────────────────────────────────────────────
def _claim_to_review(request: SignedInRequest, public_id: str) -> SubsidyClaim:
    """Return a claim that this person reviews; whoever sees it and does not, may not."""
    claim = find_claim(request, public_id)
    absent = stood_in_for(request.user, timezone.localdate())
    policies.check_can_review_claim(request.user, absent, claim)
    return claim


def _again(request: SignedInRequest, claim: SubsidyClaim, sent: SentForms, form: forms.Form) -> HttpResponse:
    """Show the page again with what was entered, and why it was refused."""
    context = review_context(request.user, claim, timezone.now(), sent)
    if not (context["review"] and context["review"]["may_review"]):
        messages.warning(request, _("This claim does not wait for you any more. Nothing was changed."))
        return redirect("claim-detail", claim.public_id)
    return detail_page(request, claim, {**context, "refusal": _what_is_wrong(form)}, status=422)


def _what_is_wrong(form: forms.Form) -> str:
    """Return what is wrong with a form as a whole, or that it is told beside its fields."""
    hidden = [str(error) for field in form.hidden_fields() for error in field.errors]
    found = [*(str(error) for error in form.non_field_errors()), *hidden]
    return " ".join(found) or _("Nothing was changed. What is wrong stands beside the field.")


def _back_to(claim: SubsidyClaim) -> HttpResponse:
    return redirect(reverse("claim-detail", args=[claim.public_id]) + "#review")


def _to_question(claim: SubsidyClaim, about: str) -> HttpResponse:
    query = urlencode({"ask": about[:LENGTH_OF_UUID]})
    return redirect(f"{reverse('claim-detail', args=[claim.public_id])}?{query}#ask")


def _to_the_next(public_id: UUID | None) -> HttpResponse:
    return redirect("claim-detail", public_id) if public_id else redirect("claim-queue")
