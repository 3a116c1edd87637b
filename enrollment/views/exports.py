"""The lists of a class's people with whole numbers."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from chongqing_dte.foundation.errors import DomainError, NotPermitted
from chongqing_dte.foundation.paging import page_of
from chongqing_dte.foundation.uploads import workbook_download
from enrollment import policies, queries
from enrollment.forms.identity import ExportForm
from enrollment.models import Export, TrainingClass
from enrollment.services.exports import download_export, prepare_export
from enrollment.views.classes import find_class
from institutions.models import User
from institutions.queries import districts_answered_for
from institutions.requests import SignedInRequest

EXPORT_COLUMNS = (
    (gettext_lazy("Requested at"), ""),
    (gettext_lazy("Requested by"), ""),
    (gettext_lazy("Reason"), ""),
    (gettext_lazy("Rows"), "numeric"),
    (gettext_lazy("Expires at"), ""),
    (gettext_lazy("Downloads"), "numeric"),
)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def class_exports(request: SignedInRequest, public_id: str) -> HttpResponse:
    """List a class's exports, and make another one."""
    training_class = find_class(request, public_id)
    is_sent, districts = request.method == "POST", districts_answered_for(request.user)
    if is_sent:
        policies.check_can_export(request.user, training_class, districts)
    form = ExportForm(request.POST) if is_sent else ExportForm()
    if is_sent and prepared(request.user, training_class, form):
        messages.success(request, _("The list is ready. Only you can download it, until it expires."))
        return redirect("class-exports", public_id)
    now = timezone.now()
    page = page_of(queries.exports_of_class(request.user, training_class), request)
    context = {
        "training_class": training_class,
        "form": form if policies.can_export(request.user, training_class, districts) else None,
        "rows": [
            {
                "export": export,
                "is_expired": export.expires_at <= now,
                "may_download": export.expires_at > now
                and policies.can_download_export(request.user, export, districts),
            }
            for export in page.rows
        ],
        "page": page,
        "columns": EXPORT_COLUMNS,
    }
    return render(request, "enrollment/class_exports.html", context, status=422 if is_sent else 200)


@require_safe
@login_required
@never_cache
def download(request: SignedInRequest, public_id: str) -> FileResponse:
    """Hand out a list to whom it was made for, until it expires."""
    export = find_export(request, public_id)
    found = download_export(export_id=export.pk, downloader=request.user, now=timezone.now())
    return workbook_download(
        bytes(found.content or b""), file_name=f"people-{found.training_class.reference}.xlsx"
    )


def prepared(requester: User, training_class: TrainingClass, form: forms.Form) -> bool:
    """Make the list that the form asks for, or tell the form why not."""
    if not form.is_valid():
        return False
    try:
        prepare_export(
            class_id=training_class.pk,
            reason=form.cleaned_data["reason"],
            requester=requester,
            now=timezone.now(),
        )
    except NotPermitted:
        raise
    except DomainError as refusal:
        form.add_error(None, str(refusal))
    return form.is_valid()


def find_export(request: SignedInRequest, public_id: str) -> Export:
    """Return an export of a class that this person may see; any other does not exist for them."""
    return get_object_or_404(queries.exports_visible_to(request.user), public_id=public_id)
