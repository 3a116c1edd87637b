from collections.abc import Sequence

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from assessment import policies, queries
from assessment.enums import SessionStatus
from assessment.models import AssessmentSession
from assessment.results.checks import ResultProblem
from assessment.results.columns import RESULT_COLUMNS
from assessment.results.messages import message_for
from assessment.results.template import results_template
from assessment.services.results import ResultsRefused, record_results
from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from chongqing_dte.foundation.paging import page_of
from chongqing_dte.foundation.uploads import UploadForm, workbook_download
from enrollment.rules.identifiers import mask_id_number, mask_name
from institutions.models import User
from institutions.requests import SignedInRequest

SESSION_COLUMNS = (
    (gettext_lazy("Reference"), ""),
    (gettext_lazy("Evaluation institution"), ""),
    (gettext_lazy("Occupation and level"), ""),
    (gettext_lazy("Held on"), ""),
    (gettext_lazy("Passed / examined"), "numeric"),
    (gettext_lazy("Status"), ""),
)
ATTEMPT_COLUMNS = (
    (gettext_lazy("Row"), "numeric"),
    (gettext_lazy("Name"), ""),
    (gettext_lazy("ID number"), ""),
    (gettext_lazy("Outcome"), ""),
    (gettext_lazy("Theory score"), "numeric"),
    (gettext_lazy("Practice score"), "numeric"),
    (gettext_lazy("Certificate number"), ""),
)
PROBLEM_COLUMNS = (
    (gettext_lazy("Row"), "numeric"),
    (gettext_lazy("Column"), ""),
    (gettext_lazy("Problem"), ""),
)
LABELS = {column.key: (column.zh, column.en) for column in RESULT_COLUMNS}


@require_safe
@login_required
def session_list(request: SignedInRequest) -> HttpResponse:
    """List the assessment sessions of the person's office, newest first."""
    page = page_of(queries.sessions_with_counts_visible_to(request.user), request)
    return render(request, "assessment/session_list.html", {"page": page, "columns": SESSION_COLUMNS})


@require_safe
@login_required
def session_detail(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show one session and its results."""
    session = find_session(request, public_id)
    return render(
        request, "assessment/session_detail.html", session_context(request.user, session, UploadForm())
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def upload_results(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Take in a session's results, or show all that is wrong with the file."""
    if request.method != "POST":
        return redirect("session-detail", public_id)
    session = find_session(request, public_id)
    form = UploadForm(request.POST, request.FILES)
    problems = problems_in(request.user, session, form)
    if problems is None:
        messages.success(
            request, _("The results are recorded. The system decides on each certificate by itself.")
        )
        return redirect("session-detail", public_id)
    context = session_context(request.user, session, form, problems)
    return render(request, "assessment/session_detail.html", context, status=422)


@require_safe
@login_required
def download_template(request: SignedInRequest, public_id: str) -> FileResponse:
    """Return an empty result list for a session."""
    session = find_session(request, public_id)
    content = results_template(
        session_reference=session.reference, institution_name=session.institution.name_zh
    )
    return workbook_download(content, file_name=f"results-{session.reference}.xlsx")


def problems_in(operator: User, session: AssessmentSession, form: forms.Form) -> list[ResultProblem] | None:
    """Record the results in the form's file and return None, or tell the form why not and return the problems."""
    if not form.is_valid():
        return []
    file = form.cleaned_data["file"]
    try:
        record_results(
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
        return refusal.problems if isinstance(refusal, ResultsRefused) else []
    return None


def find_session(request: SignedInRequest, public_id: str) -> AssessmentSession:
    """Return a session that this person may see; any other does not exist for them."""
    return get_object_or_404(queries.sessions_visible_to(request.user), public_id=public_id)


def session_context(
    user: User, session: AssessmentSession, form: forms.Form, problems: Sequence[ResultProblem] = ()
) -> dict[str, object]:
    """Return all that the page of a session shows."""
    may_record = policies.can_record_results(user, session)
    return {
        "session": session,
        "facts": facts_of(session),
        "attempts": attempts_of(session, full_names=may_record),
        "attempt_columns": ATTEMPT_COLUMNS,
        "form": form,
        "problems": shown_problems(problems),
        "problem_columns": PROBLEM_COLUMNS,
        "may_upload": may_record and session.status == SessionStatus.FILED,
    }


def facts_of(session: AssessmentSession) -> list[tuple[str, object]]:
    """Return the facts of a session, each with its label."""
    return [
        (_("Evaluation institution"), session.institution.name),
        (_("Occupation"), session.occupation.name),
        (_("Direction"), session.direction),
        (_("Level"), session.get_level_display()),
        (_("Held on"), session.held_on.isoformat()),
    ]


def attempts_of(session: AssessmentSession, *, full_names: bool) -> list[dict[str, object]]:
    """Return a session's attempts, ID numbers masked, names only where the people are not one's own."""
    return [
        {
            "number": attempt.row_number,
            "name": attempt.trainee.name if full_names else mask_name(attempt.trainee.name),
            "id_number": mask_id_number(attempt.trainee.id_number),
            "outcome": attempt.outcome,
            "outcome_label": attempt.get_outcome_display(),
            "theory_score": attempt.theory_score,
            "practice_score": attempt.practice_score,
            "certificate": getattr(attempt, "certificate", None),
        }
        for attempt in queries.attempts_of(session)
    ]


def shown_problems(problems: Sequence[ResultProblem]) -> list[dict[str, object]]:
    """Return what is wrong with a file, in words."""
    is_english = (get_language() or "").startswith("en")
    return [
        {
            "number": problem.row_number,
            "column": LABELS[problem.column][is_english],
            "reason": message_for(problem.code, problem.parameters),
            "severity": problem.severity,
        }
        for problem in sorted(problems, key=lambda problem: problem.row_number)
    ]
