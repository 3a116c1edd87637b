"""What the banks have said: their files, handed in, read again or set aside for good."""

from decimal import Decimal

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from chongqing_dte.foundation.errors import DomainError, NotPermitted
from chongqing_dte.foundation.paging import page_of
from chongqing_dte.foundation.templatetags.figures import yuan
from institutions.requests import SignedInRequest
from subsidies import policies, queries
from subsidies.bank import sentences
from subsidies.enums import BankAnswer, ResultFileStatus
from subsidies.forms.bank import DismissalForm, RefusalForm, ResultFileForm
from subsidies.models import BankResultFile
from subsidies.services.bank_results import hand_in_bank_result
from subsidies.services.result_file_steps import OF_THE_WHOLE
from subsidies.services.result_files import (
    confirm_result_file,
    dismiss_result_file,
    read_result_again,
    refuse_result_file,
)
from subsidies.views.bank_tables import EXCEPTION_COLUMNS, RESULT_COLUMNS, shown_exception, shown_result
from subsidies.views.batches import moment, signed_by_whom
from subsidies.views.refusals import tell_form


@require_safe
@login_required
def bank_result_list(request: SignedInRequest) -> HttpResponse:
    """List the banks' result files, newest first: all, or those with one status."""
    status = request.GET.get("status", "")
    files = queries.result_files_visible_to(request.user).select_related("batch").defer("batch__content")
    if status in ResultFileStatus:
        files = files.filter(status=status)
    page = page_of(files, request)
    context = {
        "rows": [shown_result(file) for file in page.rows],
        "page": page,
        "columns": RESULT_COLUMNS,
        "status": status,
        "statuses": ResultFileStatus.choices,
        "query": f"{urlencode({'status': status})}&" if status else "",
        "may_hand_in": policies.can_work_with_bank(request.user),
        "exception_count": queries.waiting_exceptions(request.user).count(),
    }
    return render(request, "subsidies/bank_result_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def bank_result_hand_in(request: SignedInRequest) -> HttpResponse:
    """Take in a result file that a person has brought."""
    policies.check_can_work_with_bank(request.user)
    form = ResultFileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        stored = handed_in(request, form)
        if stored is not None:
            return redirect("bank-result-detail", public_id=stored.public_id)
    return render(request, "subsidies/bank_result_hand_in.html", {"form": form})


@require_safe
@login_required
def bank_result_detail(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show one result file: whose it is, what became of it, and its lines that wait for people."""
    return detail_page(request, find_result(request, public_id), {})


def detail_page(
    request: SignedInRequest, file: BankResultFile, filled_in: dict[str, forms.Form], *, status: int = 200
) -> HttpResponse:
    """Return the page of a file; `filled_in` is the form that was filled in and could not be followed."""
    lines = queries.exceptions_visible_to(request.user).filter(result_file=file)[:100]
    is_set_aside = file.status == ResultFileStatus.QUARANTINED
    context = {
        "file": file,
        "facts": facts_of(file),
        "problem": sentences.file_problem(file.problem),
        "may_act": is_set_aside and policies.can_work_with_bank(request.user),
        "form": filled_in.get("dismissal") or DismissalForm(),
        "waits": file.status == ResultFileStatus.WAITING,
        "tally": tally_of(file),
        "may_decide": file.status == ResultFileStatus.WAITING
        and policies.can_decide_result_file(request.user, file),
        "refusal_form": filled_in.get("refusal") or RefusalForm(),
        "rows": [shown_exception(line) for line in lines],
        "columns": EXCEPTION_COLUMNS,
    }
    return render(request, "subsidies/bank_result_detail.html", context, status=status)


@require_POST
@login_required
def bank_result_read_again(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Read a file again that was set aside."""
    file = find_result(request, public_id)
    stored = read_result_again(file_id=file.pk, reader=request.user, now=timezone.now())
    tell_what_became_of(request, stored)
    return redirect("bank-result-detail", public_id=file.public_id)


@require_POST
@login_required
def bank_result_confirm(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Confirm a file that somebody else has brought, and say what became of it."""
    file = find_result(request, public_id)
    stored = confirm_result_file(file_id=file.pk, confirmer=request.user, now=timezone.now())
    tell_what_became_of(request, stored)
    return redirect("bank-result-detail", public_id=file.public_id)


@require_POST
@login_required
def bank_result_refuse(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Refuse a file that somebody else has brought, and go back to those that wait."""
    file = find_result(request, public_id)
    policies.check_can_decide_result_file(request.user, file)
    form = RefusalForm(request.POST)
    if not (form.is_valid() and _refused(request, file, form)):
        return detail_page(request, file, {"refusal": form}, status=422)
    messages.info(request, _("The file is set aside for good."))
    return redirect("bank-result-list")


@require_POST
@login_required
def bank_result_dismiss(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Set a file aside for good, and go back to those that wait."""
    file = find_result(request, public_id)
    policies.check_can_work_with_bank(request.user)
    form = DismissalForm(request.POST)
    if not (form.is_valid() and _dismissed(request, file, form)):
        return detail_page(request, file, {"dismissal": form}, status=422)
    messages.info(request, _("The file is set aside for good."))
    return redirect("bank-result-list")


def handed_in(request: SignedInRequest, form: ResultFileForm) -> BankResultFile | None:
    """Take in the form's file, or tell the form why not."""
    file = form.cleaned_data["file"]
    try:
        stored = hand_in_bank_result(
            name=file.name, content=file.read(), sender=request.user, now=timezone.now()
        )
    except NotPermitted:
        raise
    except DomainError as refusal:
        form.add_error("file", str(refusal))
        return None
    tell_what_became_of(request, stored)
    return stored


def _refused(request: SignedInRequest, file: BankResultFile, form: forms.Form) -> bool:
    """Refuse a file for the reason in the form, or tell the form why not."""
    reason = form.cleaned_data["reason"]
    try:
        refuse_result_file(file_id=file.pk, decider=request.user, reason=reason, now=timezone.now())
    except DomainError as refusal:
        tell_form(form, refusal)
    return form.is_valid()


def _dismissed(request: SignedInRequest, file: BankResultFile, form: forms.Form) -> bool:
    """Set a file aside for good for the reason in the form, or tell the form why not."""
    reason = form.cleaned_data["reason"]
    try:
        dismiss_result_file(file_id=file.pk, dismisser=request.user, reason=reason, now=timezone.now())
    except DomainError as refusal:
        tell_form(form, refusal)
    return form.is_valid()


def tell_what_became_of(request: SignedInRequest, stored: BankResultFile) -> None:
    """Say whether a file was applied, waits for somebody else, or was set aside."""
    if stored.status == ResultFileStatus.WAITING:
        messages.info(
            request, _("The file waits for a second person of finance. Nothing of it is applied before.")
        )
    elif stored.status == ResultFileStatus.APPLIED:
        messages.success(request, _("The file is applied. What its lines say stands in the batch."))
    else:
        messages.warning(request, _("The file is set aside. Nothing of it is applied; its page says why."))


def facts_of(file: BankResultFile) -> list[tuple[str, object]]:
    """Return the facts of a result file as its page shows them."""
    facts: list[tuple[str, object]] = [
        (_("Received"), moment(file.received_at)),
        (_("Handed in by"), file.received_by or _("By itself")),
        (_("Batch named in the file"), file.named_batch),
        ("SHA-256", file.sha256),
    ]
    # Before it is applied none of its lines is kept; what a file that waits says stands below.
    if file.status == ResultFileStatus.APPLIED:
        facts.insert(3, (_("Lines"), queries.line_count_of(file)))
    if file.confirmed_at:
        facts.append((_("Confirmed by"), signed_by_whom(file.confirmed_by, file.confirmed_at)))
    if file.put_down_at:
        facts.append((_("Put down by the bank"), moment(file.put_down_at)))
    if file.dismissed_at:
        facts.append((_("Set aside for good by"), signed_by_whom(file.dismissed_by, file.dismissed_at)))
        facts.append((_("Reason"), file.dismissal_reason))
    return facts


def tally_of(file: BankResultFile) -> list[tuple[str, object]]:
    """Return what a file says that waits: of each answer how many lines, and their sum."""
    labels = [(answer.value, str(answer.label)) for answer in BankAnswer]
    labels.append((OF_THE_WHOLE, _("Of these named by no line, and answered for with the whole batch")))
    said = [(label, file.tally[name]) for name, label in labels if name in file.tally]
    return [
        (label, _("%(count)s lines, %(sum)s") % {**each, "sum": yuan(Decimal(each["sum"]))})
        for label, each in said
    ]


def find_result(request: SignedInRequest, public_id: str) -> BankResultFile:
    """Return a result file that this person may see; any other does not exist for them."""
    files = queries.result_files_visible_to(request.user)
    files = files.select_related("batch", "received_by", "confirmed_by", "dismissed_by").defer(
        "content", "batch__content"
    )
    return get_object_or_404(files, public_id=public_id)
