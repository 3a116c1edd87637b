from typing import Final

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assessment import policies, queries
from assessment.enums import CertificateOrigin, Outcome, ResultsStatus, SessionStatus
from assessment.models import AssessmentSession, ResultsUpload
from assessment.results.reading import read_again
from assessment.services.results import check_results, discard_results, record_results
from assessment.services.results_files import hand_out_result_problems, hand_out_results_template
from assessment.views.results_rows import problem_counts, shown_attempts, shown_problems, shown_rows
from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from chongqing_dte.foundation.uploads import UploadForm, workbook_download
from institutions.models import User
from institutions.requests import SignedInRequest

UPLOAD_COLUMNS: Final = (
    (gettext_lazy("File"), ""),
    (gettext_lazy("Uploaded"), ""),
    (gettext_lazy("Rows"), "numeric"),
    (pgettext_lazy("examination", "Passed"), "numeric"),
    (gettext_lazy("Status"), ""),
)
RESULT_COLUMNS: Final = (
    (gettext_lazy("Row"), "numeric"),
    (gettext_lazy("Admission number"), ""),
    (gettext_lazy("Name"), ""),
    (gettext_lazy("ID number"), ""),
    (gettext_lazy("Outcome"), ""),
    (gettext_lazy("Theory score"), "numeric"),
    (gettext_lazy("Practice score"), "numeric"),
    (gettext_lazy("Certificate number"), ""),
)
PROBLEM_COLUMNS: Final = (
    (gettext_lazy("Row"), "numeric"),
    (gettext_lazy("Column"), ""),
    (gettext_lazy("Problem"), ""),
)
ATTEMPTS_ON_A_PAGE: Final = 100
PROBLEMS_ON_A_PAGE: Final = 100
ROWS_IN_A_PREVIEW: Final = 20


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def session_results(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show a session's results and what was submitted of them, and take in a file, which is then shown checked."""
    session = find_session(request, public_id)
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    if request.method == "POST":
        upload = submitted(request.user, session, form)
        if upload is not None:
            return redirect("results-detail", upload.public_id)
    context = {**session_context(request.user, session), **attempts_context(request, session), "form": form}
    status = 422 if request.method == "POST" else 200
    return render(request, "assessment/session_results.html", context, status=status)


@require_safe
@login_required
def results_detail(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show what was submitted: counts, what is wrong, the first rows, and what can be done with it."""
    upload = find_upload(request, public_id)
    session = upload.session
    is_own = policies.can_record_results(request.user, session)
    context = {
        "upload": upload,
        "session": session,
        "figures": figures_of(upload),
        "may_record": is_own and upload.status == ResultsStatus.READY,
        # What is ready is put aside beside the button that records it.
        "may_discard": is_own and upload.status == ResultsStatus.REFUSED,
        "may_download": is_own and bool(upload.problems),
        "summary": problem_counts(upload),
        "problem_columns": PROBLEM_COLUMNS,
        "columns": RESULT_COLUMNS,
        "rows": first_rows(upload, full_names=is_own),
        **problems_context(request, upload),
    }
    return render(request, "assessment/results_detail.html", context)


@require_POST
@login_required
def record(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Record a submission whole, or show why it is not good any more."""
    upload = find_upload(request, public_id)
    recorded = record_results(upload_id=upload.pk, operator=request.user, now=timezone.now())
    if recorded.status != ResultsStatus.RECORDED:
        messages.error(
            request, _("Nothing was recorded: something has changed since the check. See what was found.")
        )
        return redirect("results-detail", upload.public_id)
    count = recorded.row_count
    text = ngettext(
        "%(count)s result is recorded. The system decides on each certificate by itself.",
        "%(count)s results are recorded. The system decides on each certificate by itself.",
        count,
    )
    messages.success(request, text % {"count": count})
    return redirect("session-results", upload.session.public_id)


@require_POST
@login_required
def discard(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Put a submission aside."""
    upload = find_upload(request, public_id)
    discard_results(upload_id=upload.pk, operator=request.user, now=timezone.now())
    messages.info(request, _("The file was put aside. Nothing of it was recorded."))
    return redirect("session-results", upload.session.public_id)


@require_safe
@login_required
def download_problems(request: SignedInRequest, public_id: str) -> FileResponse:
    """Return the list with what is wrong in it, to be corrected and uploaded as it is."""
    upload = find_upload(request, public_id)
    content = hand_out_result_problems(upload_id=upload.pk, reader=request.user, now=timezone.now())
    return workbook_download(content, file_name=f"results-problems-{upload.session.reference}.xlsx")


@require_safe
@login_required
def download_template(request: SignedInRequest, public_id: str) -> FileResponse:
    """Return the result list of a session with its candidates in it."""
    session = find_session(request, public_id)
    content = hand_out_results_template(session_id=session.pk, reader=request.user, now=timezone.now())
    return workbook_download(content, file_name=f"results-{session.reference}.xlsx")


def submitted(operator: User, session: AssessmentSession, form: forms.Form) -> ResultsUpload | None:
    """Take in the form's file, or tell the form why not."""
    if not form.is_valid():
        return None
    file = form.cleaned_data["file"]
    try:
        return check_results(
            session_id=session.pk,
            operator=operator,
            file_name=file.name,
            content=file.read(),
            now=timezone.now(),
        )
    except (NotPermitted, InvalidTransition):
        raise
    except DomainError as refusal:
        form.add_error("file", str(refusal))
    return None


def session_context(user: User, session: AssessmentSession) -> dict[str, object]:
    """Return what a session's results page shows besides the results."""
    takes_results = session.status == SessionStatus.ADMITTED and policies.can_record_results(user, session)
    return {
        "session": session,
        "uploads": queries.results_uploads_visible_to(user).filter(session=session),
        "upload_columns": UPLOAD_COLUMNS,
        "takes_results": takes_results,
        "may_upload": takes_results and session.held_on <= timezone.localdate(),
        "is_numbered_by_portal": session.certificate_origin == CertificateOrigin.PORTAL,
    }


def attempts_context(request: SignedInRequest, session: AssessmentSession) -> dict[str, object]:
    """Return one page of the recorded results."""
    last = number_after(request)
    attempts = list(queries.results_of(session).filter(row_number__gt=last)[: ATTEMPTS_ON_A_PAGE + 1])
    shown = attempts[:ATTEMPTS_ON_A_PAGE]
    full_names = policies.can_record_results(request.user, session)
    return {
        "attempts": shown_attempts(session, shown, full_names=full_names),
        "attempt_columns": RESULT_COLUMNS,
        "next_key": shown[-1].row_number if len(attempts) > ATTEMPTS_ON_A_PAGE else None,
        "is_first": last == 0,
    }


def problems_context(request: SignedInRequest, upload: ResultsUpload) -> dict[str, object]:
    """Return one page of what is wrong with a submission."""
    first = number_after(request)
    last = first + PROBLEMS_ON_A_PAGE
    return {
        "problems": shown_problems(upload.problems[first:last]),
        "next_key": last if len(upload.problems) > last else None,
        "is_first": first == 0,
    }


def number_after(request: SignedInRequest) -> int:
    """Return the number that `?after=` names; what is no number is the beginning."""
    after = request.GET.get("after", "")
    return int(after) if after.isascii() and after.isdigit() and len(after) < 10 else 0


def figures_of(upload: ResultsUpload) -> list[tuple[str, int, str]]:
    """Return how many rows there are, and of each outcome: label, count and tone."""
    return [
        (_("Rows"), upload.row_count, "quiet"),
        (str(Outcome.PASSED.label), upload.passed_count, "good"),
        (str(Outcome.FAILED.label), upload.failed_count, "quiet"),
        (str(Outcome.ABSENT.label), upload.absent_count, "quiet"),
        (
            str(Outcome.MISCONDUCT.label),
            upload.misconduct_count,
            "bad" if upload.misconduct_count else "quiet",
        ),
    ]


def first_rows(upload: ResultsUpload, *, full_names: bool) -> list[object]:
    """Return the first rows of a submission that nobody has recorded or put aside."""
    if upload.status not in {ResultsStatus.READY, ResultsStatus.REFUSED}:
        return []
    rows = read_again(upload.source, queries.results_content(upload.pk))
    return [*shown_rows(rows[:ROWS_IN_A_PREVIEW], full_names=full_names)]


def find_session(request: SignedInRequest, public_id: str) -> AssessmentSession:
    """Return a session that this person may see; any other does not exist for them."""
    return get_object_or_404(queries.sessions_visible_to(request.user), public_id=public_id)


def find_upload(request: SignedInRequest, public_id: str) -> ResultsUpload:
    """Return a submission that this person may see; any other does not exist for them."""
    return get_object_or_404(queries.results_uploads_visible_to(request.user), public_id=public_id)
