"""How people are drawn from completed classes: a whole class, or some of its people."""

from collections.abc import Sequence

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from assessment import queries
from assessment.candidates.messages import CANDIDATE_MESSAGES
from assessment.models import AssessmentSession
from assessment.services.candidate_steps import obstacles_of
from assessment.services.candidates import draw_class, draw_people
from assessment.views.candidates import ON_A_PAGE, as_uuids, candidates_page, chosen_ids, find_open_session
from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from chongqing_dte.foundation.paging import page_of
from enrollment.models import Enrollment
from enrollment.rules.identifiers import mask_id_number, mask_name
from institutions.requests import SignedInRequest

PEOPLE_TABLE = (
    (gettext_lazy("Choose"), ""),
    (gettext_lazy("Name"), ""),
    (gettext_lazy("ID number"), ""),
    (gettext_lazy("Class"), ""),
)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def draw(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show the people of a class to choose from, or draw the chosen ones or the whole class."""
    session = find_open_session(request, public_id)
    if request.method != "POST":
        return people_page(request, session)
    try:
        drawn = drawn_by(request, session)
    except (NotPermitted, InvalidTransition):
        raise
    except DomainError as refusal:
        messages.error(request, str(refusal))
        return candidates_page(request, session, status=refusal.status_code)
    messages.success(request, drawn)
    return redirect("session-candidates", public_id)


def people_page(request: SignedInRequest, session: AssessmentSession) -> HttpResponse:
    """Show the people of a class, masked, and what stands against each of them."""
    chosen = request.GET.get("class", "")
    class_ids = as_uuids([chosen])
    people = queries.people_to_draw(session)
    if class_ids:
        people = people.filter(training_class__public_id__in=class_ids)
    page = page_of(people, request, size=ON_A_PAGE)
    context = {
        "session": session,
        "rows": people_rows(session, page.rows, is_chosen=request.GET.get("chosen") == "all"),
        "page": page,
        "columns": PEOPLE_TABLE,
        "query": f"class={class_ids[0]}&" if class_ids else "",
        "after": "" if page.is_first else request.GET.get("after", ""),
    }
    return render(request, "assessment/candidates_draw.html", context)


def people_rows(
    session: AssessmentSession, people: Sequence[Enrollment], *, is_chosen: bool
) -> list[dict[str, object]]:
    """Return people who may be drawn, names and numbers masked, each with what stands against it."""
    obstacles = obstacles_of(session, [enrollment.trainee_id for enrollment in people])
    rows = []
    for enrollment in people:
        obstacle = obstacles[enrollment.trainee_id]
        rows.append(
            {
                "public_id": enrollment.public_id,
                "name": mask_name(enrollment.trainee.name),
                "id_number": mask_id_number(enrollment.trainee.id_number),
                "reference": enrollment.training_class.reference,
                "obstacle": CANDIDATE_MESSAGES[obstacle] if obstacle else "",
                "is_chosen": is_chosen,
            }
        )
    return rows


def drawn_by(request: SignedInRequest, session: AssessmentSession) -> str:
    """Draw whom the form names, and return what is to be said of it."""
    people = queries.people_to_draw(session)
    now = timezone.now()
    if "class" in request.POST:
        class_ids = people.filter(training_class__public_id__in=chosen_ids(request, "class"))
        class_id = class_ids.values_list("training_class_id", flat=True).first()
        result = draw_class(session_id=session.pk, class_id=class_id or 0, drawer=request.user, now=now)
    else:
        chosen = people.filter(public_id__in=chosen_ids(request, "person"))
        result = draw_people(
            session_id=session.pk,
            enrollment_ids=list(chosen.values_list("pk", flat=True)),
            drawer=request.user,
            now=now,
        )
    text = ngettext("%(count)s candidate is drawn.", "%(count)s candidates are drawn.", result.added_count)
    said = text % {"count": result.added_count}
    if result.left_out_count:
        left_out = ngettext(
            "%(count)s person was left out: a candidate already, or with this certificate.",
            "%(count)s people were left out: candidates already, or with this certificate.",
            result.left_out_count,
        )
        said = f"{said} {left_out % {'count': result.left_out_count}}"
    return said
