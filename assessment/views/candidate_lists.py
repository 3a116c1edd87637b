"""The lists of a session's candidates: one to fill in, one to download, one to print."""

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from assessment import policies
from assessment.candidates.template import candidates_template
from assessment.services.admissions import hand_out_candidate_list
from assessment.services.candidate_lists import print_candidate_list
from assessment.views.candidates import candidate_rows
from assessment.views.session_overview import shown_time
from assessment.views.sessions import find_session
from chongqing_dte.foundation.uploads import workbook_download
from institutions.requests import SignedInRequest

PRINTED_TABLE = (
    (gettext_lazy("Admission number"), ""),
    (gettext_lazy("Name"), ""),
    (gettext_lazy("ID number"), ""),
    (gettext_lazy("Class"), ""),
    (gettext_lazy("Signature"), ""),
)


@require_safe
@login_required
def download_template(request: SignedInRequest, public_id: str) -> FileResponse:
    """Return an empty list of candidates for a session."""
    session = find_session(request, public_id)
    content = candidates_template(
        session_reference=session.reference, institution_name=session.institution.name_zh
    )
    return workbook_download(content, file_name=f"candidates-{session.reference}.xlsx")


@require_safe
@login_required
@never_cache
def download_list(request: SignedInRequest, public_id: str) -> FileResponse:
    """Hand out the candidates with their admission numbers, to the session's own institution."""
    session = find_session(request, public_id)
    content = hand_out_candidate_list(session_id=session.pk, reader=request.user, now=timezone.now())
    return workbook_download(content, file_name=f"admission-{session.reference}.xlsx")


@require_safe
@login_required
@never_cache
def print_list(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show all candidates in the order of their admission numbers, to print and to sign."""
    session = find_session(request, public_id)
    context = {
        "session": session,
        "rows": candidate_rows(
            session,
            print_candidate_list(session=session, reader=request.user, now=timezone.now()),
            full_names=policies.can_run_session(request.user, session),
            may_change=False,
        ),
        "columns": PRINTED_TABLE,
        "facts": [
            (_("Held on"), session.held_on.isoformat()),
            (_("Theory begins"), shown_time(session.theory_time)),
            (_("Practice begins"), shown_time(session.practice_time)),
            (_("Assessment site"), session.site.name if session.site else ""),
            (_("Address"), session.site.address if session.site else ""),
        ],
    }
    return render(request, "assessment/candidates_print.html", context)
