"""The candidates of a session: who they are, how they get in and out, and their admission."""

from collections.abc import Collection, Sequence
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from assessment import policies, queries
from assessment.candidates.checks import CandidateProblem
from assessment.candidates.columns import CANDIDATE_COLUMNS
from assessment.candidates.messages import message_for
from assessment.enums import CandidateOrigin, SessionStatus
from assessment.forms.candidates import CandidateForm, CandidateSearchForm
from assessment.models import AssessmentSession, SessionCandidate
from assessment.services.admissions import admit_candidates
from assessment.services.candidate_steps import (
    CandidatesAreFixed,
    admits_outside,
    obstacles_of_candidates,
    takes_candidates,
)
from assessment.services.candidates import (
    CandidatesRefused,
    add_candidate,
    add_candidates_from_file,
    remove_candidates,
)
from assessment.views.sessions import find_session
from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from chongqing_dte.foundation.paging import page_of
from chongqing_dte.foundation.tabular_reading import column_label
from chongqing_dte.foundation.uploads import UploadForm
from enrollment.models import Enrollment
from enrollment.rules.identifiers import mask_id_number, mask_name
from institutions.requests import SignedInRequest

ON_A_PAGE = 200
CANDIDATE_TABLE = (
    (gettext_lazy("Choose"), ""),
    (gettext_lazy("Name"), ""),
    (gettext_lazy("ID number"), ""),
    (gettext_lazy("Origin"), ""),
    (gettext_lazy("Added"), ""),
    (gettext_lazy("Admission number"), ""),
)
CLASS_TABLE = (
    (gettext_lazy("Class"), ""),
    (gettext_lazy("Training institution"), ""),
    (gettext_lazy("Ended on"), ""),
    (gettext_lazy("People who wait"), "numeric"),
    (gettext_lazy("Draw"), ""),
)
PROBLEM_TABLE = (
    (gettext_lazy("Row"), "numeric"),
    (gettext_lazy("Column"), ""),
    (gettext_lazy("Problem"), ""),
)
LABELS = {column.key: column for column in CANDIDATE_COLUMNS}


@require_safe
@login_required
def session_candidates(request: SignedInRequest, public_id: str) -> HttpResponse:
    """List who is to sit a session, and offer every way in and out while it is open."""
    return candidates_page(request, find_session(request, public_id))


@require_POST
@login_required
def add(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Add one person by ID number and name."""
    session = find_open_session(request, public_id)
    form = CandidateForm(request.POST, auto_id="add_%s")
    if form.is_valid() and added(request, session, form):
        messages.success(request, _("The person is a candidate of this session now."))
        return redirect("session-candidates", public_id)
    return candidates_page(request, session, form=form, status=422)


@require_POST
@login_required
def upload(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Add the people of a list, or show all that is wrong with it."""
    session = find_open_session(request, public_id)
    form = UploadForm(request.POST, request.FILES, auto_id="list_%s")
    problems: Sequence[CandidateProblem] = ()
    if form.is_valid():
        try:
            count = add_candidates_from_file(
                session_id=session.pk,
                content=form.cleaned_data["file"].read(),
                adder=request.user,
                now=timezone.now(),
            )
        except (NotPermitted, InvalidTransition):
            raise
        except DomainError as refusal:
            form.add_error("file", str(refusal))
            problems = refusal.problems if isinstance(refusal, CandidatesRefused) else ()
        else:
            text = ngettext("%(count)s candidate is added.", "%(count)s candidates are added.", count)
            messages.success(request, text % {"count": count})
            return redirect("session-candidates", public_id)
    return candidates_page(request, session, upload_form=form, problems=problems, status=422)


@require_POST
@login_required
def remove(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Take the chosen people off a session."""
    session = find_session(request, public_id)
    chosen = queries.candidates_chosen(session, chosen_ids(request, "candidate"))
    try:
        count = remove_candidates(
            session_id=session.pk,
            candidate_ids=list(chosen.values_list("pk", flat=True)),
            remover=request.user,
            now=timezone.now(),
        )
    except (NotPermitted, InvalidTransition):
        raise
    except DomainError as refusal:
        messages.error(request, str(refusal))
        return candidates_page(request, session, status=refusal.status_code)
    text = ngettext("%(count)s person is taken off.", "%(count)s people are taken off.", count)
    messages.success(request, text % {"count": count})
    return redirect("session-candidates", public_id)


@require_POST
@login_required
def admit(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Give every candidate an admission number."""
    session = find_session(request, public_id)
    try:
        admit_candidates(session_id=session.pk, admitter=request.user, now=timezone.now())
    except (NotPermitted, InvalidTransition):
        raise
    except DomainError as refusal:
        messages.error(request, str(refusal))
        return candidates_page(request, session, status=refusal.status_code)
    count = queries.candidate_count_of(session)
    text = ngettext(
        "%(count)s candidate is admitted and has an admission number.",
        "%(count)s candidates are admitted and have admission numbers.",
        count,
    )
    messages.success(request, text % {"count": count})
    return redirect("session-detail", public_id)


def find_open_session(request: SignedInRequest, public_id: str) -> AssessmentSession:
    """Return a session whose candidates this person may change now."""
    session = find_session(request, public_id)
    policies.check_can_run_session(request.user, session)
    if session.status != SessionStatus.FILED:
        raise CandidatesAreFixed
    return session


def candidates_page(
    request: SignedInRequest,
    session: AssessmentSession,
    *,
    form: forms.Form | None = None,
    upload_form: forms.Form | None = None,
    problems: Sequence[CandidateProblem] = (),
    status: int = 200,
) -> HttpResponse:
    """Show the candidates of a session, and why one was not added."""
    may_run = policies.can_run_session(request.user, session)
    may_change = may_run and session.status == SessionStatus.FILED
    is_ahead = takes_candidates(session, timezone.localdate())
    search = CandidateSearchForm(request.GET)
    words = search.cleaned_data["q"] if search.is_valid() else ""
    page = page_of(queries.candidates_found(session, words, by_name=may_run), request, size=ON_A_PAGE)
    count = queries.candidate_count_of(session)
    context = {
        "session": session,
        "rows": candidate_rows(session, page.rows, full_names=may_run, may_change=may_change),
        "page": page,
        "columns": CANDIDATE_TABLE if may_change else CANDIDATE_TABLE[1:],
        "words": words,
        "query": f"q={words}&" if words else "",
        "count": count,
        "seats": session.site.seat_count if session.site else None,
        "is_crowded": session.site is not None and count > session.site.seat_count,
        "may_run": may_run,
        "may_change": may_change,
        "may_add": may_change and is_ahead,
        "admits_outside": admits_outside(session),
        "class_rows": class_rows(session) if may_change and is_ahead else (),
        "class_columns": CLASS_TABLE,
        "form": form or CandidateForm(auto_id="add_%s"),
        "upload_form": upload_form or UploadForm(auto_id="list_%s"),
        "problems": shown_problems(problems),
        "problem_columns": PROBLEM_TABLE,
    }
    return render(request, "assessment/session_candidates.html", context, status=status)


def candidate_rows(
    session: AssessmentSession, candidates: Sequence[SessionCandidate], *, full_names: bool, may_change: bool
) -> list[dict[str, object]]:
    """Return candidates as the list shows them: names whole only for their own institution."""
    trainee_ids = [candidate.trainee_id for candidate in candidates]
    obstacles = obstacles_of_candidates(session, trainee_ids) if may_change else {}
    return [
        {
            "public_id": candidate.public_id,
            "name": candidate.trainee.name if full_names else mask_name(candidate.trainee.name),
            "id_number": mask_id_number(candidate.trainee.id_number),
            "origin": class_of(candidate.enrollment) or CandidateOrigin(candidate.origin).label,
            "added_at": candidate.added_at,
            "admission_number": candidate.admission_number,
            "may_change": may_change,
            "obstacle": obstacle_in_words(obstacles.get(candidate.trainee_id, "")),
        }
        for candidate in candidates
    ]


def obstacle_in_words(code: str) -> str:
    """Return what has come to light against somebody since they became a candidate, or nothing."""
    if code == "certificate_held":
        return _("Holds this certificate by now")
    return message_for(code, {}) if code else ""


def class_rows(session: AssessmentSession) -> list[dict[str, object]]:
    """Return the classes from which people may be drawn, each with the page on which to choose."""
    draw_url = reverse("candidates-draw", args=[session.public_id])
    return [
        {
            "training_class": each.training_class,
            "waiting_count": each.waiting_count,
            "draw_url": draw_url,
        }
        for each in queries.classes_to_draw_from(session)
    ]


def class_of(enrollment: Enrollment | None) -> str:
    """Return the reference of the class that somebody completed, or nothing."""
    return enrollment.training_class.reference if enrollment else ""


def added(request: SignedInRequest, session: AssessmentSession, form: forms.Form) -> bool:
    """Add the person whom the form names, or tell the form why not."""
    try:
        add_candidate(session_id=session.pk, **form.cleaned_data, adder=request.user, now=timezone.now())
    except CandidatesRefused as refusal:
        for problem in refusal.problems:
            form.add_error(problem.column, message_for(problem.code, problem.parameters))
    return form.is_valid()


def chosen_ids(request: SignedInRequest, name: str) -> list[UUID]:
    """Return the public numbers that were chosen under a name; what is none is nobody's."""
    return as_uuids(request.POST.getlist(name))


def as_uuids(texts: Collection[str]) -> list[UUID]:
    """Return those of the texts that are public numbers."""
    found = []
    for text in texts:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found


def shown_problems(problems: Sequence[CandidateProblem]) -> list[dict[str, object]]:
    """Return what is wrong with a list, in words."""
    return [
        {
            "number": problem.row_number,
            "column": column_label(LABELS[problem.column]),
            "reason": message_for(problem.code, problem.parameters),
            "severity": problem.severity,
        }
        for problem in problems
    ]
