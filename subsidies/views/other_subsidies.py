"""What other programmes paid: the list, recording one or many, and taking back."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from chongqing_dte.foundation.paging import page_of
from chongqing_dte.foundation.tabular import RowProblem
from chongqing_dte.foundation.tabular_reading import column_label
from chongqing_dte.foundation.templatetags.figures import yuan
from chongqing_dte.foundation.uploads import UploadForm, workbook_download
from enrollment.rules.identifiers import mask_id_number
from institutions.requests import SignedInRequest
from subsidies import policies, queries
from subsidies.elsewhere.columns import OTHER_SUBSIDY_COLUMNS
from subsidies.elsewhere.messages import message_for
from subsidies.elsewhere.tables import other_subsidies_template
from subsidies.forms.other_subsidies import OtherSubsidyFilterForm, OtherSubsidyForm, WithdrawalForm
from subsidies.models import Entitlement, OtherSubsidy
from subsidies.services.other_subsidies import (
    OtherSubsidiesRefused,
    Recorded,
    record_other_subsidies_from_file,
    record_other_subsidy,
    withdraw_other_subsidy,
)

COLUMNS = (
    (gettext_lazy("Name"), ""),
    (gettext_lazy("ID number"), ""),
    (gettext_lazy("Occupation and level"), ""),
    (gettext_lazy("Programme"), ""),
    (gettext_lazy("Amount"), "numeric"),
    (gettext_lazy("Paid on"), ""),
    (gettext_lazy("Our own grant"), ""),
    (gettext_lazy("Status"), ""),
)
PROBLEM_COLUMNS = (
    (gettext_lazy("Row"), "numeric"),
    (gettext_lazy("Column"), ""),
    (gettext_lazy("Problem"), ""),
)
LABELS = {column.key: column for column in OTHER_SUBSIDY_COLUMNS}


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def other_subsidy_list(request: SignedInRequest) -> HttpResponse:
    """List what other programmes paid, and offer to record more. A name is posted: no address holds one."""
    if not policies.can_see_other_subsidies(request.user):
        raise NotPermitted
    return list_page(request)


@require_POST
@login_required
def other_subsidy_record(request: SignedInRequest) -> HttpResponse:
    """Record what one person was paid elsewhere."""
    policies.check_can_record_other_subsidies(request.user)
    form = OtherSubsidyForm(request.POST, auto_id="one_%s")
    if form.is_valid():
        try:
            recorded = record_other_subsidy(typed=form.typed(), recorder=request.user, now=timezone.now())
        except OtherSubsidiesRefused as refusal:
            for problem in refusal.problems:
                form.add_error(problem.column, message_for(problem.code, problem.parameters))
        else:
            say_recorded(request, recorded)
            return redirect("other-subsidy-list")
    return list_page(request, form=form, status=422)


@require_POST
@login_required
def other_subsidy_upload(request: SignedInRequest) -> HttpResponse:
    """Record the rows of a list, or show all that is wrong with it."""
    policies.check_can_record_other_subsidies(request.user)
    form = UploadForm(request.POST, request.FILES, auto_id="list_%s")
    problems: Sequence[RowProblem] = ()
    if form.is_valid():
        try:
            recorded = record_other_subsidies_from_file(
                content=form.cleaned_data["file"].read(), recorder=request.user, now=timezone.now()
            )
        except NotPermitted:
            raise
        except DomainError as refusal:
            form.add_error("file", str(refusal))
            problems = refusal.problems if isinstance(refusal, OtherSubsidiesRefused) else ()
        else:
            say_recorded(request, recorded)
            return redirect("other-subsidy-list")
    return list_page(request, upload_form=form, problems=problems, status=422)


@require_safe
@login_required
def other_subsidy_template(request: SignedInRequest) -> FileResponse:
    """Hand out the empty list."""
    policies.check_can_record_other_subsidies(request.user)
    return workbook_download(other_subsidies_template(), file_name="other-subsidies.xlsx")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def other_subsidy_withdraw(request: SignedInRequest) -> HttpResponse:
    """Take back what was recorded by mistake, with a reason."""
    other = find_other_subsidy(request)
    policies.check_can_withdraw_other_subsidies(request.user)
    form = WithdrawalForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid() and withdrawn(request, other, form):
            messages.success(request, _("It is taken back, and counts no more."))
            return redirect("other-subsidy-list")
    context = {"other": other, "form": form, "facts": facts_of(other)}
    return render(request, "subsidies/other_subsidy_withdraw.html", context, status=status)


def find_other_subsidy(request: SignedInRequest) -> OtherSubsidy:
    """Return the one that is named in the query, of those this person may see."""
    named = request.GET.get("other_subsidy", "")
    found = queries.other_subsidies_found(request.user)
    return get_object_or_404(
        found, pk=int(named) if named.isascii() and named.isdigit() and len(named) < 19 else 0
    )


def withdrawn(request: SignedInRequest, other: OtherSubsidy, form: forms.Form) -> bool:
    """Take one back, or say on the form why not."""
    try:
        withdraw_other_subsidy(
            other_subsidy_id=other.pk,
            reason=form.cleaned_data["reason"],
            withdrawer=request.user,
            now=timezone.now(),
        )
    except (NotPermitted, InvalidTransition):
        raise
    except DomainError as refusal:
        form.add_error("reason", str(refusal))
        return False
    return True


def list_page(
    request: SignedInRequest,
    *,
    form: forms.Form | None = None,
    upload_form: forms.Form | None = None,
    problems: Sequence[RowProblem] = (),
    status: int = 200,
) -> HttpResponse:
    """Show the list, and why something was not recorded."""
    is_search = form is None and upload_form is None
    is_posted = is_search and request.method == "POST"
    search = OtherSubsidyFilterForm(request.POST if is_posted else request.GET)
    wanted = search.cleaned_data if search.is_valid() else {}
    page = page_of(queries.other_subsidies_found(request.user, **wanted), request)
    granted = queries.certificates_granted_beside(page.rows)
    may_withdraw = policies.can_withdraw_other_subsidies(request.user)
    kept = {name: value for name, value in wanted.items() if value and name != "name"}
    context = {
        "rows": [shown(other, granted, may_withdraw=may_withdraw) for other in page.rows],
        "page": page,
        "columns": COLUMNS,
        "search": search,
        "query": f"{urlencode(kept)}&" if kept else "",
        "is_posted": is_posted,
        "may_record": policies.can_record_other_subsidies(request.user),
        "form": form or OtherSubsidyForm(auto_id="one_%s"),
        "upload_form": upload_form or UploadForm(auto_id="list_%s"),
        "problems": [
            {
                "number": problem.row_number,
                "column": column_label(LABELS[problem.column]),
                "severity": problem.severity,
                "reason": message_for(problem.code, problem.parameters),
            }
            for problem in problems
        ],
        "problem_columns": PROBLEM_COLUMNS,
    }
    return render(request, "subsidies/other_subsidy_list.html", context, status=status)


def shown(
    other: OtherSubsidy, granted: Mapping[int, Entitlement], *, may_withdraw: bool = False
) -> dict[str, object]:
    """Return one of them as the list shows it, the ID number masked."""
    stands = other.withdrawn_at is None
    return {
        "other": other,
        "id_number": mask_id_number(other.trainee.id_number),
        "grant": granted.get(other.pk),
        "status": "VALID" if stands else "WITHDRAWN",
        "label": _("Is counted") if stands else _("Taken back"),
        "may_withdraw": may_withdraw and stands,
    }


def facts_of(other: OtherSubsidy) -> list[tuple[str, object]]:
    """Return what is recorded of one of them, as label and value."""
    return [
        (_("Name"), other.trainee.name),
        (_("ID number"), mask_id_number(other.trainee.id_number)),
        (_("Occupation and level"), f"{other.occupation.name} · {other.get_level_display()}"),
        (_("Programme"), other.programme),
        (_("Amount"), yuan(other.amount)),
        (_("Paid on"), other.paid_on.isoformat()),
        (_("Source"), other.source),
    ]


def say_recorded(request: SignedInRequest, recorded: Recorded) -> None:
    """Say how many were recorded, and what did not change by that."""
    text = ngettext("%(count)s subsidy is recorded.", "%(count)s subsidies are recorded.", recorded.count)
    messages.success(request, text % {"count": recorded.count})
    if recorded.granted_count:
        text = ngettext(
            "%(count)s of these people was granted our subsidy before. That decision stands; see the list.",
            "%(count)s of these people were granted our subsidy before. Those decisions stand; see the list.",
            recorded.granted_count,
        )
        messages.warning(request, text % {"count": recorded.granted_count})
