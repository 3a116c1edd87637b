"""What an institution does with the claim of a class: opens it early, hands it in, takes it back, answers about it."""

from datetime import date

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from enrollment.models import TrainingClass
from institutions.requests import SignedInRequest
from subsidies import queries
from subsidies.forms.claims import ClaimWithdrawalForm
from subsidies.policies.claim_reviews import check_can_answer_about_claim
from subsidies.policies.claims import check_can_open_claim, check_can_submit_claim, check_can_withdraw_claim
from subsidies.queries.claim_pages import claim_questions_visible_to, live_claim_of_class
from subsidies.rules.claim_days import last_opening_day, unsettled_count
from subsidies.rules.claim_facts import cut_off_day
from subsidies.rules.claim_lines import reckon
from subsidies.services.claim_reviews import answer_about_claim
from subsidies.services.claims import open_claim, submit_claim, withdraw_claim
from subsidies.views.advances import find_class
from subsidies.views.claims import answer_form, detail_page, find_claim, shown_questions
from subsidies.views.refusals import tell_form


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def claim_open(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show what the claim of a class would come to today and how many may still pass; open it once that is accepted."""
    training_class = find_class(request, public_id)
    check_can_open_claim(request.user, training_class)
    claim = live_claim_of_class(request.user, training_class)
    if claim is not None:
        return redirect("claim-detail", public_id=claim.public_id)
    if request.method != "POST":
        return _opening_page(request, training_class)
    try:
        opened = open_claim(class_id=training_class.pk, opener=request.user, now=timezone.now())
    except (NotPermitted, InvalidTransition):
        raise
    except DomainError as refusal:
        return _opening_page(request, training_class, refusal)
    messages.success(request, _("The claim is opened. Hand it in once nothing is missing."))
    return redirect("claim-detail", public_id=opened.public_id)


def _opening_page(
    request: SignedInRequest, training_class: TrainingClass, refusal: DomainError | None = None
) -> HttpResponse:
    context = {
        "training_class": training_class,
        "refusal": str(refusal) if refusal else "",
        **_outlook(training_class, timezone.localdate()),
    }
    return render(
        request, "subsidies/claim_open.html", context, status=refusal.status_code if refusal else 200
    )


def _outlook(training_class: TrainingClass, today: date) -> dict[str, object]:
    """Return what a claim that is opened today would come to, and what may still change that."""
    facts = queries.gather_claim_facts([training_class.pk], today=today)[training_class.pk]
    if facts.policy is None or not training_class.locked_count:
        return {"has_outlook": False, "open_count": 0}
    reckoned = reckon(facts.class_, facts.trainees, facts.policy, facts.advance)
    return {
        "has_outlook": True,
        "open_count": unsettled_count(facts.class_, facts.trainees, facts.policy, today),
        "amount": reckoned.amount,
        "passes": f"{reckoned.pass_count} / {reckoned.rate_count}",
        "advance": facts.advance,
        "cut_off": cut_off_day(facts.class_, facts.policy).isoformat(),
        "last_day": last_opening_day(facts.class_, facts.policy).isoformat(),
    }


@require_POST
@login_required
def claim_submit(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Hand a claim in to its district, reckoned by what stands at this moment."""
    claim = find_claim(request, public_id)
    check_can_submit_claim(request.user, claim)
    shown = claim.reckoning.amount if claim.reckoning else None
    try:
        submitted = submit_claim(claim_id=claim.pk, submitter=request.user, now=timezone.now())
    except (NotPermitted, InvalidTransition):
        raise
    except DomainError as refusal:
        # What was reckoned with it was undone too.
        refused = {"refusal": str(refusal)}
        return detail_page(request, find_claim(request, public_id), refused, status=refusal.status_code)
    messages.success(request, _("The claim is with the district now."))
    if submitted.reckoning is not None and submitted.reckoning.amount != shown:
        messages.warning(request, _("What it rests on had changed, so it comes to another sum: look at it."))
    return redirect("claim-detail", public_id=claim.public_id)


@require_POST
@login_required
def claim_withdraw(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Take a claim back for good."""
    claim = find_claim(request, public_id)
    check_can_withdraw_claim(request.user, claim)
    form = ClaimWithdrawalForm(request.POST, prefix="withdrawal")
    if form.is_valid():
        try:
            withdraw_claim(
                claim_id=claim.pk,
                withdrawer=request.user,
                reason=form.cleaned_data["reason"],
                now=timezone.now(),
            )
        except DomainError as refusal:
            tell_form(form, refusal, otherwise="reason")
        else:
            messages.info(request, _("The claim is taken back. Within its time you can open another one."))
            return redirect("claim-detail", public_id=claim.public_id)
    return detail_page(request, claim, {"withdrawal_form": form}, status=422)


@require_POST
@login_required
def claim_answer(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Answer what a bureau has asked about a claim."""
    question = get_object_or_404(claim_questions_visible_to(request.user), public_id=public_id)
    claim = find_claim(request, str(question.claim.public_id))
    check_can_answer_about_claim(request.user, claim)
    form = answer_form(question, request.POST)
    if form.is_valid():
        try:
            answer_about_claim(
                question_id=question.pk,
                answer=form.cleaned_data["answer"],
                answerer=request.user,
                now=timezone.now(),
            )
        except DomainError as refusal:
            tell_form(form, refusal, otherwise="answer")
        else:
            messages.success(request, _("Your answer is with the bureau."))
            return redirect("claim-detail", public_id=claim.public_id)
    questions = shown_questions(request.user, claim, {question.pk: form})
    return detail_page(request, claim, {"questions": questions}, status=422)
