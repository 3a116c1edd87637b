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
from chongqing_dte.foundation.uploads import UploadForm, workbook_download
from enrollment import policies, queries
from enrollment.enums import RosterStatus
from enrollment.models import RosterUpload, TrainingClass
from enrollment.roster.template import roster_template
from enrollment.services.rosters import confirm_roster, receive_roster, reject_roster
from enrollment.views.classes import class_context, find_class
from enrollment.views.roster_rows import outcome_filters, shown_row, summary_of_problems
from institutions.models import User
from institutions.requests import SignedInRequest

ROW_COLUMNS = (
    (gettext_lazy("Row"), "numeric"),
    (gettext_lazy("Name"), ""),
    (gettext_lazy("ID number"), ""),
    (gettext_lazy("Participant category"), ""),
    (gettext_lazy("Outcome"), ""),
    (gettext_lazy("Problems"), ""),
)
ROWS_ON_A_PAGE = 500


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def upload_roster(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Take in a roster for a class. What is refused as a whole is shown on the page of the class."""
    if request.method != "POST":
        return redirect("class-detail", public_id)
    training_class = find_class(request, public_id)
    form = UploadForm(request.POST, request.FILES)
    upload = received(request.user, training_class, form)
    if upload is not None:
        return redirect("roster-detail", upload.public_id)
    context = class_context(request.user, training_class, form)
    return render(request, "enrollment/class_detail.html", context, status=422)


@require_safe
@login_required
def roster_detail(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show every row of a roster with all that was found in it."""
    upload = find_upload(request, public_id)
    may_decide = upload.status == RosterStatus.READY and policies.can_confirm_roster(request.user, upload)
    context = {
        "upload": upload,
        "training_class": upload.training_class,
        "may_confirm": may_decide and upload.accepted_count > 0,
        "may_reject": may_decide,
        "columns": ROW_COLUMNS,
        **rows_context(request, upload),
    }
    return render(request, "enrollment/roster_detail.html", context)


@require_POST
@login_required
def confirm(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Put the good rows of a roster in."""
    upload = find_upload(request, public_id)
    confirm_roster(upload_id=upload.pk, confirmer=request.user, now=timezone.now())
    count = queries.enrolled_count_of(upload)
    text = ngettext("%(count)s person is enrolled.", "%(count)s people are enrolled.", count) % {
        "count": count
    }
    messages.success(request, text)
    return redirect("class-detail", upload.training_class.public_id)


@require_POST
@login_required
def reject(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Put a roster aside."""
    upload = find_upload(request, public_id)
    reject_roster(upload_id=upload.pk, rejecter=request.user, now=timezone.now())
    messages.info(request, _("The roster was put aside. Nobody was enrolled from it."))
    return redirect("class-detail", upload.training_class.public_id)


@require_safe
@login_required
def download_template(request: SignedInRequest, public_id: str) -> FileResponse:
    """Return an empty roster for a class."""
    training_class = find_class(request, public_id)
    content = roster_template(
        class_reference=training_class.reference, institution_name=training_class.institution.name_zh
    )
    return workbook_download(content, file_name=f"roster-{training_class.reference}.xlsx")


def received(uploader: User, training_class: TrainingClass, form: forms.Form) -> RosterUpload | None:
    """Take in the form's file, or tell the form why not."""
    if not form.is_valid():
        return None
    file = form.cleaned_data["file"]
    try:
        return receive_roster(
            class_id=training_class.pk,
            uploader=uploader,
            file_name=file.name,
            content=file.read(),
            now=timezone.now(),
        )
    except (NotPermitted, InvalidTransition):
        raise
    except DomainError as refusal:
        form.add_error("file", str(refusal))
    return None


def find_upload(request: SignedInRequest, public_id: str) -> RosterUpload:
    """Return a roster that this person may see; any other does not exist for them."""
    uploads = queries.roster_uploads_visible_to(request.user).defer("content")
    return get_object_or_404(uploads, public_id=public_id)


def rows_context(request: SignedInRequest, upload: RosterUpload) -> dict[str, object]:
    """Return the rows that the chosen filter leaves, and what is wrong in the roster as a whole."""
    full_names = policies.works_for(request.user, upload.training_class)
    rows = [shown_row(row, full_names=full_names) for row in queries.roster_rows_of(upload)]
    filters = outcome_filters(rows, chosen=request.GET.get("show", "all"))
    chosen = next(choice for choice in filters if choice.is_chosen)
    after = request.GET.get("after", "")
    first = int(after) if after.isascii() and after.isdigit() else 0
    shown = [row for row in rows if row.number > first and chosen.takes(row)]
    return {
        "rows": shown[:ROWS_ON_A_PAGE],
        "next_key": shown[ROWS_ON_A_PAGE - 1].number if len(shown) > ROWS_ON_A_PAGE else None,
        "is_first": first == 0,
        "filters": filters,
        "query": f"show={chosen.key}&",
        "summary": summary_of_problems(rows),
    }
