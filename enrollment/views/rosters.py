from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from chongqing_dte.foundation.paging import page_of
from chongqing_dte.foundation.uploads import UploadForm
from enrollment import policies, queries
from enrollment.enums import ClassStatus, RosterStatus
from enrollment.forms.rosters import ConfirmForm
from enrollment.models import RosterUpload, TrainingClass
from enrollment.models.roster import WAITING_FOR_CHECKS
from enrollment.roster.messages import failure_text
from enrollment.services.roster_confirmation import confirm_roster, reject_roster
from enrollment.services.roster_uploads import UploadedFile, receive_roster
from enrollment.views.classes import find_class
from enrollment.views.roster_rows import row_filters, shown_problem_counts, shown_rows
from institutions.models import User
from institutions.requests import SignedInRequest

UPLOAD_COLUMNS = (
    (gettext_lazy("File"), ""),
    (gettext_lazy("Uploaded"), ""),
    (gettext_lazy("Rows"), "numeric"),
    (gettext_lazy("Refused rows"), "numeric"),
    (gettext_lazy("Rows put in"), "numeric"),
    (gettext_lazy("Status"), ""),
)
ROW_COLUMNS = (
    (gettext_lazy("Row"), "numeric"),
    (gettext_lazy("Name"), ""),
    (gettext_lazy("ID number"), ""),
    (gettext_lazy("Participant category"), ""),
    (gettext_lazy("Outcome"), ""),
    (gettext_lazy("What was found"), ""),
)
ROWS_ON_A_PAGE = 200
OPEN_TO_ROSTERS = (ClassStatus.CONFIRMED, ClassStatus.RUNNING)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def class_rosters(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show the rosters of a class, and take in another one. What is refused as a whole is shown with the form."""
    training_class = find_class(request, public_id)
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    if request.method == "POST":
        upload = received(request.user, training_class, form)
        if upload is not None:
            return redirect("roster-detail", upload.public_id)
    uploads = queries.roster_uploads_visible_to(request.user).filter(training_class=training_class)
    context = {
        "training_class": training_class,
        "page": page_of(uploads, request),
        "columns": UPLOAD_COLUMNS,
        "form": form,
        "may_upload": training_class.status in OPEN_TO_ROSTERS
        and policies.can_upload_roster(request.user, training_class),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "enrollment/class_rosters.html", context, status=status)


@require_safe
@login_required
def roster_detail(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show how far a roster is, and once it is checked every row with all that was found in it."""
    upload = find_upload(request, public_id)
    is_own = policies.can_upload_roster(request.user, upload.training_class)
    context = {
        "upload": upload,
        "training_class": upload.training_class,
        "is_waiting": upload.status in WAITING_FOR_CHECKS,
        "failure": failure_text(upload.failure_code, upload.failure_parameters)
        if upload.status == RosterStatus.FAILED
        else "",
        "is_shown": upload.checked_at is not None,
        "may_decide": upload.status == RosterStatus.READY
        and policies.can_confirm_roster(request.user, upload),
        "clean_count": upload.accepted_count - upload.warned_count,
        "may_download": is_own,
        "has_problem_rows": upload.checked_at is not None
        and upload.refused_count + (0 if upload.takes_warned_rows else upload.warned_count) > 0,
        "columns": ROW_COLUMNS,
        **rows_context(request, upload),
    }
    return render(request, "enrollment/roster_detail.html", context)


@require_POST
@login_required
def confirm(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Put the good rows of a roster in."""
    upload = find_upload(request, public_id)
    form = ConfirmForm(request.POST)
    confirmed = confirm_roster(
        upload_id=upload.pk,
        confirmer=request.user,
        takes_warned_rows=form.is_valid() and form.cleaned_data["takes_warned_rows"],
        holders_of=queries.certificate_holders(),
        now=timezone.now(),
    )
    count = confirmed.put_in_count
    text = ngettext("%(count)s row was put in.", "%(count)s rows were put in.", count) % {"count": count}
    messages.success(request, text)
    return redirect("roster-detail", upload.public_id)


@require_POST
@login_required
def reject(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Put a roster aside."""
    upload = find_upload(request, public_id)
    reject_roster(upload_id=upload.pk, rejecter=request.user, now=timezone.now())
    messages.info(request, _("The roster was put aside. Nothing of it was put in."))
    return redirect("class-rosters", upload.training_class.public_id)


def received(uploader: User, training_class: TrainingClass, form: forms.Form) -> RosterUpload | None:
    """Take in the form's file, or tell the form why not."""
    if not form.is_valid():
        return None
    file = form.cleaned_data["file"]
    try:
        return receive_roster(
            class_id=training_class.pk,
            uploader=uploader,
            file=UploadedFile(file.name, file.read()),
            now=timezone.now(),
        )
    except (NotPermitted, InvalidTransition):
        raise
    except DomainError as refusal:
        form.add_error("file", str(refusal))
    return None


def find_upload(request: SignedInRequest, public_id: str) -> RosterUpload:
    """Return a roster that this person may see; any other does not exist for them."""
    return get_object_or_404(queries.roster_uploads_visible_to(request.user), public_id=public_id)


def rows_context(request: SignedInRequest, upload: RosterUpload) -> dict[str, object]:
    """Return a page of the rows that the chosen filter leaves, and what is wrong in the roster as a whole."""
    filters = row_filters(upload, chosen=request.GET.get("show", "all"))
    chosen = next(choice for choice in filters if choice.is_chosen)
    after = request.GET.get("after", "")
    last = int(after) if after.isascii() and after.isdigit() and len(after) < 10 else 0
    rows = list(chosen.of(queries.roster_rows_of(upload)).filter(number__gt=last)[: ROWS_ON_A_PAGE + 1])
    shown = rows[:ROWS_ON_A_PAGE]
    full_names = policies.works_for(request.user, upload.training_class)
    return {
        "rows": shown_rows(upload, shown, full_names=full_names),
        "next_key": shown[-1].number if len(rows) > ROWS_ON_A_PAGE else None,
        "is_first": last == 0,
        "filters": filters,
        "query": f"show={chosen.key}&",
        "summary": shown_problem_counts(upload) if upload.checked_at is not None else [],
    }
