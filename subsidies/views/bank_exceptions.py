"""Bank lines that could not be applied: listed, looked into, and settled by two people."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from chongqing_dte.foundation.errors import DomainError, InvalidTransition
from chongqing_dte.foundation.paging import page_of
from chongqing_dte.foundation.proposals import RequestStatus
from chongqing_dte.foundation.templatetags.figures import yuan
from institutions.requests import SignedInRequest
from subsidies import policies, queries
from subsidies.bank import sentences
from subsidies.enums import LineProblem, ResolutionOutcome
from subsidies.explanations import return_reason
from subsidies.forms.bank import FindingDecisionForm, FindingForm
from subsidies.models import BankResultLine, LineResolution
from subsidies.services.line_resolutions import approve_resolution, propose_resolution, refuse_resolution
from subsidies.views.bank_tables import EXCEPTION_COLUMNS, shown_exception
from subsidies.views.batches import moment, signed_by_whom
from subsidies.views.refusals import tell_form

ANSWER_COLUMNS = (
    (gettext_lazy("Received"), ""),
    (gettext_lazy("File"), ""),
    (gettext_lazy("Payment batch"), ""),
    (gettext_lazy("Amount"), "numeric"),
    (gettext_lazy("Answer"), ""),
    (gettext_lazy("Problem"), ""),
)


@require_safe
@login_required
def bank_exception_list(request: SignedInRequest) -> HttpResponse:
    """List the bank lines that could not be applied, newest first: those that wait, or all of them."""
    shows_all = request.GET.get("show") == "all"
    problem = request.GET.get("problem", "")
    wanted = {"show": "all" if shows_all else "", "problem": problem}
    page = page_of(narrowed(request, problem, shows_all=shows_all), request)
    query = urlencode({name: value for name, value in wanted.items() if value})
    context = {
        "rows": [shown_exception(line) for line in page.rows],
        "page": page,
        "columns": EXCEPTION_COLUMNS,
        "shows_all": shows_all,
        "problem": problem,
        "problems": LineProblem.choices,
        "query": f"{query}&" if query else "",
        "waiting_count": queries.waiting_exceptions(request.user).count(),
    }
    return render(request, "subsidies/bank_exception_list.html", context)


@require_safe
@login_required
def bank_exception_detail(request: SignedInRequest, public_id: str, line_number: int) -> HttpResponse:
    """Show what we instructed, what the bank says, all that it has said before, and what can be done about it."""
    return detail_page(request, find_exception(request, public_id, line_number), {})


def detail_page(
    request: SignedInRequest, line: BankResultLine, filled_in: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """Return the page of a line; `filled_in` are the forms that were filled in and could not be followed."""
    findings = queries.resolutions_of(line)
    proposed = next((each for each in findings if each.status == RequestStatus.PROPOSED), None)
    refusals = queries.why_not_found(line)
    works_here = policies.can_work_with_bank(request.user)
    context = {
        "line": line,
        "file": line.result_file,
        "cause": sentences.line_problem(line.problem),
        "instructed": instructed(line),
        "said": said(line),
        "elsewhere": queries.attempts_with_reference(line.reference) if line.attempt is None else [],
        "answer_rows": queries.answers_to_payment_of(line),
        "answer_columns": ANSWER_COLUMNS,
        "findings": [finding_facts(each) for each in findings],
        "not_offered": [
            (outcome.label, sentences.why_not(code)) for outcome, code in refusals.items() if code
        ],
        "proposed": proposed,
        "may_propose": works_here and proposed is None and line.resolved_at is None,
        "may_decide": proposed is not None and policies.can_decide_resolution(request.user, proposed),
        "form": filled_in.get("finding") or finding_form(line),
        "decision_form": filled_in.get("decision") or FindingDecisionForm(),
    }
    return render(request, "subsidies/bank_exception_detail.html", context, status=status)


@require_POST
@login_required
def bank_exception_propose(request: SignedInRequest, public_id: str, line_number: int) -> HttpResponse:
    """Say what was found out at the bank about a line."""
    line = find_exception(request, public_id, line_number)
    policies.check_can_work_with_bank(request.user)
    form = finding_form(line, request.POST)
    if not (form.is_valid() and _proposed(request, line, form)):
        return detail_page(request, line, {"finding": form}, status=422)
    messages.success(request, _("Your finding is recorded. A second person of finance has to confirm it."))
    return redirect("bank-exception-list")


@require_POST
@login_required
def bank_exception_approve(request: SignedInRequest, public_id: str, line_number: int) -> HttpResponse:
    """Confirm what somebody else found out, and go on to what waits."""
    line = find_exception(request, public_id, line_number)
    form = FindingDecisionForm(request.POST)
    if not _decided(request, line, form, approve_resolution):
        return detail_page(request, line, {"decision": form}, status=422)
    messages.success(request, _("The line is settled. A batch is closed by itself with its last open end."))
    return redirect("bank-exception-list")


@require_POST
@login_required
def bank_exception_refuse(request: SignedInRequest, public_id: str, line_number: int) -> HttpResponse:
    """Refuse what somebody else found out. The line goes on waiting."""
    line = find_exception(request, public_id, line_number)
    form = FindingDecisionForm(request.POST)
    if not _decided(request, line, form, refuse_resolution):
        return detail_page(request, line, {"decision": form}, status=422)
    messages.info(request, _("The finding is refused. The line goes on waiting."))
    return redirect("bank-exception-list")


def finding_form(line: BankResultLine, sent: QueryDict | None = None) -> FindingForm:
    """Return the form for a finding about a line, which offers what can be true of it."""
    refusals = queries.why_not_found(line)
    return FindingForm.offering([outcome for outcome, code in refusals.items() if not code], sent)


def _proposed(request: SignedInRequest, line: BankResultLine, form: forms.Form) -> bool:
    """Put the finding of the form down, or tell the form why not."""
    found = form.cleaned_data
    try:
        propose_resolution(
            line_id=line.pk,
            proposer=request.user,
            outcome=ResolutionOutcome(found["outcome"]),
            reason=found["reason"],
            bank_reference=found["bank_reference"],
            now=timezone.now(),
        )
    except DomainError as refusal:
        tell_form(form, refusal, otherwise="outcome")
    return form.is_valid()


def _decided(
    request: SignedInRequest,
    line: BankResultLine,
    form: forms.Form,
    decide: Callable[..., LineResolution],
) -> bool:
    """Decide the finding that was looked at as asked for, or tell the form why not."""
    resolution = find_looked_at(request, line)
    policies.check_can_decide_resolution(request.user, resolution)
    if not form.is_valid():
        return False
    reason = form.cleaned_data["reason"]
    try:
        decide(resolution_id=resolution.pk, decider=request.user, reason=reason, now=timezone.now())
    except DomainError as refusal:
        tell_form(form, refusal)
    return form.is_valid()


def narrowed(request: SignedInRequest, problem: str, *, shows_all: bool) -> QuerySet[BankResultLine]:
    """Return the lines that fit; what is no problem narrows nothing."""
    lines = (
        queries.exceptions_visible_to(request.user) if shows_all else queries.waiting_exceptions(request.user)
    )
    return lines.filter(problem=problem) if problem in LineProblem else lines


def instructed(line: BankResultLine) -> list[tuple[str, object]]:
    """Return what we asked of the bank, and how that stands."""
    attempt = line.attempt
    if attempt is None:
        return []
    return [
        (_("Payment batch"), attempt.batch.reference),
        (_("Line"), attempt.line_number),
        (_("Bank account"), attempt.bank_account),
        (_("Amount"), yuan(attempt.amount)),
        (_("Attempt number"), attempt.number),
        (_("Instruction"), attempt.get_status_display()),
        (_("Payment"), attempt.payment.get_status_display()),
    ]


def said(line: BankResultLine) -> list[tuple[str, object]]:
    """Return what the bank says in this line."""
    return [
        (_("Bank reference"), line.reference),
        (_("Amount"), yuan(line.amount)),
        (_("Answer"), line.get_answer_display()),
        (_("Return code"), return_reason(line.return_code)),
        (_("File"), line.result_file.file_name),
        (_("Line"), _("None: said of the whole batch") if line.is_of_whole else line.line_number),
        (_("Received"), moment(line.result_file.received_at)),
        (_("Resolved"), moment(line.resolved_at)),
    ]


def finding_facts(found: LineResolution) -> dict[str, object]:
    """Return one finding as the page shows it."""
    facts = [
        (_("What the bank told you"), found.reason),
        (_("Reference on the bank statement"), found.bank_reference),
        (_("Proposed by"), signed_by_whom(found.proposed_by, found.proposed_at)),
        (_("Decided by"), signed_by_whom(found.decided_by, found.decided_at)),
        (_("Reason of the decision"), found.decision_reason),
    ]
    return {"found": found, "facts": facts}


def find_exception(request: SignedInRequest, public_id: str, line_number: int) -> BankResultLine:
    """Return a bank line with a problem that this person may see; any other does not exist for them."""
    lines = queries.exceptions_visible_to(request.user).select_related(
        "result_file__batch", "attempt__batch", "attempt__bank_account", "attempt__payment"
    )
    lines = lines.defer("result_file__content", "result_file__batch__content", "attempt__batch__content")
    return get_object_or_404(lines, result_file__public_id=public_id, line_number=line_number)


def find_looked_at(request: SignedInRequest, line: BankResultLine) -> LineResolution:
    """Return the finding that the decider looked at. Raises InvalidTransition if the line has no such finding."""
    looked_at = request.POST.get("finding", "")
    for found in queries.resolutions_of(line):
        if str(found.pk) == looked_at:
            return found
    raise InvalidTransition(_("The finding is not the one that you looked at. Open the page again."))
